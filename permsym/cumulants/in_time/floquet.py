"""Periodic states of cumulant equations whose coefficients repeat themselves: limit cycles under a drive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.cumulants.in_time.cycle import Cycle, newton_cycle
from permsym.cumulants.in_time.evolve import Trajectory, ascending, modulated, started
from permsym.cumulants.in_time.flow import Flow, RanAway, integrate
from permsym.cumulants.in_time.initial import HasMoments
from permsym.dynamics.initial import InitialState
from permsym.errors import InputError, NoFixedPoint
from permsym.model import Model
from permsym.modulation.dependence import Family
from permsym.modulation.functions import Rule
from permsym.modulation.periodic import check_periodic, checked_period
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]
POINTS = 65  # times of a period, both ends included, unless they are given
_DOUBLINGS = 7  # of the number of periods followed before Newton's method: 127 in all
_NEAR = 0.02  # of the largest moment: a cycle that Newton's method gives is the one that the evolution leads to
_ROUGHER = 30.0  # times the tolerance, of the second solution that tells the error
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class CumulantFloquet:
    """A periodic solution of cumulant equations; how far it is from the exact periodic state it cannot say.

    trajectory        moments at times of the period, with their errors as a periodic solution of the equations
    multipliers       eigenvalues of the period map's derivative (k,), largest modulus first: below 1 deviations decay
    multiplier_errors (k,)
    angles            by which broken phases turn in a period; all others vanish
    residual          largest |x(T) - x(0)| of scaled moments
    """

    trajectory: Trajectory
    period: float
    multipliers: ComplexArray
    multiplier_errors: Vector
    angles: tuple[float, ...]
    residual: float
    tolerance: float

    @property
    def times(self) -> Vector:
        """Times of the period, (T,)."""
        return self.trajectory.times

    @property
    def stable(self) -> bool:
        """Whether small deviations decay: all multipliers are below 1, by more than their errors."""
        return bool((np.abs(self.multipliers) + self.multiplier_errors < 1).all())

    @property
    def certified(self) -> bool:
        """Whether the numbers solve the equations to the tolerance, relative where moments are above one."""
        size = np.maximum(1.0, np.abs(self.trajectory.y).max(axis=0))
        return bool(np.nanmax(self.trajectory.errors / size, initial=0.0) <= self.tolerance)

    @property
    def unphysical(self) -> tuple[str, ...]:
        """What no density matrix has, and when."""
        return self.trajectory.unphysical

    def moment(self, label: str | MomentLabel) -> ComplexArray:
        """A moment over the period, (T,)."""
        return self.trajectory.moment(label)

    def error(self, label: str | MomentLabel) -> float:
        """Estimate of a moment's error as a periodic solution of the equations; nan beyond the order."""
        return self.trajectory.error(label)

    @property
    def derived(self) -> dict[str, Vector]:
        """Populations, photon numbers and g2 over the period, each (T,)."""
        return self.trajectory.derived


def floquet(
    model: Model,
    *,
    modulate: Mapping[str, Rule],
    period: float,
    order: int = 2,
    times: ArrayLike | None = None,
    initial: str | InitialState | HasMoments = "",
    counting: str = "operators",
    closure: str = "full",
    break_symmetry: bool | None = None,
    kinks: Iterable[float] = (),
    family: Family | None = None,
    tolerance: float = 1e-8,
) -> CumulantFloquet:
    """The periodic solution that an evolution leads to; the other arguments are those of ``permsym.cumulants.evolve``.

    period     T, after which every function of ``modulate`` repeats itself
    times      within the period, 0 to T; None: 65 equally spaced ones
    initial    where the evolution starts: equations with several cycles have one for each start
    tolerance  absolute error of the moments that is aimed at, relative where they are above one

    Newton's method on the period map ends what the evolution begins.  Where the evolution does not settle, the cycle nearest to its end is
    returned, which ``stable`` marks.  Raises NoFixedPoint where there is none, SolverFailed where the equations run away.
    """
    period = checked_period(period)
    grid = np.linspace(0, period, POINTS) if times is None else within_period(times, period)
    driven, modulation = modulated(model, modulate, (0.0, period), kinks, family)
    if modulation is None:
        raise InputError("`modulate` must say what changes in time, such as {'g': 'cos(t)'}, but is empty")
    check_periodic(modulation.functions, period)
    built, start = started(driven, initial, order, counting, closure, break_symmetry)
    flow = Flow(built, modulation=modulation)
    rtol = tolerance / 100
    fine = _settled(flow, start / built.scale, period, rtol)
    rough = newton_cycle(flow, fine.x, period, _ROUGHER * rtol)
    paths = [_path(cycle, grid, r) for cycle, r in ((fine, rtol), (rough, _ROUGHER * rtol)) if cycle is not None]
    errors = np.abs(paths[0] - paths[1]).max(axis=0) if len(paths) == 2 else np.full(len(built), np.inf)
    errors = errors + fine.amplification * fine.residual
    values, condition = fine.multipliers
    moved = np.full(len(values), np.inf) if rough is None else _distances(values, rough.multipliers[0])
    path = Trajectory(built, grid, paths[0] * built.scale, np.where(flow.exist, errors * built.scale, np.nan))
    rounding = _EPS * condition * float(np.linalg.norm(fine.derivative))
    return CumulantFloquet(path, period, values, moved + rounding, fine.angles, fine.residual, tolerance)


def within_period(times: ArrayLike, period: float) -> Vector:
    """Ascending times of one period; InputError for others."""
    grid = ascending(times)
    if grid[-1] > period * (1 + 4 * _EPS):
        raise InputError(f"`times` must be within the period, from 0 to {period:.6g}, but go to {grid[-1]:.6g}", parameter="times")
    return np.minimum(grid, period)


def _settled(flow: Flow, x: ComplexArray, period: float, rtol: float) -> Cycle:
    """The cycle that the evolution from x leads to, or the one nearest to where it is at last."""
    nearest: Cycle | None = None
    done = 0
    for doubling in range(_DOUBLINGS):
        for _ in range(2**doubling):
            ends, reached = integrate(flow, x, np.array([0.0, period]), 1e-7, 1e-10, "DOP853")
            if len(ends) < 2:
                raise RanAway.of(flow, period * done + reached)
            done += 1
            x = flow.equations.symmetrised(ends[-1])
        cycle = newton_cycle(flow, x, period, rtol)
        if cycle is None:
            continue
        nearest = cycle
        size = max(1.0, float(np.abs(x).max()))
        here = np.abs(np.abs(cycle.x) - np.abs(x)).max() < _NEAR * size
        if here and np.abs(cycle.multipliers[0]).max(initial=0.0) < 1:
            return cycle
    if nearest is None:
        raise NoFixedPoint(
            f"order {flow.equations.order} has no solution with the period {period:.6g} near where it goes; "
            "try a multiple of the period, another `initial` or another order"
        )
    return nearest


def _path(cycle: Cycle, grid: Vector, rtol: float) -> ComplexArray:
    """Scaled moments of a cycle at times of the period, (T, n)."""
    whole = grid if grid[0] == 0 else np.append(0.0, grid)
    values, reached = integrate(cycle.flow, cycle.x, whole, rtol, rtol / 100, "DOP853")
    if len(values) < len(whole):
        raise RanAway.of(cycle.flow, reached)
    return values[len(whole) - len(grid) :]


def _distances(values: ComplexArray, others: ComplexArray) -> Vector:
    """How far each value is from its partner among others, one each, largest modulus first."""
    left = list(others)
    distances = []
    for value in values:
        nearest = int(np.argmin(np.abs(np.array(left) - value)))
        distances.append(abs(left.pop(nearest) - value))
    return np.array(distances)
