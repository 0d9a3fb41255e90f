"""d rho / d theta of a steady state, with the factors that solved for it:  L v = -(dL/d theta) rho,  tr v = 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.assembly import Assembly
from permsym.dynamics.counting.expansion import Solved
from permsym.dynamics.counting.lattice import LatticeSolves
from permsym.errors import InputError
from permsym.liouvillian import Liouvillian
from permsym.states.density import DensityOperator
from permsym.steady.lattice.null_vector import NullVector
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.state import State
from permsym.terms import Term

Slopes = Sequence[tuple[Term, complex]]
"""d(coefficient)/d theta of every term that depends on theta."""


@dataclass
class ParameterResponse(LatticeSolves):
    """The response of a steady state to a change of a parameter."""

    slopes: Slopes

    @cached_property
    def _whole(self) -> Assembly:
        return Liouvillian(self.state.basis).changed(self.slopes)

    @cached_property
    def solved(self) -> Solved:
        """v with L v = -(dL/d theta) rho."""
        right = -self.jumped(self.x)
        return Solved(self.response(right), self.x, right)

    def errors(self, covectors: Sequence[NDArray[np.float64]]) -> list[float]:
        """Error estimates of the values c @ v of covectors (basis.dimension,)."""
        estimates = []
        for covector in covectors:
            dual = self.dual(covector[self.null.active])
            pulled = self.jumped_back(dual.y)
            estimates.append(self.worth(dual, self.solved) + float(self.null.bounds(pulled[:, None]).total[0]))
        return estimates


@dataclass(frozen=True)
class StateSlope:
    """d rho / d theta of a steady state.

    response   how it was solved for
    rho        the derivative, an operator without a trace
    """

    response: ParameterResponse
    rho: DensityOperator

    @property
    def state(self) -> State:
        return self.response.state

    @cached_property
    def trace_norm_error(self) -> float:
        """Estimate of the trace norm that it is off by, as that of the state."""
        signed = self.state.signed_sums
        return math.sqrt(self.state.basis.dimension) * max(self.response.errors([each.real for each in signed]))

    @cached_property
    def fock(self) -> NDArray[np.float64]:
        """(levels,) dP(n)/d theta of a bosonic centre."""
        return np.asarray(self.rho.reduced().diagonal().real)

    @cached_property
    def fock_errors(self) -> NDArray[np.float64]:
        """(levels,) their error estimates."""
        basis = self.state.basis
        nothing: list[tuple[()]] = [()] * len(basis.model.ensembles)
        covectors = [basis.correlator([basis.centre_projector(n)], nothing).real for n in range(basis.centre_levels)]
        return np.array(self.response.errors(covectors))


def state_slope(state: State, name: str, slopes: Slopes) -> StateSlope:
    """Of a parameter's name and its terms; InputError where the state has no factors, or where the parameter breaks its symmetry."""
    solution = state.solution
    if not isinstance(solution, FactoredSolution) or not isinstance(solution.null, NullVector):
        raise InputError(
            f"the derivative of the state needs the factors of a direct solver on the lattice, but this state comes from "
            f"{state.solver['name']!r}; solve with solver='superlu'"
        )
    broken = [term.name for term, _ in slopes if not state.model.symmetry.conserved_by(state.model, term)]
    if broken:
        raise InputError(f"{name!r} changes {broken[0]!r}, which breaks a symmetry of the state; take a small value of it, not 0")
    response = ParameterResponse.of(state, solution.null, slopes)
    v = response.null.problem.expanded(response.solved.v, state.basis.dimension)
    return StateSlope(response, DensityOperator(state.model, state.basis, v))
