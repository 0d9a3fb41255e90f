"""Semiclassical-to-quantum boundary of the driven cavity: N_sc of paper 2, eqs. (20)-(21), by continuation in N.

The relative deviations between orders n and m are Delta_(n-m) = | |<a>|^2_(n) - |<a>|^2_(m) | / |<a>|^2_(m).  On the branch that
tends to the stable Maxwell-Bloch state as N -> infinity they vanish as 1/N; coming down, N_sc is the first N at which one of them
reaches the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from permsym.errors import InputError, SolverFailed
from permsym.sites import is_real

ORDER_PAIRS = ((1, 2), (2, 3), (1, 3))
_SMALLEST_STEP = 1e-7
"""A branch has folded where a step in N as small as this, relative to N, leads nowhere."""
_LARGEST_N = 1e12
"""Beyond this rounding hides the deviations, which fall as 1/N."""


class FamilyOverN(Protocol):
    """Steady states of each order at any real N, followed from one N to the next."""

    def coherent_photons(self, order: int, N: float) -> float:
        """|<a>|^2; SolverFailed where the branch followed so far has no state."""


@dataclass(frozen=True)
class BoundaryPoint:
    """The deviations at one N: "1-2", "2-3" and "1-3"; |<a>|^2 by order."""

    N: float
    coherent_photons: dict[int, float]

    @property
    def deviations(self) -> dict[str, float]:
        """Eq. (20)."""
        a = self.coherent_photons
        return {f"{n}-{m}": abs(a[n] - a[m]) / a[m] for n, m in ORDER_PAIRS}

    @property
    def largest(self) -> float:
        """The largest deviation."""
        return max(self.deviations.values())


class Reason(StrEnum):
    """Why N_sc is where it is: a deviation reaches the threshold, a branch ends before, or none does even at N = 1."""

    THRESHOLD = "threshold"
    FOLD = "fold"
    SMALLEST = "smallest ensemble"


@dataclass(frozen=True)
class QuantumBoundary:
    """N_sc, a real number, and where it comes from.

    point      the deviations at N_sc
    path       all points that were solved for, by descending N
    """

    N_sc: float
    threshold: float
    reason: Reason
    point: BoundaryPoint
    path: tuple[BoundaryPoint, ...] = field(repr=False)


def boundary(family: Callable[[], FamilyOverN], threshold: float = 0.01) -> QuantumBoundary:
    """N_sc of a family of steady states; see the module.

    family   makes a solver that remembers the branch it is on

    Raises InputError for thresholds that are no positive numbers, SolverFailed where no N is large enough to start from.
    """
    if not is_real(threshold) or not 0 < threshold < math.inf:
        raise InputError(f"`threshold` must be a positive number such as 0.01, but is {threshold!r}")
    solver = family()
    points: dict[float, BoundaryPoint] = {}

    def at(N: float) -> BoundaryPoint:
        if N not in points:
            points[N] = BoundaryPoint(N, {order: solver.coherent_photons(order, N) for order in (1, 2, 3)})
        return points[N]

    above = before = _far_out(at, threshold)
    for below in _descent(at, above, threshold):
        if below is None:
            return QuantumBoundary(above.N, threshold, Reason.FOLD, above, _path(points))
        reached = below
        if below.largest < above.largest:  # a deviation passes through zero: its largest value lies between the points
            reached = _peak(at, below, before)
            above = before
        if reached.largest >= threshold:
            crossing = _crossing(at, reached, above, threshold)
            return QuantumBoundary(crossing.N, threshold, Reason.THRESHOLD, crossing, _path(points))
        before, above = above, below
    return QuantumBoundary(above.N, threshold, Reason.SMALLEST, above, _path(points))


def _path(points: dict[float, BoundaryPoint]) -> tuple[BoundaryPoint, ...]:
    return tuple(sorted(points.values(), key=lambda point: -point.N))


def _far_out(at: Callable[[float], BoundaryPoint], threshold: float) -> BoundaryPoint:
    """A point so large that all deviations are far below the threshold."""
    N = 1e6
    while N <= _LARGEST_N:
        point = at(N)
        if point.largest < threshold / 5:
            return point
        N *= 10
    raise SolverFailed(
        f"the deviations from the semiclassical state do not fall below {threshold:g} up to N = {_LARGEST_N:.0e}: the drive is too close "
        "to a critical point; choose another drive or a larger threshold"
    )


def _descent(at: Callable[[float], BoundaryPoint], above: BoundaryPoint, threshold: float) -> Iterator[BoundaryPoint | None]:
    """Points at smaller and smaller N, in steps that the deviations' growth allows; None where the branch ends."""
    shrink = 0.25
    while above.N > 1:
        if above.largest > threshold / 20:  # finer where a deviation may pass through a maximum
            shrink = max(shrink, 0.5)
        # 1/N until shown otherwise: aim just below the crossing, never farther than the step control allows
        aim = above.N * min(0.9, 0.9 * above.largest / threshold)
        target = max(1.0, above.N * shrink, aim)
        try:
            below: BoundaryPoint | None = at(target)
        except SolverFailed:
            below = None
        if below is not None:
            yield below
            above, shrink = below, max(0.25, shrink**2)
            continue
        ratio = target / above.N
        if 1 - ratio < _SMALLEST_STEP:
            yield None
            return
        shrink = math.sqrt(ratio)


def _peak(at: Callable[[float], BoundaryPoint], below: BoundaryPoint, above: BoundaryPoint) -> BoundaryPoint:
    """The largest deviation between two points."""
    from scipy.optimize import minimize_scalar

    ends = (math.log(below.N), math.log(above.N))
    peak = minimize_scalar(lambda log_n: -at(math.exp(log_n)).largest, bounds=ends, method="bounded", options={"xatol": 1e-3})
    return at(math.exp(float(peak.x)))


def _crossing(at: Callable[[float], BoundaryPoint], below: BoundaryPoint, above: BoundaryPoint, threshold: float) -> BoundaryPoint:
    from scipy.optimize import brentq

    ends = {math.log(point.N): point for point in (below, above)}

    def excess(log_n: float) -> float:
        point = ends.get(log_n) or at(math.exp(log_n))
        return math.log(point.largest / threshold)

    if below.largest == threshold:
        return below
    return at(math.exp(brentq(excess, *ends, xtol=1e-9, rtol=1e-10)))
