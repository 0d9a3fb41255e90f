"""Results of single points -> one labelled xarray Dataset."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.schema import CONVENTION, VARIABLES, Variable, derived, derived_error, error_name
from permsym.dataset.status import LEFT, Status
from permsym.dataset.versions import Software, mixture, software, versions

if TYPE_CHECKING:
    import xarray as xr

Cell = tuple[tuple[int, ...], str]
"""One cell of a dataset: (index along each axis, approach)."""


@dataclass(frozen=True)
class Series:
    """What one method gave at a point over time: values (T,) by label and by name.

    times    (T,) since the initial state
    errors   of moments at each time; empty: those of the point, one for all times
    """

    times: tuple[float, ...]
    moments: Mapping[str, NDArray[np.complex128]]
    derived: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    derived_errors: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    errors: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass
class Point:
    """What one method gave at one point.

    parameters       all parameters of the model at this point
    moments, cumulants, errors   values by label
    derived, derived_errors   derived quantities and their errors by name
    power, power_errors   a power spectrum and its errors by frequency
    coherence, coherence_errors   g2(tau) and its errors by delay
    scalars          values of other variables over the axes alone, by their name in the schema
    computed_by      the software that gave it
    status, reason   how it came out; the reason of an approximation also says which one it is
    approach         name of the method
    series           moments and derived quantities over time, where that was asked for instead of a steady state
    """

    parameters: Mapping[str, float]
    moments: dict[str, complex] = field(default_factory=dict)
    cumulants: dict[str, complex] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    derived: dict[str, float] = field(default_factory=dict)
    scalars: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.OK
    reason: str = ""
    approach: str = ""
    computed_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    derived_errors: dict[str, float] = field(default_factory=dict)
    computed_by: Software = field(default_factory=software)
    power: dict[float, float] = field(default_factory=dict)
    power_errors: dict[float, float] = field(default_factory=dict)
    coherence: dict[float, float] = field(default_factory=dict)
    coherence_errors: dict[float, float] = field(default_factory=dict)
    series: Series | None = None

    def at(self, k: int) -> Point:
        """The point at a time of its series by its position; one without a series, which failed, is the same at all times."""
        if self.series is None:
            return self
        one = self.series
        return replace(
            self,
            moments={label: complex(values[k]) for label, values in one.moments.items()},
            derived={name: float(values[k]) for name, values in one.derived.items()},
            derived_errors={name: float(values[k]) for name, values in one.derived_errors.items()},
            errors=self.errors | {label: float(values[k]) for label, values in one.errors.items()},
            series=None,
        )

    @property
    def values(self) -> dict[str, Any]:
        """Values of all variables over the axes alone, by their name in the schema."""
        errors = {error_name(name): error for name, error in self.derived_errors.items()}
        return {**self.derived, **errors, **self.scalars, "status": str(self.status), "reason": self.reason}


def build_dataset(
    axes: Mapping[str, Sequence[float]],
    methods: Sequence[str],
    points: Mapping[Cell, Point],
    *,
    model: str,
    definition: Mapping[str, Any],
    command: str = "",
    lists: Mapping[str, Mapping[str, Sequence[float | str]]] | None = None,
) -> xr.Dataset:
    """Dataset over the product of ``axes``, ``approach`` where there are several methods, ``moment``, ``frequency`` and ``delay``.

    definition   what defines the model besides the axes, as JSON-ready data
    lists        axes that count the entries of a list -> the parameters that run together there
    """
    import xarray as xr

    grid = _Grid.over(axes, methods, points)
    labels = list(dict.fromkeys(label for point in points.values() for label in point.moments))
    curves = {
        "frequency": list(dict.fromkeys(frequency for point in points.values() for frequency in point.power)),
        "delay": list(dict.fromkeys(delay for point in points.values() for delay in point.coherence)),
    }
    computed_by, several = _software(grid, points)
    data = _variables(grid, points, labels, curves) | computed_by
    coordinates = _coordinates(axes, methods, labels, lists or {})
    coordinates |= {name: ((name,), np.array(along), _described(name)) for name, along in curves.items() if along}
    constant: dict[str, float] = {}
    for name, array in _parameters(coordinates, grid.shape, points).items():
        if np.nanmax(array) > np.nanmin(array):
            coordinates[name] = (tuple(axes), array, _described(name))
        else:
            constant[name] = float(np.nanmax(array))  # an unfinished sweep has gaps
    provenance = {
        "model": model,
        "definition": json.dumps(definition, sort_keys=True),
        **several,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "convention": CONVENTION,
        "permsym_version": versions()["permsym"],
    }
    return xr.Dataset(data, coords=coordinates, attrs=constant | provenance | ({} if grid.several else {"approach": methods[0]}))


def over_time(
    axes: Mapping[str, Sequence[float]], times: Sequence[float], points: Mapping[Cell, Point]
) -> tuple[dict[str, Sequence[float]], dict[Cell, Point]]:
    """Axes with ``time`` behind the others, and a cell for every time of every point's series."""
    cells = {((*index, k), name): point.at(k) for (index, name), point in points.items() for k in range(len(times))}
    return {**axes, "time": list(times)}, cells


@dataclass(frozen=True)
class _Grid:
    """The dimensions of a dataset before ``moment``, and where its points lie.

    shape       of the axes; ``approach`` follows where there are several methods
    positions   of the points in the flattened array over axes and methods
    """

    axes: tuple[str, ...]
    shape: tuple[int, ...]
    methods: int
    positions: list[int]

    @classmethod
    def over(cls, axes: Mapping[str, Sequence[float]], methods: Sequence[str], cells: Collection[Cell]) -> _Grid:
        shape = tuple(len(values) for values in axes.values())
        order = {name: position for position, name in enumerate(methods)}
        positions = [int(np.ravel_multi_index((*index, order[name]), (*shape, len(methods)))) for index, name in cells]
        return cls(tuple(axes), shape, len(methods), positions)

    @property
    def several(self) -> bool:
        return self.methods > 1

    @property
    def dimensions(self) -> tuple[str, ...]:
        return (*self.axes, "approach") if self.several else self.axes

    def scattered(self, values: Sequence[Any] | NDArray[Any], fill: Any, dtype: Any, tail: tuple[int, ...] = ()) -> NDArray[Any]:
        """One value (or row of shape ``tail``) a point -> an array over the dimensions."""
        flat = np.full((math.prod(self.shape) * self.methods, *tail), fill, dtype=dtype)
        flat[self.positions] = np.asarray(values, dtype=dtype).reshape(len(self.positions), *tail)
        return flat.reshape((*self.shape, *((self.methods,) if self.several else ()), *tail))


def _variables(grid: _Grid, points: Mapping[Cell, Point], labels: Sequence[str], curves: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Variable -> (dimensions, values, attributes); ``curves``: where values over ``frequency`` and over ``delay`` lie."""
    names = list(dict.fromkeys(name for point in points.values() for name in point.derived))
    table: list[Variable] = [v for v in VARIABLES if not v.optional] + [derived(name) for name in names]
    table += [derived_error(name) for name in names if any(name in point.derived_errors for point in points.values())]
    table += [v for v in VARIABLES if curves.get(v.over)]
    rows = _moments(points.values(), labels) | _curves(points.values(), curves)
    data: dict[str, Any] = {}
    for variable in table:
        fill: Any = {"str": LEFT, "float64": np.nan}.get(variable.dtype, 0)
        if variable.over:
            array = grid.scattered(rows[variable.name], np.nan, float, rows[variable.name].shape[1:])
        else:
            values = [point.values.get(variable.name, fill) for point in points.values()]
            array = grid.scattered(values, fill, object if variable.dtype == "str" else variable.dtype)
            array = array.astype(str) if variable.dtype == "str" else array
        dimensions = (*grid.dimensions, variable.over) if variable.over else grid.dimensions
        data[variable.name] = (dimensions, array, {"units": variable.units, "long_name": variable.long_name})
    stamps = [np.datetime64(point.computed_at.replace(tzinfo=None), "s") for point in points.values()]
    array = grid.scattered(stamps, np.datetime64("NaT", "s"), "datetime64[s]")
    return data | {"computed_at": (grid.dimensions, array, {"long_name": "when the point was computed (UTC)"})}


def _software(grid: _Grid, points: Mapping[Cell, Point]) -> tuple[dict[str, Any], dict[str, str]]:
    """Variables and attributes: versions of what computed most points; where there are several, all of them, and which computed a point."""
    mixed = mixture(point.computed_by for point in points.values())
    attributes = {"versions": json.dumps({**versions(), **(mixed[0][0] if mixed else {})}, sort_keys=True)}
    if len(mixed) < 2:
        return {}, attributes
    attributes["mixed_versions"] = json.dumps([{**one, "points": number} for one, number in mixed], sort_keys=True)
    order = [one for one, _ in mixed]
    positions = [order.index(point.computed_by) for point in points.values()]
    about = {"units": "1", "long_name": "position in the attribute `mixed_versions` of what computed the point"}
    return {"computed_by": (grid.dimensions, grid.scattered(positions, -1, "int8"), about)}, attributes


def _coordinates(
    axes: Mapping[str, Sequence[float]], methods: Sequence[str], labels: Sequence[str], lists: Mapping[str, Mapping[str, Sequence[Any]]]
) -> dict[str, Any]:
    """Coordinate -> (dimensions, values, attributes): the axes, moments, methods, and the columns of lists."""
    coordinates: dict[str, Any] = {name: ((name,), np.asarray(values), _described(name)) for name, values in axes.items()}
    coordinates["moment"] = (("moment",), np.array(labels, dtype=str), {"units": "1", "long_name": "canonical label of the moment"})
    if len(methods) > 1:
        computed = {"units": "1", "long_name": "how the point was computed"}
        coordinates["approach"] = (("approach",), np.array(list(methods), dtype=str), computed)
    for dimension, columns in lists.items():
        counted = {"units": "1", "long_name": "position in the list of points"}
        coordinates[dimension] = ((dimension,), np.arange(len(axes[dimension])), counted)
        for name, column in columns.items():
            if not any(isinstance(value, str) for value in column):
                coordinates[name] = ((dimension,), np.asarray(column), _described(name))
    return coordinates


def _curves(points: Collection[Point], curves: Mapping[str, Sequence[float]]) -> dict[str, NDArray[np.float64]]:
    """Values over ``frequency`` and over ``delay``, one row a point, by variable."""
    table = {
        "power_spectrum": ("frequency", [point.power for point in points]),
        "power_spectrum_error": ("frequency", [point.power_errors for point in points]),
        "g2_delayed": ("delay", [point.coherence for point in points]),
        "g2_delayed_error": ("delay", [point.coherence_errors for point in points]),
    }
    return {
        name: np.array([[row.get(x, np.nan) for x in curves[over]] for row in rows]).reshape(len(points), len(curves[over]))
        for name, (over, rows) in table.items()
    }


def _moments(points: Collection[Point], labels: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Values over ``moment``, one row a point, by variable."""
    column = {label: k for k, label in enumerate(labels)}

    def matrix(kind: str) -> NDArray[np.complex128]:
        rows = np.full((len(points), len(labels)), complex(np.nan, np.nan))
        for row, point in zip(rows, points, strict=True):
            values: Mapping[str, complex] = getattr(point, kind)
            row[[column[label] for label in values if label in column]] = [values[label] for label in values if label in column]
        return rows

    moment, cumulant = matrix("moments"), matrix("cumulants")
    return {
        "moment_real": moment.real,
        "moment_imag": moment.imag,
        "cumulant_real": cumulant.real,
        "cumulant_imag": cumulant.imag,
        "moment_error": matrix("errors").real,
    }


def _parameters(others: Collection[str], shape: tuple[int, ...], points: Mapping[Cell, Point]) -> dict[str, NDArray[np.float64]]:
    """Parameters that are not among ``others``, as arrays over the axes."""
    merged: dict[tuple[int, ...], dict[str, float]] = {}
    for (index, _), point in points.items():  # one method may know more than another: the exact solver finds a boson's levels
        merged[index] = {**point.parameters, **merged.get(index, {})}
    names = dict.fromkeys(name for parameters in merged.values() for name in parameters if name not in others)
    positions = [int(np.ravel_multi_index((*index, 0), (*shape, 1))) for index in merged]
    arrays: dict[str, NDArray[np.float64]] = {}
    for name in names:
        flat = np.full(math.prod(shape), np.nan)
        flat[positions] = [parameters.get(name, np.nan) for parameters in merged.values()]
        arrays[name] = flat.reshape(shape)
    return arrays


def _described(name: str) -> dict[str, str]:
    """Units and long name of a parameter."""
    if name == "N":
        return {"units": "1", "long_name": "number of satellites"}
    if name == "time":
        return {"units": "1/frequency", "long_name": "time since the initial state"}
    if name == "frequency":
        return {"units": "frequency", "long_name": "angular frequency of the power spectrum"}
    if name == "delay":
        return {"units": "1/frequency", "long_name": "delay tau between the times of a two-time function"}
    return {"units": "frequency", "long_name": f"parameter {name}, in the model's unit of frequency"}
