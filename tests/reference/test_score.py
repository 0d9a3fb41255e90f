"""The reference set: templates that come back filled get the score that they must get."""

import csv
import json

import numpy as np
import pytest

import permsym as ps
from permsym.cli import main
from permsym.dataset.status import EXACT
from permsym.reference.problems import PROBLEMS
from permsym.reference.score import own_scores
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
    expected = {"median_error": 0.0, "worst_error": 0.0, "missing": 0, "unphysical": 0, "proved_wrong": 0, "seconds": None}
    assert methods["right.csv"]["problems"][name].items() >= expected.items()
    assert methods["wrong.csv"]["rank"] == len(methods)
    assert methods["wrong.csv"]["problems"][name]["unphysical"] > 0
    assert methods["wrong.csv"]["problems"][name]["proved_wrong"] > 20
    assert {"mf", "c2", "c3", "twa"} <= set(methods) >= {"right.csv"}
    assert not {"exact", "bounds"} & set(methods)


def test_values_left_out_are_counted(template, capsys):
    part = fill(template("part.csv"), only="photons")
    judged = scored(capsys, part.name)["part.csv"]["problems"]["weak-excitation"]
    assert judged["missing"] == 8
    assert judged["worst_error"] == 0.0


def test_errors_are_relative(template, capsys):
    off = fill(template("off.csv", "central-spin-fixed-kappa"), factor=1.02)
    judged = scored(capsys, off.name)["off.csv"]["problems"]["central-spin-fixed-kappa"]
    assert judged["median_error"] == pytest.approx(0.02, rel=1e-6)


@pytest.mark.parametrize("proofs", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["exact", "proofs"])
def test_new_points_are_computed_once_and_find_a_method_out(template, capsys, tmp_path, monkeypatch, proofs):
    if not proofs:
        monkeypatch.setattr("permsym.reference.template.find_spec", lambda name: None)  # as without python-flint
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
    assert judged["proved_wrong"] == (0 if proofs else None)
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
        ("weak-excitation,0,1.0,0.02,photons,1,-1", "finite and >= 0"),
        ("weak-excitation,0,1.0", "3 cells"),
    ],
)
def test_mistakes_in_a_filled_template(row, fragment, capsys, tmp_path):
    (tmp_path / "mine.csv").write_text(f"problem,point,N,eta,quantity,value,error\n{row}\n")
    assert main(["reference", "score", str(tmp_path / "mine.csv")]) == 1
    assert fragment in capsys.readouterr().err


@pytest.mark.quick("central-spin-fixed-kappa", "weak-excitation", "superradiant-burst", "photon-correlations", "photon-counting")
@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_are_whole(name):
    """Every exact value is there and certified, the data are of the sweep file beside them, and the model says its equation."""
    problem = PROBLEMS[name]
    exact = list(values(problem, problem.data))
    assert {value.quantity for value in exact} == set(problem.quantities)
    assert all(np.isfinite(value.value.real) and value.status == "ok" for value in exact)
    assert worst_error(exact) < 1e-6
    assert approaches(problem.data)[0] == EXACT
    assert problem.physics.count(". ") == 1
    made, asked = json.loads(problem.data.attrs["definition"]), json.loads(json.dumps(problem.sweep.definition()))
    assert made == asked
    assert "H =" in problem.sweep.model(problem.sweep.indices[0]).equation


def test_show_and_list_for_programs(capsys, monkeypatch):
    some = {name: PROBLEMS[name] for name in ("weak-excitation", "photon-correlations")}
    monkeypatch.setattr("permsym.reference.problems.PROBLEMS", some)  # reading all of them takes a second
    assert main(["reference", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"name", "title", "points", "quantities", "worst_exact_error"} == set(listed[0])
    assert [(each["name"], each["points"]) for each in listed] == [("weak-excitation", 8), ("photon-correlations", 30)]
    assert main(["reference", "show", "weak-excitation", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {"name", "model", "equation", "convention", "symbols", "rates", "points", "qutip", "values"} <= set(shown)
    assert "2 kappa L[a] + sum_n ( 2 gamma_h L[sn-]" in shown["symbols"]
    assert {"jump": "L[a] central", "rate": 2.0, "does": "the mode's amplitude decays at r/2, its photon number at r"} in shown["rates"]
    assert shown["points"][0]["g"] == 1.2
    assert {"point", "N", "eta", "quantity", "value", "error"} == set(shown["values"][0])
    assert main(["reference", "show", "photon-correlations"]) == 0
    head = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("point"))
    assert "delay" in head  # which only some of its values have


def test_columns_of_ones_own_change_nothing(template, capsys):
    path = fill(template("own.csv"))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1] + ",seconds,note", *(line + ",1.5,mine" for line in lines[2:])]))
    judged = scored(capsys, path.name)["own.csv"]["problems"]["weak-excitation"]
    assert judged["worst_error"] == 0.0
    assert judged["seconds"] == 8 * 1.5  # once for each point


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


def test_a_template_comes_with_what_its_numbers_mean(template):
    path = template("far.csv", "two-ensembles")
    (told,) = json.loads(path.with_suffix(".json").read_text())
    lines = list(csv.DictReader(path.read_text().splitlines()[1:]))
    at = {int(line["point"]): (float(line["N_B"]), float(line["delta"])) for line in lines}
    assert {point["point"]: (point["N_B"], point["delta"]) for point in told["points"]} == at
    assert {(point["N"], point["gamma_up"]) for point in told["points"]} == {(2, 1.8), (4, 3.6), (8, 7.2)}
    assert "qt.steadystate" in told["qutip"]
    assert "2 gamma" in told["conventions"]["twice"]


def test_values_over_delays_have_rows_of_their_own(template, capsys):
    name = "photon-correlations"
    path = fill(template("late.csv", name))
    rows = [row for row in csv.DictReader(path.read_text().splitlines()[1:]) if row["quantity"] == "g2_delayed"]
    delays = PROBLEMS[name].sweep.spectrum.delays
    assert [float(row["delay"]) for row in rows[: len(delays)]] == list(delays)
    judged = scored(capsys, path.name)["late.csv"]["problems"][name]
    assert (judged["worst_error"], judged["missing"]) == (0.0, 0)


def test_where_a_method_is_best_and_worst(template, capsys):
    path = fill(template("one.csv", "central-spin-fixed-kappa"))
    lines = path.read_text().splitlines()
    last = next(k for k, line in enumerate(lines) if line.startswith("central-spin-fixed-kappa,3,20.0,z1"))
    cells = lines[last].split(",")
    lines[last] = ",".join([*cells[:-2], repr(1.1 * float(cells[-2])), cells[-1]])
    path.write_text("\n".join(lines))
    capsys.readouterr()
    assert main(["reference", "score", path.name, "--json", "-o", "card.html"]) == 0
    told = json.loads(capsys.readouterr().out)
    judged = next(each for each in told["methods"] if each["name"] == "one.csv")["problems"]["central-spin-fixed-kappa"]
    assert judged["worst_at"] == {"N": 20.0}
    assert judged["quantities"]["z1"]["worst_error"] == pytest.approx(0.1, rel=1e-6)
    assert judged["quantities"]["p0_up"]["worst_error"] == 0.0
    (value,) = (v for v in told["values"]["central-spin-fixed-kappa"] if v["N"] == 20 and v["quantity"] == "z1")
    assert value["errors"]["one.csv"] == pytest.approx(0.1, rel=1e-6)
    assert "1.0e-01 (proved wrong)" in (path.parent / "card.html").read_text()


def test_an_interval_of_ones_own_is_not_proved_wrong_where_it_reaches_the_proof(template, capsys):
    path = fill(template("wide.csv", "central-spin-dephasing"), factor=1.01)
    narrow = scored(capsys, path.name)["wide.csv"]["problems"]["central-spin-dephasing"]
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], *(line + "0.05" for line in lines[2:])]))
    wide = scored(capsys, path.name)["wide.csv"]["problems"]["central-spin-dephasing"]
    assert (narrow["proved_wrong"], wide["proved_wrong"]) == (12, 0)
    assert wide["median_error"] == narrow["median_error"]


def test_new_points_have_all_times_and_delays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["reference", "template", "photon-correlations", "pump-ramp", "--seed", "7", "-o", "new.csv"]) == 0
    rows = list(csv.DictReader((tmp_path / "new.csv").read_text().splitlines()[1:]))
    for name, along, quantity in (("photon-correlations", "delay", "g2_delayed"), ("pump-ramp", "time", "g2")):
        spectrum, evolution = PROBLEMS[name].sweep.spectrum, PROBLEMS[name].sweep.evolution
        expected = spectrum.delays if along == "delay" else evolution.times
        mine = [row for row in rows if (row["problem"], row["quantity"]) == (name, quantity)]
        sizes = dict.fromkeys(row["N"] for row in mine)
        assert len(sizes) > 1
        assert [(row["N"], float(row[along])) for row in mine] == [(N, x) for N in sizes for x in expected]


def test_own_scores_are_those_beside_anybodys(template, capsys):
    name = "superradiant-burst"
    beside = scored(capsys, fill(template("mine.csv", name)).name)
    card = own_scores([PROBLEMS[name]])
    assert set(card.scores) == {"mf", "twa", "c2", "c3", "c4", "c5"}
    for method, scores in card.scores.items():
        assert json.loads(json.dumps(scores[name].to_dict())) == beside[method]["problems"][name]
        assert scores[name].seconds > 0
