"""Intel MKL PARDISO through pypardiso, an optional extra for x86-64: pays only with several threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.errors import InputError, SolverFailed
from permsym.linear.superlu import in_two_parts


@dataclass(frozen=True)
class Pardiso:
    """MKL PARDISO with its own ordering; real matrices only."""

    def factor(self, matrix: sparse.csc_array, coordinates: NDArray[np.int64] | None = None) -> PardisoFactor:
        """LU factors; coordinates are not needed."""
        try:
            import pypardiso
        except ImportError:
            raise InputError("pypardiso is not installed; install it with `pip install permsym[pardiso]`, or use superlu") from None
        if np.iscomplexobj(matrix):
            raise InputError("pardiso factors real matrices only, but this one is complex; use superlu")
        rows = matrix.tocsr()
        rows.sort_indices()
        solver = pypardiso.PyPardisoSolver(mtype=11)
        solver.set_iparm(1, 1)
        solver.set_iparm(2, 2)  # nested dissection
        solver.set_iparm(10, 13)  # pivots below 1e-13 of the matrix are perturbed: MKL's default for such matrices
        solver.set_iparm(18, -1)  # report the fill
        try:
            solver.factorize(rows)
        except pypardiso.PyPardisoError as error:
            raise SolverFailed(f"PARDISO could not factor the matrix ({error}); use superlu") from error
        return PardisoFactor(solver, rows)

    def describe(self) -> dict[str, Any]:
        return {"name": "pardiso"}


class PardisoFactor:
    """Factors in MKL's memory, which is freed with this object."""

    refined = False

    def __init__(self, solver: Any, rows: sparse.csr_array) -> None:
        self.solver = solver
        self.rows = rows
        self.fill = max(int(solver.get_iparm(18)), 0)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Pardiso().factor, (self.rows.tocsc(),)  # a copy, and what is pickled, is factored anew

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return in_two_parts(lambda part: np.asarray(self.solver.solve(self.rows, part)), right)

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        return self.solve(right)

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self.solve_transposed(right)

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        # the transposed view has the same three arrays: pypardiso knows its factors and solves with A^T
        return in_two_parts(lambda part: np.asarray(self.solver.solve(self.rows.T, part)), right)

    def __del__(self) -> None:
        self.solver.free_memory(everything=True)
