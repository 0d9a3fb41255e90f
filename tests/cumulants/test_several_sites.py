"""Expansions of centres of several sites: exact where every site counts, and their own equations elsewhere."""

import numpy as np
import pytest
from oracles import kinds
from oracles.whole import Whole

import permsym as ps
from permsym.cumulants import steady_state
from permsym.moments.labels import enumerate_labels


def two_spins(N):
    """Two different central spins that share satellites; one is driven."""
    x, y, s = ps.Spin(name="x"), ps.Spin(name="y"), ps.Ensemble(N)
    h = 0.3 * x.x + 0.4 * (x.p * y.m + x.m * y.p) + 0.6 * (x.p * s.m + x.m * s.p) + 0.2 * y.z * s.z
    return ps.Model([x, y], s, h, [ps.Central(0.7, x.m), ps.Central(0.4, y.m), ps.Individual(0.5, s.p), ps.Individual(0.1, x.z * s.m)])


@pytest.mark.quick("two_modes", "mode_and_spin")
@pytest.mark.parametrize("name", ["two_modes", "mode_and_spin", "two_spins"])
def test_exact_where_the_order_counts_every_site(name):
    model = two_spins(1) if name == "two_spins" else getattr(kinds, name)(1)
    exact, state = Whole(model), steady_state(model, 3, counting="sites")
    labels = [str(label) for label in enumerate_labels(model, 3) if not any(label.charge(model)) and len(label.satellites[0]) < 2]
    values, expected = (np.array([one.moment(label) for label in labels]) for one in (state, exact))
    np.testing.assert_allclose(values, expected, atol=1e-12)
    assert np.abs(expected[1:]).max() > 0.1


def test_letters_of_several_modes_start_from_a_product_state():
    model = kinds.two_modes(40)
    evolution = ps.cumulants.evolve(model, [0.0, 0.2], "coherent=0.3@x fock=1@y", order=2)
    start = {label: evolution.moment(label)[0] for label in ("a@x", "ad@x a@x", "ad@y a@y", "ad@x a@y", "z1")}
    np.testing.assert_allclose(list(start.values()), [0.3, 0.09, 1, 0, -1], atol=1e-14)


def test_mean_field_of_two_modes_is_that_of_one_where_the_other_is_dark():
    """A mode that nothing couples to stays empty, and changes nothing."""
    x, y, s = ps.Boson(name="x"), ps.Boson(name="y"), ps.Ensemble(100)
    a = ps.Boson()

    def model(centre, field, more):
        h = 0.2 * (field.a * s.p + field.ad * s.m)
        return ps.Model(centre, s, h, [ps.Central(1, field.a), ps.Individual(1.5, s.p), ps.Individual(0.5, s.m), *more])

    two, one = steady_state(model([x, y], x, [ps.Central(0.7, y.a)]), 1), steady_state(model(a, a, []), 1)
    assert abs(two.moment("ad@x a@x") - one.moment("ad a")) < 1e-9
    assert one.moment("ad a").real > 10
    assert abs(two.moment("a@y")) < 1e-9


def test_light_of_each_mode_is_noted_and_the_order_names_what_it_needs():
    state = steady_state(kinds.two_modes(1), 2)
    assert [note.partition(" ")[0] for note in state.notes] == ["g2@x", "g2@y"]
    with pytest.raises(ps.InputError, match="name the operators"):
        ps.cumulants.g1(state, [0.0])
    line = ps.cumulants.linewidth(state, of="ad@x", right="a@x")
    assert line.fwhm > 0


@pytest.mark.slow
def test_open_cut_offs_grow_until_the_photons_of_each_mode_stand_still():
    x, y, s = ps.Boson(name="x"), ps.Boson(name="y"), ps.Ensemble(1)
    h = 0.2 * (x.a * s.p + x.ad * s.m) + 0.1 * (y.a * s.p + y.ad * s.m)
    model = ps.Model([x, y], s, h, [ps.Central(1, x.a), ps.Central(2, y.a), ps.Individual(0.1, s.p), ps.Individual(1, s.m)])
    grown, cut = (steady_state(each, 2, counting="sites") for each in (model, model.with_levels(7)))
    for label in ("ad@x a@x", "ad@y a@y", "ad@x a@y"):
        assert abs(grown.moment(label) - cut.moment(label)) < 1e-9
    assert cut.moment("ad@x a@x").real > 1e-3
