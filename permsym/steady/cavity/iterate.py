"""Steady states by iteration with a Liouvillian that is never written out.

    (L - s v tr) x = -s v,    tr v = 1

has the steady state, normalised, as its only solution: no row is replaced and no population pinned.  Rows are scaled by
their 2-norm, and BiCGStab(l) does the rest.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.blocks import Blocks
from permsym.linear import bicgstab
from permsym.matrixfree import BlockLiouvillian
from permsym.model import Model
from permsym.progress import Progress
from permsym.rotating import in_rotating_frame
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.shifted import ShiftedProblem, reals
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.state import State

_EVERY = 2.0  # seconds before the first line of progress; the others come ever more slowly


def solve_blocks(
    blocks: Blocks,
    model: Model,
    settings: MatrixFree,
    tolerance: float,
    progress: Progress,
    checkpoint: Checkpoint | None = None,
    start: NDArray[Any] | None = None,
) -> State:
    """The steady state on blocks, not yet certified.

    checkpoint   where to keep the iterate now and then, and to go on from
    start        stored numbers to start from
    """
    begun = time.perf_counter()
    operator = BlockLiouvillian(blocks, in_rotating_frame(model))
    problem = ShiftedProblem(operator)
    x = problem.start
    if start is not None:
        x[:] = start
    scale = float(np.linalg.norm(x))
    resumed = None if checkpoint is None else checkpoint.load(model, len(x), operator.dtype)
    if resumed is not None:
        x = resumed
        progress(f"goes on from {checkpoint.path if checkpoint else ''}")
    assembled = time.perf_counter()
    line = [assembled, _EVERY]

    def watch(products: int, size: float) -> None:
        now = time.perf_counter()
        if now - line[0] > line[1]:
            line[:] = now, 1.3 * line[1]
            progress(f"{len(x):,} numbers, {products} products: residual {size / scale:.1e}, photon balance {problem.balance(x):.1e}")
        if checkpoint is not None:
            checkpoint.write(model, x)

    right = problem.right
    if checkpoint is not None:
        checkpoint.started()
    outcome = bicgstab.bicgstab(problem.product, right, reals(x), settings.l, settings.tolerance * scale, settings.products, watch)
    x = x / (problem.trace @ x[problem.populations].real)
    timings = {"assemble": assembled - begun, "solve": time.perf_counter() - assembled}
    if checkpoint is not None:
        checkpoint.write(model, x, now=True)
    solver = {**settings.describe(), "used": outcome.products, "converged": outcome.converged}
    return State(model, blocks, BlockSolution(operator, x, outcome, problem, settings), solver, timings, tolerance)
