"""Steady states without coherences: rate equations of populations, whose every digit is right however slow a rate is."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from permsym.errors import SolverFailed
from permsym.linear.rate_equations import LARGEST, RateFactors, is_rate_matrix
from permsym.steady.lattice.null_vector import NullProblem, NullVector, Vector


def solve(problem: NullProblem) -> NullVector | None:
    """The null vector where all unknowns are populations that exchange probability at rates: right however slowly they do; else None."""
    trace = problem.trace
    if not 1 < len(trace) <= LARGEST or not trace.all():
        return None
    matrix = (sparse.diags_array(trace) @ problem.matrix @ sparse.diags_array(1 / trace)).tocsc()
    if not is_rate_matrix(matrix):
        return None
    factors = RateFactors(matrix)
    pin = int(np.argmax(factors.probability))
    null = NullVector(problem, _RateFactor(factors, trace, pin), pin, factors.probability / trace)
    null.entrywise = factors.relative
    return null


class _RateFactor:
    """Rate equations, with the pinned population left out."""

    refined = True

    def __init__(self, factors: RateFactors, trace: Vector, pin: int) -> None:
        self.factors, self.trace, self.pin, self.fill = factors, trace, pin, factors.fill

    def solve_transposed(self, right: Vector) -> Vector:
        others = np.delete(self.factors.probability, self.pin)
        scaled = (right.T / np.delete(self.trace, self.pin)).T.reshape(len(others), -1)
        at_pin = -(others @ scaled) / self.factors.probability[self.pin]
        y = self.factors.dual(np.insert(scaled, self.pin, at_pin, axis=0))
        y = (y - y[self.pin]) * self.trace[:, None]
        return np.delete(y, self.pin, axis=0).reshape(right.shape)

    estimate_transposed = solve_transposed

    def solve(self, right: Vector) -> Vector:
        raise SolverFailed("rate equations are solved for dual vectors only")

    estimate = solve
