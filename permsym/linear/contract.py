"""What a direct solver offers: a frozen value that factors a sparse matrix, and factors that solve in both directions."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


class Factor(Protocol):
    """A factorised matrix A."""

    fill: int
    """Nonzeros of the factors."""
    refined: bool
    """Whether solutions come refined to rounding, as far as that converges."""

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-1 right; one vector (n,) or several as columns (n, k)."""

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-T right."""

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-1 right to a few digits, at the price of one substitution."""

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-T right to a few digits."""


class DirectSolver(Protocol):
    """Settings of a factorisation, printable and saved with results."""

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> Factor: ...

    def describe(self) -> dict[str, Any]: ...
