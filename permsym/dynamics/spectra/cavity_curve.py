"""A resolvent's curve from a few shifted solves, and what lies between them.

    S(w) = 2 Re u . x(w),    M x = X,    M^H y = u,    M = i w - L

At a few frequencies x and the dual vector y are iterated with BiCGStab.  They span V and W, and at every frequency

    W^H M V a = W^H X,    V^H M^H W b = V^H u,    S(w) = 2 Re u . V a

which holds the dual correction y . (X - M x) of whatever is in V: the error is that of x times that of y,

    |S - true| = 2 |s . M^-1 r|,    r = X - M V a,    s = u - M^H W b

The next frequency is the one where 2 |r| |s| |M^-1| is largest, with |M^-1| as the larger of |x| / |X| and |y| / |u|.  r and s hardly
align, so that this is 1e2 to 1e5 times the error.  How much less the last four pairs changed S than it said, at the frequency where
they changed it most, is taken as the share of it that counts, ten times over.
C. Beattie, S. Gugercin, in Model Reduction and Approximation (SIAM 2017), chapter 7.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.dynamics.spectra.cavity import EPS, ChargedSector, Shifted, Vector
from permsym.operators import ComplexArray

Array = NDArray[np.float64]

_FIRST = 1e-4  # of the scaled residual of the first solve
_LEAST, _MOST = 1e-6, 1e-2  # by which a further solve reduces a residual
_AIM = 0.03  # of the error that is asked for
_PRODUCTS = 20_000  # of one solve
_SAFETY, _LAST = 10.0, 4
_SAME = 1e-9  # of a vector: what is left of it beside the others, if it is not new


class _Side:
    """Orthonormal vectors, their images, and inner products of these and of a source: norms of residuals need no long vector.

    image    L or its adjoint
    source   X or u
    """

    def __init__(self, image: Callable[[Vector], Vector], source: Vector) -> None:
        self.image, self.source = image, source
        self.rows: list[Vector] = []
        self.images: list[Vector] = []
        self.gram = np.array([[kernels.inner(source, source)]])

    @property
    def size(self) -> float:
        return math.sqrt(self.gram[0, 0].real)

    def beside(self, v: Vector) -> Vector | None:
        """What is new in a vector, normalised; None where nothing is."""
        size = float(np.linalg.norm(v))
        for _ in range(2):  # the second time for what rounding leaves
            for row in self.rows:
                v = v - kernels.inner(row, v) * row
        left = float(np.linalg.norm(v))
        return v / left if left > _SAME * size else None

    def append(self, row: Vector) -> None:
        self.rows.append(row)
        self.images.append(self.image(row))
        count, before = len(self.rows), self.gram
        mine = [self.source, *self.rows, *self.images]
        old = [*range(count), *range(count + 1, 2 * count)]
        self.gram = np.zeros((2 * count + 1,) * 2, dtype=before.dtype)
        self.gram[np.ix_(old, old)] = before
        for new in (count, 2 * count):
            column = np.array([kernels.inner(each, mine[new]) for each in mine])
            self.gram[:, new], self.gram[new] = column, column.conj()

    def residuals(self, shift: Vector, a: ComplexArray) -> Array:
        """|source - shift V a + L V a| for each shift and row of a."""
        c = np.concatenate([np.ones((len(a), 1)), -shift[:, None] * a, a], axis=1)
        squares = np.einsum("fi,ij,fj->f", c.conj(), self.gram, c).real
        rounding = 4 * EPS * (np.abs(c) @ np.sqrt(self.gram.diagonal().real)) ** 2
        return np.asarray(np.sqrt(np.maximum(squares, 0) + rounding))

    def residual(self, shift: complex, a: ComplexArray) -> ComplexArray:
        """source - shift V a + L V a."""
        total = self.source.astype(complex)
        for row, image, value in zip(self.rows, self.images, a, strict=True):
            total += value * image - (shift * value) * row
        return total

    def combined(self, a: ComplexArray) -> ComplexArray:
        """V a."""
        total = np.zeros(len(self.source), dtype=complex)
        for row, value in zip(self.rows, a, strict=True):
            total += value * row
        return total


class Curve:
    """The reduced problem, grown pair by pair, and S at all frequencies.

    values, before   S now and before the last pair
    bounds           2 |r| |s| |M^-1|
    estimates        the share of them that counts
    a, b             (frequencies, k) of x and y on V and W
    """

    def __init__(self, sector: ChargedSector, frequencies: Array) -> None:
        self.sector, self.frequencies = sector, frequencies
        self.shifts = np.asarray(1j * frequencies - sector.frame, dtype=complex)
        self.right = _Side(sector.operator.matvec, sector.x)
        self.left = _Side(sector.operator.rmatvec, sector.u)
        self.values, self.before = np.zeros((2, len(frequencies)))
        self.estimates = np.full(len(frequencies), math.inf)
        self.a, self.b = np.zeros((2, len(frequencies), 0), dtype=complex)
        self.L, self.B = np.zeros((2, 0, 0), dtype=complex)
        self.bounds = self.estimates
        self.shares: list[float] = []
        self.solves = self.products = 0

    def converged(self, tolerance: float) -> bool:
        return bool((self.estimates <= tolerance * np.abs(self.values).max(initial=0.0)).all())

    @property
    def eigenvalues(self) -> ComplexArray:
        """(k,) eigenvalues of L on both spaces, in the rotating frame."""
        return np.asarray(np.linalg.eigvals(np.linalg.solve(self.B, self.L)), dtype=complex)

    def eigenvectors(self, near: complex) -> tuple[ComplexArray, ComplexArray]:
        """Right and left vectors (n,) of the one of these nearest to a point; of two as near the one of lower frequency."""
        values, right = np.linalg.eig(np.linalg.solve(self.B, self.L))
        distance = np.abs(values - near)
        k = int(np.lexsort((values.imag, np.round(distance / distance.min(), 4)))[0])
        left = np.linalg.solve(self.B.conj().T, np.linalg.inv(right)[k].conj())
        return self.right.combined(right[:, k]), self.left.combined(left)

    def at(self, frequencies: Array) -> Array:
        """S at other frequencies, without errors."""
        return self._values(self._solved(1j * frequencies - self.sector.frame))

    def _solved(self, shifts: Vector) -> ComplexArray:
        pencil = shifts[:, None, None] * self.B - self.L
        f = np.array([kernels.inner(row, self.sector.x) for row in self.left.rows], dtype=complex)
        return np.asarray(np.linalg.solve(pencil, np.broadcast_to(f[:, None], (len(shifts), len(f), 1)))[:, :, 0])

    def _values(self, a: ComplexArray) -> Array:
        return np.asarray(2 * (self.sector.phase * (a @ self._seen.conj())).real)

    @property
    def _seen(self) -> ComplexArray:
        return np.array([kernels.inner(row, self.sector.u) for row in self.right.rows], dtype=complex)

    def weighed(self, source: ComplexArray) -> Array:
        """2 Re y . X' at every frequency, for W^H X' (frequencies, k)."""
        return np.asarray(2 * (self.sector.phase * (self.b.conj() * source).sum(axis=1)).real)

    def refine(self, tolerance: float) -> None:
        """A pair of solutions more: what is missing from both at the frequency with the largest error."""
        at = int(np.argmax(self.estimates)) if self.solves else len(self.frequencies) // 2
        shift, reduction = complex(self.shifts[at]), _FIRST
        if self.solves:
            wanted = _AIM * tolerance * float(np.abs(self.values).max()) / float(self.estimates[at])
            reduction = min(max(math.sqrt(wanted), _LEAST), _MOST)
        shifted = Shifted(self.sector.operator, shift, np.dtype(complex))
        x, y = (np.zeros(self.sector.numbers, dtype=complex) for _ in range(2))
        shifted.solve(-self.right.residual(shift, self.a[at]), x, reduction, _PRODUCTS)
        shifted.solve_adjoint(-self.left.residual(shift.conjugate(), self.b[at]), y, reduction, _PRODUCTS)
        self.products += shifted.products
        self.solves += 1
        for mine, other in [(x.real, y.real), (x.imag, y.imag)] if self.sector.real else [(x, y)]:
            v, w = self.right.beside(mine), self.left.beside(other)
            if v is not None and w is not None:
                self._append(v, w)
        self.before = self.values
        self._evaluate()

    def _append(self, v: Vector, w: Vector) -> None:
        self.right.append(v)
        self.left.append(w)
        self.products += 2
        k = len(self.right.rows)
        for name, columns in (("L", self.right.images), ("B", self.right.rows)):
            grown = np.zeros((k, k), dtype=complex)
            grown[: k - 1, : k - 1] = getattr(self, name)
            grown[k - 1] = [kernels.inner(w, column) for column in columns]
            grown[:, k - 1] = [kernels.inner(row, columns[-1]) for row in self.left.rows]
            setattr(self, name, grown)

    def _evaluate(self) -> None:
        shifts = self.shifts
        self.a = self._solved(shifts)
        adjoint = (shifts[:, None, None] * self.B - self.L).conj().swapaxes(1, 2)
        seen = self._seen
        self.b = np.linalg.solve(adjoint, np.broadcast_to(seen[:, None], (len(shifts), len(seen), 1)))[:, :, 0]
        self.values = self._values(self.a)
        r, s = self.right.residuals(shifts, self.a), self.left.residuals(shifts.conj(), self.b)
        inverse = np.maximum(np.linalg.norm(self.a, axis=1) / self.right.size, np.linalg.norm(self.b, axis=1) / self.left.size)
        bounds = 2 * r * s * inverse
        if self.solves > 1:
            self.shares = [*self.shares[1 - _LAST :], float((np.abs(self.values - self.before) / self.bounds).max())]
        self.bounds = bounds
        self.estimates = bounds * (_SAFETY * max(self.shares) if len(self.shares) > 1 else 1.0)
