"""Initial states by label: what they mean, how they are spelled, and mistakes."""

import numpy as np
import pytest
from oracles import evolution, systems

import permsym as ps

TIMES = [0.0, 0.3, 1.0, 2.5]


def difference(found, expected):
    """Largest deviation of each moment."""
    return {label: np.abs(values - row).max() for (label, values), row in zip(found.moments.items(), expected, strict=True)}


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_dicke_states(basis):
    model = systems.central_spin(3)
    found = ps.evolve(model, TIMES, initial="up dicke=1.5,-0.5", basis=basis)
    rho = np.kron(evolution.fock(2, 0), evolution.dicke(3, -0.5))
    assert np.max(list(difference(found, evolution.moments(model, rho, TIMES, list(found.moments))).values())) < 1e-12


def test_dicke_states_below_the_symmetric_ones():
    """|j = 0> of two spins is the singlet: <s+ s-> = -1/2 between its spins, which one collective decay leaves alone."""
    c, s = ps.Spin(), ps.Ensemble(2)
    found = ps.evolve(ps.Model(c, s, 0.3 * c.z, [ps.Collective(1.0, s.m)]), [0, 2], initial="dicke=0,0", moments=["+1 -2", "z1 z2"])
    assert np.abs(found.moment("+1 -2") + 0.5).max() < 1e-14
    assert np.abs(found.moment("z1 z2") + 1).max() < 1e-14


@pytest.mark.parametrize(
    ("label", "fragment"),
    [
        ("fock=1", "is no state of Spin()"),
        ("up up up", "has no site left"),
        ("up=2", "needs a probability"),
        ("dicke=2,0", "needs j = N/2"),
        ("bloch=1", "has 1 values"),
        ("up=q", "is no parameter"),
        ("up!", "is not a state"),
        ("up down@B", "has no site left"),
    ],
)
def test_bad_labels(label, fragment):
    with pytest.raises(ps.InputError) as caught:
        ps.evolve(ps.models.central_spin(N=3), [0, 1], initial=label)
    assert fragment in str(caught.value)


def test_labels_are_spelled_back():
    model = ps.models.tavis_cummings(N=4)
    for given_, spelled in (("", "vacuum down"), ("up", "vacuum up"), ("coherent=sqrt(N) dicke=1,0", "coherent=2 dicke=1,0")):
        assert str(ps.evolve(model, [0], initial=given_, moments=["z1"]).initial) == spelled
    two = systems.two_ensembles(2)
    assert str(ps.evolve(two, [0], initial="down up@B").initial) == "down down@A up@B"


@pytest.mark.parametrize("word", ["up", "up=0.3", "bloch=1,0"])
def test_a_word_that_fits_centre_and_satellites_is_asked_about(word):
    model = ps.models.central_spin(N=3)
    with pytest.raises(ps.InputError, match="is that the centre or the satellites") as caught:
        ps.evolve(model, [0, 1], initial=word)
    assert f"'{word} down'" in str(caught.value)
    assert f"'{word} {word}'" in str(caught.value)
    assert str(ps.evolve(model, [0], initial=f"{word}@A").initial) == f"down {word}"
    assert str(ps.evolve(model, [0], initial="down").initial) == "down down"
    assert str(ps.evolve(ps.models.tavis_cummings(N=3), [0], initial=word).initial) == f"vacuum {word}"
