"""What the residual of a single solve does to the orders of lambda(z), as its dual vectors foretell."""

import numpy as np
import pytest

import permsym as ps
from permsym.dynamics.counting.expansion import Expansion
from permsym.dynamics.counting.lattice import LatticeResponses


class Disturbed(LatticeResponses):
    """Responses that are wrong by a known amount: traceless, of this size."""

    size = 0.0

    def response(self, right):
        e = np.random.default_rng(len(right)).standard_normal(len(right))
        return super().response(right) + self.size * (e - self.x * (self.null.problem.trace @ e))


def expansion_of(size):
    state = ps.steady_state(ps.models.central_spin(N=3, omega=1.3))
    responses = Disturbed(state, state.solution.null, state.model.jump("-0"))
    responses.size = size
    expansion = Expansion(responses)
    return expansion, expansion.to(4)


def test_dual_vectors_foretell_the_error_of_a_solve():
    """lambda_k moves by sum_m u_(k-1-m) . r_m, sign and all, but for the square of the disturbance."""
    _, exact = expansion_of(0.0)
    expansion, wrong = expansion_of(1e-7)
    matrix = expansion.responses.null.problem.matrix
    residuals = [matrix @ solved.v - solved.right for solved in expansion.orders]
    for k in (2, 3, 4):
        foretold = sum(expansion.duals[k - 1 - m].y @ residuals[m - 1] for m in range(1, k))
        assert wrong.values[k - 1] - exact.values[k - 1] == pytest.approx(foretold, rel=1e-4)
        assert abs(foretold) > 1e-9


def test_the_error_of_a_solve_is_in_the_estimates():
    _, exact = expansion_of(0.0)
    _, wrong = expansion_of(1e-7)
    differences = np.abs(np.subtract(wrong.values, exact.values))[1:]
    assert (differences <= wrong.errors[1:]).all()
    assert (wrong.errors[1:] <= 1e3 * differences).all()
    assert np.max(exact.errors) < 1e-13


def test_what_a_jump_would_do_above_the_cut_off_is_in_the_error():
    """Three photons at once never leave three levels: the current is 0, and its error is what more levels would tell."""
    c, s = ps.Boson(3), ps.Ensemble(1)
    jumps = [ps.Central(1, c.a), ps.Central(0.5, c.a * c.a * c.a, name="three"), ps.Individual(1, s.p)]
    for solver in ("superlu", "matrix-free"):
        with pytest.warns(ps.UncertifiedWarning):
            state = ps.steady_state(ps.Model(c, s, 0.5 * (c.a * s.p + c.ad * s.m), jumps), solver=solver)
        with pytest.raises(ps.NothingCounted, match=r"its current is 0.0e\+00 with an error of [1-9].*e[-+]0[0-3]"):
            state.counting("three")
