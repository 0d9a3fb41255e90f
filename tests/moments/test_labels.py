"""Moment labels: grammar, canonical spelling, conjugates, enumeration, errors."""

import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import systems

import permsym as ps
from permsym.errors import TooFewSatellites
from permsym.moments import enumerate_labels, parse

SPIN = ps.models.central_spin(N=6)
TWO = systems.two_ensembles(4)
LADDER = systems.three_level_centre(3)
QUTRIT = systems.qutrits(3)
MODE = ps.models.tavis_cummings(N=4)


@pytest.mark.parametrize(
    ("model", "text", "canonical"),
    [
        (SPIN, "z0", "z0"),
        (SPIN, "-2 +1 z7", "+1 -2 z3"),
        (SPIN, "+2 -1", "+1 -2"),
        (SPIN, " z3   +0  -9 ", "+0 -1 z2"),
        (SPIN, "z1 z2 z3", "z1 z2 z3"),
        (SPIN, "-5 -3 +1@A", "+1 -2 -3"),
        (TWO, "-2@B z1@A", "z1@A -1@B"),
        (TWO, "z1@B z1@A +0 +2@A", "+0 +1@A z2@A z1@B"),
        (LADDER, "z2 |2><0|0", "|2><0|0 z1"),
        (QUTRIT, "|2><1|4 z0 |0><1|2", "z0 |0><1|1 |2><1|2"),
        (QUTRIT, "|1><0|1 |0><2|2", "|0><2|1 |1><0|2"),
        (MODE, "ad ad a a", "ad ad a a"),
        (MODE, "-3 ad", "ad -1"),
        (MODE, "ad z2 a -1", "ad a -1 z2"),
    ],
)
def test_canonical_spelling(model, text, canonical):
    label = parse(text, model)
    assert str(label) == canonical
    assert parse(canonical, model) == label
    assert label.order == len(text.split())


@pytest.mark.parametrize(
    ("model", "text", "conjugate"),
    [
        (SPIN, "z0", "z0"),
        (SPIN, "+0 -1", "-0 +1"),
        (SPIN, "+1 -2", "+1 -2"),
        (SPIN, "+1 +2 -3", "+1 -2 -3"),
        (SPIN, "+0 +1 z2", "-0 -1 z2"),
        (TWO, "+1@A -1@B", "-1@A +1@B"),
        (LADDER, "|0><2|0 +1", "|2><0|0 -1"),
        (QUTRIT, "|0><1|1 |2><2|2", "|1><0|1 |2><2|2"),
        (MODE, "ad ad a -1 z2", "ad a a +1 z2"),
    ],
)
def test_conjugates(model, text, conjugate):
    assert str(parse(text, model).conjugate()) == conjugate


@pytest.mark.parametrize(
    ("model", "text", "fragment"),
    [
        (SPIN, "", "is empty; write one such as"),
        (SPIN, "   ", "is empty"),
        (SPIN, "z", "'z' is not a factor; write z0 +0 -0"),
        (SPIN, "x1", "'x1' is not a factor"),
        (SPIN, "z0+1", "'z0+1' is not a factor"),
        (SPIN, "z-1", "is not a factor"),
        (SPIN, "z1.5", "is not a factor"),
        (SPIN, "z0 +0", "the centre takes one factor at most"),
        (SPIN, "z0@A", "the centre takes one factor at most and no ensemble"),
        (SPIN, "z1 +1", "satellite 1 appears twice"),
        (SPIN, "+1 -01", "satellite 1 appears twice"),
        (SPIN, "z1@B", "there is no ensemble 'B'; the model has A"),
        (SPIN, "|0><1|1", "is not an operator of its site"),
        (SPIN, "z1 z2 z3 z4 z5 z6 z7", "needs 7 distinct satellites, but N=6"),
        (SPIN, "a", "'a' is not a factor"),
        (MODE, "a ad", "is not in normal order; write every ad before every a"),
        (MODE, "z0", "'z0' is not an operator of its site; write ad a for the centre"),
        (MODE, "a1", "'a1' is not a factor; write ad a for the centre"),
        (TWO, "z1", "'z1' must name its ensemble, such as z1@A; the model has A, B"),
        (TWO, "z1@B z2@B z3@B", "needs 3 distinct satellites, but N=2"),
        (LADDER, "z0", "'z0' is not an operator of its site; write |i><j|0 with levels 0..2"),
        (LADDER, "|3><0|0", "is not an operator of its site"),
        (QUTRIT, "+1", "is not an operator of its site"),
        (QUTRIT, "|0><3|1", "is not an operator of its site"),
    ],
)
def test_errors_are_one_line_that_says_what_to_do(model, text, fragment):
    with pytest.raises(ps.InputError, match=r"^[^\n]*$") as caught:
        parse(text, model)
    assert fragment in str(caught.value)


def test_a_label_that_needs_too_many_satellites_says_how_many():
    with pytest.raises(TooFewSatellites) as caught:
        parse("z1@B z2@B z3@B", TWO)
    assert (caught.value.needed, caught.value.available) == (3, 2)


@pytest.mark.parametrize("text", ["|00><1|1", "|0><01|1"])
def test_one_spelling_of_a_level(text):
    """Leading zeros are read away; they never make a second label of the same moment."""
    assert parse(text, QUTRIT) == parse("|0><1|1", QUTRIT)


def counted(N, order, centre=3, satellite=3):
    """Number of labels with 1 to ``order`` factors: multisets of satellite operators, with or without the centre."""
    total = 0
    for k in range(min(N, order) + 1):
        multisets = sum(1 for _ in itertools.combinations_with_replacement(range(satellite), k))
        total += multisets * ((k >= 1) + centre * (k + 1 <= order))
    return total


@pytest.mark.parametrize("N", [1, 2, 3, 10])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_enumeration(N, order):
    model = ps.models.central_spin(N=N)
    labels = enumerate_labels(model, order)
    assert len(labels) == len(set(labels)) == counted(N, order)
    assert all(1 <= label.order <= order for label in labels)
    assert [label.order for label in labels] == sorted(label.order for label in labels)
    assert all(len(label.satellites[0]) <= N for label in labels)
    assert {label.conjugate() for label in labels} == set(labels)


def test_enumeration_of_levels():
    assert len(enumerate_labels(systems.qutrits(2), 2)) == counted(2, 2, centre=3, satellite=8)
    assert len(enumerate_labels(LADDER, 2)) == counted(3, 2, centre=8, satellite=3)


def test_enumeration_of_a_mode():
    """Each ad and each a counts: order 2 of one emitter kind has 2 + 3 centre-only, 2 * 3 mixed, 3 + 6 satellite labels."""
    assert len(enumerate_labels(MODE, 2)) == 2 + 3 + 6 + 3 + 6
    assert {label.conjugate() for label in enumerate_labels(MODE, 4)} == set(enumerate_labels(MODE, 4))


@pytest.mark.parametrize("order", [0, -1, 21, 2.0, True, "2", None])
def test_enumeration_refuses(order):
    with pytest.raises(ps.InputError, match="must be an integer from 1 to 20"):
        enumerate_labels(SPIN, order)


@pytest.mark.parametrize("model", [SPIN, TWO, LADDER, QUTRIT, MODE])
def test_every_enumerated_label_parses_to_itself(model):
    for label in enumerate_labels(model, 4):
        assert parse(str(label), model) == label
        assert label.conjugate().conjugate() == label
        assert parse(str(label.conjugate()), model) == label.conjugate()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from("+-z"), max_size=6), st.sampled_from(["", "z0", "+0", "-0"]), st.permutations(range(1, 7)), st.randoms())
def test_spelling_does_not_matter(symbols, centre, digits, random):
    words = [f"{symbol}{digit}" for symbol, digit in zip(symbols, digits, strict=False)] + ([centre] if centre else [])
    assume(words)
    random.shuffle(words)
    label = parse(" ".join(words), SPIN)
    assert parse(str(label), SPIN) == label
    assert label == parse(" ".join(sorted(words)), SPIN)


def test_charges():
    assert parse("+0 -1", SPIN).charge(SPIN) == (0,)
    assert parse("+1 +2 z3", SPIN).charge(SPIN) == (2,)
    assert parse("ad ad a -1", MODE).charge(MODE) == (0,)
    assert parse("ad ad -1", MODE).charge(MODE) == (1,)
    uncoupled = ps.models.central_spin(N=3, g=0)
    assert sorted(parse("+0 -1", uncoupled).charge(uncoupled)) == [-1, 1]
    assert parse("+0", systems.nine_pairs(2)).charge(systems.nine_pairs(2)) == ()


def test_many_ensembles_are_enumerated_in_a_moment():
    """Two photons, a photon and a spin, two spins of one ensemble, of two: 3 + 2 * 3 K + 6 K + 9 K (K - 1) / 2."""
    K = 12
    c, clusters = ps.Boson(3), [ps.Ensemble(2, f"E{k}") for k in range(K)]
    model = ps.Model(c, clusters, c.n, [ps.Central(1.0, c.a)])
    found = [label.order for label in enumerate_labels(model, 2)]
    assert found.count(1) == 2 + 3 * K
    assert found.count(2) == 3 + 6 * K + 6 * K + 9 * K * (K - 1) // 2
