"""Where cumulant equations go: relaxation to a fixed point, and the attractor beyond an unstable one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from permsym.cumulants.equations import Equations
from permsym.cumulants.in_time.flow import Flow, integrate
from permsym.cumulants.newton import FixedPoint, existing, newton, turned_rhs, turning_frequencies
from permsym.operators import ComplexArray


def relaxed(equations: Equations, x: ComplexArray, frequencies: Sequence[float] | None = None) -> FixedPoint | None:
    """The stable fixed point that an evolution from scaled moments x ends at; None where it runs away or never comes to rest.

    The evolution is lengthened until Newton's method, started at its end, stays there.  Between the pieces the frame is
    turned with the phases, so that a broken symmetry does not make anything oscillate.
    """
    exist = existing(equations)
    frame: tuple[float, ...] = tuple(frequencies) if frequencies is not None else ()
    # rates may span decades and the slow ones may not matter
    span = 10 / float(np.median([abs(jump.rate) for jump in equations.model.jumps] or [1.0]))
    for _ in range(14):
        ends, _ = integrate(Flow(equations, frame), x, np.array([0.0, span]), 1e-7, 1e-10)
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
        trajectory, _ = integrate(Flow(equations, point.frequencies), x, np.linspace(0, span, steps + 1), 1e-6, 1e-9)
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
