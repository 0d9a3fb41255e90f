"""Time evolution of cumulant equations, relaxation to a fixed point, and the attractor beyond an unstable one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from permsym.cumulants.equations import Equations
from permsym.cumulants.newton import FixedPoint, existing, newton, turned_jacobian, turned_rhs, turning_frequencies
from permsym.errors import InputError, SolverFailed
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]
RUNAWAY = 1e3
"""Scaled moments are of order 1; beyond this the equations have run away from anything physical."""
LONGEST = 100_000
"""Evaluations of the right-hand side after which an evolution is given up."""


class _TooLong(Exception):
    pass


@dataclass(frozen=True)
class Trajectory:
    """Moments against time: ``times`` (T,), ``y`` (T, n) in the order of the equations' labels."""

    equations: Equations
    times: Vector
    y: ComplexArray

    def moment(self, label: str | MomentLabel) -> ComplexArray:
        """A moment at all times, (T,)."""
        return np.array([self.equations.moment(y, label) for y in self.y])


def evolve(
    equations: Equations, times: Sequence[float] | Vector, initial: ComplexArray | None = None, *, rtol: float = 1e-8, atol: float = 1e-10
) -> Trajectory:
    """Solve dy/dt = F(y) from times[0] on (BDF with the exact Jacobian).

    initial   moments at times[0] in the order of the labels; default: every site in its lowest state, a boson's vacuum

    Raises SolverFailed where the solution runs away, with the time; InputError for times and moments of a wrong shape.
    """
    grid = np.asarray(times, dtype=float)
    if grid.ndim != 1 or len(grid) < 2 or not (np.diff(grid) > 0).all() or not np.isfinite(grid).all():
        raise InputError("`times` must be at least two increasing numbers, such as 0, 1, 2")
    start = ground_state(equations) if initial is None else np.asarray(initial, dtype=complex)
    if start.shape != (len(equations),):
        raise InputError(f"`initial` must hold {len(equations)} moments, but has shape {start.shape}")
    x, reached = _integrate(equations, start / equations.scale, grid, rtol, atol)
    if len(x) < len(grid):
        raise SolverFailed(f"the cumulant equations of order {equations.order} run away at t={reached:.6g}; use another order")
    return Trajectory(equations, grid, x * equations.scale)


def ground_state(equations: Equations) -> ComplexArray:
    """Moments of the product of lowest states."""
    model = equations.counted_model
    sites = [*([] if model.centre.kind == "boson" else [model.centre]), *model.ensembles]
    states = []
    for site in sites:
        rho = np.zeros((site.levels, site.levels), dtype=complex)
        lowest = int(np.argmin(site.excitations))
        rho[lowest, lowest] = 1
        states.append(rho)
    return equations.product_state(states)


def _integrate(
    equations: Equations, x: ComplexArray, grid: Vector, rtol: float, atol: float, frequencies: Sequence[float] = ()
) -> tuple[ComplexArray, float]:
    """Scaled moments at the times of a grid, as far as they stay bounded; and the time reached."""

    def away(t: float, x: ComplexArray) -> float:
        return float(np.log(RUNAWAY / max(float(np.abs(x).max()), 1e-300)))

    away.terminal = True  # type: ignore[attr-defined]
    spent = 0

    def flow(t: float, x: ComplexArray) -> ComplexArray:
        nonlocal spent
        spent += 1
        if spent > LONGEST:
            raise _TooLong
        return np.where(exist, turned_rhs(equations, x, frequencies), 0)

    exist = existing(equations)  # the others never act on these
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # overflow on the way to a runaway, which is reported
        try:
            solution = solve_ivp(
                flow,
                (grid[0], grid[-1]),
                np.where(exist, x, 0).astype(complex),
                method="BDF",
                t_eval=grid,
                jac=lambda t, x: turned_jacobian(equations, x, frequencies) * np.outer(exist, exist),
                rtol=rtol,
                atol=atol,
                events=away,
            )
        except (_TooLong, ValueError):  # the second of a Jacobian that is not finite
            return x[None, :], float(grid[0])
    return solution.y.T, float(solution.t[-1]) if len(solution.t) else float(grid[0])


def relaxed(equations: Equations, x: ComplexArray, frequencies: Sequence[float] | None = None) -> FixedPoint | None:
    """The stable fixed point that an evolution from scaled moments x ends at; None where it runs away or never comes to rest.

    The evolution is lengthened until Newton's method, started at its end, stays there.  Between the pieces the frame is
    turned with the phases, so that a broken symmetry does not make anything oscillate.
    """
    exist = existing(equations)
    frame: tuple[float, ...] = tuple(frequencies) if frequencies is not None else ()
    # rates may span decades and the slow ones may not matter
    span = 10 / float(np.median([jump.rate for jump in equations.model.jumps] or [1.0]))
    for _ in range(14):
        ends, _ = _integrate(equations, x, np.array([0.0, span]), 1e-7, 1e-10, frame)
        if len(ends) < 2:
            return None
        x = equations.symmetrised(ends[-1])
        size, charge = float(np.abs(x).max()), equations.hierarchy.charge
        # a state that is symmetric but for what is still decaying has no phase to turn
        charged = (charge != 0).any(axis=0)
        guess = np.where(charged, 0, x) if charged.any() and np.abs(x[charged]).max() < 1e-5 * size else x
        point = newton(equations, guess, subset=exist)
        if point is not None and point.stability < 1e-9 and np.abs(np.abs(point.x) - np.abs(x)).max() < 0.02 * max(size, 1.0):
            return point
        turning = turning_frequencies(equations, x)
        if np.abs(turned_rhs(equations, x, turning)).max() < 0.5 * np.abs(turned_rhs(equations, x, ())).max():
            frame = turning
        span *= 2
    return None


class AttractorKind(StrEnum):
    """Where equations go."""

    FIXED_POINT = "fixed point"
    LIMIT_CYCLE = "limit cycle"
    DIVERGENCE = "divergence"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Attractor:
    """Where the equations go from a fixed point: to itself where it is stable.

    point     of a FIXED_POINT
    period    of a LIMIT_CYCLE; ranges: label -> (least, largest) real part over it
    """

    kind: AttractorKind
    period: float | None = None
    point: FixedPoint | None = None
    ranges: dict[str, tuple[float, float]] | None = None


def attractor(point: FixedPoint, patience: float = 400.0) -> Attractor:
    """Follow the equations away from an unstable fixed point and say where they go.

    patience    length of the evolution, in growth times and in periods of the fastest growing mode

    The evolution starts on the unstable direction, a hundredth of the fixed point's size away.  A limit cycle is called so
    after three periods have agreed to one part in a hundred in length, and to two in their means.
    """
    equations, exist = point.equations, existing(point.equations)
    values, vectors = np.linalg.eig(point.jacobian[np.ix_(exist, exist)])
    fastest = int(np.argmax(values.real))
    growth, turn = float(values[fastest].real), abs(float(values[fastest].imag))
    direction = np.zeros(len(point.x), dtype=complex)
    direction[exist] = vectors[:, fastest]
    direction = direction + direction[equations.hierarchy.conjugates].conj()
    x = point.x + 0.01 * np.abs(point.x).max() * direction / max(np.abs(direction).max(), 1e-300)
    period = 2 * np.pi / turn if turn > 1e-6 * growth else 1 / growth
    span = 12 / growth
    for _ in range(7):
        steps = int(np.clip(40 * span / period, 400, 20_000))
        trajectory, _ = _integrate(equations, x, np.linspace(0, span, steps + 1), 1e-6, 1e-9, point.frequencies)
        if len(trajectory) < steps + 1:
            return Attractor(AttractorKind.DIVERGENCE)
        x = trajectory[-1]
        end = newton(equations, x)
        if end is not None and np.abs(end.x - x).max() < 1e-4 and end.stability < 0:
            return Attractor(AttractorKind.FIXED_POINT, point=end)
        cycle = _cycle(equations, trajectory, span)
        if cycle is not None:
            return cycle
        span = min(2 * span, patience * max(1 / growth, period))
    return Attractor(AttractorKind.UNDETERMINED)


def _cycle(equations: Equations, x: ComplexArray, span: float) -> Attractor | None:
    """A limit cycle, if the second half of a trajectory repeats itself.

    Periods are counted between upward crossings of the middle between the extremes, which also serves short spikes.
    """
    half = x[len(x) // 2 :]
    step = span / (len(x) - 1)
    signal = half.real[:, int(np.argmax(np.ptp(half.real, axis=0)))]
    level = (signal.max() + signal.min()) / 2
    before = np.flatnonzero((signal[:-1] < level) & (signal[1:] >= level))
    if np.ptp(signal) < 1e-6 or len(before) < 4:
        return None
    crossings = before + (level - signal[before]) / (signal[before + 1] - signal[before])
    gaps = np.diff(crossings)[-3:]
    pieces = [half[before[k] : before[k + 1] + 1] for k in (-4, -3, -2)]
    # means over a period, for the extremes of short spikes fall between the samples
    means = np.array([piece.real.mean(axis=0) for piece in pieces])
    if np.ptp(gaps) > 0.01 * gaps.mean() or np.ptp(means, axis=0).max() > 0.02 * np.ptp(signal):
        return None
    low, high = (bound(np.concatenate(pieces).real, axis=0) * equations.scale for bound in (np.min, np.max))
    ranges = {str(label): (float(low[i]), float(high[i])) for i, label in enumerate(equations.labels)}
    return Attractor(AttractorKind.LIMIT_CYCLE, float(gaps.mean() * step), None, ranges)
