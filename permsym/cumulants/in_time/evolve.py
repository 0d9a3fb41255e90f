"""Time evolution of cumulant equations of any order, mean field included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.cumulants.equations import Equations, equations
from permsym.cumulants.in_time.flow import Flow, RanAway, integrate, stiff
from permsym.cumulants.in_time.initial import HasMoments, breaks_symmetry, initial_moment, initial_vector
from permsym.cumulants.physical import unphysical
from permsym.cumulants.squeezing import expanded_squeezing
from permsym.dynamics.initial import InitialState
from permsym.errors import InputError
from permsym.model import Model
from permsym.modulation.dependence import Family
from permsym.modulation.functions import Rule
from permsym.modulation.modulation import Modulation
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray
from permsym.states.derived import derived_quantities
from permsym.states.squeezing import SqueezingSeries

Vector = NDArray[np.float64]
_ROUGHER = 30.0  # times the tolerances, of the run that tells the error: off by ten times as much or more, so that the difference covers it


@dataclass(frozen=True)
class Trajectory:
    """Moments against time.

    equations   with the coefficients of t = 0 where they change
    times    (T,), from the initial state on
    y        (T, n) in the order of the equations' labels
    errors   (n,) estimate of the absolute error of the integration at any of the times; nan where it was not asked for.  How far the
             equations are from the exact answer it cannot say.
    """

    equations: Equations
    times: Vector
    y: ComplexArray
    errors: Vector

    @property
    def model(self) -> Model:
        return self.equations.model

    @property
    def order(self) -> int:
        return self.equations.order

    def moment(self, label: str | MomentLabel) -> ComplexArray:
        """A moment at all times, (T,); beyond the order, the closure's value."""
        return np.array([self.equations.moment(y, label) for y in self.y])

    def cumulant(self, label: str | MomentLabel) -> ComplexArray:
        """A joint cumulant at all times, (T,); zero beyond the order."""
        return np.array([self.equations.cumulant(y, label) for y in self.y])

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of a moment's error as a solution of the equations, at any of the times; nan beyond the order."""
        return self.equations.error(self.errors, parse(label, self.model) if isinstance(label, str) else label)

    @cached_property
    def derived(self) -> dict[str, Vector]:
        """Populations, photon numbers and g2 at all times, each (T,), named as in exact results; nan where there are none."""
        rows = [derived_quantities(self.model, _moment_of(self.equations, y)) for y in self.y]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}

    def squeezing(self, ensemble: str | None = None) -> SqueezingSeries:
        """Squeezing of an ensemble at all times, as :meth:`permsym.cumulants.state.CumulantState.squeezing` has it of a fixed point.

        BeyondOrder where the order has no pairs of satellites.
        """
        moments = [_moment_of(self.equations, y) for y in self.y]
        return SqueezingSeries(tuple(expanded_squeezing(self.model, self.order, one, self.error, ensemble) for one in moments))

    @cached_property
    def unphysical(self) -> tuple[str, ...]:
        """What no density matrix has, at the first time where it shows: populations outside [0, 1], negative photon numbers."""
        for t, y in zip(self.times, self.y, strict=True):
            defects = unphysical(self.model, _moment_of(self.equations, y))
            if defects:
                return tuple(f"{defect} at t={t:.6g}" for defect in defects)
        return ()


def _moment_of(equations: Equations, y: ComplexArray) -> Callable[[str | MomentLabel], complex]:
    return lambda label: equations.moment(y, label)


def evolve(
    model: Model | Equations,
    times: ArrayLike,
    initial: str | InitialState | HasMoments | ComplexArray = "",
    *,
    order: int | None = None,
    counting: str = "operators",
    closure: str = "full",
    break_symmetry: bool | None = None,
    modulate: Mapping[str, Rule] | None = None,
    kinks: Iterable[float] = (),
    start: float = 0.0,
    family: Family | None = None,
    rtol: float = 1e-8,
    atol: float = 1e-10,
    errors: bool = True,
) -> Trajectory:
    """Solve dy/dt = F(y) for the moments of an expansion; its arguments are those of ``equations`` and of ``permsym.evolve``.

    model           a model with an ``order`` (2 by default; 1 is mean field), or equations that are there already
    times           >= 0, ascending; the initial state stands at t = 0
    initial         a label as ``permsym.evolve`` takes them, "" for the lowest states; a state that has moments; or the moments (n,)
    break_symmetry  keep moments that a U(1) symmetry makes vanish; None: where the initial state has some
    modulate        name of a parameter, term or jump -> function of t, or the text of an expression in t, as ``permsym.evolve`` takes them;
                    kinks, start and family go with it
    rtol, atol      relative and absolute tolerance of a step, for moments divided by their natural size
    errors          whether a second, rougher run tells the error

    Raises SolverFailed where the solution runs away, with the time; InputError for times, labels and moments that make no sense.
    """
    grid = ascending(times)
    driven, modulation = modulated(model, modulate, (start, start + float(grid[-1])), kinks, family)
    built, first = started(driven, initial, order, counting, closure, break_symmetry)
    if modulation is not None:
        now = modulation.coefficients(start)[:, 0]
        terms = [replace(term, coefficient=complex(value)) for term, value in zip(modulation.terms, now, strict=True)]
        built = replace(built.of_terms(terms), model=modulation.static)
    flow, x = Flow(built, modulation=modulation, clock=start), first / built.scale
    fine = _run(flow, x, grid, rtol, atol)
    estimate = np.full(len(built), np.nan)
    if errors:
        rough = _run(flow, x, grid, _ROUGHER * rtol, _ROUGHER * atol)
        estimate = np.abs(fine - rough).max(axis=0) * built.scale
    return Trajectory(built, grid, fine * built.scale, estimate)


def modulated(
    model: Model | Equations, rules: Mapping[str, Rule] | None, span: tuple[float, float], kinks: Iterable[float], family: Family | None
) -> tuple[Model | Equations, Modulation | None]:
    """The modulation of a model, and the model, or equations, with all terms that may be non-zero at some time.

    Raises InputError as :meth:`~permsym.modulation.modulation.Modulation.of` does.
    """
    if not rules:
        return model, None
    static = model.model if isinstance(model, Equations) else model
    modulation = Modulation.of(static, rules, span, kinks, family)
    return model.at(modulation.model) if isinstance(model, Equations) else modulation.model, modulation


def ascending(times: ArrayLike) -> Vector:
    """Times as an array (T,); InputError where they do not ascend from 0 or later."""
    try:
        grid = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`times` must be numbers, but are {times!r}") from None
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or grid[0] < 0 or not (np.diff(grid) > 0).all():
        raise InputError("`times` must be finite, increasing and >= 0, such as np.linspace(0, 10, 101); the initial state stands at t = 0")
    return grid


def started(
    model: Model | Equations,
    initial: str | InitialState | HasMoments | ComplexArray,
    order: int | None,
    counting: str,
    closure: str,
    break_symmetry: bool | None,
) -> tuple[Equations, ComplexArray]:
    """The equations, and the initial moments in their order."""
    if isinstance(initial, np.ndarray):
        built = model if isinstance(model, Equations) else _built(model, order, counting, closure, bool(break_symmetry))
        start = np.asarray(initial, dtype=complex)
        if start.shape != (len(built),):
            raise InputError(f"`initial` must hold {len(built)} moments, but has shape {start.shape}")
        return built, start
    if isinstance(model, Equations):
        return model, initial_vector(model, initial_moment(initial, model.counted_model))
    moment = initial_moment(initial, model)
    broken = breaks_symmetry(moment, model) if break_symmetry is None else break_symmetry
    built = _built(model, order, counting, closure, broken)
    return built, initial_vector(built, moment)


def _built(model: Model, order: int | None, counting: str, closure: str, broken: bool) -> Equations:
    return equations(model, order=2 if order is None else order, counting=counting, closure=closure, break_symmetry=broken)


def _run(flow: Flow, x: ComplexArray, grid: Vector, rtol: float, atol: float) -> ComplexArray:
    """Scaled moments at the times of a grid."""
    whole = grid if grid[0] == 0 else np.append(0.0, grid)
    method = "BDF" if stiff(flow, x, whole[-1]) else "DOP853"
    values, reached = integrate(flow, x, whole, rtol, atol, method)
    if len(values) < len(whole):
        raise RanAway.of(flow, reached)
    return values[len(whole) - len(grid) :]
