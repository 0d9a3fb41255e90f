"""SuperLU in symmetric mode, in double precision or in single precision with refinement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from permsym.errors import InputError, SolverFailed
from permsym.linear.nested_dissection import nested_dissection

Ordering = Literal["nested-dissection", "MMD_AT_PLUS_A", "COLAMD", "NATURAL"]
Precision = Literal["double", "single"]
EPS = float(np.finfo(float).eps)
_REFINEMENTS = 12  # most corrections; matrices of 1,700 to 23,000 unknowns took 2 to 8


@dataclass(frozen=True)
class SuperLU:
    """scipy's SuperLU in symmetric mode.

    ordering          "nested-dissection" (from lattice positions), "MMD_AT_PLUS_A", "COLAMD" or "NATURAL"
    pivot_threshold   a diagonal entry is the pivot down to this fraction of its column's largest; for matrices that are nearly
                      M-matrices diagonal pivots are *more* accurate than those of partial pivoting
    precision         "single" halves the memory: factors in single precision, solutions refined to double
    """

    ordering: Ordering = "nested-dissection"
    pivot_threshold: float = 1e-3
    precision: Precision = "double"

    def __post_init__(self) -> None:
        if self.ordering not in get_args(Ordering):
            raise InputError(f"`ordering` must be one of {', '.join(get_args(Ordering))}, but is {self.ordering!r}")
        if self.precision not in get_args(Precision):
            raise InputError(f"`precision` must be double or single, but is {self.precision!r}")

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> SuperLUFactor | Refined:
        """LU factors; coordinates (dimensions, n) are the unknowns' lattice positions."""
        if self.precision == "single" and not np.iscomplexobj(matrix):
            # Callers solve most often with A^T and several columns at once; SuperLU does that twice as fast with factors of A^T.
            single = sparse.csc_array((matrix.data.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
            return Refined(matrix, self._factor(single, coordinates, transposed=True))
        return self._factor(matrix, coordinates)

    def _factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None, transposed: bool = False) -> SuperLUFactor:
        ordering: str = self.ordering
        permutation = None
        if ordering == "nested-dissection":
            if coordinates is None or not len(coordinates):
                ordering = "MMD_AT_PLUS_A"
            else:
                permutation = nested_dissection(coordinates)
                matrix = matrix[:, permutation][permutation].tocsc()
                ordering = "NATURAL"
        if transposed:
            matrix = matrix.T.tocsc()
        return SuperLUFactor(matrix, ordering, self.pivot_threshold, permutation, transposed)

    def describe(self) -> dict[str, Any]:
        return {"name": "superlu", **asdict(self)}


class SuperLUFactor:
    """LU factors of A, or of A^T if ``transposed``; the permutation of the unknowns is undone.

    matrix   that is factored: permuted, and transposed if ``transposed``.  A copy, and what is pickled, is factored anew when it is used
    """

    refined = False

    def __init__(
        self, matrix: sparse.csc_array, ordering: str, threshold: float, permutation: NDArray[np.int64] | None, transposed: bool
    ) -> None:
        self._matrix, self._ordering, self._threshold = matrix, ordering, threshold
        self.dtype = matrix.dtype
        self.directions = ("T", "N") if transposed else ("N", "T")
        self.permutation = permutation
        self._factors = self._made()
        self.fill = int(self._factors.nnz)

    def _made(self) -> Any:
        options = {"SymmetricMode": self._ordering != "COLAMD"}
        try:
            return linalg.splu(self._matrix, permc_spec=self._ordering, diag_pivot_thresh=self._threshold, options=options)
        except RuntimeError as error:
            raise SolverFailed("SuperLU found the matrix exactly singular") from error

    @property
    def factors(self) -> Any:
        """SuperLU's own; of a copy they are made when they are used first."""
        if self._factors is None:
            self._factors = self._made()
        return self._factors

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_factors": None}

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._solve(right, self.directions[0])

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._solve(right, self.directions[1])

    def _solve(self, right: NDArray[Any], trans: str) -> NDArray[Any]:
        if np.iscomplexobj(right) and self.dtype.kind != "c":
            return in_two_parts(lambda part: self._solve(part, trans), right)
        right = right.astype(self.dtype, copy=False)  # SuperLU would drop what its own numbers do not have
        if self.permutation is None:
            return np.asarray(self.factors.solve(right, trans))
        result = np.empty_like(right)
        result[self.permutation] = self.factors.solve(np.ascontiguousarray(right[self.permutation]), trans)
        return result

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        return self.solve(right)

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self.solve_transposed(right)


class Refined:
    """Single-precision factors of a matrix, each solution refined with residuals in double precision.

    x <- x + A_single^-1 (b - A x)    until the correction is below rounding or no longer halves
    """

    refined = True

    def __init__(self, matrix: sparse.csc_array, factor: SuperLUFactor) -> None:
        self.matrix = matrix
        self.factor = factor
        self.fill = factor.fill

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return in_two_parts(lambda part: self._refined(self.matrix, self.factor.solve, part), right)

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return in_two_parts(lambda part: self._refined(self.matrix.T, self.factor.solve_transposed, part), right)

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        return in_two_parts(lambda part: _scaled(self.factor.solve, part), right)

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return in_two_parts(lambda part: _scaled(self.factor.solve_transposed, part), right)

    def _refined(self, matrix: Any, rough: Callable[[NDArray[Any]], NDArray[Any]], right: NDArray[Any]) -> NDArray[Any]:
        solution = _scaled(rough, right)
        last = np.inf
        for _ in range(_REFINEMENTS):
            correction = _scaled(rough, right - matrix @ solution)
            with np.errstate(invalid="ignore", divide="ignore"):
                size = float(np.max(np.abs(correction).sum(axis=0) / np.abs(solution).sum(axis=0), initial=0.0))
            if not size < last / 2:  # rounding reached, or no convergence: the caller's residual tells
                break
            solution += correction
            last = size
            if size < 8 * EPS:
                break
        return solution


def in_two_parts(solve: Callable[[NDArray[Any]], NDArray[Any]], right: NDArray[Any]) -> NDArray[Any]:
    """Solve with real factors: real and imaginary parts of a complex right side as columns beside each other."""
    if not np.iscomplexobj(right):
        return solve(right)
    columns = right.reshape(len(right), -1)
    both = solve(np.concatenate([columns.real, columns.imag], axis=1))
    return np.asarray(both[:, : columns.shape[1]] + 1j * both[:, columns.shape[1] :]).reshape(right.shape)


def _scaled(rough: Callable[[NDArray[Any]], NDArray[Any]], right: NDArray[Any]) -> NDArray[np.float64]:
    """A single-precision solve of columns scaled to 1, so that small residuals do not underflow."""
    scale = np.abs(right).max(axis=0, initial=0.0)
    scale = np.where(scale > 0, scale, 1.0)
    return rough((right / scale).astype(np.float32)).astype(float) * scale
