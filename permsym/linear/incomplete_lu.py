"""Incomplete LU as a preconditioner of BiCGStab: a third of the memory of a complete factorisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from permsym.errors import SolverFailed
from permsym.linear.nested_dissection import nested_dissection
from permsym.linear.superlu import in_two_parts

_ROUGH = 1e-4  # relative residual of an estimate with A^T, which weighs other residuals and needs no more digits


@dataclass(frozen=True)
class IncompleteLU:
    """Incomplete LU factors in nested-dissection order precondition BiCGStab, until |b - A x| <= tolerance |b|.

    drop_tolerance   entries below this fraction of their column are dropped
    fill_factor      most fill allowed, relative to the matrix
    iterations       most of one run
    restarts         most runs: each starts from the true residual, which recovers the digits that the one before lost
    """

    drop_tolerance: float = 1e-3
    fill_factor: float = 40.0
    tolerance: float = 1e-15
    iterations: int = 400
    restarts: int = 4

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> IncompleteFactor:
        """Incomplete factors; coordinates (dimensions, n) are the unknowns' lattice positions."""
        order = np.arange(matrix.shape[0]) if coordinates is None else nested_dissection(coordinates)
        matrix = matrix[order][:, order].tocsc()
        try:
            factors = linalg.spilu(
                matrix,
                drop_tol=self.drop_tolerance,
                fill_factor=self.fill_factor,
                permc_spec="NATURAL",
                diag_pivot_thresh=1e-3,
                options={"SymmetricMode": True},
            )
        except RuntimeError as error:
            raise SolverFailed(f"the incomplete factorisation broke down ({error}); lower drop_tolerance or use superlu") from error
        return IncompleteFactor(self, matrix, factors, order)

    def describe(self) -> dict[str, Any]:
        return {"name": "ilu", **asdict(self)}


class IncompleteFactor:
    """A matrix and incomplete factors that precondition iterations with it."""

    refined = True

    def __init__(self, settings: IncompleteLU, matrix: sparse.csc_array, factors: Any, order: NDArray[np.int64]) -> None:
        self.settings = settings
        self.matrix = matrix
        self.factors = factors
        self.order = order
        self.fill = int(factors.nnz)

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, self._iterated)

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        return self.solve(right)  # a search for null vectors needs all digits

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, self._iterated, transposed=True)

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, self._roughly, transposed=True)

    def _columns(self, right: NDArray[Any], solved: Callable[..., NDArray[Any]], transposed: bool = False) -> NDArray[Any]:
        matrix = self.matrix.T if transposed else self.matrix
        precondition = linalg.LinearOperator(
            matrix.shape, matvec=lambda v: self.factors.solve(v, "T" if transposed else "N"), dtype=matrix.dtype
        )
        if np.iscomplexobj(right) and self.matrix.dtype.kind != "c":
            return in_two_parts(lambda part: self._columns(part, solved, transposed), right)
        columns = right.reshape(len(right), -1)[self.order].astype(self.matrix.dtype, copy=False)
        solution = np.empty_like(columns)
        solution[self.order] = np.stack([solved(matrix, column, precondition) for column in columns.T], axis=1)
        return solution.reshape(right.shape)

    def _roughly(self, matrix: Any, right: NDArray[Any], operator: Any) -> NDArray[Any]:
        """One run to a relative residual of 1e-4."""
        size = float(np.abs(right).max(initial=0.0)) or 1.0  # small residuals must not underflow in inner products
        solution, _ = linalg.bicgstab(matrix, right / size, rtol=_ROUGH, maxiter=self.settings.iterations, M=operator)
        return np.asarray(solution) * size

    def _iterated(self, matrix: Any, right: NDArray[Any], operator: Any) -> NDArray[Any]:
        """Runs until the residual is within the tolerance or falls no further."""
        size = float(np.linalg.norm(right))
        solution = np.zeros_like(right)
        defect = right.copy()
        for _ in range(self.settings.restarts):
            if np.linalg.norm(defect) <= self.settings.tolerance * size:
                break
            step, _ = linalg.bicgstab(
                matrix, defect, rtol=1e-8, atol=0.1 * self.settings.tolerance * size, maxiter=self.settings.iterations, M=operator
            )
            improved = right - matrix @ (solution + step)
            if not np.linalg.norm(improved) < np.linalg.norm(defect):
                break
            solution, defect = solution + step, improved
        return solution  # inaccurate or not: the caller computes its residual
