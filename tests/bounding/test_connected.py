"""Proved bounds of connected correlations."""

import pytest

import permsym as ps
from permsym.bounding.verify import verify
from permsym.errors import InputError


@pytest.mark.parametrize("name", ["cumulant z0 z1", "cumulant z1 z2", "cumulant +1 -2"])
@pytest.mark.quick("cumulant z1 z2")
def test_a_connected_correlation_is_inside_and_its_parts_are_proved(name):
    model = ps.models.central_spin(N=10)
    b = ps.bounds(model, name, degree=1)
    state = ps.steady_state(model)
    assert b.name == name
    assert b.lower < state.cumulant(name.removeprefix("cumulant ")).real < b.upper
    assert b.width < 2
    assert not b.excludes(state)
    assert b.excludes(b.upper + 1e-9)
    assert verify(b.certificate) == []


def test_with_all_moments_a_connected_correlation_is_exact():
    model = ps.models.central_spin(N=3)
    b = ps.bounds(model, "cumulant z2 z1", degree=1.5)
    assert b.exact[0] == b.exact[1]
    assert float(b.exact[0]) == pytest.approx(ps.steady_state(model).cumulant("z1 z2").real, abs=1e-12)


@pytest.mark.parametrize(("name", "words"), [("cumulant z0", "two factors"), ("cumulant +0 -1 z2", "two factors"), ("cumulant z0 x", "x")])
def test_other_cumulants_are_refused(name, words):
    with pytest.raises(InputError, match=words):
        ps.bounds(ps.models.central_spin(N=10), name, degree=2)


def test_factors_with_complex_mean_values_are_refused():
    c, s = ps.Spin(), ps.Ensemble(3)
    model = ps.Model(c, s, 0.7 * c.x + 0.5 * c.z * s.z, [ps.Central(0.5, c.m), ps.Individual(0.4, s.m)])
    with pytest.raises(InputError, match="complex"):
        ps.bounds(model, "cumulant +0 z1", degree=2)
