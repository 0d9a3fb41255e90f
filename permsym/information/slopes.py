"""d rho / d theta of a steady state, with the factors that solved for it:  L v = -(dL/d theta) rho,  tr v = 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.gradients.on_elements import OnElements, charges_reached
from permsym.states.density import DensityOperator
from permsym.steady.gradient import Slopes
from permsym.steady.state import State, signed_sums


@dataclass(frozen=True)
class StateSlope:
    """d rho / d theta of a steady state.

    name    of the parameter theta
    parts   how it was solved for, in the neutral sector and in those to which dL/d theta leads
    rho     the derivative, an operator without a trace
    """

    state: State
    name: str
    parts: Sequence[OnElements]
    rho: DensityOperator

    @cached_property
    def trace_norm_error(self) -> float:
        """Estimate of the trace norm that it is off by, as that of the state; of both sectors of opposite charges."""
        total = 0.0
        for part in self.parts:
            signed = signed_sums(part.basis)
            twice = 1 if part.basis.hermitian else 2
            total += twice * math.sqrt(part.basis.dimension) * max(part.error(self.name, each) for each in signed)
        return total

    @cached_property
    def fock(self) -> NDArray[np.float64]:
        """(levels,) dP(n)/d theta of a bosonic centre."""
        return np.asarray(self.rho.reduced().diagonal().real)

    @cached_property
    def fock_errors(self) -> NDArray[np.float64]:
        """(levels,) their error estimates."""
        neutral = self.parts[0]
        nothing: list[tuple[()]] = [()] * len(neutral.basis.model.ensembles)
        projectors = [neutral.basis.centre_projector(n) for n in range(neutral.basis.centre_levels)]
        return np.array([neutral.error(self.name, neutral.basis.correlator([each], nothing)) for each in projectors])


def state_slope(state: State, name: str, slopes: Slopes) -> StateSlope:
    """Of a parameter's name and its terms; InputError where the state has no factors."""
    parts = [OnElements(state, {name: slopes}, charge) for charge in charges_reached(state, slopes)]
    made = [DensityOperator(state.model, part.basis, part.response(name)) for part in parts]
    neutral = made[0].x.real.copy()
    return StateSlope(state, name, parts, DensityOperator(state.model, parts[0].basis, neutral, coherences=made[1:]))
