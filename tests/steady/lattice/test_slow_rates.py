"""Rates of 1e-13 beside others of 1: right to the last digits, and certified, against whole numbers."""

import pytest
from oracles.high_precision import HighPrecision

import permsym as ps

SLOW = 1e-13


@pytest.mark.parametrize(
    "rates",
    [
        {"g": 1.0, "kappa": 1.0, "gamma_up": SLOW, "gamma_down": SLOW},
        {"g": 1.0, "kappa": SLOW, "gamma_up": SLOW, "gamma_down": 3 * SLOW},
        {"g": 0.25, "kappa": 2.0, "gamma_up": 2e-14, "gamma_down": 1e-13},
    ],
    ids=["slow pump", "all slow", "slower"],
)
def test_a_central_spin_is_certified(rates):
    model = ps.models.central_spin(N=2, omega=1, epsilon=1, **rates)
    state, exact = ps.steady_state(model), HighPrecision(model)
    assert state.certificate.certified, state.certificate.reasons
    for name, label in (("p0_up", "z0"), ("p_up", "z1")):
        value = float((1 + exact.value(label)[0]) / 2)
        assert abs(state.derived[name] - value) <= state.derived_errors[name] + 4e-16 * value
        assert state.derived_errors[name] < 1e-10 * value


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_an_error_that_is_not_small_is_said():
    """kappa = g = 1e-13: a population of 5e-13 that its own rounding spoils in the third digit."""
    model = ps.models.central_spin(N=2, omega=1, epsilon=1, g=SLOW, kappa=SLOW, gamma_up=1.0, gamma_down=0.25)
    state, centre = ps.steady_state(model, moments="z1"), float((1 + HighPrecision(model).value("z0")[0]) / 2)
    assert abs(state.derived["p0_up"] - centre) <= state.derived_errors["p0_up"] < 0.1 * centre
