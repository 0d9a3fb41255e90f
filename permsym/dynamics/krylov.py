"""exp(t L) u by Krylov subspaces, in adaptive steps, each with a bound of its error.

With m vectors V of unit length and L V = V A + w f^T the approximation u_m(t) = |u| V exp(t A) e_1 obeys

    du_m/dt = L u_m - d(t),     d(t) = |u| w f^T exp(t A) e_1

so that it is off by the integral of exp((t-s) L) d(s), and by no more than the integral of |d(s)| in a norm in which exp(t L)
contracts (for a Liouvillian: the trace norm).  Two kinds of subspace:

    polynomial     L V = V H + h v_(m+1) e_m^T:                     A = H,                w = v_(m+1),           f^T = h e_m^T
    shift-invert   S V = V H + h v_(m+1) e_m^T, S = (1 - c L)^-1:   A = (1 - H^-1) / c,   w = (1 - c L) v_(m+1),   f^T = h e_m^T H^-1 / c

The second costs a factorisation, and then does not care how stiff L is.
Y. Saad, SIAM J. Numer. Anal. 29, 209 (1992); J. van den Eshof, M. Hochbruck, SIAM J. Sci. Comput. 27, 1438 (2006).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from permsym.errors import SolverFailed

Vector = NDArray[np.inexact]
Apply = Callable[[Vector], Vector]
EPS = float(np.finfo(float).eps)
_SAMPLES, _HALVINGS = 12, 16  # times of a step at which the defect is evaluated: equally spaced ones, and more towards its start
_SMALL, _WINDOW = 2000, 4
"""With more unknowns a polynomial subspace orthogonalises each vector to the last four only.  The relation above, and with it the bound,
needs no orthonormal V; the time of a step halves for eight per cent more products (driven cavity, N = 5)."""
_SHORTEST = 1e-13  # of the whole time: a shorter step means that rounding, not the subspace, limits the error
_GROWN = 4.0  # the most by which a step may exceed the one before


@dataclass(frozen=True)
class Subspace:
    """A step's subspace.

    vectors   (n, m); small (m, m) is A; defect (m,) is f and ``outer`` the norm of w; size = |u|
    """

    vectors: Vector
    small: Vector
    defect: Vector
    outer: float
    size: float

    def weights(self, t: float) -> Vector:
        """u_m(t) = vectors @ weights(t)."""
        return self.size * expm(t * self.small)[:, 0]

    def error(self, t: float) -> float:
        """Bound of the integral of |d(s)| up to t, from values at times that double, then at equal distances."""
        width = t / _SAMPLES
        times = [*(width * 0.5**k for k in range(_HALVINGS, 0, -1)), *(width * (k + 1) for k in range(_SAMPLES))]
        with np.errstate(over="ignore", invalid="ignore"):
            step = expm(times[0] * self.small)
            columns = []
            for _ in range(_HALVINGS):
                columns.append(step[:, 0])
                step = step @ step
            columns.append(step[:, 0])
            for _ in range(1, _SAMPLES):
                columns.append(step @ columns[-1])
            sizes = np.abs(np.array([self.defect[0], *(self.defect @ column for column in columns)]))
            total = float(np.diff([0.0, *times]) @ np.maximum(sizes[1:], sizes[:-1])) * self.outer * self.size
        return total if np.isfinite(total) else float("inf")


def subspace(apply: Apply, start: Vector, most: int, norm: float = 1.0, outer: Apply | None = None, shift: float = 0.0) -> Subspace:
    """Arnoldi's subspace of up to ``most`` vectors.

    apply   v -> L v; with a shift c: v -> (1 - c L)^-1 v, and ``outer`` is v -> L v
    norm    the contracting norm of a vector is at most this times its Euclidean norm
    """
    n = len(start)
    most = min(most, n)
    complete = outer is not None or n <= _SMALL
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
    if outer is None:
        return Subspace(vectors[:, :m], square, unit, norm, size)
    inverse = np.linalg.inv(square)
    far = float(np.linalg.norm(last - shift * outer(last))) if beyond else 0.0
    return Subspace(vectors[:, :m], (np.eye(m) - inverse) / shift, unit @ inverse / shift, norm * far, size)


@dataclass(frozen=True)
class Step:
    """One step from ``start`` to ``start + length``, the bound of the error made in it, and the state that it ends in."""

    start: float
    length: float
    space: Subspace
    error: float
    final: Vector


def steps(make: Callable[[Vector], Subspace], state: Vector, start: float, end: float, rate: float) -> Iterator[Step]:
    """Steps that carry ``state`` from ``start`` to ``end``; each costs one subspace.

    make   the subspace of a vector
    rate   what the error may be, per unit of time

    Raises SolverFailed where no step is short enough: then the shift is too long for the fast modes still in the state.
    """
    now, last = start, np.inf
    while now < end:
        space = make(state)
        length = _length(space, min(end - now, _GROWN * last), rate)
        if length < _SHORTEST * (end - start):
            raise SolverFailed("no step of the time evolution is short enough for its tolerance; raise the tolerance")
        reached = now + length if now + length < end - _SHORTEST * (end - start) else end
        length = reached - now
        state = space.vectors @ space.weights(length)
        yield Step(now, length, space, space.error(length), state)
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
