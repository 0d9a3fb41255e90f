"""Bounds of the imaginary parts of a sector's eigenvalues, of all and of those that decay slowly, by Lanczos's method."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

_MARGIN = 1.02  # of a bound: Lanczos's method stops at a hundredth
_MOST = 200  # restarts of it


@dataclass(frozen=True)
class Place:
    """Some unknowns of a sector: lattice positions (d, n), logarithms of norms, and the trace on them."""

    coordinates: NDArray[np.int64]
    log_norms: NDArray[np.float64]
    trace: NDArray[np.float64]


class Frequencies:
    """Bounds of the imaginary parts of eigenvalues, from  x . S x,  S = D L D^-1, of vectors x without trace:

    Re lambda + t Im lambda <= f(t) = largest eigenvalue of (S + S^dag)/2 - i t (S - S^dag)/2
    """

    def __init__(self, matrix: sparse.csc_array, space: Place) -> None:
        entries = matrix.tocoo()
        scaled = entries.data * np.exp(space.log_norms[entries.row] - space.log_norms[entries.col])
        s = sparse.csr_array((scaled, (entries.row, entries.col)), shape=matrix.shape)
        self.symmetric, self.skew = (s + s.conj().T) / 2, ((s - s.conj().T) * -0.5j).tocsr()
        trace = space.trace * np.exp(-space.log_norms)
        size = float(np.linalg.norm(trace))
        self.trace = trace / size if size else trace

    @property
    def none(self) -> bool:
        """Whether all eigenvalues are real."""
        return not (self.skew.nnz and np.abs(self.skew.data).max())

    def every(self) -> tuple[float, float]:
        """(low, high) of all eigenvalues."""
        if self.none:
            return 0.0, 0.0
        return -_MARGIN * max(-self._end("SA"), 0.0), _MARGIN * max(self._end("LA"), 0.0)

    def _end(self, which: str) -> float:
        start = np.random.default_rng(0).standard_normal(self.skew.shape[0]) + 0j
        return float(linalg.eigsh(self.skew, 1, which=which, v0=start, tol=1e-2, return_eigenvectors=False)[0])

    def slower(self, rate: float, end: float) -> float:
        """Where the imaginary parts of eigenvalues that decay more slowly than ``rate`` end, on the side of ``end``, that of all.

        From large t, where the bound is that of all, to smaller ones, until it no longer falls.
        """
        best, sign = abs(end), math.copysign(1.0, end)
        t = float(np.abs(self.symmetric.diagonal()).max()) / best
        while t > 0:
            try:
                here = (self._largest(sign * t, t * best) + rate) / t
            except linalg.ArpackNoConvergence:
                break
            if not here < best:
                break
            best, t = max(here, 0.0), t / 2 if here > 0 else 0.0
        return sign * best

    def _largest(self, t: float, shift: float) -> float:
        """A bound of f(t), to a hundredth of f + shift."""

        def product(x: NDArray[Any]) -> NDArray[Any]:
            x = x.ravel() - self.trace * (self.trace @ x.ravel())
            y = self.symmetric @ x + t * (self.skew @ x) + shift * x
            return np.asarray(y - self.trace * (self.trace @ y))

        operator = linalg.LinearOperator(self.skew.shape, matvec=product, dtype=complex)
        start = np.random.default_rng(0).standard_normal(self.skew.shape[0]) + 0j
        top = linalg.eigsh(operator, 1, which="LA", v0=start, tol=1e-2, maxiter=_MOST, return_eigenvectors=False)[0]
        return _MARGIN * float(top) - shift
