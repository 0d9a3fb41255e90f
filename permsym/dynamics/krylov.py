"""exp(t L) u by Krylov subspaces, in adaptive steps with a bound.  Long because bounds and subspaces share their matrices.

With m vectors V of unit length and L V = V A + w f^T the approximation u_m(t) = |u| V exp(t A) e_1 obeys

    du_m/dt = L u_m - d(t),     d(t) = |u| w f^T exp(t A) e_1

so that it is off by the integral of exp((t-s) L) d(s), and by no more than the integral of |d(s)| in a norm in which exp(t L)
contracts (for a Liouvillian: the trace norm).  Two kinds of subspace:

    polynomial     L V = V H + h v_(m+1) e_m^T:                     A = H,                w = v_(m+1),           f^T = h e_m^T
    shift-invert   S V = V H + h v_(m+1) e_m^T, S = (1 - c L)^-1:   A = (1 - H^-1) / c,   w = (1 - c L) v_(m+1),   f^T = h e_m^T H^-1 / c

The second costs a factorisation, and then does not care how stiff L is.

Rounding adds columns E to the relations, and the error grows by their part of d.  With x = exp(s A) e_1 and e the norm of the
rounding of a product with a vector of unit length (``grain``):

    polynomial     |E x| <= e |A| |x|
    shift-invert   S V = V H + ... + R, |R| <= e: from the solves, the orthogonalisation and the Schur form of H, so that
                   d = (1 - c L) R y,   y = H^-1 x / c = x / c - x'

The part L R y is integrated by parts, so that fast modes count while they move and not for as long as they are at rest:

    |integral of exp((t-s) L) (1 - c L) R y ds| <= |R| (integral of |y| + c |y'|, and c |y| at both ends)

Rounding of L's own entries adds e times the integral of |L| |u|.  Where c |A| is large, exp(t A) is taken from the Schur form of H:
the slow eigenvalues (1 - 1/h) / c of A itself would have the rounding of its fast ones.
Y. Saad, SIAM J. Numer. Anal. 29, 209 (1992); J. van den Eshof, M. Hochbruck, SIAM J. Sci. Comput. 27, 1438 (2006).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm, schur, solve_triangular

from permsym.errors import SolverFailed

Vector = NDArray[np.inexact]
Apply = Callable[[Vector], Vector]
EPS = float(np.finfo(float).eps)
SAMPLES, _HALVINGS = 12, 16  # times of a step at which the defect is evaluated: equally spaced ones, and more towards its start
_SMALL, _WINDOW = 2000, 4
"""With more unknowns a polynomial subspace orthogonalises each vector to the last four only.  The relation above, and with it the bound,
needs no orthonormal V; the time of a step halves for eight per cent more products (driven cavity, N = 5)."""
_GRAIN = 2.0  # rounding of a product or a solve and of its orthogonalisation, in units of EPS: 0.2 to 1 where modes oscillate
_PHASES = 4.0  # rounding of phases in a closed subspace, in units of that: up to 2 in 200 undamped systems, above 1 in six of them
_ZERO = 10 * EPS  # |h| of a mode so fast that rounding hides it: 1 / h would have any size and sign
_GRADED = 100.0  # c |A| up to which exp(t A) is no less accurate from A itself: 1e-14 against 1e-13 at 3
_SELDOM = 4  # of the times of a step, those at which |L| |u| is evaluated: every fourth, 8 products a step
_SHORTEST = 1e-13  # of the whole time: a shorter step means that rounding, not the subspace, limits the error
_GROWN = 4.0  # the most by which a step may exceed the one before


@dataclass(frozen=True)
class Subspace:
    """A step's subspace.

    vectors   (n, m); small (m, m) is A; defect (m,) is f and ``outer`` the norm of w; size = |u|; shift is c, 0 for a polynomial subspace
    grain     e, norm of the rounding of a product with a vector of unit length; a solve's is ``solved`` times that
    schur     Schur form T of A and its unitary Q, A = Q T Q^dag, where rounding would grow with many steps' length
    entries   v -> |L| |v|: what the rounding of L's own entries changes
    """

    vectors: Vector
    small: Vector
    defect: Vector
    outer: float
    size: float
    grain: float
    schur: tuple[Vector, Vector] | None = None
    shift: float = 0.0
    solved: float = 1.0
    entries: Apply | None = None

    def weights(self, t: float) -> Vector:
        """u_m(t) = vectors @ weights(t)."""
        if self.schur is None:
            return self.size * expm(t * self.small)[:, 0]
        triangle, turn = self.schur
        weights: Vector = self.size * (turn @ (expm(t * triangle) @ turn[0].conj()))
        return weights if np.iscomplexobj(self.vectors) else weights.real

    def path(self, t: float) -> Vector:
        """Weights at equal distances up to t, (m, k)."""
        small, turn = self.schur or (self.small, np.eye(len(self.small)))
        weights: Vector = self.size * (turn @ _columns(small, turn[0].conj(), t)[1][:, -SAMPLES:])
        return weights if np.iscomplexobj(self.vectors) else weights.real

    def error(self, t: float) -> float:
        """Bound of the integral of |d(s)| up to t without rounding."""
        times, columns = _columns(self.small, np.eye(len(self.small))[0], t)
        with np.errstate(over="ignore", invalid="ignore"):
            return _finite(_integral(times, np.abs(self.defect @ columns)) * self.outer * self.size)

    @property
    def closed(self) -> bool:
        """Whether L leads nowhere out of the subspace, so that one step takes any time."""
        return not np.any(self.defect)

    def rounding(self, t: float, shift: float | None = None) -> float:
        """Bound of what rounding adds to the error up to t; ``shift``: what it would be in a shift-invert subspace."""
        small, turn = self.schur or (self.small, np.eye(len(self.small)))
        times, columns = _columns(small, turn[0].conj(), t)
        c = self.shift if shift is None else shift
        with np.errstate(over="ignore", invalid="ignore"):
            sizes = np.linalg.norm(columns, axis=0)
            passed = _integral(times, sizes) * float(np.linalg.norm(small, 2))
            if not c:  # of an open subspace many different vectors' rounding adds up, of a closed one that of the same few
                total = _PHASES * passed + float(sizes.max()) if self.closed else math.sqrt(len(small) + passed)
            else:
                changes = small @ columns
                rates, accelerations = np.linalg.norm(changes, axis=0), np.linalg.norm(small @ changes, axis=0)
                total = _integral(times, sizes / c + 2 * rates + c * accelerations) + 2 * float(np.max(sizes + c * rates))
                total = self.solved * total + (passed if self.schur is None else 0.0)
            if self.entries is not None:
                seldom = slice(None, None, _SELDOM)
                states = self.vectors @ (turn @ columns[:, seldom])
                total += _integral(times[seldom], np.linalg.norm(self.entries(states), axis=0))
            return _finite(total * self.grain * self.size + self._degeneracy(t))

    def _degeneracy(self, t: float) -> float:
        """How far exp(t A) from the Schur form of a closed subspace is from that of A itself, twice.

        Divided differences of eigenvalues that are nearly alike lose digits in the first, squarings of long times in the second.
        """
        if not self.closed or self.schur is None:
            return 0.0
        apart = [np.linalg.norm(self.weights(s) - self.size * expm(s * self.small)[:, 0]) for s in (t / 8, t)]
        return 2 * self.grain / (_GRAIN * EPS) * float(np.max(apart))


def _columns(small: Vector, start: Vector, t: float) -> tuple[NDArray[np.float64], Vector]:
    """Times (k,) from 0 to t, that double and then are at equal distances, and exp(s A) start at them (m, k)."""
    width = t / SAMPLES
    times = np.array([0.0, *(width * 0.5**k for k in range(_HALVINGS, 0, -1)), *(width * (k + 1) for k in range(SAMPLES))])
    with np.errstate(over="ignore", invalid="ignore"):
        step, columns = expm(times[1] * small), [start]
        for _ in range(_HALVINGS):
            columns.append(step @ start)
            step = step @ step
        columns.append(step @ start)
        for _ in range(1, SAMPLES):
            columns.append(step @ columns[-1])
    return times, np.array(columns).T


def _integral(times: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """Upper sum of sizes at times."""
    return float(np.diff(times) @ np.maximum(sizes[1:], sizes[:-1]))


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else float("inf")


@dataclass(frozen=True)
class Shifted:
    """A shift-invert subspace's shift c, v -> L v, and, where the rounding of L's entries is to be counted, v -> |L| |v|."""

    shift: float
    apply: Apply
    entries: Apply | None = None


def subspace(apply: Apply, start: Vector, most: int, norm: float = 1.0, operator: Shifted | None = None) -> Subspace:
    """Arnoldi's subspace of up to ``most`` vectors.

    apply      v -> L v, or v -> (1 - c L)^-1 v
    norm       the contracting norm of a vector is at most this times its Euclidean norm
    operator   what else a shift-invert subspace takes
    """
    n = len(start)
    most = min(most, n)
    complete = operator is not None or n <= _SMALL
    size = float(np.linalg.norm(start))
    vectors = np.empty((n, most), dtype=start.dtype, order="F")
    h = np.zeros((most + 1, most), dtype=start.dtype)
    vectors[:, 0] = start / (size or 1.0)
    last: Vector = np.zeros(n, dtype=start.dtype)
    m = most
    for k in range(most):
        last = apply(vectors[:, k])
        scale = float(np.linalg.norm(last))
        first = 0 if complete else max(0, k + 1 - _WINDOW)
        earlier = vectors[:, first : k + 1]
        for _ in range(2 if complete else 1):  # twice is enough
            part: Any = earlier.conj().T @ last
            last -= earlier @ part
            h[first : k + 1, k] += part
        h[k + 1, k] = np.linalg.norm(last)
        if abs(h[k + 1, k]) <= 10 * EPS * scale or k + 1 == n:  # the subspace is invariant
            h[k + 1, k], m = 0.0, k + 1
            break
        last = last / h[k + 1, k]
        if k + 1 < most:
            vectors[:, k + 1] = last
    square, beyond = h[:m, :m], abs(h[m, m - 1])
    unit = np.zeros(m, dtype=start.dtype)
    unit[-1] = beyond
    grain = norm * _GRAIN * EPS
    if operator is None:  # one step takes any time in a closed subspace: phases are exact to the rounding of their frequency
        return Subspace(vectors[:, :m], square, unit, norm, size, grain, None if beyond else schur(square, output="complex"))
    c, (generator, form) = operator.shift, _generator(square)
    far = norm * float(np.linalg.norm(last - c * operator.apply(last))) if beyond else 0.0
    solved, defect = _solved_to(apply, operator, vectors[:, 0]) / EPS, unit @ (np.eye(m) - generator) / c
    graded = None if form is None else (form[0] / c, form[1])
    return Subspace(vectors[:, :m], generator / c, defect, far, size, grain, graded, c, solved, operator.entries)


def _generator(square: Vector) -> tuple[Vector, tuple[Vector, Vector] | None]:
    """1 - H^-1 = c A of a shift-invert subspace, and its Schur form where that is more accurate."""
    one, generator = np.eye(len(square)), None
    with suppress(np.linalg.LinAlgError):
        generator = one - np.linalg.inv(square)
        if np.linalg.norm(generator, 2) <= _GRADED:
            return generator, None
    triangle, turn = schur(square, output="complex")
    hidden = np.abs(triangle.diagonal()) < _ZERO
    np.fill_diagonal(triangle, np.where(hidden, _ZERO, triangle.diagonal()))
    graded = one - solve_triangular(triangle, one)
    if generator is None or hidden.any():
        generator = turn @ graded @ turn.conj().T
    return generator, (graded, turn)


def _solved_to(solve: Apply, operator: Shifted, unit: Vector) -> float:
    """Relative error of a solve with a vector of unit length, by one step of refinement."""
    solution = solve(unit)
    correction = solve(unit - (solution - operator.shift * operator.apply(solution)))
    return max(EPS, float(np.linalg.norm(correction) / (np.linalg.norm(solution) or 1.0)))


class Space(Protocol):
    """The states on a step: vectors @ weights(t), t after its start.

    vectors   (n, m); the first is the state at the start over ``size``
    """

    @property
    def vectors(self) -> Vector: ...

    @property
    def size(self) -> float: ...

    def weights(self, t: float) -> Vector:
        """(m,)"""

    def path(self, t: float) -> Vector:
        """Weights at equal distances up to t, (m, k)."""


@dataclass(frozen=True)
class Step:
    """One step from ``start`` to ``start + length``, bounds of the error made in it, and the state that it ends in.

    pace   numbers with which its maker goes on as if it had not been interrupted
    """

    start: float
    length: float
    space: Space
    error: float
    rounding: float
    final: Vector
    pace: tuple[float, ...] = ()

    def lost(self, leaving: NDArray[np.float64]) -> float:
        """Integral of leaving . |u(s)| over the step, from above as far as its samples tell; leaving (n,): what each unknown loses."""
        some = np.flatnonzero(leaving)
        if not len(some):
            return 0.0
        path = np.concatenate([self.space.weights(0.0)[:, None], self.space.path(self.length)], axis=1)
        rates = leaving[some] @ np.abs(self.space.vectors[some] @ path)
        return float(np.maximum(rates[1:], rates[:-1]).mean() * self.length)


def steps(
    make: Callable[[Vector], Subspace], state: Vector, start: float, end: float, rate: float, last: float = math.inf
) -> Iterator[Step]:
    """Steps that carry ``state`` from ``start`` to ``end``; each costs one subspace.

    make   the subspace of a vector
    rate   what the error may be, per unit of time
    last   length of the step before, where there was one

    Raises SolverFailed where no step is short enough: then the shift is too long for the fast modes still in the state.
    """
    now = start
    while now < end:
        space = make(state)
        length = _length(space, min(end - now, _GROWN * last), rate)
        if length < _SHORTEST * (end - start):
            raise SolverFailed("no step of the time evolution is short enough for its tolerance; raise the tolerance")
        reached = now + length if now + length < end - _SHORTEST * (end - start) else end
        length = reached - now
        state = space.vectors @ space.weights(length)
        yield Step(now, length, space, space.error(length), space.rounding(length), state, (length,))
        now, last = reached, length


def _length(space: Subspace, longest: float, rate: float) -> float:
    """The longest step whose error is within ``rate`` times its length, to ten per cent."""
    length = longest
    if space.error(length) <= rate * length:
        return length
    bad, good = length, length
    while space.error(good) > rate * good:
        bad, good = good, good / 4
        if good < 1e-30 * longest:
            return 0.0
    while bad > 1.1 * good:
        middle = float(np.sqrt(bad * good))
        if space.error(middle) <= rate * middle:
            good = middle
        else:
            bad = middle
    return good
