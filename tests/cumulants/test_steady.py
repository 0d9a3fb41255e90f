"""Cumulant steady states: exactness in small systems, published numbers."""

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym.cli import main
from permsym.cumulants import steady_state
from permsym.models import central_spin, tavis_cummings


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_exact_for_fewer_satellites_than_the_order(order):
    for N in range(1, order):
        model = systems.central_spin(N)
        exact, found = ps.steady_state(model), steady_state(model, order)
        assert found.stable
        assert np.max([abs(found.moment(label) - exact.moment(label)) for label in exact.labels(N + 1)]) < 1e-12


@pytest.mark.parametrize(("order", "N"), [(2, 1), (3, 2)])
def test_a_boson_counted_as_one_site_is_exact_too(order, N):
    model = tavis_cummings(N=N, levels=7, gamma_up=0.1, gamma_down=0.4, kappa=1.3)
    exact, found = ps.steady_state(model), steady_state(model, order, counting="sites")
    labels = [label for label in exact.labels(4) if len(label.satellites[0]) + bool(label.centre) <= order]
    assert np.max([abs(found.moment(label) - exact.moment(label)) for label in labels]) < 1e-9
    counted = steady_state(model, order)
    assert abs(counted.moment("ad a") - exact.moment("ad a")) > 1e-4  # every a and ad counted: not exact


PUBLISHED = [(150, 2, 0.521127251861), (150, 3, 0.299776494124), (150, 4, 0.502414197607), (50, 5, 0.451822250867)]


@pytest.mark.parametrize(("N", "order", "expected"), PUBLISHED)
def test_numbers_of_the_central_spin(N, order, expected):
    state = steady_state(central_spin(N=N), order)
    assert state.derived["p0_up"] == pytest.approx(expected, abs=1e-12)
    assert state.certified
    assert state.stable
    assert not state.folds
    assert not state.unphysical


def test_superradiant_laser_of_quantumcumulants():
    """Rates multiply L[x], as here: order 2, N = 50, g = kappa = 1, R = 4, Gamma = 1/4."""
    state = steady_state(tavis_cummings(N=50, omega=0, epsilon=0, g=1, kappa=1, gamma_up=4, gamma_down=0.25), 2)
    assert state.derived["photons"] == pytest.approx(91.96090, abs=1e-5)


@pytest.mark.parametrize(("order", "noted"), [(2, True), (3, True), (4, False)])
def test_g2_of_the_closure_is_noted(order, noted):
    state = steady_state(tavis_cummings(N=10), order)
    assert (state.derived["g2"] == pytest.approx(2, abs=1e-12)) == noted
    assert any("property of the closure" in note for note in state.notes) == noted


def test_g2_that_is_no_property_of_the_closure_is_not_noted():
    assert not steady_state(ps.models.dicke(N=10), 2).notes  # <a a> is not zero
    assert not steady_state(central_spin(N=10), 2).notes
    assert not steady_state(tavis_cummings(N=2, levels=6), 2, counting="sites").notes


def test_impossible_moments_warn(monkeypatch, capsys):
    monkeypatch.setattr("permsym.cumulants.state.unphysical", lambda model, moment: ("the population p_up = 1.2 is outside [0, 1]",))
    with pytest.warns(ps.UncertifiedWarning, match="no density matrix has these moments: the population p_up = 1.2"):
        steady_state(central_spin(N=5), 2)
    assert main(["cumulants", "central-spin", "N=5", "--order", "2"]) == 3
    assert "p_up = 1.2" in capsys.readouterr().err.splitlines()[-1]  # in one line, without a warning


def test_order_one_is_mean_field():
    for model in (central_spin(N=50), central_spin(N=40, omega=1.7), central_spin(N=50, gamma_up=0.5, gamma_down=1.5)):
        closed, found = ps.cumulants.mean_field(model), steady_state(model, 1)
        assert found.derived["p0_up"] == pytest.approx(closed.derived["p0_up"], abs=1e-10)
        assert abs(found.moment("+0")) == pytest.approx(abs(closed.moment("+0")), abs=1e-10)


def test_tavis_cummings_mean_field():
    assert steady_state(tavis_cummings(N=1000), 1).derived["photons"] / 1000 == pytest.approx(0.0864197531, abs=1e-10)


def test_a_million_emitters():
    state = steady_state(tavis_cummings(N=10**6), 4)
    assert state.derived["photons"] / 1e6 == pytest.approx(0.0864200043, abs=1e-9)  # mean field + O(1/N)
    assert state.certified


def test_symmetry_breaking_of_third_order():
    kept, broken = steady_state(central_spin(N=20), 3, break_symmetry=True), steady_state(central_spin(N=50), 3, break_symmetry=True)
    assert abs(kept.moment("+0")) < 1e-12
    assert kept.derived["p0_up"] == pytest.approx(steady_state(central_spin(N=20), 3).derived["p0_up"], abs=1e-11)
    assert abs(broken.moment("+0")) > 0.05
    assert broken.stable
    assert broken.residual < 1e-10
    assert broken.frequencies == pytest.approx([1.0])
    assert steady_state(central_spin(N=50), 3).derived["p0_up"] < broken.derived["p0_up"]


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("pump", [10, 1])
def test_branches_from_and_to_infinite_temperature(pump, order):
    """L[J-] + w sum L[s+] leaves the mixed state alone at w = 1, and so does 10 L[J-], which two emitters start with at w = 10."""
    model = ps.models.collective_spins(20, Gamma_down=1, gamma_up=pump)
    state, late = steady_state(model, order), ps.cumulants.evolve(model, [20], "up", order=order, errors=False)
    assert state.stable
    for label in ("z1", "+1 -2"):
        assert state.moment(label) == pytest.approx(late.moment(label)[-1] if pump > 1 else 0, abs=1e-7)


def crystal(N, drive, j=True):
    return ps.models.collective_spins(N, j=N / 2 if j else None, drive=drive, Gamma_down=2 / N)


@pytest.mark.parametrize("order", [2, 3])
def test_symmetric_spins(order):
    """Exact at as many spins as the order; beyond where an evolution of the same equations from all down comes to rest."""
    small = crystal(order, 0.8)
    exact, state = ps.steady_state(small), steady_state(small, order)
    for label in ("z1", "+1", "+1 -2"):
        assert state.moment(label) == pytest.approx(exact.moment(label), abs=1e-9)
    state, late = steady_state(crystal(12, 0.4), order), ps.cumulants.evolve(crystal(12, 0.4), [60], "down", order=order, errors=False)
    assert state.stable
    assert state.moment("z1 z2") + 4 * state.moment("+1 -2") == pytest.approx(1, abs=1e-12)
    for label in ("z1", "+1", "+1 -2"):
        assert state.moment(label) == pytest.approx(late.moment(label)[-1], abs=1e-5)


def test_spins_of_any_total_spin_are_refused():
    with pytest.raises(ps.errors.DegenerateSteadyState, match=r"j=N/2"):
        steady_state(crystal(6, 0.5, j=False), 2)
    for order in (1, 4):
        with pytest.raises(ps.errors.UnsuitedModel, match=f"order {order} .*use order 2 or 3"):
            steady_state(crystal(6, 0.5), order)


def test_a_fixed_spin_of_one_satellite_and_branches_of_other_orders():
    """One satellite has no pair to fix; a branch begins with the refusal that a state has."""
    for N, order in ((1, 2), (1, 3)):
        exact = ps.steady_state(crystal(N, 0.5)).moment("z1").real
        assert steady_state(crystal(N, 0.5), order=order).moment("z1").real == pytest.approx(exact, abs=1e-10)
    for order in (1, 4):
        with pytest.raises(ps.errors.UnsuitedModel, match="total spins"):
            ps.cumulants.continuation("collective-spins", over="drive", start=0.1, stop=0.2, order=order, N=6, j=3, Gamma_down=0.5)
