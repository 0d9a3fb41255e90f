"""Branches of fixed points along one parameter: pseudo-arclength continuation with folds and Hopf points.

With u the position along the path and L its length, a branch is followed in the arclength

    ds^2 = (du / L)^2 + |dx|^2 / |x|^2

Each step predicts along the tangent and corrects by Newton's method in (x, frequencies of broken phases, u) with the
arclength held, so that folds are passed like any other point (Keller's method).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from permsym.cumulants.newton import STEPS, Point, broken_symmetries, newton, solve_scaled, turned_jacobian, turned_rhs
from permsym.cumulants.path import Path
from permsym.errors import InputError
from permsym.operators import ComplexArray

SHORTEST = 1e-7
"""A branch that needs smaller steps than this, relative to the path, has stalled."""
NEUTRAL = 1e-9


@dataclass(frozen=True)
class BranchPoint:
    """A fixed point on a branch.

    value      the parameter there
    beyond     number of folds between the start of the branch and this point
    """

    value: float
    point: Point
    beyond: int = 0


@dataclass(frozen=True)
class Event:
    """A fold, a Hopf point (``omega``: angular frequency at onset) or a crossing of a real eigenvalue."""

    kind: str
    value: float
    point: Point
    omega: float = 0.0


@dataclass
class Branch:
    """A branch of fixed points: ``points`` in order, ``folds``, ``hopf``, ``crossings``; ``ended`` says why it ends."""

    name: str
    points: list[BranchPoint] = field(default_factory=list)
    folds: list[Event] = field(default_factory=list)
    hopf: list[Event] = field(default_factory=list)
    crossings: list[Event] = field(default_factory=list)
    ended: str = ""

    @property
    def reached(self) -> bool:
        """Whether the branch arrived at the end of the path."""
        return not self.ended


@dataclass(frozen=True)
class _Spot:
    """Somewhere on the branch: position, fixed point, unit tangent (dx, df, du), slope dF/du at fixed moments."""

    u: float
    point: Point
    dx: ComplexArray
    df: ComplexArray
    du: float
    slope: ComplexArray


class Follower:
    """Steps along the branch through a fixed point, from position ``u`` towards ``target``."""

    def __init__(
        self, path: Path, point: Point, start: float, goal: float, points: int = 50, watch: bool = True, most_folds: int | None = None
    ) -> None:
        u, target = path.scale(start), path.scale(goal)
        path.named |= {u: start, target: goal}
        self.path, self.start, self.target, self.watch = path, u, target, watch
        self.length = abs(target - u) or 1.0
        self.longest = 1.0 / points
        self.most, self.most_folds = 20 * points + 200, most_folds
        self.branch = Branch(path.name)
        self.way: float = -1.0 if target < u else 1.0
        still = np.zeros(len(point.x), dtype=complex)
        self.spot = self._tangent(u, point, still, np.zeros(len(point.broken), dtype=complex), self.way)

    # -- the arclength --------------------------------------------------------------------------------------------------

    def _weight(self, x: ComplexArray) -> float:
        return 1 / max(float(np.vdot(x, x).real), 1e-300)

    def _slope(self, u: float, point: Point) -> ComplexArray:
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

    def _tangent(self, u: float, point: Point, dx: ComplexArray, df: ComplexArray, du: float) -> _Spot:
        """Unit tangent at a point, in the sense of an earlier one (dx, df, du)."""
        x, charge, broken = point.x, point.equations.hierarchy.charge, broken_symmetries(point.equations, point.x)
        n, k, weight = len(x), len(broken), self._weight(point.x)
        if len(df) != k:
            df = np.zeros(k, dtype=complex)
        turning = np.stack([1j * charge[i] * x for i in broken], axis=1) if k else np.zeros((n, 0), dtype=complex)
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
            return _Spot(u, point, dx, df, du, slope)
        t /= np.sqrt(weight * np.vdot(t[:n], t[:n]).real + abs(t[-1]) ** 2 / self.length**2)
        return _Spot(u, point, point.equations.symmetrised(t[:n]), t[n : n + k].real.astype(complex), float(t[-1].real), slope)

    def _corrected(self, spot: _Spot, step: float) -> tuple[_Spot, int] | None:
        """The point of the branch at arclength ``step`` from a spot, and the Newton steps it took."""
        broken = broken_symmetries(spot.point.equations, spot.point.x)
        charge = spot.point.equations.hierarchy.charge
        x, u = spot.point.x + step * spot.dx, spot.u + step * spot.du
        f = list(spot.point.frequencies)
        for i, d in zip(broken, spot.df, strict=True):
            f[i] += step * float(d.real)
        n, k, weight = len(x), len(broken), self._weight(spot.point.x)
        turning0 = np.stack([1j * charge[i] * spot.point.x for i in broken], axis=1) if k else np.zeros((n, 0), dtype=complex)
        last = np.inf
        for iteration in range(1, STEPS):
            try:
                equations = self.path.at(u)
            except InputError:
                return None
            turning = np.stack([1j * charge[i] * x for i in broken], axis=1) if k else turning0
            matrix = np.zeros((n + k + 1, n + k + 1), dtype=complex)
            matrix[:n, :n] = turned_jacobian(equations, x, f)
            matrix[:n, n : n + k] = -turning
            matrix[:n, -1] = spot.slope  # of the last point: a chord in u, at no new evaluation of the model
            matrix[n : n + k, :n] = turning0.conj().T
            matrix[-1, :n], matrix[-1, -1] = weight * spot.dx.conj(), spot.du / self.length**2
            right = np.zeros(n + k + 1, dtype=complex)
            right[:n] = -turned_rhs(equations, x, f)
            right[n : n + k] = -turning0.conj().T @ (x - spot.point.x)
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
                    return self._tangent(u, Point(self.path.at(u), x, tuple(f)), spot.dx, spot.df, spot.du), iteration
                except InputError:
                    return None
            last = size
        return None

    # -- the walk -------------------------------------------------------------------------------------------------------

    def run(self) -> Branch:
        """Follow the branch until it reaches the target, turns back beyond its start, or stalls."""
        branch, step = self.branch, self.longest
        branch.points.append(BranchPoint(self.path.value(self.start), self.spot.point))
        while len(branch.points) < self.most:
            found = self._corrected(self.spot, step)
            # a step that jumps to another branch turns sharply, or arrives far from where it was aimed
            if found is None or self._turn(self.spot, found[0]) < 0.95 or self._missed(self.spot, found[0], step) > 0.25:
                step /= 2
                if step < SHORTEST:
                    branch.ended = f"it stalled at {self.path.name}={self.path.value(self.spot.u):.6g}"
                    return branch
                continue
            spot, iterations = found
            if (spot.u - self.target) * self.way >= 0 and self._land(spot):
                return branch
            self._events(self.spot, spot, step)
            self.spot = spot
            branch.points.append(BranchPoint(self.path.value(spot.u), spot.point, len(branch.folds)))
            if (spot.u - self.start) * self.way < -0.05 * self.length:
                where = ", ".join(f"{fold.value:.6g}" for fold in branch.folds)
                branch.ended = f"it folds at {self.path.name}={where} and returns to where it started"
                return branch
            if self.most_folds is not None and len(branch.folds) > self.most_folds:
                branch.ended = f"it folds at {self.path.name}={branch.folds[-1].value:.6g}"
                return branch
            if iterations <= 4:
                step = min(step * 1.5, self.longest)
        branch.ended = f"it is longer than {self.most} points; the last one is at {self.path.name}={self.path.value(self.spot.u):.6g}"
        return branch

    def _turn(self, a: _Spot, b: _Spot) -> float:
        """Cosine of the angle between two tangents."""
        weight = self._weight(a.point.x)
        return float(weight * np.vdot(a.dx, b.dx).real + a.du * b.du / self.length**2)

    def _missed(self, a: _Spot, b: _Spot, step: float) -> float:
        """Distance between a point and where the tangent aimed, in units of the step."""
        off = b.point.x - a.point.x - step * a.dx
        square = self._weight(a.point.x) * np.vdot(off, off).real + ((b.u - a.u - step * a.du) / self.length) ** 2
        return float(np.sqrt(square)) / step

    def _land(self, spot: _Spot) -> bool:
        """Put the last point exactly on the target."""
        share = (self.target - self.spot.u) / (spot.u - self.spot.u) if spot.u != self.spot.u else 1.0
        x = self.spot.point.x + share * (spot.point.x - self.spot.point.x)
        landed = newton(self.path.at(self.target), x, spot.point.frequencies)
        if landed is None:
            return False
        if np.abs(landed.x - x).max() > 10 * np.abs(spot.point.x - self.spot.point.x).max() + 1e-6:
            return False
        end = self._tangent(self.target, landed, self.spot.dx, self.spot.df, self.spot.du)
        self._events(self.spot, end, None)
        self.spot = end
        self.branch.points.append(BranchPoint(self.path.value(self.target), landed, len(self.branch.folds)))
        return True

    # -- events ---------------------------------------------------------------------------------------------------------

    def _events(self, a: _Spot, b: _Spot, step: float | None) -> None:
        """Folds and changes of stability between two neighbouring spots, located by bisection in the arclength."""
        if a.du * b.du < 0:
            length = step if step is not None else self._distance(a, b)
            spot = self._bisect(a, b, length, lambda spot: spot.du * a.du < 0)
            self.branch.folds.append(Event("fold", self.path.value(spot.u), spot.point))
        if not self.watch:
            return
        before, after = _unstable(a.point), _unstable(b.point)
        if before == after:
            return
        length = step if step is not None else self._distance(a, b)
        if before[1] != after[1]:
            spot = self._bisect(a, b, length, lambda spot: _unstable(spot.point)[1] != before[1])
            values = spot.point.spectrum
            pairs = values[np.abs(values.imag) > NEUTRAL * max(1.0, float(np.abs(values).max()))]
            if len(pairs):
                crossing = pairs[np.argmin(np.abs(pairs.real))]
                if abs(crossing.real) < 1e-3 * max(abs(crossing.imag), 1e-6):
                    self.branch.hopf.append(Event("hopf", self.path.value(spot.u), spot.point, float(abs(crossing.imag))))
        elif a.du * b.du > 0:
            spot = self._bisect(a, b, length, lambda spot: _unstable(spot.point)[0] != before[0])
            self.branch.crossings.append(Event("crossing", self.path.value(spot.u), spot.point))

    def _distance(self, a: _Spot, b: _Spot) -> float:
        change = b.point.x - a.point.x
        return float(np.sqrt(self._weight(a.point.x) * np.vdot(change, change).real + ((b.u - a.u) / self.length) ** 2))

    def _bisect(self, a: _Spot, b: _Spot, length: float, beyond: object) -> _Spot:
        low, high, best = 0.0, length, b
        for _ in range(40):
            middle = (low + high) / 2
            found = self._corrected(a, middle)
            if found is None:
                return best
            if beyond(found[0]):  # type: ignore[operator]
                high, best = middle, found[0]
            else:
                low = middle
            if high - low < 1e-8:
                break
        return best


def _unstable(point: Point) -> tuple[int, int]:
    """Number of eigenvalues with positive real part: real ones, and those in complex pairs."""
    values = point.spectrum
    size = max(1.0, float(np.abs(values).max(initial=0.0)))
    up = values[values.real > NEUTRAL * size * 1e-3]
    real = np.abs(up.imag) < NEUTRAL * size
    return int(real.sum()), int((~real).sum())


def follow(
    path: Path, point: Point, start: float, target: float, points: int = 50, watch: bool = True, most_folds: int | None = None
) -> Branch:
    """The branch through a fixed point, from one parameter value to another.

    points       least number of points
    watch        look for changes of stability (an eigenvalue problem at each point)
    most_folds   folds after which to stop; None: only when the branch returns to where it started
    """
    return Follower(path, point, start, target, points, watch, most_folds).run()
