"""Branches of fixed points along one parameter: pseudo-arclength continuation with folds and Hopf points.

With u the position along the path and L its length, a branch is followed in the arclength

    ds^2 = (du / L)^2 + |dx|^2 / (1 + |x|^2)

where the 1 is the moment of the identity: at infinite temperature all others vanish.

Each step predicts along the tangent and corrects by Newton's method in (x, frequencies of broken phases, u) at fixed arclength, so that
folds are passed like any other point (Keller's method).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from permsym.cumulants.branch import Branch, BranchPoint, Ending, Event, EventKind
from permsym.cumulants.followed.spots import Spot, landed_between
from permsym.cumulants.newton import (
    STEPS,
    FixedPoint,
    broken_symmetries,
    solve_scaled,
    turned_jacobian,
    turned_rhs,
    turning_directions,
)
from permsym.cumulants.path import ParameterPath
from permsym.errors import InputError
from permsym.operators import ComplexArray

SHORTEST = 1e-7
"""A branch that needs smaller steps than this, relative to the path, has stalled."""
NEUTRAL = 1e-9
"""Imaginary parts below this, relative to the largest eigenvalue, count as zero: rounding of the eigenvalue problem."""


@dataclass(frozen=True)
class Walk:
    """How a branch is followed.

    points       least number of points
    watch        whether to look for changes of stability (an eigenvalue problem at each point)
    most_folds   folds after which to stop; None: only where the branch returns to its start
    """

    points: int = 50
    watch: bool = True
    most_folds: int | None = None


class Follower:
    """Steps along the branch through a fixed point, from one parameter value to another."""

    def __init__(self, path: ParameterPath, point: FixedPoint, start: float, goal: float, walk: Walk) -> None:
        u, target = path.pinned(start), path.pinned(goal)
        self.path, self.start, self.target, self.walk = path, u, target, walk
        self.length = abs(target - u) or 1.0
        self.longest = 1.0 / walk.points
        self.most = 20 * walk.points + 200
        self.branch = Branch(path.name)
        self.way: float = -1.0 if target < u else 1.0
        still = np.zeros(len(point.x), dtype=complex)
        self.spot = self.tangent(u, point, still, np.zeros(len(point.broken), dtype=complex), self.way)
        self.step = self.stepped = self.longest
        self.steps = 1
        self.branch.points.append(BranchPoint(path.value(u), point))

    # -- the arclength --------------------------------------------------------------------------------------------------

    def _weight(self, x: ComplexArray) -> float:
        return 1 / (1 + float(np.vdot(x, x).real))

    def _slope(self, u: float, point: FixedPoint) -> ComplexArray:
        """dF/du at fixed scaled moments, by central differences: F is linear in the coefficients, so rounding stays small."""
        h = 1e-5 * self.length if self.path.logarithmic else 1e-5 * max(abs(u), 1e-2 * self.length)
        sides = []
        for side in (-1, 1):
            try:
                sides.append((side * h, self.path.at(u + side * h).scaled_rhs(point.x)))
            except InputError:  # outside the parameter's range: a one-sided difference
                sides.append((0.0, point.equations.scaled_rhs(point.x)))
        (a, low), (b, high) = sides
        return (high - low) / (b - a)

    def tangent(self, u: float, point: FixedPoint, dx: ComplexArray, df: ComplexArray, du: float) -> Spot:
        """Unit tangent at a point, in the direction of an earlier one (dx, df, du)."""
        x, charge, broken = point.x, point.equations.hierarchy.charge, broken_symmetries(point.equations, point.x)
        n, k, weight = len(x), len(broken), self._weight(point.x)
        if len(df) != k:
            df = np.zeros(k, dtype=complex)
        turning = turning_directions(charge, broken, x)
        matrix = np.zeros((n + k + 1, n + k + 1), dtype=complex)
        matrix[:n, :n] = turned_jacobian(point.equations, x, point.frequencies)
        matrix[:n, n : n + k] = -turning
        slope = self._slope(u, point)
        matrix[:n, -1] = slope
        matrix[n : n + k, :n] = turning.conj().T
        matrix[-1, :n], matrix[-1, -1] = weight * dx.conj(), du / self.length**2
        right = np.zeros(n + k + 1, dtype=complex)
        right[-1] = 1
        t = solve_scaled(matrix, right)
        if t is None:
            return Spot(u, point, dx, df, du, slope)
        t /= np.sqrt(weight * np.vdot(t[:n], t[:n]).real + abs(t[-1]) ** 2 / self.length**2)
        return Spot(u, point, point.equations.symmetrised(t[:n]), t[n : n + k].real.astype(complex), float(t[-1].real), slope)

    def _corrected(self, spot: Spot, step: float) -> tuple[Spot, int] | None:
        """The point of the branch at arclength ``step`` from a spot, and the Newton steps it took."""
        broken = broken_symmetries(spot.point.equations, spot.point.x)
        charge = spot.point.equations.hierarchy.charge
        x, u = spot.point.x + step * spot.dx, spot.u + step * spot.du
        f = list(spot.point.frequencies)
        for i, d in zip(broken, spot.df, strict=True):
            f[i] += step * float(d.real)
        n, k, weight = len(x), len(broken), self._weight(spot.point.x)
        gauges = turning_directions(charge, broken, spot.point.x)
        last = np.inf
        for iteration in range(1, STEPS):
            try:
                equations = self.path.at(u)
            except InputError:
                return None
            matrix = np.zeros((n + k + 1, n + k + 1), dtype=complex)
            matrix[:n, :n] = turned_jacobian(equations, x, f)
            matrix[:n, n : n + k] = -turning_directions(charge, broken, x)
            matrix[:n, -1] = spot.slope  # of the last point: a chord in u, at no new evaluation of the model
            matrix[n : n + k, :n] = gauges.conj().T
            matrix[-1, :n], matrix[-1, -1] = weight * spot.dx.conj(), spot.du / self.length**2
            right = np.zeros(n + k + 1, dtype=complex)
            right[:n] = -turned_rhs(equations, x, f)
            right[n : n + k] = -gauges.conj().T @ (x - spot.point.x)
            right[-1] = step - weight * np.vdot(spot.dx, x - spot.point.x).real - spot.du * (u - spot.u) / self.length**2
            change = solve_scaled(matrix, right)
            if change is None or not np.isfinite(change).all():
                return None
            x, u = equations.symmetrised(x + change[:n]), u + float(change[-1].real)
            for i, d in zip(broken, change[n : n + k], strict=True):
                f[i] += float(d.real)
            size = float(np.abs(change[:n]).max()) / max(1.0, float(np.abs(x).max())) + abs(change[-1]) / self.length
            at_rounding = size < 1e-8 and size > last / 4
            if size > 1 or (iteration > 3 and size > last and not at_rounding):
                return None
            if size < 1e-12 or at_rounding:
                try:
                    return self.tangent(u, FixedPoint(self.path.at(u), x, tuple(f)), spot.dx, spot.df, spot.du), iteration
                except InputError:
                    return None
            last = size
        return None

    # -- the walk -------------------------------------------------------------------------------------------------------

    def run(self) -> Branch:
        """Follow the branch until it reaches the target, turns back beyond its start, or stalls."""
        while (spot := self.next_spot()) is not None:
            if (spot.u - self.target) * self.way >= 0 and self._land(spot):
                break
            if not self.take(spot):
                break
        return self.branch

    def next_spot(self) -> Spot | None:
        """The spot one step on; None where the branch ends there, and ``branch.ended`` says why."""
        if self.steps >= self.most:
            self._end(Ending.TOO_LONG, f"it is longer than {self.most} points; the last one is at {self._where()}")
            return None
        while self.step >= SHORTEST:
            corrected = self._corrected(self.spot, self.step)
            # a step that jumps to another branch turns sharply, or arrives far from where it was aimed
            if corrected is None or self._turn(self.spot, corrected[0]) < 0.95 or self._missed(self.spot, corrected[0], self.step) > 0.25:
                self.step /= 2
                continue
            spot, iterations = corrected
            self.stepped = self.step
            if iterations <= 4:
                self.step = min(self.step * 1.5, self.longest)
            return spot
        self._end(Ending.STALLED, f"it stalled at {self._where()}")
        return None

    def take(self, spot: Spot) -> bool:
        """Go on from a spot of :meth:`next_spot`; False where the branch ends with it."""
        self._events(self.spot, spot, self.stepped)
        self.spot = spot
        self.steps += 1
        folds = self.branch.folds
        self.branch.points.append(BranchPoint(self.path.value(spot.u), spot.point, len(folds)))
        if (spot.u - self.start) * self.way < -0.05 * self.length:
            where = ", ".join(f"{fold.value:.6g}" for fold in folds)
            return self._end(Ending.RETURNED, f"it folds at {self.path.name}={where} and returns to where it started")
        if self.walk.most_folds is not None and len(folds) > self.walk.most_folds:
            return self._end(Ending.FOLDED, f"it folds at {self.path.name}={folds[-1].value:.6g}")
        return True

    def _end(self, ending: Ending, words: str) -> bool:
        self.branch.ending, self.branch.ended = ending, words
        return False

    def _where(self) -> str:
        return f"{self.path.name}={self.path.value(self.spot.u):.6g}"

    def _turn(self, a: Spot, b: Spot) -> float:
        """Cosine of the angle between two tangents."""
        weight = self._weight(a.point.x)
        return float(weight * np.vdot(a.dx, b.dx).real + a.du * b.du / self.length**2)

    def _missed(self, a: Spot, b: Spot, step: float) -> float:
        """Distance between a point and where the tangent aimed, in units of the step."""
        off = b.point.x - a.point.x - step * a.dx
        square = self._weight(a.point.x) * np.vdot(off, off).real + ((b.u - a.u - step * a.du) / self.length) ** 2
        return float(np.sqrt(square)) / step

    def _land(self, spot: Spot) -> bool:
        """Put the last point exactly on the target."""
        landed = landed_between(self.path, self.spot, spot, self.target)
        if landed is None:
            return False
        end = self.tangent(self.target, landed, self.spot.dx, self.spot.df, self.spot.du)
        self._events(self.spot, end, None)
        self.spot = end
        self.branch.points.append(BranchPoint(self.path.value(self.target), landed, len(self.branch.folds)))
        return True

    # -- events ---------------------------------------------------------------------------------------------------------

    def _events(self, a: Spot, b: Spot, step: float | None) -> None:
        """Folds and changes of stability between two neighbouring spots, located by bisection in the arclength."""
        length = step if step is not None else self._distance(a, b)
        if a.du * b.du < 0:
            self._enter(EventKind.FOLD, self._bisect(a, b, length, lambda spot: spot.du * a.du < 0))
        if not self.walk.watch:
            return
        before, after = _unstable(a.point), _unstable(b.point)
        if before[1] != after[1]:
            spot = self._bisect(a, b, length, lambda spot: _unstable(spot.point)[1] != before[1])
            values = spot.point.spectrum
            pairs = values[np.abs(values.imag) > NEUTRAL * max(1.0, float(np.abs(values).max()))]
            if len(pairs):
                crossing = pairs[np.argmin(np.abs(pairs.real))]
                if abs(crossing.real) < 1e-3 * max(abs(crossing.imag), 1e-6):
                    self._enter(EventKind.HOPF, spot, float(abs(crossing.imag)))
        elif before[0] != after[0] and a.du * b.du > 0:
            self._enter(EventKind.CROSSING, self._bisect(a, b, length, lambda spot: _unstable(spot.point)[0] != before[0]))

    def _enter(self, kind: EventKind, spot: Spot, omega: float = 0.0) -> None:
        self.branch.events.append(Event(kind, self.path.value(spot.u), spot.point, omega))

    def _distance(self, a: Spot, b: Spot) -> float:
        change = b.point.x - a.point.x
        return float(np.sqrt(self._weight(a.point.x) * np.vdot(change, change).real + ((b.u - a.u) / self.length) ** 2))

    def _bisect(self, a: Spot, b: Spot, length: float, beyond: Callable[[Spot], bool]) -> Spot:
        """The first spot from a towards b that is beyond an event, to eight digits of the step."""
        low, high, best = 0.0, length, b
        for _ in range(40):
            middle = (low + high) / 2
            corrected = self._corrected(a, middle)
            if corrected is None:
                return best
            if beyond(corrected[0]):
                high, best = middle, corrected[0]
            else:
                low = middle
            if high - low < 1e-8:
                break
        return best


def _unstable(point: FixedPoint) -> tuple[int, int]:
    """Number of eigenvalues with positive real part: real ones, and those in complex pairs."""
    values = point.spectrum
    size = max(1.0, float(np.abs(values).max(initial=0.0)))
    up = values[values.real > NEUTRAL * size * 1e-3]
    real = np.abs(up.imag) < NEUTRAL * size
    return int(real.sum()), int((~real).sum())


def follow(
    path: ParameterPath, point: FixedPoint, start: float, target: float, points: int = 50, watch: bool = True, most_folds: int | None = None
) -> Branch:
    """The branch through a fixed point, from one parameter value to another; see :class:`Walk` for the settings."""
    return Follower(path, point, start, target, Walk(points, watch, most_folds)).run()
