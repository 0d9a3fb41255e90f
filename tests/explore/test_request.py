"""What a page may ask for, which sliders it has, where its curve is computed."""

import json
import tomllib

import pytest

from permsym.errors import InputError
from permsym.explore.curve import MOST, Grid
from permsym.explore.reproduction import texts, toml, views
from permsym.explore.request import Curve, read
from permsym.explore.sliders import described
from permsym.models import lookup

GOOD = {
    "number": 3,
    "model": "central-spin",
    "parameters": {"N": "10", "kappa": "N/16", "g": " "},
    "methods": ["c3", "mf"],
    "curve": {"over": "g", "from": "0.1", "to": "1"},
    "quantity": "p0_up",
    "spectrum": {"grid": "-3:3:10", "of": "", "right": ""},
    "evolution": {"initial": "up", "times": "0:2:4"},
    "compute": False,
}


def asked(**changes):
    return read(json.dumps(GOOD | changes), ["central-spin"])


def test_a_question_is_data():
    question = asked()
    assert question.parameters == {"N": 10, "kappa": "N/16"}
    assert question.methods == ("mf", "c3")
    assert question.curve == Curve("g", 0.1, 1.0)
    assert question.tables["evolution"] == {"times": [0.0, 0.5, 1.0, 1.5, 2.0], "initial": "up"}
    assert question.tables["spectrum"]["frequencies"][-1] == 3.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "/etc/passwd"}, "has no model"),
        ({"model": "os:system"}, "has no model"),
        ({"parameters": {"N": 10}}, "of the message"),
        ({"parameters": {"N": "1" * 300}}, "300 characters"),
        ({"parameters": {f"p{k}": "1" for k in range(200)}}, "200 parameters"),
        ({"curve": {"over": "g", "from": "x", "to": "1"}}, "goes from a number"),
        ({"curve": {"over": "g", "from": "2", "to": "1"}}, "must go up"),
        ({"spectrum": {"grid": "0:1:100000", "of": "", "right": ""}}, "at most 400"),
        ({"evolution": {"initial": "", "times": "5"}}, "T0:T1:STEPS"),
        ({"compute": 1}, "compute"),
    ],
)
def test_what_is_no_question_is_refused_in_words(changes, words):
    with pytest.raises(InputError, match=words):
        asked(**changes)


@pytest.mark.parametrize("text", ["", "[", "1", "null", "{}", "[" * 5000])
def test_other_messages_are_refused(text):
    with pytest.raises(InputError):
        read(text, ["central-spin"])


def test_sliders_of_rates_begin_at_zero_and_those_of_detunings_below():
    by_name = {entry["name"]: entry for entry in described(lookup("driven-tavis-cummings"), {})}
    assert (by_name["gamma_p"]["low"], by_name["Delta"]["low"]) == (0.0, -3.0)
    assert by_name["N"] | {"low": 1, "high": 300, "counts": True, "text": "5"} == by_name["N"]
    assert "high" not in by_name["levels"]
    assert "high" not in by_name["eta"]  # `drive` stands for it
    assert (by_name["drive"]["low"], by_name["drive"]["high"]) == (0.0, 4.0)
    typed = {entry["name"]: entry for entry in described(lookup("central-spin"), {"N": "32", "g": "2"})}
    assert (typed["kappa"]["value"], typed["kappa"]["text"], typed["g"]["high"]) == (2.0, "", 8.0)


def test_a_curve_is_coarse_first_and_fine_where_it_bends():
    grid = Grid(Curve("g", 0.0, 8.0), counts=False)
    first = []
    while (x := grid.next()) is not None:
        first.append(x)
        grid.enter(x, 0.0 if x < 3 else 1.0)
    assert first[:5] == [0.0, 8.0, 2.0, 4.0, 6.0]
    assert len(grid.xs) == MOST
    assert sum(2.5 < x < 3.5 for x in grid.xs) >= 4


def test_a_curve_over_a_count_has_whole_numbers_each_once():
    grid = Grid(Curve("N", 2.0, 9.0), counts=True)
    while (x := grid.next()) is not None:
        grid.enter(x, None)
    assert grid.xs == list(range(2, 10))
    assert Grid(Curve("N", 1.0, 100.0), counts=True).log


def test_command_and_sweep_say_what_is_seen():
    words = texts(asked(), [0.1, 0.5])
    assert words["values"]["command"].splitlines() == [
        "permsym solve central-spin N=10 kappa=N/16",
        "permsym cumulants central-spin N=10 kappa=N/16 --order 1",
        "permsym cumulants central-spin N=10 kappa=N/16 --order 3",
    ]
    assert words["evolution"]["command"] == "permsym evolve central-spin N=10 kappa=N/16 --times 0:2:4 --initial up"
    assert words["spectrum"]["command"].splitlines()[0].endswith("--frequencies -3:3:10")
    marked = texts(asked(spectrum={"grid": "0:1:2", "of": "+", "right": "-"}))["spectrum"]
    assert marked["command"].splitlines()[0].endswith("--frequencies 0:1:2 --of + --right -")
    assert "'of': '+', 'right': '-'" in marked["python"]
    table = tomllib.loads(toml(views(asked(), [0.1, 0.5])["curve"]))
    assert table["model"] == {"name": "central-spin", "N": 10, "kappa": "N/16"}
    assert table["sweep"] == {"g": [0.1, 0.5]}
    assert table["methods"] == {"exact": True, "mf": True, "cumulants": [3]}
