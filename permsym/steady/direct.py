"""Direct solvers: frozen values that factor a sparse matrix and solve with it, in both directions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from permsym.errors import InputError, SolverFailed
from permsym.steady.ordering import nested_dissection

Ordering = Literal["nested-dissection", "MMD_AT_PLUS_A", "COLAMD", "NATURAL"]


class Factor(Protocol):
    """A factorised matrix A."""

    fill: int
    """Nonzeros of the factors."""

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-1 right; one vector (n,) or several as columns (n, k)."""

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        """A^-T right."""


class DirectSolver(Protocol):
    """Settings of a factorisation, printable and saved with results."""

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> Factor: ...

    def describe(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class SuperLU:
    """scipy's SuperLU in symmetric mode.

    ordering          "nested-dissection" (from lattice positions), "MMD_AT_PLUS_A", "COLAMD" or "NATURAL"
    pivot_threshold   a diagonal pivot is kept down to this fraction of its column: diagonal pivoting is *more* accurate
                      than partial pivoting here, because the matrix is nearly an M-matrix
    """

    ordering: Ordering = "nested-dissection"
    pivot_threshold: float = 1e-3

    def __post_init__(self) -> None:
        known = ("nested-dissection", "MMD_AT_PLUS_A", "COLAMD", "NATURAL")
        if self.ordering not in known:
            raise InputError(f"`ordering` must be one of {', '.join(known)}, but is {self.ordering!r}")

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> SuperLUFactor:
        """LU factors; coordinates (dimensions, n) are the unknowns' lattice positions."""
        ordering: str = self.ordering
        permutation = None
        if ordering == "nested-dissection":
            if coordinates is None or not len(coordinates):
                ordering = "MMD_AT_PLUS_A"
            else:
                permutation = nested_dissection(coordinates)
                matrix = matrix[permutation][:, permutation].tocsc()
                ordering = "NATURAL"
        try:
            factors = linalg.splu(
                matrix,
                permc_spec=ordering,
                diag_pivot_thresh=self.pivot_threshold,
                options={"SymmetricMode": ordering != "COLAMD"},
            )
        except RuntimeError as error:
            raise SolverFailed("SuperLU found the matrix exactly singular") from error
        return SuperLUFactor(factors, permutation)

    def describe(self) -> dict[str, Any]:
        return {"name": "superlu", **asdict(self)}


class SuperLUFactor:
    """LU factors with the permutation of the unknowns undone."""

    def __init__(self, factors: Any, permutation: NDArray[np.int64] | None) -> None:
        self.factors = factors
        self.permutation = permutation
        self.fill = int(factors.nnz)

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._solve(right, "N")

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._solve(right, "T")

    def _solve(self, right: NDArray[Any], trans: str) -> NDArray[Any]:
        if self.permutation is None:
            return np.asarray(self.factors.solve(right, trans))
        result = np.empty_like(right)
        result[self.permutation] = self.factors.solve(np.ascontiguousarray(right[self.permutation]), trans)
        return result
