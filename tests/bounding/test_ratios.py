"""Proved bounds of g2."""

import pytest

import permsym as ps
from permsym.bounding.verify import verify
from permsym.errors import NotApplicable


@pytest.mark.slow
def test_g2_is_inside_and_its_parts_are_proved():
    model = ps.models.tavis_cummings(N=2)
    b = ps.bounds(model, "g2", degree=2.5)
    assert b.lower < ps.steady_state(model).derived["g2"] < b.upper
    assert b.lower > 0.995  # of chord and tangent as good as they can be
    assert b.upper < 1.543
    assert set(b.certificate["results"]) == {"ad a", "g2 from below", "g2 from above"}
    assert verify(b.certificate) == []


def test_the_fano_factor_is_inside_and_its_parts_are_proved():
    model = ps.models.tavis_cummings(N=1)
    b = ps.bounds(model, "fano", degree=2, gap=1e-4)
    state = ps.steady_state(model)
    true = 1 + state.moment("ad ad a a").real / state.moment("ad a").real - state.moment("ad a").real
    assert b.lower < true < b.upper
    assert b.width < 1
    assert not b.excludes(state)
    assert verify(b.certificate) == []


@pytest.mark.parametrize("name", ["fano", "g2"])
def test_coherent_light_is_poissonian(name):
    """A driven mode beside satellites that it does not feel: the equations give all moments, and the ratio exactly."""
    a, s = ps.Boson(), ps.Ensemble(1)
    model = ps.Model(a, s, 0.5 * (a.a + a.ad), [ps.Central(1.0, a.a), ps.Individual(1.0, s.m), ps.Individual(0.5, s.p)])
    b = ps.bounds(model, name, degree=2)
    assert b.free == 0
    assert b.exact == (1, 1)
    assert verify(b.certificate) == []


def test_g2_without_a_lower_bound_of_the_photon_number_is_refused():
    with pytest.raises(NotApplicable, match="photon number may be 0"):
        ps.bounds(ps.models.tavis_cummings(N=2), "g2", degree=2, gap=100)
