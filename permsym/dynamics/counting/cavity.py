"""Responses of a steady state on blocks, matrix-free, to a counted jump or to any other superoperator M; dual vectors by iteration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.counting.expansion import Solved, Vector
from permsym.dynamics.counting.largest import Tail
from permsym.linear import bicgstab
from permsym.matrixfree import BlockLiouvillian
from permsym.steady.cavity.beyond import Beyond, Wider
from permsym.steady.cavity.shifted import reals
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.state import State
from permsym.terms import Term

_NOTHING = 1e-13  # of the size of the state or of an observable: rounding
_ACCURACY = 1e-12
"""Of a response, relative to its right side, rows scaled; its residual is measured and counted all the same."""


class BlockDual(NamedTuple):
    """y, and what :meth:`BlockSolution.dual` says of it; None: no iteration brought its defect down."""

    y: Vector
    solved: tuple[NDArray[Any], float] | None


@dataclass
class BlockSolves(ABC):
    """Solves with L of a state on blocks, and what they are worth; complex numbers as pairs of real ones."""

    state: State
    solution: BlockSolution

    @abstractmethod
    def _made(self, operator: BlockLiouvillian) -> BlockLiouvillian:
        """M on the numbers of an operator."""

    @cached_property
    def _gain(self) -> BlockLiouvillian:
        return self._made(self.solution.operator)

    @property
    def x(self) -> Vector:
        return reals(self.solution.x)

    def _elements(self, v: Vector) -> NDArray[Any]:
        return self.solution.problem.as_elements(np.ascontiguousarray(v))

    def jumped(self, v: Vector) -> Vector:
        return reals(self._gain.matvec(self._elements(v)))

    def jumped_back(self, y: Vector) -> Vector:
        return reals(self._gain.rmatvec(self._elements(y)))

    # -- solves ---------------------------------------------------------------------------------------------------------

    def response(self, right: Vector) -> Vector:
        problem, solution = self.solution.problem, self.solution
        rows = self._elements(right.copy())
        problem.symmetrise(rows)
        scaled = reals(rows * problem.rows)
        v = np.zeros_like(right)
        size, budget = float(np.linalg.norm(scaled)), 20 * max(solution.outcome.products, 100)
        if size <= _NOTHING * float(np.linalg.norm(self.x)):  # rounding: jumps that leave the state as it is, such as dephasing
            return v
        bicgstab.bicgstab(problem.product, scaled, v, solution.settings.l, _ACCURACY * size, budget)
        return v - self.x * float(reals(solution.operator.trace) @ v)

    def dual(self, covector: Vector) -> BlockDual:
        trace, x = reals(self.solution.operator.trace), self.x
        apart = float(np.abs(covector - float(covector @ x) * trace) @ np.abs(x))
        if apart <= _NOTHING * float(np.abs(covector) @ np.abs(x)):  # a multiple of the trace but for rounding, which counts whole
            return BlockDual(np.zeros_like(covector), (self._elements(np.zeros_like(covector)), 2 * apart))
        solved = self.solution.dual(self._elements(covector))
        return BlockDual(np.zeros_like(covector) if solved is None else reals(solved[0]), solved)

    # -- errors ---------------------------------------------------------------------------------------------------------

    def error(self, covector: Vector, dual: BlockDual) -> float:
        if dual.solved is None:
            return float("inf")
        bound = self.solution.bounded(self._elements(covector), dual.solved)
        return bound.algebraic + bound.cut

    @cached_property
    def _wide(self) -> tuple[Wider, BlockLiouvillian, BlockLiouvillian]:
        """The larger set of labels with L and M there."""
        wider = Wider(self.solution.operator)
        whole = wider.operator()
        return wider, whole, self._made(whole)

    def worth(self, dual: BlockDual, solved: Solved) -> float:
        """What the residual of a solution, its rounding and what was cut off are worth to a dual vector."""
        if dual.solved is None:
            return float("inf")
        bound = self.solution.weighed(dual.solved, *self.remaining(solved))
        return bound.algebraic + bound.cut

    def remaining(self, solved: Solved) -> tuple[Beyond, Vector]:
        """r = L' v - right on the larger set of labels, as :class:`Beyond` has it for the steady state, and its rounding (n,)."""
        wider, whole, gain = self._wide
        blocks, operator = self.solution.blocks, self.solution.operator
        v, before, right = (self._elements(part) for part in solved)
        rest = right + self._gain.matvec(before)  # right = -M before + rest, and M' reaches further than M
        residual = whole.matvec(blocks.embedded(v, wider.wide)) + gain.matvec(blocks.embedded(before, wider.wide))
        residual -= blocks.embedded(rest, wider.wide)
        return Beyond(wider, residual), operator.rounding(v) + self._gain.rounding(before)


@dataclass
class BlockResponses(BlockSolves):
    """:class:`permsym.dynamics.counting.expansion.Responses` of a state on blocks.

    jump   whose J is counted
    """

    jump: Term

    def _made(self, operator: BlockLiouvillian) -> BlockLiouvillian:
        return operator.counted(self.jump)

    @cached_property
    def flux(self) -> Vector:
        return reals(self._gain.rmatvec(self.solution.operator.trace))

    def beside(self, v: Vector) -> float:
        return self._tail.above(self._elements(v))

    @cached_property
    def _tail(self) -> Tail:
        return Tail(self.state, self.jump)
