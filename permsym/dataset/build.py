"""Results of single points -> one labelled xarray Dataset."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.dataset.schema import CONVENTION, VARIABLES, Variable, derived

if TYPE_CHECKING:
    import xarray as xr


@dataclass
class Point:
    """What one method gave at one point.

    parameters   all parameters of the model at this point
    values       label -> complex, for moments and for cumulants; errors: label -> float
    scalars      values of variables without the moment dimension, by their schema name
    """

    parameters: Mapping[str, float]
    moments: dict[str, complex] = field(default_factory=dict)
    cumulants: dict[str, complex] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    derived: dict[str, float] = field(default_factory=dict)
    scalars: dict[str, Any] = field(default_factory=dict)
    status: str = "certified"
    computed_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def versions() -> dict[str, str]:
    """Versions of what computes the numbers."""
    import scipy

    import permsym

    return {"permsym": permsym.__version__, "numpy": np.__version__, "scipy": scipy.__version__, "python": platform.python_version()}


def build_dataset(
    axes: Mapping[str, Sequence[float]],
    methods: Sequence[str],
    points: Mapping[tuple[tuple[int, ...], str], Point],
    *,
    model: str,
    definition: Mapping[str, Any],
    command: str = "",
) -> xr.Dataset:
    """Dataset over the product of ``axes``, with the dimension ``method`` where there are several, and ``moment``.

    points       (index along each axis, method) -> Point
    definition   what defines the model besides the axes, as JSON-ready data
    """
    import xarray as xr

    shape = tuple(len(values) for values in axes.values())
    several = len(methods) > 1
    outer = (*axes, "method") if several else tuple(axes)
    outer_shape = (*shape, len(methods)) if several else shape
    labels = list(dict.fromkeys(label for point in points.values() for label in point.moments))
    names = list(dict.fromkeys(name for point in points.values() for name in point.derived))
    table: list[Variable] = [v for v in VARIABLES if v.name not in ("p0_up", "p_up")] + [derived(name) for name in names]

    def place(index: tuple[int, ...], method: str) -> tuple[int, ...]:
        return (*index, methods.index(method)) if several else index

    data: dict[str, Any] = {}
    for variable in table:
        dims = (*outer, "moment") if variable.per_moment else outer
        size = (*outer_shape, len(labels)) if variable.per_moment else outer_shape
        fill: Any = {"str": "", "float64": np.nan}.get(variable.dtype, 0)
        array = np.full(size, fill, dtype=object if variable.dtype == "str" else variable.dtype)
        for (index, method), point in points.items():
            array[place(index, method)] = _value(variable, point, labels) if variable.per_moment else _scalar(variable, point, fill)
        data[variable.name] = (
            dims,
            array.astype(str) if variable.dtype == "str" else array,
            {"units": variable.units, "long_name": variable.long_name},
        )
    stamps = np.full(outer_shape, np.datetime64("NaT", "s"), dtype="datetime64[s]")
    for (index, method), point in points.items():
        stamps[place(index, method)] = np.datetime64(point.computed_at.replace(tzinfo=None), "s")
    data["computed_at"] = (outer, stamps, {"long_name": "when the point was computed (UTC)"})

    coordinates: dict[str, Any] = {name: ((name,), np.asarray(values), _parameter(name)) for name, values in axes.items()}
    coordinates["moment"] = (("moment",), np.array(labels, dtype=str), {"units": "1", "long_name": "canonical label of the moment"})
    if several:
        coordinates["method"] = (("method",), np.array(list(methods), dtype=str), {"units": "1", "long_name": "how the point was computed"})
    attributes: dict[str, Any] = {}
    for name, array in _parameters(axes, shape, points).items():
        if np.nanmax(array) > np.nanmin(array):
            coordinates[name] = (tuple(axes), array, _parameter(name))
        else:
            attributes[name] = float(array.flat[0])
    attributes |= {
        "model": model,
        "definition": json.dumps(definition, sort_keys=True),
        "versions": json.dumps(versions(), sort_keys=True),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "convention": CONVENTION,
        "permsym_version": versions()["permsym"],
    }
    if not several:
        attributes["method"] = methods[0]
    return xr.Dataset(data, coords=coordinates, attrs=attributes)


def _scalar(variable: Variable, point: Point, missing: Any) -> Any:
    if variable.name == "status":
        return point.status
    return point.scalars.get(variable.name, point.derived.get(variable.name, missing))


def _value(variable: Variable, point: Point, labels: Sequence[str]) -> list[float]:
    kind, _, part = variable.name.partition("_")
    if part == "error":
        return [point.errors.get(label, np.nan) for label in labels]
    values = point.moments if kind == "moment" else point.cumulants
    return [getattr(values[label], part) if label in values else np.nan for label in labels]


def _parameters(axes: Mapping[str, Sequence[float]], shape: tuple[int, ...], points: Mapping[Any, Point]) -> dict[str, Any]:
    """Parameters that are no axis, as arrays over the axes."""
    found: dict[str, Any] = {}
    for (index, _), point in points.items():
        for name, value in point.parameters.items():
            if name not in axes:
                found.setdefault(name, np.full(shape, np.nan))[index] = value
    return found


def _parameter(name: str) -> dict[str, str]:
    if name == "N":
        return {"units": "1", "long_name": "number of satellites"}
    if name == "time":
        return {"units": "1/frequency", "long_name": "time since the initial state"}
    return {"units": "frequency", "long_name": f"parameter {name}, in the model's unit of frequency"}
