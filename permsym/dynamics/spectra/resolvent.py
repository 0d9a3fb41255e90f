"""G(w) = a . (i w - L)^{-1} X for many frequencies from few factorisations: two-sided rational Krylov, and its dual correction.

Each side has an orthonormal basis V that grows by one solve a step, at poles sigma_j of one's choice:

    v_1 = X / |X|,    (sigma_j - L)^{-1} v_j = V h_j,      K = [h_1 ...],    H = [sigma_j h_j - e_j],      L V K = V H
    x = V K d,    d = argmin |beta e_1 - (i w K - H) d|,      r = X - (i w - L) x = V (beta e_1 - (i w K - H) d)

The left side does so with L^T and a: y = U K' d'.  The residual of x, weighted with y, doubles the digits:

    G(w) = a . x + y . r,      off by  r_y . (i w - L)^{-1} r

Everything but the vectors themselves is small: any frequency costs two least-squares problems of the size of the bases.
(Ruhe, Linear Algebra Appl. 197, 283 (1994); the correction: Pierce and Giles, SIAM Rev. 42, 247 (2000).)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]
Solve = Callable[[NDArray[Any]], NDArray[Any]]


class Side:
    """One side's basis and its two small matrices, in real numbers as long as start and poles are real.

    vectors   (n, m + 1) V
    k, h      (m + 1, m) K and H
    start     beta, the length of the start vector; 0 where there is nothing
    """

    def __init__(self, start: NDArray[Any], most: int) -> None:
        self.start = float(np.linalg.norm(start))
        self.most = most
        self.size = 0
        self._vectors = np.zeros((len(start), most + 1), dtype=start.dtype, order="F")
        self._k = np.zeros((most + 1, most), dtype=complex)
        self._h = np.zeros((most + 1, most), dtype=complex)
        if self.start:
            self._vectors[:, 0] = start / self.start
        self.exhausted = not self.start

    @property
    def vectors(self) -> NDArray[Any]:
        return self._vectors[:, : self.size + 1]

    @property
    def k(self) -> Complex:
        return self._k[: self.size + 1, : self.size]

    @property
    def h(self) -> Complex:
        return self._h[: self.size + 1, : self.size]

    def extend(self, solve: Solve, pole: complex) -> None:
        """One more vector: (pole - L)^{-1} of the last one."""
        m = self.size
        new = solve(self._vectors[:, m])
        if np.iscomplexobj(new) and not np.iscomplexobj(self._vectors):
            self._vectors = self._vectors.astype(complex, order="F")
        column = np.zeros(m + 2, dtype=complex)
        old, size = self._vectors[:, : m + 1], float(np.linalg.norm(new))
        for _ in range(2):  # once more: rounding leaves the first time what is parallel
            part = old.conj().T @ new
            new = new - old @ part
            column[: m + 1] += part
        column[m + 1] = rest = float(np.linalg.norm(new))
        if rest <= 1e-14 * size:
            self.exhausted, column[m + 1] = True, 0.0
        else:
            self._vectors[:, m + 1] = new / rest
        self._k[: m + 2, m] = column
        self._h[: m + 2, m] = pole * column
        self._h[m, m] -= 1
        self.size = m + 1

    def solved(self, frequencies: NDArray[np.float64], size: int) -> tuple[Complex, Complex]:
        """(F, size + 1) x and r at each frequency as combinations of the vectors, from the first ``size`` steps."""
        k, h = self._k[: size + 1, :size], self._h[: size + 1, :size]
        matrix = 1j * frequencies[:, None, None] * k - h
        right = np.zeros(size + 1, dtype=complex)
        right[0] = self.start
        if not size:
            return np.zeros((len(frequencies), 1), dtype=complex), np.broadcast_to(right, (len(frequencies), 1)).copy()
        q, triangle = np.linalg.qr(matrix)
        d = np.linalg.solve(triangle, q.conj().transpose(0, 2, 1) @ right[:, None])
        return (k @ d)[:, :, 0], (right[:, None] - matrix @ d)[:, :, 0]


class Reduced:
    """Both sides, and G(w) from them.

    right, left   the sides of X and of a
    cross         (left, right) products of their vectors, without conjugation
    seen          (right,) a . V
    """

    def __init__(self, x: NDArray[Any], a: NDArray[Any], most: int) -> None:
        self.right, self.left = Side(x, most), Side(a, most)
        self.a = a
        self._look()

    def _look(self) -> None:
        self.cross: NDArray[Any] = self.left.vectors.T @ self.right.vectors
        self.seen: NDArray[Any] = self.a @ self.right.vectors

    def extend(self, solve: Solve, solve_transposed: Solve, pole: complex, count: int) -> None:
        """``count`` more vectors on both sides with the factors of one pole."""
        for _ in range(count):
            for side, step in ((self.right, solve), (self.left, solve_transposed)):
                if not side.exhausted and side.size < side.most:
                    side.extend(step, pole)
        self._look()

    def values(self, frequencies: NDArray[np.float64], fewer: int = 0) -> tuple[Complex, Complex]:
        """(F,) G(w) and its correction y . r, from all vectors but the last ``fewer``."""
        mine, theirs = (max(side.size - fewer, 0) for side in (self.right, self.left))
        x, r = self.right.solved(frequencies, mine)
        y, _ = self.left.solved(frequencies, theirs)
        cross = self.cross[: theirs + 1, : mine + 1]
        correction = np.einsum("fi,ij,fj->f", y, cross, r)
        return x @ self.seen[: mine + 1] + correction, correction


def combined(vectors: NDArray[Any], coefficients: Complex) -> Complex:
    """vectors @ coefficients, without a complex copy of real vectors."""
    if np.iscomplexobj(vectors):
        return np.asarray(vectors @ coefficients)
    return np.asarray(vectors @ coefficients.real + 1j * (vectors @ coefficients.imag))
