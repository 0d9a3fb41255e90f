"""SuperLU in single precision with refinement in double: half the memory of the factors, the same digits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.errors import SolverFailed
from permsym.steady.direct import SuperLU, SuperLUFactor


@dataclass(frozen=True)
class SingleLU:
    """float32 factors; each solve is refined with float64 residuals until they stop shrinking.

    steps   most refinement steps; 6-8 are usual
    """

    steps: int = 30

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> SingleFactor:
        """Factors of the matrix rounded to float32."""
        largest = float(np.abs(matrix.data).max(initial=1.0))
        if not np.isfinite(largest) or largest > 1e30:
            raise SolverFailed("the matrix exceeds the range of single precision; use superlu")
        return SingleFactor(SuperLU().factor(matrix.astype(np.float32), coordinates), matrix, self.steps)

    def describe(self) -> dict[str, Any]:
        return {"name": "single", **asdict(self)}


class SingleFactor:
    """Single-precision factors and the double-precision matrix they approximate."""

    def __init__(self, factors: SuperLUFactor, matrix: sparse.csc_array, steps: int) -> None:
        self.factors = factors
        self.matrix = matrix
        self.steps = steps
        self.fill = factors.fill

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._refined(right, self.matrix, self.factors.solve)

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._refined(right, self.matrix.T, self.factors.solve_transposed)

    def _refined(self, right: NDArray[Any], matrix: Any, solve: Any) -> NDArray[Any]:
        solution = np.zeros_like(right)
        defect, size = right, np.inf
        for _ in range(self.steps):
            norm = float(np.abs(defect).max(initial=0.0))
            if not 0 < norm < 0.5 * size:  # solved, or at rounding; the certificate judges what is left
                break
            size = norm
            # scaled to the middle of float32's range: late residuals would underflow
            solution = solution + norm * solve((defect / norm).astype(np.float32)).astype(float)
            defect = right - matrix @ solution
        return solution
