"""Errors of derived quantities: propagated as they should be, above the true errors, and judged."""

import itertools
import math
import warnings

import pytest
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.states.derived import derived_errors, derived_quantities
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.certificate import Certificate, Shortfall
from permsym.steady.state import ErrorParts

CAVITY = ps.models.tavis_cummings(N=2)
MOMENTS = {"a": 0.3 + 0.4j, "ad a": 0.5, "ad ad a a": 0.4, "z1": -0.2}


@pytest.mark.parametrize("size", [1e-6, 0.05])
def test_errors_are_the_largest_changes(size):
    """Every moment moved to both ends of its interval, in all combinations; no error is more than a fifth above what happens."""
    given = derived_errors(CAVITY, MOMENTS.__getitem__, lambda label: size)
    start = derived_quantities(CAVITY, MOMENTS.__getitem__)
    worst = dict.fromkeys(start, 0.0)
    for signs in itertools.product((-1, 1), repeat=len(MOMENTS)):
        moved = {label: value + sign * size * value / abs(value) for sign, (label, value) in zip(signs, MOMENTS.items(), strict=True)}
        for name, value in derived_quantities(CAVITY, moved.__getitem__).items():
            worst[name] = max(worst[name], abs(value - start[name]))
    for name, change in worst.items():
        assert change <= given[name] * (1 + 1e-9)
        assert given[name] <= 1.2 * change


def test_no_digit_of_the_photons_is_no_digit_of_g2():
    errors = derived_errors(CAVITY, MOMENTS.__getitem__, lambda label: 0.6 if label == "ad a" else 1e-12)
    assert errors["g2"] == math.inf


@pytest.mark.parametrize(
    "model",
    [
        ps.models.tavis_cummings(N=2, levels=6),
        ps.models.driven_tavis_cummings(N=2, kappa=1, gamma_h=0.5, C=14, drive=0.6, levels=5),
        ps.models.dicke(N=2, g=0.3, levels=6),
        ps.models.central_spin(N=3),
    ],
    ids=lambda model: model.name,
)
def test_errors_cover_the_difference_to_the_whole_space(model):
    brute = BruteForce(model)
    rho = brute.steady_state()
    true = derived_quantities(model, lambda label: brute.moment(rho, label))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # of the levels
        state = ps.steady_state(model, moments="z1")
    assert set(state.derived_errors) == set(true)
    for name, value in state.derived.items():  # on the levels that there are: without what the cut-off costs
        assert abs(value - true[name]) <= min(state.derived_errors[name], 1e-10) + 1e-13
    assert state.certificate.derived_errors == state.derived_errors  # whatever was asked for


def test_both_parts_of_g2_are_estimated_together():
    """Its numerator and denominator have errors of the same origin, so that some of them cancels."""
    state = ps.steady_state(ps.models.tavis_cummings(N=3))
    apart = derived_errors(state.model, state.moment, state.error)["g2"]
    assert state.derived_errors["g2"] < 0.7 * apart


def test_a_small_population_keeps_its_digits():
    """To leading order p = gamma_up (4/9, 7/9): half the error of <z> would leave four digits of them."""
    state = ps.steady_state(ps.models.central_spin(N=2, g=1, kappa=1, gamma_down=1, gamma_up=1e-12))
    assert state.certificate.certified
    for name, value in {"p0_up": 4e-12 / 9, "p_up": 7e-12 / 9}.items():
        assert state.derived[name] == pytest.approx(value, rel=1e-11, abs=0)
        assert state.derived_errors[name] < 1e-9 * value


def test_no_photons_have_no_g2():
    state = ps.steady_state(ps.models.tavis_cummings(N=3, gamma_up=0, gamma_down=1))
    assert state.derived == {"photons": 0, "coherent_photons": 0, "p_up": 0}
    assert state.derived_errors == {"photons": 0, "coherent_photons": 0, "p_up": 0}
    assert state.certificate.certified


def test_a_field_that_vanishes_by_parity_is_certain():
    """<a> = 0 without a U(1) symmetry, by factors and by an iteration, also above the cut-off."""
    model = ps.models.dicke(N=2, g=0.3, kappa=1, gamma_down=0.2, gamma_up=0)
    for solver in ("superlu", "matrix-free"):
        state = ps.steady_state(model, solver=solver)
        assert state.derived_errors["coherent_photons"] == 0
        assert state.certificate.certified


@pytest.mark.parametrize(("solver", "levels"), [("matrix-free", None), ("matrix-free", 6)])
def test_rounding_noise_of_weak_light_is_not_certified(solver, levels):
    """g2 = 0.13384925951, from a solve in extended precision, is a ratio of 1.8e-16 and the square of 3.6e-8."""
    cut = {} if levels is None else {"levels": levels}
    model = ps.models.driven_tavis_cummings(N=7, kappa=1, gamma_h=0.5, C=14, drive=0.001, **cut)
    with pytest.warns(ps.UncertifiedWarning, match="g2 has no certain digit"):
        state = ps.steady_state(model, solver=solver, moments="ad a")
    assert state.derived_errors["g2"] >= abs(state.derived["g2"] - 0.13384925951)
    assert Shortfall.DERIVED in state.certificate.shortfalls
    assert Shortfall.ERROR not in state.certificate.shortfalls
    assert state.model.centre.levels < 20  # more levels mend no rounding


@pytest.mark.parametrize("levels", [4, 5, 8])
@pytest.mark.quick("4", "5")
def test_factors_resolve_weak_light_on_few_levels(levels):
    model = ps.models.driven_tavis_cummings(N=7, kappa=1, gamma_h=0.5, C=14, drive=0.001, levels=levels)
    state = ps.steady_state(model, solver="superlu", moments="ad a")
    assert abs(state.derived["g2"] - 0.13384925951) <= state.derived_errors["g2"] + 5e-12 < 1e-9


def test_an_iteration_rounds_to_its_largest_numbers(monkeypatch):
    """Where a dual vector sees nothing, g2 of weak light is still known for noise."""
    monkeypatch.setattr(BlockSolution, "estimates", lambda self, keys: [[ErrorParts()] for _ in keys])
    model = ps.models.driven_tavis_cummings(N=7, kappa=1, gamma_h=0.5, C=14, drive=0.001, levels=8)
    with pytest.warns(ps.UncertifiedWarning, match="g2 has no certain digit"):
        state = ps.steady_state(model, solver="matrix-free")
    assert state.derived_errors["g2"] >= abs(state.derived["g2"] - 0.13384925951)


@pytest.mark.slow
def test_large_moments_are_certified_relative_to_their_value():
    """<ad ad a a> = 741.0824: an absolute 1e-9 of it is twelve digits."""
    model = ps.models.tavis_cummings(N=20, omega=0, epsilon=0, g=2 / 20**0.5, gamma_up=10, gamma_down=0.5)
    state = ps.steady_state(model, moments="ad ad a a")
    assert state.certificate.certified
    assert state.moment("ad ad a a").real == pytest.approx(741.0824, abs=1e-4)
    assert state.error("ad ad a a") > 1e-9


def test_certificates_judge_derived_quantities_and_relative_errors():
    good = {
        "error_estimate": 2e-7, "errors": {"ad a": 2e-7}, "sizes": {"ad a": 1e3}, "residual": 0.0, "edge_mass": 0.0,
        "balance": 0.0, "min_population": 0.0, "tolerance": 1e-9,
    }  # fmt: skip
    assert Certificate(**good, derived={"g2": 0.1, "photons": 0.0}, derived_errors={"g2": 0.99e-7, "photons": 0.0}).certified
    assert Shortfall.ERROR in Certificate(**{**good, "sizes": {"ad a": 1.0}}).shortfalls
    for error in (1.01e-7, 0.2, math.inf, math.nan):
        short = Certificate(**good, derived={"g2": 0.1}, derived_errors={"g2": error}).shortfalls
        assert list(short) == [Shortfall.DERIVED]
        assert "g2" in short[Shortfall.DERIVED]
    assert not Certificate(**good, derived={"photons": 0.0}, derived_errors={"photons": 1e-20}).certified
    assert Certificate(**{**good, "tolerance": 1e-3}, derived={"g2": 0.1}, derived_errors={"g2": 1e-5}).certified


def test_states_are_asked_in_every_way():
    state = ps.steady_state(ps.models.tavis_cummings(N=3))
    assert state.expect("ad a") == state.moment("ad a")
    assert ps.purity(state) == state.purity
    assert ps.entropy(state) == state.entropy
    n, n2 = (state.gradient(label) for label in ("ad a", "ad ad a a"))
    photons, g2 = state.derived["photons"], state.derived["g2"]
    for name, slope in state.gradient("g2").items():
        assert slope == pytest.approx(n2[name].real / photons**2 - 2 * g2 * n[name].real / photons, rel=1e-12, abs=1e-15)
    evolution = ps.evolve(state.model, [0, 0.5], initial="fock=1 down", moments=["ad a"])
    assert (evolution.expect("ad a") == evolution.moment("ad a")).all()
    with pytest.raises(ps.InputError, match="has followed moments only"):
        evolution.expect(state.model.centre.n)
