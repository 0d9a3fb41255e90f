"""Shift-invert Arnoldi: the eigenvalues of a sparse matrix nearest to a point, with any direct solver's factors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from permsym.errors import SolverFailed
from permsym.linear.contract import DirectSolver
from permsym.linear.superlu import SuperLU


@dataclass(frozen=True)
class ShiftInvert:
    """ARPACK on (A - sigma)^-1,  sigma = shift max |A_ii|.

    shift     to the right of the spectrum, so that A - sigma is regular
    direct    the direct solver that factors A - sigma
    """

    shift: float = 1e-6
    direct: DirectSolver = field(default_factory=SuperLU)

    def eigenpairs(
        self, matrix: sparse.csc_array, coordinates: NDArray[np.int64], count: int
    ) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """The ``count`` eigenvalues nearest to sigma, by falling real part, and their right vectors (n, count)."""
        size = matrix.shape[0]
        sigma = self.shift * max(float(np.abs(matrix.diagonal()).max(initial=0.0)), np.finfo(float).tiny)
        if size <= max(64, count + 2):  # ARPACK needs count < n - 1
            values, vectors = np.linalg.eig(matrix.toarray())
        else:
            shifted = (matrix - sigma * sparse.eye_array(size, dtype=matrix.dtype, format="csc")).tocsc()
            factor = self.direct.factor(shifted, coordinates)
            inverse = linalg.LinearOperator((size, size), matvec=lambda v: factor.solve(np.asarray(v).ravel()), dtype=matrix.dtype)
            start = np.random.default_rng(0).standard_normal(size).astype(matrix.dtype)  # a fixed start: the same answer every time
            try:
                values, vectors = linalg.eigs(matrix, k=count, sigma=sigma, OPinv=inverse, v0=start, which="LM")
            except linalg.ArpackError as error:
                raise SolverFailed(f"ARPACK did not converge ({error}); ask for fewer eigenvalues or use the direct solver") from error
        nearest = np.argsort(np.abs(values - sigma), kind="stable")[:count]
        order = nearest[np.lexsort((values[nearest].imag, -values[nearest].real.round(12)))]
        return values[order].astype(complex), vectors[:, order].astype(complex)

    def describe(self) -> dict[str, Any]:
        return {"name": "shift-invert", "shift": self.shift, "direct": self.direct.describe()}
