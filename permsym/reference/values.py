"""Values of problems, one for each point and quantity, in one order that templates and scores share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.compare.verdicts import unit
from permsym.dataset.columns import column
from permsym.dataset.schema import error_name
from permsym.dataset.status import EXACT, Status
from permsym.reference.problems import Problem

if TYPE_CHECKING:
    import xarray as xr


ALONG = ("time", "delay")
"""Parameters of a value that are none of its model's."""


PROVED = "bounds"
"""The approach of a dataset whose values and errors are the middle and half the width of proved intervals."""


_ALWAYS = ("status", "error_estimate", "moment_real", "moment_imag", "moment_error")


@dataclass(frozen=True)
class Value:
    """One number that a problem asks for.

    point        counts the points of the problem
    parameters   those that vary, and the time of an evolution
    error        estimate of the absolute error
    status       how the point came out
    """

    problem: str
    point: int
    parameters: dict[str, float]
    quantity: str
    value: complex
    error: float
    status: str = Status.OK


def approaches(data: xr.Dataset) -> list[str]:
    """Everything that a dataset holds, the exact values first."""
    if "approach" not in data.coords or not data["approach"].dims:
        return [EXACT]
    return [str(name) for name in data["approach"].values]


def values(problem: Problem, data: xr.Dataset, approach: str = EXACT) -> Iterator[Value]:
    """Every value of an approach: each quantity at each point of the sweep and each of its times or delays; nan where there is none."""
    read = [*_ALWAYS, *problem.quantities, *map(error_name, problem.quantities)]
    few = data[[name for name in read if name in data.data_vars]]  # xarray spends a tenth of a millisecond on each variable
    one = few.sel(approach=approach) if "approach" in data.dims else few
    axes = [str(dim) for dim in one["status"].dims]
    names = [name for name in map(str, one.coords) if one[name].dims and set(one[name].dims) <= set(axes) and one[name].dtype.kind in "fi"]
    typed = dict.fromkeys([name for d in problem.sweep.dimensions for name in d.columns] + ["time"])
    parameters = {name: _flat(one[name].broadcast_like(one["status"]), axes)[:, 0] for name in typed if name in names}
    columns = {quantity: _Column.of(one, quantity, axes) for quantity in problem.quantities}
    points: dict[tuple[float, ...], int] = {}
    for k, status in enumerate(_flat(one["status"], axes)[:, 0]):
        at = {name: float(column[k]) for name, column in parameters.items()}
        for quantity, whole in columns.items():
            for delay, value, error in zip(whole.delays, whole.values[k], whole.errors[k], strict=True):
                there = at | delay
                number = points.setdefault(tuple(there.values()), len(points))
                yield Value(problem.name, number, there, quantity, complex(value), float(error), str(status))


@dataclass(frozen=True)
class _Column:
    """A quantity at all points: values and errors (points, delays); one empty delay for a quantity without delays."""

    delays: list[dict[str, float]]
    values: NDArray[np.complex128]
    errors: NDArray[np.float64]

    @classmethod
    def of(cls, data: xr.Dataset, quantity: str, axes: Sequence[str]) -> _Column:
        numbers, errors = column(data, quantity)
        delays = [{"delay": float(tau)} for tau in numbers["delay"].values] if "delay" in numbers.dims else [{}]
        return cls(delays, _flat(numbers, axes), _flat(errors, axes))


def _flat(array: xr.DataArray, axes: Sequence[str]) -> NDArray[Any]:
    """(points, delays), or (points, 1)."""
    size = math.prod(array.sizes[dim] for dim in axes)
    return array.transpose(*axes, ...).values.reshape(size, -1)


def sizes(exact: list[Value]) -> list[float]:
    """What the error of each value is relative to, see :func:`permsym.compare.verdicts.unit`."""
    largest: dict[tuple[str, str], float] = {}
    for each in exact:
        key = each.problem, each.quantity
        largest[key] = max(largest.get(key, 0.0), abs(each.value))
    return [unit(abs(each.value), largest[each.problem, each.quantity]) for each in exact]


def worst_error(exact: list[Value]) -> float:
    """The largest error estimate of exact values, in those units; nan where one is not there."""
    errors = [each.error / size for each, size in zip(exact, sizes(exact), strict=True)]
    return math.nan if any(map(math.isnan, errors)) else max(errors)
