"""Weakly excited states, which live on the few elements near the vacuum: spectra, lines and correlations beside all elements."""

from functools import cache

import numpy as np
import pytest

import permsym as ps

W, TIMES = np.linspace(-1, 3, 9), np.array([0.0, 0.7, 3.0])
PUMPED = ps.models.tavis_cummings(N=8, gamma_up=1e-5, kappa=0.4)
DRIVEN = ps.models.driven_tavis_cummings(N=4, kappa=2.0, gamma_h=1.0, g=0.8, eta=1e-3)


@cache
def states(model):
    weak, whole = ps.steady_state(model), ps.steady_state(model.with_levels(7), solver="superlu", basis="dicke", window="full")
    assert weak.plan.route == "weak"
    assert weak.dimension < whole.dimension
    return weak, whole


@pytest.mark.slow
def test_spectra_and_lines_of_a_weak_pump():
    weak, whole = states(PUMPED)
    few, every = (ps.spectrum(state, W) for state in (weak, whole))
    assert few.certificate.certified
    assert (np.abs(few.power - every.power) <= few.errors + every.errors).all()
    assert few.certificate.sum_rule == pytest.approx(2 * np.pi * weak.moment("ad a").real, rel=1e-9)
    one, other = (ps.linewidth(state, near=2.0) for state in (weak, whole))
    assert one.certified
    assert abs(one.eigenvalue - other.eigenvalue) <= one.error + other.error
    assert one.weight == pytest.approx(other.weight, abs=1e-6)


@pytest.mark.parametrize("words", [("ad", "a", None), ("a", "ad", None), ("+1", "-1", None), ("ad a", "a", "ad"), ("+", "- a", "ad")])
@pytest.mark.parametrize("model", [PUMPED, DRIVEN], ids=["pumped", "driven"])
def test_correlations(model, words):
    of, right, left = words
    one, other = (state.correlation(of, right, TIMES, left=left, tolerance=1e-11) for state in states(model))
    assert one.certificate.certified
    assert (np.abs(one.values - other.values) <= one.errors + other.errors).all()
    assert np.abs(one.values).max() > 1e6 * one.errors.max()


def test_a_large_weak_system_stays_small():
    """Levels beyond the cut-off are counted near the vacuum, too: the 10^7 elements of 500 emitters would take all memory."""
    state = ps.steady_state(ps.models.driven_tavis_cummings(N=500, kappa=2.0, gamma_h=1.0, g=0.1, eta=1e-4))
    assert state.plan.route == "weak"
    curve = ps.spectrum(state, [0.5, 1.0])
    assert curve.coherent.real == pytest.approx(state.moment("ad a").real, rel=1e-6)
    assert not curve.certificate.certified  # light is coherent but for 1e-15 of it, which rounding hides
    assert (curve.errors > 0.1 * np.abs(curve.power)).all()
    laser = ps.linewidth(ps.models.tavis_cummings(N=500, gamma_up=1e-7))
    assert laser.state.plan.route == "weak"
    assert laser.certified
