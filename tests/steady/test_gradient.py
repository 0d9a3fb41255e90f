"""Gradients from the transposed solve against finite differences of whole solves."""

from functools import cache

import pytest

import permsym as ps
from permsym.errors import InputError
from permsym.models import central_spin

POINTS = {
    "resonant": {"N": 12, "kappa": 0.8},
    "detuned": {"N": 9, "kappa": 0.8, "omega": 1.4, "gamma_phi": 0.2, "kappa_up": 0.1, "kappa_phi": 0.3},
}


@cache
def shifted(point, name, offset):
    parameters = central_spin(**POINTS[point]).parameters
    return ps.steady_state(central_spin(**{**POINTS[point], name: parameters[name] + offset}))


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("label", ["z0", "+1 -2", "+0 -1", "z0 z1"])
@pytest.mark.quick("z0-detuned", "+1 -2-resonant", "+0 -1-detuned")
def test_gradient_equals_finite_differences(point, label):
    found = shifted(point, "g", 0.0).gradient(label)
    assert set(found) == {"omega", "epsilon", "g", "kappa", "gamma_up", "gamma_down", "gamma_phi", "kappa_up", "kappa_phi"}
    for name, value in found.items():
        h = 1e-3
        if central_spin(**POINTS[point]).parameters[name] < 2 * h:  # a rate at zero: one-sided, fourth order
            weights = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}
        else:
            weights = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
        expected = sum(w * shifted(point, name, k * h).moment(label) for k, w in weights.items()) / h
        assert value == pytest.approx(expected, abs=2e-10), name


def test_resonance_does_not_hide_the_response_to_detuning():
    # Re <s0+ s1-> vanishes on resonance, its slope in omega does not
    state = ps.steady_state(central_spin(N=12, kappa=0.8))
    assert state.moment("+0 -1").real == 0
    assert abs(state.gradient("+0 -1")["omega"].real) > 1e-3
    assert state.gradient("+0 -1")["omega"] == pytest.approx(-state.gradient("+0 -1")["epsilon"])


def test_moments_that_vanish_by_symmetry_have_no_gradient():
    assert set(ps.steady_state(central_spin(N=3)).gradient("+0").values()) == {0j}


def test_a_users_model_needs_its_function():
    def family(N: int, rate: float) -> ps.Model:
        c, s = ps.Spin(), ps.Ensemble(N)
        jumps = [ps.Individual(rate**2, s.p), ps.Central(1.0, c.m)]
        return ps.Model(c, s, c.p * s.m + c.m * s.p, jumps, parameters={"N": N, "rate": rate})

    state = ps.steady_state(family(4, 0.7))
    with pytest.raises(InputError, match="needs the function"):
        state.gradient("z0")
    h = 1e-4
    expected = (ps.steady_state(family(4, 0.7 + h)).moment("z0") - ps.steady_state(family(4, 0.7 - h)).moment("z0")) / (2 * h)
    assert state.gradient("z0", family=family)["rate"] == pytest.approx(expected, abs=1e-7)


def test_a_rate_given_as_a_whole_number_has_a_derivative():
    def made(N, kappa, up):
        c, s = ps.Spin(), ps.Ensemble(N)
        jumps = [ps.Central(kappa, c.m), ps.Individual(up, s.p), ps.Individual(0.5, s.m)]
        return ps.Model(c, s, 0.7 * (c.p * s.m + c.m * s.p), jumps, parameters={"N": N, "kappa": kappa, "up": up})

    state, real = (ps.steady_state(made(3, *rates)) for rates in ((2, 1), (2.0, 1.0)))
    for label in ("z0", "+0"):
        slopes = state.gradient(label, family=made)
        assert list(slopes) == ["kappa", "up"]
        assert slopes == real.gradient(label, family=made)
    assert slopes["kappa"] == 0 != state.gradient("z0", family=made)["kappa"]
