"""Rate equations solved without a subtraction: every probability to a relative rounding error, however small it or the rates are.

M has rates M_ij >= 0 from j to i, and columns that sum to zero.  State k is eliminated (Grassmann, Taksar and Heyman, Oper. Res. 33,
1107 (1985)): with S_k = sum_{i<k} W_ik, taken from the rates that are left and never from the diagonal,

    W_ij <- W_ij + W_ik W_kj / S_k,        p_k = sum_{j<k} W_kj p_j / S_k

C. A. O'Cinneide, Numer. Math. 65, 109 (1993): each p_k has a small relative error, whatever the gap of M.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.errors import SolverFailed

LARGEST = 3000  # unknowns: a table of 72 MB, and a second of eliminations
EPS = float(np.finfo(float).eps)
Vector = NDArray[np.float64]


def is_rate_matrix(matrix: sparse.csc_array) -> bool:
    """Whether off-diagonal entries are rates, none negative."""
    entry = matrix.tocoo()
    return bool((entry.data[entry.row != entry.col] >= 0).all())


class RateFactors:
    """Eliminated rate equations.

    probability   (n,) p with M p = 0 and sum 1
    relative      estimate of the relative rounding error of each
    """

    refined = True

    def __init__(self, matrix: sparse.csc_array) -> None:
        size = matrix.shape[0]
        pattern = sparse.csr_array((np.ones(len(matrix.data)), matrix.indices, matrix.indptr), shape=matrix.shape)
        self.order = csgraph.reverse_cuthill_mckee(sparse.csr_array(pattern + pattern.T), symmetric_mode=True)
        W = matrix.toarray()[np.ix_(self.order, self.order)]
        np.fill_diagonal(W, 0)
        linked = (W != 0) | (W.T != 0)
        first = np.where(linked.any(axis=1), linked.argmax(axis=1), np.arange(size))
        self.total = np.ones(size)
        for k in range(size - 1, 0, -1):
            start = int(min(first[k], k))
            first[start:k] = np.minimum(first[start:k], start)
            self.total[k] = W[start:k, k].sum()
            if not self.total[k] > 0:
                raise SolverFailed("a state is never left")
            W[start:k, k] /= self.total[k]
            W[start:k, start:k] += np.outer(W[start:k, k], W[k, start:k])
        self.first, self.W = first, W
        p = np.zeros(size)
        p[0] = 1
        for k in range(1, size):
            p[k] = W[k, first[k] : k] @ p[first[k] : k] / self.total[k]
            if p[k] > 1e200:
                p /= p[k]
        self.probability = np.empty(size)
        self.probability[self.order] = p / p.sum()
        self.relative = 4 * EPS * (size + 10)
        self.fill = int((np.arange(size) - first).sum())

    def dual(self, right: Vector) -> Vector:
        """(n, k) y with M^T y = right, of which p . right = 0, up to a multiple of ones."""
        c, first = right[self.order].copy(), self.first
        size = len(c)
        for k in range(size - 1, 0, -1):
            c[k] /= self.total[k]
            c[first[k] : k] += np.outer(self.W[k, first[k] : k], c[k])
        y = np.zeros_like(c)
        for k in range(1, size):
            y[k] = self.W[first[k] : k, k] @ y[first[k] : k] - c[k]
        result = np.empty_like(y)
        result[self.order] = y
        return result
