"""A point as a row of the store: the values as the bytes of their doubles, everything else as text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from permsym.dataset.build import Point
from permsym.dataset.older import parsed
from permsym.dataset.status import Status
from permsym.fields import checked

Row = tuple[str, bytes, str]
_RECORD = {
    "parameters": {str: float},
    "derived": {str: float},
    "scalars": {str: object},
    "status": str,
    "reason?": str,
    "approach?": str,
    "computed_at": str,
    "cumulants": bool,
    "errors": bool,
}
"""(labels as JSON, values as (5, n) doubles, everything else as JSON); a value's five rows are the real and imaginary part of
the moment, those of the cumulant, and the error."""


def packed(point: Point) -> Row:
    """The row of a point; nothing is rounded."""
    labels = list(point.moments)
    nothing = complex("nan")
    moments = np.array([point.moments[label] for label in labels], dtype=complex)
    cumulants = np.array([point.cumulants.get(label, nothing) for label in labels], dtype=complex)
    errors = np.array([point.errors.get(label, np.nan) for label in labels], dtype=float)
    values = np.stack([moments.real, moments.imag, cumulants.real, cumulants.imag, errors]).astype("<f8")
    rest = {
        "parameters": dict(point.parameters),
        "derived": point.derived,
        "derived_errors": point.derived_errors,
        "scalars": point.scalars,
        "status": point.status,
        "reason": point.reason,
        "approach": point.approach,
        "computed_at": point.computed_at.isoformat(),
        "cumulants": bool(point.cumulants),
        "errors": bool(point.errors),
    }
    return json.dumps(labels), values.tobytes(), json.dumps(rest)


def unpacked(row: Row, labels: Sequence[str]) -> Point:
    """The point of a row; ``labels`` are its own, parsed once for many rows."""
    rest: dict[str, Any] = checked(json.loads(row[2]), _RECORD, "a record")
    status, reason = (Status(rest["status"]), rest["reason"]) if "reason" in rest else parsed(rest["status"])  # older rows spell it
    values = np.frombuffer(row[1], dtype="<f8").reshape(5, -1)
    moments = np.empty(values.shape[1], dtype=complex)
    moments.real, moments.imag = values[0], values[1]
    cumulants = np.empty(values.shape[1], dtype=complex)
    cumulants.real, cumulants.imag = values[2], values[3]
    return Point(
        parameters=rest["parameters"],
        moments=dict(zip(labels, moments.tolist(), strict=True)),
        cumulants=dict(zip(labels, cumulants.tolist(), strict=True)) if rest["cumulants"] else {},
        errors=dict(zip(labels, values[4].tolist(), strict=True)) if rest["errors"] else {},
        derived=rest["derived"],
        derived_errors=rest.get("derived_errors", {}),  # older rows have none
        scalars=rest["scalars"],
        status=status,
        reason=reason,
        approach=rest.get("approach", ""),
        computed_at=datetime.fromisoformat(rest["computed_at"]),
    )


def digest(key: str, row: Row) -> bytes:
    """Checksum of a row, which lies beside it: what a damaged disk gives back is never taken for a result."""
    checksum = hashlib.sha256(key.encode())
    for part in row:
        checksum.update(part if isinstance(part, bytes) else part.encode())
        checksum.update(b"\0")
    return checksum.digest()
