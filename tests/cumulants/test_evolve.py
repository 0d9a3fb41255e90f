"""Cumulant equations in time."""

import numpy as np
import pytest

import permsym as ps
from permsym.cumulants import equations, evolve, steady_state
from permsym.errors import InputError, SolverFailed
from permsym.models import central_spin, tavis_cummings

TIMES = np.linspace(0, 4, 9)


def test_single_atom_laser_of_quantumcumulants():
    built = equations(tavis_cummings(N=1, omega=0, epsilon=0, g=1.5, kappa=1, gamma_up=4, gamma_down=0.25), order=2)
    found = evolve(built, [0.0, 20.0])
    assert found.moment("ad a")[-1].real == pytest.approx(1.48354, abs=2e-4)


def test_times_of_an_evolution():
    built = equations(central_spin(N=10), order=2)
    found = evolve(built, np.linspace(0, 40, 5))
    assert found.moment("z0")[0] == -1
    assert found.moment("z0")[-1] == pytest.approx(steady_state(central_spin(N=10), 2).moment("z0"), abs=1e-6)
    with pytest.raises(InputError, match="increasing"):
        evolve(built, [1.0, 0.0])


@pytest.mark.parametrize("initial", ["", "up bloch=1.1,0.4", "bloch=0.3,-1 up=0.2"])
def test_an_order_that_is_exact_follows_the_exact_evolution_from_any_product_state(initial):
    model = central_spin(N=2)
    exact = ps.evolve(model, TIMES, initial=initial, moments=3)
    found = evolve(model, TIMES, initial, order=3)
    for label, values in exact.moments.items():
        assert np.abs(found.moment(label) - values).max() < found.error(label) + 1e-9, label
        assert found.error(label) < 1e-5
    assert np.abs(found.derived["p0_up"] - exact.derived["p0_up"]).max() < 1e-6


def test_a_boson_starts_from_the_photons_of_its_label():
    model = tavis_cummings(N=3)
    for initial in ("fock=2 up=0.3", "thermal=0.7 down", "coherent=0.4+0.3j bloch=1,0.2"):
        exact = ps.evolve(model, [0.0], initial=initial, moments=3)
        found = evolve(model, [0.0], initial, order=3)
        assert {label: complex(values[0]) for label, values in exact.moments.items()} == pytest.approx(
            {label: complex(found.moment(label)[0]) for label in exact.moments}, abs=1e-10
        )


def test_a_state_is_a_start_too():
    before, after = central_spin(N=2, gamma_up=0.2), central_spin(N=2)
    state = ps.steady_state(before, moments=3)
    exact = ps.evolve(after, TIMES, initial=state, moments=["z0", "+0 -1"])
    found = evolve(after, TIMES, state, order=3)
    assert np.abs(found.moment("+0 -1") - exact.moment("+0 -1")).max() < 1e-6


def test_the_error_is_that_of_the_integration():
    model = tavis_cummings(N=4, g=1.0)
    rough, fine = (evolve(model, TIMES, "vacuum up", order=2, rtol=rtol, atol=rtol / 100) for rtol in (1e-4, 1e-11))
    distance = np.abs(rough.y - fine.y).max(axis=0)
    assert (distance <= rough.errors + 1e-12).all()
    assert rough.errors.max() > 1e-7
    assert np.isnan(evolve(model, TIMES, order=2, errors=False).errors).all()


def test_a_start_that_no_product_has_is_refused():
    with pytest.raises(InputError, match="no product"):
        evolve(central_spin(N=4), TIMES, "down dicke=1,0", order=2)
    with pytest.raises(InputError, match="has moments, but is int"):
        evolve(central_spin(N=4), TIMES, 3, order=2)
    with pytest.raises(InputError, match="must hold 6 moments"):
        evolve(central_spin(N=4), TIMES, np.zeros(3), order=1)


def test_equations_that_run_away_say_when():
    c, s = ps.Boson(), ps.Ensemble(3)
    squeezed = ps.Model(c, s, 0.5j * (c.ad * c.ad - c.a * c.a) + 0.1 * (c.a * s.p + c.ad * s.m), [ps.Central(0.1, c.a)])
    with pytest.raises(SolverFailed, match="run away at t="):
        evolve(squeezed, [0, 40.0], "coherent=1 down", order=2)
