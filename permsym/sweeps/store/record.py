"""A point as a record of the store: its numbers as the bytes of their doubles, everything else as JSON."""

from __future__ import annotations

import base64
import sys
from datetime import datetime
from typing import Any

import numpy as np

from permsym.dataset.build import Point
from permsym.dataset.status import Status
from permsym.fields import checked

_RECORD = {
    "labels": [str],
    "numbers": str,
    "parameters": {str: float},
    "derived": {str: float},
    "derived_errors": {str: float},
    "scalars": {str: object},
    "status": str,
    "reason": str,
    "approach": str,
    "computed_at": str,
    "computed_by": {str: str},
    "cumulants": bool,
    "errors": bool,
}
"""``numbers`` are (5, labels) doubles, little end first, in base 64.  The five rows are the real and imaginary part of the moment,
those of the cumulant, and the error."""


def packed(point: Point) -> dict[str, Any]:
    """The record of a point; nothing is rounded."""
    labels = list(point.moments)
    nothing = complex("nan")
    moments = np.array([point.moments[label] for label in labels], dtype=complex)
    cumulants = np.array([point.cumulants.get(label, nothing) for label in labels], dtype=complex)
    errors = np.array([point.errors.get(label, np.nan) for label in labels], dtype=float)
    numbers = np.stack([moments.real, moments.imag, cumulants.real, cumulants.imag, errors]).astype("<f8")
    return {
        "labels": labels,
        "numbers": base64.b64encode(numbers.tobytes()).decode(),
        "parameters": dict(point.parameters),
        "derived": point.derived,
        "derived_errors": point.derived_errors,
        "scalars": point.scalars,
        "status": point.status,
        "reason": point.reason,
        "approach": point.approach,
        "computed_at": point.computed_at.isoformat(),
        "computed_by": dict(point.computed_by),
        "cumulants": bool(point.cumulants),
        "errors": bool(point.errors),
    }


def unpacked(record: Any) -> Point:
    """The point of a record; ValueError where it is none."""
    checked(record, _RECORD, "a record")
    labels = list(map(sys.intern, record["labels"]))  # one copy of a label for all points
    numbers = np.frombuffer(base64.b64decode(record["numbers"], validate=True), dtype="<f8").reshape(5, len(labels))
    moments, cumulants = np.empty(len(labels), dtype=complex), np.empty(len(labels), dtype=complex)
    moments.real, moments.imag, cumulants.real, cumulants.imag = numbers[:4]  # a sum with 1j would lose the sign of zeros
    return Point(
        parameters=record["parameters"],
        moments=dict(zip(labels, moments.tolist(), strict=True)),
        cumulants=dict(zip(labels, cumulants.tolist(), strict=True)) if record["cumulants"] else {},
        errors=dict(zip(labels, numbers[4].tolist(), strict=True)) if record["errors"] else {},
        derived=record["derived"],
        derived_errors=record["derived_errors"],
        scalars=record["scalars"],
        status=Status(record["status"]),
        reason=record["reason"],
        approach=record["approach"],
        computed_at=datetime.fromisoformat(record["computed_at"]),
        computed_by=record["computed_by"],
    )
