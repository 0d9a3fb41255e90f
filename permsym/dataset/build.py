"""Results of single points -> one labelled xarray Dataset."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.schema import CONVENTION, VARIABLES, Variable, derived

if TYPE_CHECKING:
    import xarray as xr


_DERIVED = ("p0_up", "p_up")  # in the table of variables, but there only where the model has them


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
    lists: Mapping[str, Mapping[str, Sequence[float | str]]] | None = None,
) -> xr.Dataset:
    """Dataset over the product of ``axes``, with the dimension ``method`` where there are several, and ``moment``.

    points       (index along each axis, method) -> Point
    definition   what defines the model besides the axes, as JSON-ready data
    lists        axes that count the entries of a list -> the parameters that run together there
    """
    import xarray as xr

    listed = {} if lists is None else lists
    shape = tuple(len(values) for values in axes.values())
    several = len(methods) > 1
    outer = (*axes, "method") if several else tuple(axes)
    outer_shape = (*shape, len(methods)) if several else shape
    labels = list(dict.fromkeys(label for point in points.values() for label in point.moments))
    names = list(dict.fromkeys(name for point in points.values() for name in point.derived))
    table: list[Variable] = [v for v in VARIABLES if v.name not in _DERIVED] + [derived(name) for name in names]

    order = {name: position for position, name in enumerate(methods)}
    places = [int(np.ravel_multi_index((*index, order[name]), (*shape, len(methods)))) for index, name in points]
    total = math.prod(shape) * len(methods)

    def scattered(values: Sequence[Any] | NDArray[Any], fill: Any, dtype: Any, tail: tuple[int, ...] = ()) -> NDArray[Any]:
        """One value (or row) a point -> an array over the dimensions."""
        flat = np.full((total, *tail), fill, dtype=dtype)
        flat[places] = np.asarray(values, dtype=dtype).reshape(len(places), *tail)
        return flat.reshape((*outer_shape, *tail))

    rows = _rows(points.values(), labels)
    data: dict[str, Any] = {}
    for variable in table:
        fill: Any = {"str": "", "float64": np.nan}.get(variable.dtype, 0)
        if variable.per_moment:
            array = scattered(rows[variable.name], np.nan, float, (len(labels),))
        elif variable.name == "status":
            array = scattered([point.status for point in points.values()], "", object).astype(str)
        else:
            array = scattered([_scalar(variable, point, fill) for point in points.values()], fill, variable.dtype)
        attributes_ = {"units": variable.units, "long_name": variable.long_name}
        data[variable.name] = ((*outer, "moment") if variable.per_moment else outer, array, attributes_)
    stamps = [np.datetime64(point.computed_at.replace(tzinfo=None), "s") for point in points.values()]
    data["computed_at"] = (
        outer,
        scattered(stamps, np.datetime64("NaT", "s"), "datetime64[s]"),
        {"long_name": "when the point was computed (UTC)"},
    )

    coordinates: dict[str, Any] = {name: ((name,), np.asarray(values), _parameter(name)) for name, values in axes.items()}
    coordinates["moment"] = (("moment",), np.array(labels, dtype=str), {"units": "1", "long_name": "canonical label of the moment"})
    if several:
        coordinates["method"] = (("method",), np.array(list(methods), dtype=str), {"units": "1", "long_name": "how the point was computed"})
    attributes: dict[str, Any] = {}
    for dimension, columns in listed.items():
        counted = {"units": "1", "long_name": "position in the list of points"}
        coordinates[dimension] = ((dimension,), np.arange(len(axes[dimension])), counted)
        for name, column in columns.items():
            if not any(isinstance(value, str) for value in column):
                coordinates[name] = ((dimension,), np.asarray(column), _parameter(name))
    for name, array in _parameters(coordinates, shape, points).items():
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
    return point.scalars.get(variable.name, point.derived.get(variable.name, missing))


def _rows(points: Collection[Point], labels: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Values with the dimension ``moment``, one row a point, by variable."""
    found = {name: np.full((len(points), len(labels)), complex(np.nan, np.nan)) for name in ("moment", "cumulant", "error")}
    column = {label: k for k, label in enumerate(labels)}
    for rows, kind in ((found["moment"], "moments"), (found["cumulant"], "cumulants"), (found["error"], "errors")):
        for row, point in zip(rows, points, strict=True):
            values: Mapping[str, complex] = getattr(point, kind)
            row[[column[label] for label in values if label in column]] = [values[label] for label in values if label in column]
    return {
        "moment_real": found["moment"].real,
        "moment_imag": found["moment"].imag,
        "cumulant_real": found["cumulant"].real,
        "cumulant_imag": found["cumulant"].imag,
        "moment_error": found["error"].real,
    }


def _parameters(known: Collection[str], shape: tuple[int, ...], points: Mapping[Any, Point]) -> dict[str, Any]:
    """Parameters that are no coordinate yet, as arrays over the axes."""
    merged: dict[tuple[int, ...], dict[str, float]] = {}
    for (index, _), point in points.items():  # a method may know more than others: the exact solver finds a boson's levels
        merged[index] = {**point.parameters, **merged.get(index, {})}
    names = dict.fromkeys(name for parameters in merged.values() for name in parameters if name not in known)
    places = [int(np.ravel_multi_index((*index, 0), (*shape, 1))) for index in merged]
    found: dict[str, Any] = {}
    for name in names:
        flat = np.full(math.prod(shape), np.nan)
        flat[places] = [parameters.get(name, np.nan) for parameters in merged.values()]
        found[name] = flat.reshape(shape)
    return found


def _parameter(name: str) -> dict[str, str]:
    if name == "N":
        return {"units": "1", "long_name": "number of satellites"}
    if name == "time":
        return {"units": "1/frequency", "long_name": "time since the initial state"}
    return {"units": "frequency", "long_name": f"parameter {name}, in the model's unit of frequency"}
