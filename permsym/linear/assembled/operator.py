"""Products with a sparse matrix and its transpose, rows scaled, with one outer product added: A x + v (t . x), A^T z + t (v . z)."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse

from permsym import kernels
from permsym.linear.assembled.solver import Outer, Vector

_NOTABLE = 1e-3  # of a row's norm: a smaller diagonal does not scale it


class Operator:
    """D^-1 (A + v t^T) and E^-1 (A + v t^T)^T, with diagonals D and E of positive numbers.

    matrix   (n, n), real
    outer    v t^T; None: nothing is added

    D and E are the moduli of the diagonal of A where that is notable, and the norm of the row elsewhere.
    """

    def __init__(self, matrix: sparse.csc_array, outer: Outer | None = None) -> None:
        self.columns = matrix
        self.outer = outer
        self.size = matrix.shape[0]
        self.diagonal = np.abs(matrix.diagonal())

    @cached_property
    def _rows(self) -> sparse.csr_array:
        return self.columns.tocsr()

    @cached_property
    def scale(self) -> Vector:
        """1 / D (n,)."""
        return self._scale(self._rows)

    @cached_property
    def scale_transposed(self) -> Vector:
        """1 / E (n,)."""
        return self._scale(self.columns)

    def _scale(self, compressed: sparse.csr_array | sparse.csc_array) -> Vector:
        norms = np.sqrt(kernels.sums_of_squares(compressed.data, compressed.indptr))
        size = np.where(self.diagonal > _NOTABLE * norms, self.diagonal, norms)
        return np.divide(1.0, size, out=np.ones(self.size), where=size > 0)

    def product(self, x: Vector, out: Vector) -> None:
        rows = self._rows
        kernels.row_products(x, out, rows.data, rows.indices, rows.indptr, self.scale)
        if self.outer is not None:
            index = self.outer.index
            kernels.add_rank_one(x, out, index, self.outer.row, self.outer.column * self.scale[index])

    def transposed(self, z: Vector, out: Vector) -> None:
        columns = self.columns
        kernels.row_products(z, out, columns.data, columns.indices, columns.indptr, self.scale_transposed)
        if self.outer is not None:
            index = self.outer.index
            kernels.add_rank_one(z, out, index, self.outer.column, self.outer.row * self.scale_transposed[index])
