"""Errors of covectors that no label spells are those of labels where one does."""

import math

import numpy as np
import pytest

import permsym as ps
from permsym.moments.labels import parse

MODEL = ps.models.driven_tavis_cummings(N=2, kappa=2.0, gamma_h=1.0, g=0.8, eta=0.9, Delta_c=0.3, levels=14)
WEAK = ps.models.driven_tavis_cummings(N=50, kappa=2.0, gamma_h=1.0, g=0.3, eta=1e-3)
STATES = {"lattice": (MODEL, "superlu"), "cavity": (MODEL, "matrix-free"), "weak": (WEAK, "auto")}


@pytest.mark.parametrize("label", ["a", "ad a", "z1", "+1 a"])
@pytest.mark.parametrize("route", STATES)
def test_they_agree_on_a_moment(route, label):
    model, solver = STATES[route]
    state = ps.steady_state(model, solver=solver)
    assert state.plan.route == route
    key = parse(label, state.model)
    covector = state.basis.correlator(*key.operators(state.model))
    (of_covector,), (of_label,) = state.solution.covector_estimates([covector]), state.solution.estimates([key])
    one, other = (math.hypot(*(sum(part) for part in parts)) for parts in (of_covector, of_label))
    assert one > 0
    if route == "weak":  # one dual vector for the rounding, another estimate for the edge
        assert other / 100 < one < 1e-9
    else:
        rounding = state.basis.rounding(state.x, *key.operators(state.model))
        digits = 0.05 if route == "cavity" else 1e-6  # its dual vectors are iterated to 1e-3, and these errors are of rounding alone
        assert one == pytest.approx(other, rel=digits, abs=2 * rounding)


@pytest.mark.parametrize("detuning", [0.0, 0.3])
def test_a_covector_of_the_unknowns_sees_the_same_on_blocks(detuning):
    model = ps.models.driven_tavis_cummings(N=2, kappa=2.0, gamma_h=1.0, g=0.8, eta=0.9, Delta_c=detuning, levels=14)
    state = ps.steady_state(model, solver="matrix-free")
    assert (state.solution.operator.dtype == float) == (detuning == 0)  # on resonance phases make the numbers real
    rng = np.random.default_rng(5)
    covector = rng.standard_normal(state.basis.dimension)
    if detuning == 0:  # of the quadrature that the state has
        covector[state.vector == 0] = 0
    on_blocks = state.solution._from_unknowns(covector.astype(complex))
    assert np.vdot(on_blocks, state.x).real == pytest.approx(covector @ state.vector, rel=1e-12)
