"""Names of terms and jumps: how they are spelled, and which one a text chooses."""

import json

import pytest

import permsym as ps
from permsym.models.operator_text import factors


def two_ensembles(**names):
    c, A, B = ps.Boson(4), ps.Ensemble(2, "A"), ps.Ensemble(3, "B", levels=3)
    hamiltonian = c.n + A.x + 0.5 * (c.a * A.p + c.ad * A.m) + (c.a * B.unit(1, 0) + c.ad * B.unit(0, 1))
    jumps = [
        ps.Central(1.0, c.a, **names),
        ps.Individual(1.0, A.m),
        ps.Individual(0.5, A.m),
        ps.Individual(1.0, c.ad * B.unit(0, 2)),
        ps.Collective(1.0, 2 * A.m + (1 + 0.5j) * c.a),
        ps.Central(0.0, c.ad),
    ]
    return ps.Model(c, [A, B], hamiltonian, jumps)


@pytest.mark.parametrize(
    ("centre", "word", "words"),
    [
        (ps.Levels(3), "|0><1|0@q", r"the centre has one alone; write \|0><1\|0$"),
        (ps.Levels(3), "a", r"write \|i><j\|0 for the centre"),
        (ps.Boson(3), "z0@q", "write z0|is not one"),
    ],
)
def test_advice_is_of_the_centre_that_there_is(centre, word, words):
    with pytest.raises(ps.InputError, match=words):
        factors(word, centre, [ps.Ensemble(2)])


def test_an_operator_of_another_kind_of_site_is_not_told_to_name_one():
    centre = ps.Model([ps.Spin(name="q"), ps.Boson(3, name="x")], ps.Ensemble(2), ps.Ensemble(2).x).centre
    with pytest.raises(ps.InputError, match="is no operator of the site 'x'; write ad@x a@x"):
        factors("z0@x", centre, [ps.Ensemble(2)])


def test_terms_are_spelled_like_operators_of_model_files():
    names = [term.name for term in ps.models.central_spin(N=2).terms]
    assert names == ["H[z0]", "H[z]", "H[+0 -]", "H[-0 +]", "L[-0] central", "L[+] individual", "L[-] individual"]
    names = [term.name for term in two_ensembles().terms]
    assert names == [
        "H[ad a]",
        "H[x@A]",
        "H[a +@A]",
        "H[ad -@A]",
        "H[a |1><0|@B]",
        "H[ad |0><1|@B]",
        "L[a] central",
        "L[-] individual@A (1)",
        "L[-] individual@A (2)",
        "L[ad |0><2|] individual@B",
        "L[2 -@A + 1+0.5j a] collective",
    ]


def test_hamiltonian_names_read_back_as_the_operators():
    model = two_ensembles()
    for term in model.terms[:6]:
        total = ps.Boson().a ** 0
        for factor in factors(term.name[2:-1], model.centre, model.ensembles):
            total = total * factor.operator
        assert total.terms == {term.structure[0][0]: 1}, term.name


def test_an_operator_without_a_letter_is_a_sum():
    c, s = ps.Spin(), ps.Ensemble(2)
    model = ps.Model(c, s, c.z, [ps.Individual(1, s.operator([[1, 0.5], [0, 0]])), ps.Central(1, c.unit(0, 0))])
    assert [term.name for term in model.terms[1:]] == ["L[(|0><0| + 0.5 |0><1|)] individual", "L[|0><0|0] central"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("L[a] central", "L[a] central"),
        ("L[a]", "L[a] central"),
        ("central", "L[a] central"),
        ("a", "L[a] central"),
        ("ad a", "H[ad a]"),
        ("x@A", "H[x@A]"),
        ("individual@B", "L[ad |0><2|] individual@B"),
        ("L[ad |0><2|@B] individual", "L[ad |0><2|] individual@B"),
        ("L[-] individual@A (2)", "L[-] individual@A (2)"),
        ("collective", "L[2 -@A + 1+0.5j a] collective"),
    ],
)
def test_a_unique_part_chooses(text, name):
    assert two_ensembles().term(text).name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ad", r"'ad' may be 'H\[ad a\]', 'H\[ad -@A\]', .*individual@B'; write more"),
        ("L[-] individual@A", r"may be 'L\[-\] individual@A \(1\)', 'L\[-\] individual@A \(2\)'; write more"),
        ("L[-]", r"may be .*\(1\)', .*\(2\)'"),
        ("cent", r"no term of user-defined is called 'cent'; there is 'H\[ad a\]', .*collective'"),
        ("", "no term .* is called ''; there is"),
        ("[", "may be"),
        (3, "chosen by its name, a text such as .*but is 3"),
    ],
)
def test_texts_that_choose_none_or_several_list_them(text, message):
    with pytest.raises(ps.InputError, match=message):
        two_ensembles().term(text)


def test_jumps_are_chosen_among_jumps():
    model = ps.models.tavis_cummings(N=3)
    assert model.jump("a").name == model.jump("central").name == "L[a] central"
    with pytest.raises(ps.InputError, match=r"no jump of tavis-cummings is called 'H\[ad a\]'; there is 'L\[a\] central', 'L\[\+\] indiv"):
        model.jump("H[ad a]")
    c, s = ps.Spin(), ps.Ensemble(2)
    with pytest.raises(ps.InputError, match="there are none"):
        ps.Model(c, s, c.z).jump("a")


def test_jumps_may_have_names():
    model = two_ensembles(name="loss")
    term = model.term("loss")
    assert (term.name, term.spelled, str(term)) == ("loss", "L[a] central", "loss: L[a] central")
    assert model.term("a") is term is model.term("loss: L[a] central") is model.jump("L[a]")
    again = ps.Model.from_dict(json.loads(json.dumps(model.to_dict())))
    assert again.term("loss") == term
    assert again.hash == two_ensembles().hash == model.hash
    assert "name" not in two_ensembles().to_dict()["jumps"][0]
    assert model.rescaled(2).term("loss").name == model.displaced(0).jump("loss").name == "loss"


@pytest.mark.parametrize("name", ["", "a b", "L[a]", "1st", 3, "x=2"])
def test_names_of_jumps_are_words(name):
    with pytest.raises(ps.InputError, match="the name of this central jump must be a word such as 'loss', but is"):
        ps.Central(1.0, ps.Spin().m, name=name)


def test_names_of_jumps_differ():
    c, s = ps.Spin(), ps.Ensemble(2)
    with pytest.raises(ps.InputError, match="several are called 'loss'"):
        ps.Model(c, s, c.z, [ps.Central(1, c.m, name="loss"), ps.Individual(1, s.m, name="loss")])
