"""Whether the null vector of a matrix is the only one: conserved combinations, and a second one to working precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.errors import DegenerateSteadyState, SolverFailed
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.contract import DirectSolver

if TYPE_CHECKING:  # it loads compiled loops
    from permsym.linear.assembled.iteration import Iteration

EPS = float(np.finfo(float).eps)
Vector = NDArray[np.float64]


def refuse_conserved(
    matrix: sparse.csc_array, trace: Vector, active: NDArray[np.int64], coordinates: NDArray[np.int64], solver: DirectSolver
) -> None:
    """What never couples to a population relaxes to zero, unless some combination of it is conserved: then refuse."""
    idle = np.ones(matrix.shape[0], dtype=bool)
    idle[active] = False
    resting = np.flatnonzero(idle)
    resting = resting[~_emptying(submatrix(matrix, resting), trace[resting])]
    if len(resting):
        block = submatrix(matrix, resting)
        if _dominant(block):
            return
        if isinstance(solver, BiCGStab):
            _settled(solver.factor(block), len(resting))
            return
        try:
            factor = solver.factor(block, coordinates[:, resting])
        except SolverFailed as error:
            raise DegenerateSteadyState("the steady state is not unique: a coherence is conserved; " + _ADVICE) from error
        if singular(factor.estimate, len(resting), block):
            raise DegenerateSteadyState(f"the steady state is not unique to working precision: {BELOW_ROUNDING}")


def _settled(inverse: Iteration, size: int) -> None:
    """SolverFailed where an iteration with a matrix does not end, as with one that is singular or nearly so."""
    inverse.estimate(np.random.default_rng(0).standard_normal(size))
    outcome = inverse.last
    if outcome is None or not outcome.converged:
        raise SolverFailed(f"whether a coherence is conserved cannot be told by iteration; give solver='superlu', or {_ADVICE}")


def _emptying(matrix: sparse.csc_array, trace: Vector) -> NDArray[np.bool_]:
    """Unknowns of classes that are populations alone, linked by rates.  These empty however slowly: no class that is left is closed."""
    count, strong = csgraph.connected_components(matrix.T, directed=True, connection="strong")
    safe = np.ones(count, dtype=bool)
    safe[strong[trace == 0]] = False
    entry = matrix.tocoo()
    safe[strong[entry.row[(strong[entry.row] == strong[entry.col]) & (entry.row != entry.col) & (entry.data < 0)]]] = False
    return np.asarray(safe[strong])


def _dominant(matrix: sparse.csc_array) -> bool:
    """Whether Gershgorin's discs about the columns' diagonals keep every eigenvalue away from zero."""
    diagonal = np.abs(matrix.diagonal())
    margin = 2 * diagonal - np.asarray(abs(matrix).sum(axis=0)).ravel()
    return bool(margin.min(initial=np.inf) > 100 * EPS * np.abs(matrix.data).max(initial=0.0))


_ADVICE = "add a process that relaxes it, or leave the idle site out"


BELOW_ROUNDING = "a second state relaxes at a rate below rounding; add a process that connects the states, or raise the smallest rates"


def singular(inverse: Callable[[Vector], Vector], size: int, matrix: sparse.csc_array) -> bool:
    """Whether there is a second null vector: it shows as an eigenvalue that is zero to rounding, by inverse iteration."""
    vector = np.random.default_rng(0).standard_normal(size)
    growth = 0.0
    for _ in range(4):
        vector /= np.linalg.norm(vector)
        vector = inverse(vector)
        growth = float(np.linalg.norm(vector))
        if not np.isfinite(growth):
            break
    largest = float(np.abs(matrix.data).max(initial=0.0))
    return not np.isfinite(growth) or growth * largest > 1 / (4 * EPS)


def submatrix(matrix: sparse.csc_array, positions: NDArray[np.int64]) -> sparse.csc_array:
    """matrix[positions][:, positions]: columns first, which is cheap in this format."""
    return matrix[:, positions][positions].tocsc()
