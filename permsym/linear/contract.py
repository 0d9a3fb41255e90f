"""What a direct solver offers: frozen settings that factor a sparse matrix A, and a factor that solves with A and with A^T.

    factor = solver.factor(A, coordinates);    x = factor.solve(b);    y = factor.solve_transposed(c)

A right side is one vector (n,) or several as columns (n, k), real or complex whatever the matrix is; a solution has the shape of its
right side, and is real where both are.  Nothing raises for an inaccurate solution: the caller computes its residual.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


class Factor(Protocol):
    """A factored matrix A (n, n)."""

    fill: int
    """Nonzeros of the factors."""
    refined: bool
    """Whether solutions come refined to rounding, as far as that converges."""

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-1 right."""

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-T right; not conjugated."""

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-1 right to a few digits, at the price of one substitution."""

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-T right to a few digits."""


class DirectSolver(Protocol):
    """Settings of a factorisation: a frozen value, printed and saved with results."""

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> Factor:
        """Factors of a square matrix; SolverFailed where it has none.

        coordinates   (dimensions, n) integer lattice positions of the unknowns, for a solver that orders by them
        """

    def describe(self) -> dict[str, Any]:
        """The solver's name and settings, ready for JSON."""
