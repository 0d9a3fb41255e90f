"""Values of problems, one for each point and quantity, in one order that templates and scores share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from permsym.compare.verdicts import unit
from permsym.dataset.columns import column
from permsym.dataset.status import EXACT, Status
from permsym.reference.problems import Problem

if TYPE_CHECKING:
    import xarray as xr


ALONG = ("time", "delay")
"""Parameters of a value that are none of its model's."""


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
    several = "approach" in data.dims
    one = data.sel(approach=approach) if several else data
    axes = [str(dim) for dim in one["status"].dims]
    names = [name for name in map(str, one.coords) if one[name].dims and set(one[name].dims) <= set(axes) and one[name].dtype.kind in "fi"]
    typed = list(dict.fromkeys([n for d in problem.sweep.dimensions for n in d.columns] + ["time"]))
    columns = {quantity: column(one, quantity) for quantity in problem.quantities}
    points: dict[tuple[float, ...], int] = {}
    for index in itertools.product(*(range(one.sizes[dim]) for dim in axes)):
        at = dict(zip(axes, index, strict=True))
        parameters = {name: float(one[name].isel({d: at[d] for d in map(str, one[name].dims)})) for name in typed if name in names}
        status = str(one["status"].isel(at).values)
        for quantity, (numbers, errors) in columns.items():
            for delay, value, error in _along(numbers.isel(at), errors.isel(at)):
                whole = parameters | delay
                number = points.setdefault(tuple(whole.values()), len(points))
                yield Value(problem.name, number, whole, quantity, value, error, status)


def _along(numbers: xr.DataArray, errors: xr.DataArray) -> Iterator[tuple[dict[str, float], complex, float]]:
    """The one value of a point, or one for each delay."""
    if not numbers.dims:
        yield {}, complex(numbers), float(errors)
    for delay, value, error in zip(numbers["delay"].values, numbers.values, errors.values, strict=True) if numbers.dims else ():
        yield {"delay": float(delay)}, complex(value), float(error)


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
