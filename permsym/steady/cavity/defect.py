"""What a cavity's state is off by, as a vector: one more iteration, on its residual.

    L' (x + delta) = 0,    tr delta = 0

with the residual L' x on a larger set of labels, so that delta holds the share of a window or a cut-off as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.blocks import Blocks
from permsym.linear import bicgstab
from permsym.matrixfree import BlockLiouvillian
from permsym.rotating import in_rotating_frame
from permsym.steady.cavity.beyond import Wider
from permsym.steady.cavity.shifted import ShiftedProblem, reals
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.state import State

_ACCURACY = 1e-2  # of the residual's residual
_PRODUCTS = 5_000


def defect(state: State) -> tuple[Blocks, NDArray[Any]]:
    """delta (blocks.numbers,), and the blocks that it lives on: those of the state, or all where it was solved on a lattice."""
    solution = state.solution
    if isinstance(solution, BlockSolution):
        operator, problem, x = solution.operator, solution.problem, solution.x
    else:
        blocks = Blocks.of(state.model, state.basis.representation, populated=state.basis.populated)
        operator = BlockLiouvillian(blocks, in_rotating_frame(state.model))
        problem = ShiftedProblem(operator)
        position, conjugated = state.basis.index(blocks.labels)
        rho = state.basis.coefficients_of(state.x)[position]
        x = np.where(conjugated, rho.conj(), rho) / np.repeat(blocks.phase, np.diff(blocks.offset))
        x = x.real.copy() if operator.dtype.kind == "f" else x
    wider = Wider(operator)
    residual = wider.folded(wider.operator().matvec(operator.blocks.embedded(x, wider.wide)))
    problem.symmetrise(residual)
    right = reals(-problem.rows * residual)
    delta = np.zeros_like(x)
    bicgstab.bicgstab(problem.product, right, reals(delta), 2, _ACCURACY * float(np.linalg.norm(right)), _PRODUCTS)
    return operator.blocks, delta
