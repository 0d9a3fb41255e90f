"""Derivatives of neutral moments of a matrix-free state: one iteration for each parameter, as long as the state's own.

With L x = 0 and L v = -(dL/d theta) x, tr v = 0:      d<c>/d theta = c . v

An error takes two iterations with the transposed Liouvillian, for c and for (dL/d theta)^T y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.counting.cavity import BlockDual, BlockSolves
from permsym.dynamics.counting.expansion import Solved
from permsym.errors import NotApplicable
from permsym.matrixfree import BlockLiouvillian
from permsym.moments.labels import MomentLabel
from permsym.operators import Operator
from permsym.steady.cavity.beyond import Beyond
from permsym.steady.cavity.shifted import ShiftedProblem, reals
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.gradient import Slopes
from permsym.steady.state import State
from permsym.terms import Term


@dataclass
class BlockParameterResponse(BlockSolves):
    """The response of a state on blocks to a change of a parameter."""

    slopes: Slopes

    def _made(self, operator: BlockLiouvillian) -> BlockLiouvillian:
        return operator.part([replace(term, coefficient=slope) for term, slope in self.slopes])

    @cached_property
    def solved(self) -> Solved:
        """v with L v = -(dL/d theta) rho."""
        right = -self.jumped(self.x)
        return Solved(self.response(right), self.x, right)

    @property
    def v(self) -> NDArray[Any]:
        """As the blocks hold it."""
        return self._elements(self.solved.v)

    @cached_property
    def _remaining(self) -> tuple[Beyond, NDArray[np.float64]]:
        return self.remaining(self.solved)

    def error(self, covector: NDArray[np.float64], dual: BlockDual) -> float:
        """Error estimate of covector . v, from a dual vector with few digits; infinite where there is none."""
        if dual.solved is None:
            return math.inf
        bound = self.solution.weighed(dual.solved, *self._remaining)
        pulled = self.jumped_back(dual.y)
        return bound.algebraic + bound.cut + super().error(pulled, self.dual(pulled))


class OnBlocks:
    """Of parameters whose terms keep the symmetry of the state, or do not act on what is neutral."""

    def __init__(self, state: State, slopes: Mapping[str, Slopes]) -> None:
        self.state, self.slopes = state, slopes
        assert isinstance(state.solution, BlockSolution)
        self.solution = state.solution
        self._made: dict[str, BlockParameterResponse | None] = {}

    def values(self, key: MomentLabel) -> dict[str, complex]:
        """d<key>/d parameter."""
        return {name: self._value(name, key) for name in self.slopes}

    def errors(self, key: MomentLabel) -> dict[str, float]:
        """Error estimates of these."""
        duals: dict[tuple[int, complex], BlockDual] = {}  # those of the real solution, and of the complex one
        total = {}
        for name in self.slopes:
            response, parts = self._response(name), []
            for part, c in [] if response is None else self._covectors(response, key):
                assert response is not None
                if c.any():
                    at = id(response.solution), part
                    duals[at] = duals.get(at) or response.dual(reals(c))
                    parts.append(response.error(reals(c), duals[at]))
            total[name] = math.hypot(*parts)
        return total

    def _value(self, name: str, key: MomentLabel) -> complex:
        response = self._response(name)
        if response is None:
            return 0j
        return complex(sum(part * float(np.vdot(c, response.v).real) for part, c in self._covectors(response, key)) + 0.0)

    def _covectors(self, response: BlockParameterResponse, key: MomentLabel) -> list[tuple[complex, NDArray[Any]]]:
        blocks, real = response.solution.blocks, response.solution.operator.dtype.kind == "f"
        return [(part, blocks.block_covector(*key.operators(self.state.model), part, real)) for part in (1.0, 1j)]

    def _response(self, name: str) -> BlockParameterResponse | None:
        """None: the parameter's terms change nothing that is neutral."""
        if name not in self._made:
            self._made[name] = self._responded(self.slopes[name])
        return self._made[name]

    def _responded(self, slopes: Slopes) -> BlockParameterResponse | None:
        model = self.state.model
        neutral = [(term, slope) for term, slope in slopes if not _charged(model.charges_of, term)]
        if not neutral:
            return None
        broken = [term.name for term, _ in neutral if not model.symmetry.conserved_by(model, term)]
        if broken:
            raise NotApplicable(
                f"{broken[0]!r} breaks a symmetry of the state, and its response takes factors, but this state comes from 'matrix-free'; "
                "solve with solver='superlu'"
            )
        response = BlockParameterResponse(self.state, self.solution, neutral)
        try:
            response._gain  # noqa: B018  # made here, where it may be found to be complex
        except NotApplicable:
            response = BlockParameterResponse(self.state, self._complex, neutral)
        return response

    @cached_property
    def _complex(self) -> BlockSolution:
        """The same solution where phases made L real, in complex numbers: on resonance a detuning leads to the other quadrature."""
        operator = self.solution.operator.part(self.solution.operator.model.terms, real=False)
        x = self.solution.x.astype(complex)
        return replace(self.solution, operator=operator, x=x, problem=ShiftedProblem(operator), dual_sizes={})


def _charged(charges_of: Callable[[Operator], set[tuple[int, ...]]], term: Term) -> bool:
    """Whether a term of the Hamiltonian changes a charge: the neutral sector does not feel it to first order."""
    return not term.jump and all(any(charge) for charge in charges_of(Operator(dict(term.structure))))
