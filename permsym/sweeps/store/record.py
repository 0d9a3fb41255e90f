"""A point as a record of the store: its numbers as the bytes of their doubles, everything else as JSON."""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.build import Point, Series
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
    "power?": str,
    "coherence?": str,
    "series?": {"times": str, "moments": {str: str}, "derived": {str: str}, "derived_errors": {str: str}, "errors?": {str: str}},
}
"""``numbers`` are (5, labels) doubles, little end first, in base 64.  The five rows are the real and imaginary part of the moment,
those of the cumulant, and the error.  ``power`` likewise: (3, frequencies), with frequency, S and its error; ``coherence``: (3, delays),
with tau, g2 and its error; ``series``: (1, times), or (2, times) with the real and imaginary part of a moment."""


def packed(point: Point) -> dict[str, Any]:
    """The record of a point; nothing is rounded."""
    labels = list(point.moments or point.errors)  # moments over time are in the series
    nothing = complex("nan")
    moments = np.array([point.moments.get(label, nothing) for label in labels], dtype=complex)
    cumulants = np.array([point.cumulants.get(label, nothing) for label in labels], dtype=complex)
    errors = np.array([point.errors.get(label, np.nan) for label in labels], dtype=float)
    numbers = np.stack([moments.real, moments.imag, cumulants.real, cumulants.imag, errors])
    curves = {"power": (point.power, point.power_errors), "coherence": (point.coherence, point.coherence_errors)}
    return {
        "labels": labels,
        "numbers": _written(numbers),
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
        **{name: _written_curve(*curve) for name, curve in curves.items() if curve[0]},
        **({} if point.series is None else {"series": _packed_series(point.series)}),
    }


def _written_curve(values: Mapping[float, float], errors: Mapping[float, float]) -> str:
    return _written(np.array([[x, value, errors.get(x, np.nan)] for x, value in values.items()]).T)


def _read_curve(text: str) -> tuple[dict[float, float], dict[float, float]]:
    along, values, errors = (row.tolist() for row in _read(text, 3))
    return dict(zip(along, values, strict=True)), {x: error for x, error in zip(along, errors, strict=True) if not np.isnan(error)}


def _packed_series(series: Series) -> dict[str, Any]:
    return {
        "times": _written(np.array(series.times)),
        "moments": {label: _written(np.stack([values.real, values.imag])) for label, values in series.moments.items()},
        "derived": {name: _written(values) for name, values in series.derived.items()},
        "derived_errors": {name: _written(values) for name, values in series.derived_errors.items()},
        **({"errors": {label: _written(values) for label, values in series.errors.items()}} if series.errors else {}),
    }


def _unpacked_series(record: Any) -> Series:
    def moment(text: str) -> NDArray[np.complex128]:
        values = np.empty(len(times), dtype=complex)
        values.real, values.imag = _read(text, 2)
        return values

    times = _read(record["times"], 1)[0]
    return Series(
        tuple(times.tolist()),
        {sys.intern(label): moment(text) for label, text in record["moments"].items()},
        {name: _read(text, 1)[0] for name, text in record["derived"].items()},
        {name: _read(text, 1)[0] for name, text in record["derived_errors"].items()},
        {sys.intern(label): _read(text, 1)[0] for label, text in record.get("errors", {}).items()},
    )


def _written(numbers: NDArray[np.float64]) -> str:
    return base64.b64encode(numbers.astype("<f8").tobytes()).decode()


def _read(text: str, rows: int) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8").reshape(rows, -1)


def unpacked(record: Any) -> Point:
    """The point of a record; ValueError where it is none."""
    checked(record, _RECORD, "a record")
    labels = list(map(sys.intern, record["labels"]))  # one copy of a label for all points
    numbers = _read(record["numbers"], 5).reshape(5, len(labels))
    power, power_errors = _read_curve(record.get("power", ""))
    coherence, coherence_errors = _read_curve(record.get("coherence", ""))
    moments, cumulants = np.empty(len(labels), dtype=complex), np.empty(len(labels), dtype=complex)
    moments.real, moments.imag, cumulants.real, cumulants.imag = numbers[:4]  # a sum with 1j would lose the sign of zeros
    return Point(
        parameters=record["parameters"],
        moments={} if "series" in record else dict(zip(labels, moments.tolist(), strict=True)),
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
        power=power,
        power_errors=power_errors,
        coherence=coherence,
        coherence_errors=coherence_errors,
        series=_unpacked_series(record["series"]) if "series" in record else None,
    )
