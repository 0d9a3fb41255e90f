"""Responses of a steady state on a lattice, with its own factors: to a counted jump, or to any other superoperator M."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np

from permsym.assembly import Assembly
from permsym.dynamics.counting.expansion import Solved, Vector
from permsym.dynamics.counting.largest import Tail
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.rotating import in_rotating_frame
from permsym.steady.lattice import null_vector
from permsym.steady.lattice.direct import beyond_levels
from permsym.steady.lattice.iterated import IteratedNull
from permsym.steady.lattice.null_vector import NullProblem, NullVector
from permsym.steady.state import State
from permsym.terms import Term

EPS = float(np.finfo(float).eps)
_REFINEMENTS = 6


class LatticeDual(NamedTuple):
    """y, and the defect L^T y - c + <c> tr."""

    y: Vector
    defect: Vector


@dataclass
class LatticeSolves(ABC):
    """Solves with L of a solved vector with factors, on the unknowns that it has, and what they are worth.

    null   whose factors solve
    """

    state: State
    null: NullVector

    @classmethod
    def of(cls, state: State, null: NullVector, *cause: Any) -> Self:
        """On the unknowns of the steady state; factored again, and on all of them, where those factors do not solve for a response.

        cause   the fields of a subclass, which make M
        """
        responses = cls(state, null, *cause)
        if not responses.closed:
            liouvillian = Liouvillian(state.basis)
            assembly = liouvillian.assembled(in_rotating_frame(state.model))
            problem = NullProblem(assembly, liouvillian.trace(), state.basis.coordinates, np.arange(state.basis.dimension))
        elif null.entrywise is not None:  # rate equations are solved for dual vectors alone
            problem = null.problem
        else:
            return responses
        likely = int(np.argmax(problem.trace * null.unknowns(state.basis.dimension)[problem.active]))
        again = null.again(problem, state.x) if isinstance(null, IteratedNull) else null_vector.solve(problem, SuperLU(), likely)
        again.beyond, again.lost = beyond_levels(again, state.basis, in_rotating_frame(state.model), again.vector)
        return cls(state, again, *cause)

    @property
    @abstractmethod
    def _whole(self) -> Assembly:
        """M on all unknowns of the basis."""

    @cached_property
    def _gain(self) -> Assembly:
        return self._whole.restricted(self.null.active)

    @property
    def closed(self) -> bool:
        """Whether M leads to no unknown that was left out of the equations, by a phase that cancels in the Liouvillian."""
        return int(self._whole.matrix[:, self.null.active].nnz) == int(self._gain.matrix.nnz)

    @property
    def x(self) -> Vector:
        return self.null.vector

    def jumped(self, v: Vector) -> Vector:
        return np.asarray(self._gain.matrix @ v)

    def jumped_back(self, y: Vector) -> Vector:
        return np.asarray(self._gain.matrix.T @ y)

    # -- solves ---------------------------------------------------------------------------------------------------------

    def response(self, right: Vector) -> Vector:
        return self.null.response(right)

    def dual(self, covector: Vector) -> LatticeDual:
        null, problem = self.null, self.null.problem
        right = covector - problem.trace * (null.vector @ covector)
        y, defect = np.zeros_like(right), -right
        for _ in range(_REFINEMENTS):
            better = y - null.dual(defect[:, None])[:, 0]
            left = problem.matrix.T @ better - right
            if not np.abs(left) @ np.abs(null.vector) < np.abs(defect) @ np.abs(null.vector) / 2:
                break
            y, defect = better, left
        return LatticeDual(y - problem.trace * (null.vector @ y), defect)

    # -- errors ---------------------------------------------------------------------------------------------------------

    def error(self, covector: Vector, dual: LatticeDual) -> float:
        return float(self.null.bounds(covector[:, None]).total[0])

    def worth(self, dual: LatticeDual, solved: Solved) -> float:
        """|y| (|r| + rounding)  +  |defect| |v|  +  2 sum leak |v| |y|  +  4 outside max |c|  +  4 |y| dropped by a cut-off.

        As :meth:`NullVector.bounds` has it for the steady state, with v for x.
        """
        problem, size, before = self.null.problem, np.abs(solved.v), np.abs(solved.before)
        weight = np.abs(dual.y)
        r = np.abs(solved.right - problem.assembly.residual(solved.v))
        rounding = problem.assembly.rounding_of_residual(size) + self._gain.rounding(before) + 4 * EPS * np.abs(solved.right)
        total = float(weight @ (r + rounding) + np.abs(dual.defect) @ size)
        total += 2 * float(weight @ (problem.leaks * size + self._gain.leaks * before))
        held = problem.trace != 0
        if problem.leaks.any():
            largest = float(np.abs(problem.matrix.T @ dual.y)[held].max())
            total += 4 * self.null.outside(np.abs(problem.trace * solved.v)) * largest
        dropped, lost = beyond_levels(self.null, self.state.basis, in_rotating_frame(self.state.model), solved.v, solved.right)
        return total + 4 * float(dropped @ weight + lost * weight.max())


@dataclass
class LatticeResponses(LatticeSolves):
    """:class:`permsym.dynamics.counting.expansion.Responses` of a solved vector with factors.

    jump   whose J is counted
    """

    jump: Term

    @cached_property
    def _whole(self) -> Assembly:
        return Liouvillian(self.state.basis).counted(self.jump)

    @cached_property
    def flux(self) -> Vector:
        return np.asarray(self._gain.matrix.T @ self.null.problem.trace)

    def beside(self, v: Vector) -> float:
        dropped = 2 * float(self._gain.leaks @ np.abs(v))
        return dropped + self._tail.above(self.null.problem.expanded(v, self.state.basis.dimension))

    @cached_property
    def _tail(self) -> Tail:
        return Tail(self.state, self.jump)
