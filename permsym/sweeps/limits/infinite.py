"""The limit N -> infinity of a steady state's quantity, and its 1/N series, by extrapolation over N."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from permsym.dataset.build import Point
from permsym.dataset.status import spelled
from permsym.errors import InputError, NotApplicable, UncertifiedWarning, UnsuitedModel
from permsym.model import Model
from permsym.models.registry import ModelSource
from permsym.moments.labels import parse
from permsym.sites import as_count
from permsym.steady.planning import QUICK
from permsym.sweeps.bench import Bench
from permsym.sweeps.definition import checked_moments, grammar, make
from permsym.sweeps.limits.extrapolation import chosen, extrapolated, leading_power, remainder
from permsym.sweeps.methods import method as find
from permsym.sweeps.task import labels_of
from permsym.sweeps.wanted import Wanted

HERMITE_SIZES = (10**5, 2 * 10**5, 4 * 10**5, 8 * 10**5, 16 * 10**5)
LATTICE_SIZES = (32, 64, 128, 256, 512, 1024, 2048)
"""Sizes for the Hermite solver, and for lattices where that one does not apply; all of one parity."""
APPROXIMATE_SIZES = (10**5, 2 * 10**5, 4 * 10**5)
"""Sizes for mean field and cumulants: N is only a number in their equations."""


@dataclass(frozen=True)
class Limit:
    """A quantity's limit and its expansion in powers of 1/N.

    quantity       label or name, as it was asked for
    method         exact, mf, c2, ...
    value, error   the limit and an estimate of its error
    power          s of the series a_0 + a_1 N^-s + a_2 N^-2s + ...
    leading        measured power of the leading correction, nan where the correction is below the errors
    coefficients   a_0, a_1, ... with coefficient_errors
    sizes, values, errors   the sequence that was extrapolated
    solver         hermite, lattice, or the method's name
    reliable       whether the series has the measured leading power; if not, the error is what a correction of that
                   power still changes beyond the last size, infinite where it does not fall
    """

    quantity: str
    method: str
    value: float
    error: float
    power: float
    leading: float
    coefficients: tuple[float, ...]
    coefficient_errors: tuple[float, ...]
    sizes: tuple[int, ...]
    values: tuple[float, ...]
    errors: tuple[float, ...]
    solver: str
    reliable: bool

    def at(self, N: float) -> float:
        """The series at a number of satellites."""
        x = float(N) ** -self.power
        return float(sum(a * x**k for k, a in enumerate(self.coefficients)))

    def error_at(self, N: float) -> float:
        """Error estimate of :meth:`at`: the coefficients' errors, and the size of the first term left out."""
        x = float(N) ** -self.power
        own = sum(e * x**k for k, e in enumerate(self.coefficient_errors))
        return float(own + abs(self.coefficients[-1]) * x ** (len(self.coefficients)))

    def __str__(self) -> str:
        mark = "" if self.reliable else " (not reliable: the correction does not fall as the series does)"
        how = f"{self.method}, powers of N^-{self.power:.3g}"
        return f"{self.quantity} -> {self.value:.15g} +- {self.error:.1e} as N -> infinity ({how}){mark}"


def limit(
    model: str | Callable[..., Model] | ModelSource,
    quantity: str | Sequence[str] = "z0",
    *,
    method: str = "exact",
    sizes: Sequence[int] | None = None,
    power: float | None = None,
    **fixed: float | str,
) -> Any:
    """The N -> infinity limit of a moment or derived quantity, with its 1/N series and error estimates.

    model      a library name, a model function, or a ModelSource, with a parameter ``N``
    quantity   a moment label ("z0", "+1 -2") or a derived quantity ("p0_up"); several give a dictionary of limits.  A complex
               moment stands for the larger one of its parts, "Re +0 -1" and "Im +0 -1" for the part that they name
    method     "exact", "mf" (mean field) or "c2" ... (cumulant expansions)
    sizes      three or more numbers of satellites, rising; best in geometric progression, and of one parity
    power      s of the powers N^-s of the series; None: the one of 1, 1/2, 1/3, 1/4 that fits best
    fixed      other parameters; numbers or expressions such as kappa="N/16" or g="3/sqrt(N)", evaluated at each size

    Exact values come from the Hermite solver at N = 10^5 ... 1.6 10^6 where it applies, else from lattices at N = 32 ... 2048.
    Their error estimates enter the limit's.

    Raises InputError for fewer than three sizes and for unknown quantities, and whatever the solvers raise.
    """
    wanted = [quantity] if isinstance(quantity, str) else list(quantity)
    if not wanted:
        raise InputError("`quantity` must be a moment label, a derived quantity or several, but is empty", parameter="quantity")
    if "N" in fixed:
        raise InputError("`N` must not be fixed: the limit is over N; leave it out, or give `sizes`", parameter="N")
    if power is not None and not 0 < power <= 4:
        raise InputError(f"`power` must be above 0 and at most 4, but is {power!r}", parameter="power")
    steps = None if sizes is None else _sizes(sizes)
    if method != "exact":
        points, solver = _points(model, wanted, steps or APPROXIMATE_SIZES, method, fixed, {}), method
    elif steps and steps[0] < QUICK:
        points, solver = _points(model, wanted, steps, method, fixed, {}), "lattice"
    else:
        try:
            points, solver = _points(model, wanted, steps or HERMITE_SIZES, method, fixed, {"solver": "hermite"}), "hermite"
        except (NotApplicable, UnsuitedModel):
            points, solver = _points(model, wanted, steps or LATTICE_SIZES, method, fixed, {}), "lattice"
    limits = {name: _limit(name, method, points, power, solver) for name in wanted}
    return limits[quantity] if isinstance(quantity, str) else limits


def _sizes(sizes: Sequence[int]) -> list[int]:
    counts = [as_count("sizes", size, 1) for size in sizes]
    if len(counts) < 3 or any(a >= b for a, b in pairwise(counts)):
        raise InputError(f"`sizes` must be three or more rising numbers of satellites, but is {list(sizes)!r}", parameter="sizes")
    return counts


def _points(
    model: str | Callable[..., Model] | ModelSource,
    wanted: Sequence[str],
    sizes: Sequence[int],
    name: str,
    fixed: Mapping[str, float | str],
    options: Mapping[str, Any],
) -> list[tuple[Model, Point]]:
    """The model and the point at every size."""
    sweep = make(model, {"N": list(sizes)}, fixed=fixed, methods=[name], options={name: dict(options)} if options else None)
    wide = grammar(sweep.model(sweep.indices[0]))
    labels = [_split(quantity)[1] for quantity in wanted if _is_label(quantity, wide)]
    if len(labels) == len(wanted):  # derived quantities take the error estimate of all moments up to order 2
        sweep = replace(sweep, moments=checked_moments(labels, wide))
    points = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # the error estimates enter the limit's
        for task in sweep.tasks():
            bench = Bench()
            bench.origin = task.origin
            moments = labels_of(task.model, task.moments)
            listed = {str(moment) for moment in moments}
            moments += [moment for moment in (parse(label, task.model) for label in labels) if str(moment) not in listed]
            points.append((task.model, find(name).point(task.model, Wanted(moments), task.options, bench)))
    return points


def _split(quantity: str) -> tuple[str, str]:
    """("Re" | "Im" | "", label)."""
    head, _, rest = quantity.partition(" ")
    return (head, rest) if head in ("Re", "Im") and rest else ("", quantity)


def _is_label(quantity: str, model: Model) -> bool:
    try:
        parse(_split(quantity)[1], model)
    except InputError:
        return False
    return True


def _limit(quantity: str, name: str, points: Sequence[tuple[Model, Point]], power: float | None, solver: str) -> Limit:
    """Extrapolation of one quantity."""
    pairs = [_value(quantity, name, model, point) for model, point in points]
    last = pairs[-1][0]
    values = [value.imag if abs(last.imag) > abs(last.real) else value.real for value, _ in pairs]
    errors = [error for _, error in pairs]
    sizes = [model.sizes[0] for model, _ in points]
    series = chosen(sizes, values, errors) if power is None else extrapolated(sizes, values, errors, power)
    leading = leading_power(sizes, values, errors)
    # a correction that falls more slowly than the series' first, between its powers, or faster than its last, is not of this series
    multiple = leading / series.power
    within = 0.85 < multiple < series.order + 0.15 and abs(multiple - round(multiple)) < 0.15
    # nor is one of which an earlier size lies beyond a turn
    turns = len(sizes) > 3 and leading_power(sizes[:-1], values[:-1], errors[:-1]) == -np.inf
    reliable = bool(np.isnan(leading) or (within and not turns))
    error = series.error if reliable else max(series.error, abs(values[-1] - series.value) + remainder(sizes, values, leading))
    coefficients, bounds = series.coefficients.tolist(), [error, *series.errors[1:].tolist()]
    return Limit(
        quantity, name, series.value, error, series.power, leading, tuple(coefficients), tuple(bounds), tuple(sizes), tuple(values),
        tuple(errors), solver, reliable,
    )  # fmt: skip


def _value(quantity: str, name: str, model: Model, point: Point) -> tuple[complex, float]:
    """A quantity at one size and its error estimate."""
    part, label = _split(quantity)
    if quantity in point.derived:
        return complex(point.derived[quantity]), float(point.derived_errors.get(quantity, point.scalars.get("error_estimate", 0.0)))
    try:
        key = str(parse(label, model))
    except InputError as error:
        raise InputError(f"{error}; derived quantities of this model are {', '.join(point.derived)}") from None
    if key not in point.moments:
        raise InputError(f"the moment {label!r} has no value here: {spelled(point.status, point.reason)}")
    value = complex(point.moments[key])
    return {"Re": complex(value.real), "Im": complex(value.imag)}.get(part, value), point.errors.get(key, 0.0)
