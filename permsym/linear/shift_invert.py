"""Shift-invert Arnoldi: the eigenvalues of a sparse matrix nearest to a point, with any direct solver's factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from permsym.errors import SolverFailed
from permsym.linear.contract import DirectSolver, Factor
from permsym.linear.eigenpairs import Eigenpairs, paired
from permsym.linear.superlu import SuperLU

_SPARE = 4  # eigenvalues beyond those asked for: the last may be equally far, and others on the left than on the right


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
        sigma = self.sigma(matrix)
        if matrix.shape[0] <= max(64, count + 2):  # ARPACK needs count < n - 1
            values, vectors = np.linalg.eig(matrix.toarray())
        else:
            values, vectors = self._arnoldi(matrix, self._factor(matrix, coordinates, sigma).solve, count, sigma)
        nearest = np.argsort(np.abs(values - sigma), kind="stable")[:count]
        order = nearest[np.lexsort((values[nearest].imag, -values[nearest].real.round(12)))]
        return values[order].astype(complex), vectors[:, order].astype(complex)

    def around(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64], count: int, sigma: complex) -> Eigenpairs:
        """The ``count`` < n - 1 eigenpairs nearest to sigma, with left vectors."""
        whole = _with(matrix, sigma)
        factor = self._factor(whole, coordinates, sigma)
        several = min(count + _SPARE, matrix.shape[0] - 2)
        right = self._arnoldi(whole, factor.solve, several, sigma, enough=count)
        left = self._arnoldi(whole.T, factor.solve_transposed, several, sigma, enough=count)
        pairs = paired(*right, *left)
        return pairs.chosen(np.argsort(np.abs(pairs.values - sigma), kind="stable")[:count])

    def nearest(
        self, matrix: sparse.csc_array, coordinates: NDArray[np.int64], count: int, sigma: complex, accuracy: float
    ) -> NDArray[np.complex128]:
        """The ``count`` eigenvalues nearest to sigma, each to this fraction of its distance from there."""
        whole = _with(matrix, sigma)
        return self._arnoldi(whole, self._factor(whole, coordinates, sigma).solve, count, sigma, accuracy)[0]

    def sigma(self, matrix: sparse.csc_array) -> float:
        """A shift to the right of the spectrum."""
        return self.shift * max(float(np.abs(matrix.diagonal()).max(initial=0.0)), float(np.finfo(float).tiny))

    def _factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64], sigma: complex) -> Factor:
        sigma = sigma if np.iscomplexobj(matrix) else complex(sigma).real
        shifted = (matrix - sigma * sparse.eye_array(matrix.shape[0], dtype=matrix.dtype, format="csc")).tocsc()
        return self.direct.factor(shifted, coordinates)

    def _arnoldi(
        self,
        matrix: sparse.csc_array,
        solve: Callable[[NDArray[Any]], NDArray[Any]],
        count: int,
        sigma: complex,
        accuracy: float = 0.0,
        enough: int | None = None,
    ) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """``count`` eigenvalues and vectors; those that have converged, where they are ``enough``."""
        size = matrix.shape[0]
        inverse = linalg.LinearOperator((size, size), matvec=lambda v: solve(np.asarray(v).ravel()), dtype=matrix.dtype)
        start = np.random.default_rng(0).standard_normal(size).astype(matrix.dtype)  # a fixed start: the same answer every time
        try:
            sigma = sigma if np.iscomplexobj(matrix) else complex(sigma).real
            values, vectors = linalg.eigs(matrix, k=count, sigma=sigma, OPinv=inverse, v0=start, which="LM", tol=accuracy)
        except linalg.ArpackError as error:
            if not isinstance(error, linalg.ArpackNoConvergence) or len(error.eigenvalues) < (enough or count):
                raise SolverFailed(f"ARPACK did not converge ({error}); ask for fewer eigenvalues or use the direct solver") from error
            values, vectors = error.eigenvalues, error.eigenvectors
        return values.astype(complex), vectors.astype(complex)

    def describe(self) -> dict[str, Any]:
        return {"name": "shift-invert", "shift": self.shift, "direct": self.direct.describe()}


def _with(matrix: sparse.csc_array, sigma: complex) -> sparse.csc_array:
    """The matrix in numbers that can hold sigma."""
    return matrix.astype(complex) if complex(sigma).imag else matrix
