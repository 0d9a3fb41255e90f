"""The door of this room: a cavity on blocks, all of them or a window."""

from __future__ import annotations

from collections.abc import Callable

from permsym.basis.blocks import Blocks
from permsym.progress import Progress
from permsym.steady.cavity.iterate import solve_blocks
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.cavity.window import on_window
from permsym.steady.degenerate import refuse_degenerate
from permsym.steady.plan import Plan, Request
from permsym.steady.state import State, certified


def solve(plan: Plan, request: Request, say: Progress, answer: Callable[[Request], State]) -> State:
    """The certified steady state; an iteration finds one of several and does not notice, so that these are refused beforehand."""
    assert isinstance(plan.solver, MatrixFree)
    refuse_degenerate(plan.model)
    if plan.window == "blocks":
        return on_window(request, plan.model, plan.solver, say, answer)
    blocks = Blocks.of(plan.model, plan.basis, populated=True)
    state = certified(solve_blocks(blocks, plan.model, plan.solver, request.tolerance, say, request.checkpoint), request.labels)
    if state.certificate.certified:
        return state
    assert isinstance(state.solution, BlockSolution)
    solution = state.solution.confined()  # an iteration leaves rounding where a dark state has nothing
    if solution is state.solution:
        return state
    return certified(State(state.model, blocks, solution, state.solver, state.timings, request.tolerance), request.labels)
