"""The reference set: templates that come back filled get the score that they must get."""

import csv
import json

import numpy as np
import pytest

import permsym as ps
from permsym.cli import main
from permsym.dataset.status import EXACT
from permsym.reference.problems import PROBLEMS
from permsym.reference.values import approaches, values, worst_error


def fill(path, factor=1.0, only=None):
    """Fill a template with exact values times a factor; rows of other quantities than ``only`` stay empty."""
    lines = path.read_text().splitlines()
    rows = list(csv.DictReader(lines[1:]))
    known = {}
    for name in {row["problem"] for row in rows}:
        for value in values(PROBLEMS[name], PROBLEMS[name].data):
            known[name, str(value.point), value.quantity] = value.value
    for row in rows:
        value = factor * known[row["problem"], row["point"], row["quantity"]]
        if only is None or row["quantity"] == only:
            row["value"] = repr(value.real) if not value.imag else f"{value.real!r}{value.imag:+}im"
    with path.open("w", newline="") as file:
        file.write(lines[0] + "\n")
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    return path


@pytest.fixture
def template(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def written(name, problem="weak-excitation"):
        assert main(["reference", "template", problem, "-o", name]) == 0
        return tmp_path / name

    return written


def scored(capsys, *words):
    capsys.readouterr()
    assert main(["reference", "score", *map(str, words), "--json"]) == 0
    return {each["name"]: each for each in json.loads(capsys.readouterr().out)["methods"]}


def test_exact_values_score_zero_and_a_sign_error_is_last(template, capsys):
    name = "central-spin-fixed-kappa"
    right = fill(template("right.csv", name))
    wrong = fill(template("wrong.csv", name), factor=-1)
    methods = scored(capsys, right.name, wrong.name)
    assert methods["right.csv"]["rank"] == 1
    assert methods["right.csv"]["problems"][name] == {
        "median_error": 0.0, "worst_error": 0.0, "missing": 0, "unphysical": 0, "seconds": None,
    }  # fmt: skip
    assert methods["wrong.csv"]["rank"] == len(methods)
    assert methods["wrong.csv"]["problems"][name]["unphysical"] > 0
    assert {"mf", "c2", "c3", "twa"} <= set(methods)


def test_values_left_out_are_counted(template, capsys):
    part = fill(template("part.csv"), only="photons")
    judged = scored(capsys, part.name)["part.csv"]["problems"]["weak-excitation"]
    assert judged["missing"] == 8
    assert judged["worst_error"] == 0.0


def test_errors_are_relative(template, capsys):
    off = fill(template("off.csv", "central-spin-fixed-kappa"), factor=1.02)
    judged = scored(capsys, off.name)["off.csv"]["problems"]["central-spin-fixed-kappa"]
    assert judged["median_error"] == pytest.approx(0.02, rel=1e-6)


def test_new_points_are_computed_once_and_find_a_method_out(template, capsys, tmp_path):
    assert main(["reference", "template", "weak-excitation", "--seed", "3", "-o", "new.csv"]) == 0
    path = tmp_path / "new.csv"
    lines = path.read_text().splitlines()
    rows = list(csv.DictReader(lines[1:]))
    for row in rows:
        model = ps.models.driven_tavis_cummings(
            N=float(row["N"]), eta=float(row["eta"]), kappa=1, gamma_h=1, g=1.2 / np.sqrt(float(row["N"]))
        )
        row["value"] = repr(ps.steady_state(model, moments="ad a").derived[row["quantity"]])
    path.write_text("\n".join([lines[0], ",".join(rows[0]), *(",".join(row.values()) for row in rows)]))
    judged = scored(capsys, path.name)["new.csv"]["problems"]["weak-excitation"]
    assert judged["worst_error"] < 1e-9
    assert (tmp_path / "new.csv.store").exists()


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["score"], "score what"),
        (["score", "none.csv"], "cannot read"),
        (["show", "nothing"], "no reference problem 'nothing'"),
        (["template", "weak-excitation"], "give -o FILE.csv"),
        (["template", "weak-excitation", "--seed", "x", "-o", "x.csv"], "--seed must be a whole number"),
        (["rank"], "what of the reference set"),
    ],
)
def test_mistakes_are_one_line(words, fragment, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["reference", *words]) == 1
    err = capsys.readouterr().err
    assert fragment in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("row", "fragment"),
    [
        ("weak-excitation,0,1.0,0.02,spin,1,", "asks for photons, g2"),
        ("weak-excitation,0,1.0,0.02,photons,many,", "is not a number"),
        ("nothing,0,1.0,0.02,photons,1,", "no reference problem"),
        ("weak-excitation,0,100.0,0.02,photons,1,", "its range is 1 to 4"),
        ("weak-excitation,0,1.0", "3 cells"),
    ],
)
def test_mistakes_in_a_filled_template(row, fragment, capsys, tmp_path):
    (tmp_path / "mine.csv").write_text(f"problem,point,N,eta,quantity,value,error\n{row}\n")
    assert main(["reference", "score", str(tmp_path / "mine.csv")]) == 1
    assert fragment in capsys.readouterr().err


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_are_whole(name):
    """Every exact value is there and certified, every quantity is one of the data, and the model says its equation."""
    problem = PROBLEMS[name]
    exact = list(values(problem, problem.data))
    assert {value.quantity for value in exact} == set(problem.quantities)
    assert all(np.isfinite(value.value.real) and value.status == "ok" for value in exact)
    assert worst_error(exact) < 1e-6
    assert approaches(problem.data)[0] == EXACT
    assert problem.physics.count(". ") == 1
    assert "H =" in problem.sweep.model(problem.sweep.indices[0]).equation


def test_show_and_list_for_programs(capsys):
    assert main(["reference", "list", "--json"]) == 0
    assert {"name", "title", "points", "quantities", "worst_exact_error"} == set(json.loads(capsys.readouterr().out)[0])
    assert main(["reference", "show", "weak-excitation", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {"name", "model", "equation", "convention", "values"} <= set(shown)
    assert {"point", "N", "eta", "quantity", "value", "error"} == set(shown["values"][0])


def test_columns_of_ones_own_change_nothing(template, capsys):
    path = fill(template("own.csv"))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1] + ",seconds", *(line + ",1.5" for line in lines[2:])]))
    assert scored(capsys, path.name)["own.csv"]["problems"]["weak-excitation"]["worst_error"] == 0.0


def test_what_is_no_finite_number_is_left_out(template, capsys):
    path = fill(template("odd.csv"))
    lines = path.read_text().splitlines()
    cells = lines[2].split(",")
    lines[2] = ",".join([*cells[:-2], "inf", cells[-1]])
    path.write_text("\n".join(lines))
    judged = scored(capsys, path.name)["odd.csv"]["problems"]["weak-excitation"]
    assert judged["missing"] == 1
    assert judged["worst_error"] == 0.0


def test_an_open_quote_is_a_mistake_in_words(tmp_path, capsys):
    (tmp_path / "mine.csv").write_text('problem,point,N,eta,quantity,value,error\nweak-excitation,0,1.0,0.02,"photons,1,\nx,1,1,1,g2,1,\n')
    assert main(["reference", "score", str(tmp_path / "mine.csv")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
