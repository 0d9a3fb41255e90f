"""An assembled Liouvillian with what its entries may be off by.

An entry is a sum over terms, and what it may be off by is a part of the sum of their moduli, however much of it cancels:

    |L_ij - (exact)_ij|  <=  k eps/2 S_ij,      S_ij = |L_ij| + C_ij,      k = moves.ENTRY_ROUNDING
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.moves import ENTRY_ROUNDING

EPS = float(np.finfo(float).eps)
EXTENDED_EPS = float(np.finfo(np.longdouble).eps)


@dataclass(frozen=True)
class Assembly:
    """A Liouvillian and what is known of its making.

    matrix      (n, n)
    leaks       (n,) total |weight| of the moves of each unknown that a window dropped (zeros without one); for a population the
                rate at which probability would leave, plus its couplings to dropped coherences
    cancelled   (n, n) C_ij where it is notable
    extended    the same matrix with the digits of long double, where there is one
    rounded     roundings in its entries: of operators' products, made before
    """

    matrix: sparse.csc_array
    leaks: NDArray[np.float64]
    cancelled: sparse.csc_array
    extended: sparse.csc_array | None = None
    rounded: int = 0

    @cached_property
    def magnitude(self) -> sparse.csc_array:
        return abs(self.matrix)

    @cached_property
    def row_counts(self) -> NDArray[np.int64]:
        return np.bincount(self.matrix.indices, minlength=self.matrix.shape[0])

    def residual(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """L x (n,), in extended precision where the matrix has it."""
        if self.extended is None:
            return np.asarray(self.matrix @ x)
        return np.asarray((self.extended @ x.astype(np.longdouble)).astype(float))

    def rounding_of_residual(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bound of what :meth:`residual` may be off by, for |x|."""
        if self.extended is None:
            return self.rounding(x)
        size = self.magnitude @ x + self.cancelled @ x
        return np.asarray(self.rounding(x) * (EXTENDED_EPS / EPS) + EPS / 2 * self.rounded * size)

    def rounding(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bound of what L x may be off by for |x| (n,) or columns: of the products in it, and of the entries of L themselves."""
        products = (self.row_counts + ENTRY_ROUNDING).reshape(-1, *[1] * (x.ndim - 1)) * (self.magnitude @ x)
        return np.asarray(EPS / 2 * (products + ENTRY_ROUNDING * (self.cancelled @ x)))

    def restricted(self, positions: NDArray[np.int64]) -> Assembly:
        """The same on some of the unknowns, columns first, which is cheap in this format."""
        if len(positions) == self.matrix.shape[0]:
            return self
        small = (len(positions), len(positions))
        matrix, cancelled, extended = (
            # nothing cancels in most models
            one if one is None else one[:, positions][positions].tocsc() if one.nnz else sparse.csc_array(small, dtype=one.dtype)
            for one in (self.matrix, self.cancelled, self.extended)
        )
        return replace(self, matrix=matrix, leaks=self.leaks[positions], cancelled=cancelled, extended=extended)
