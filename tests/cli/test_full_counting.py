"""permsym solve --full-counting."""

import json

import pytest
from command_line import run, solved

import permsym as ps
from permsym.dataset import open_dataset

WORDS = ["tavis-cummings", "N=2", "--moment", "ad a", "--full-counting", "a", "--full-counting", "L[-] individual"]


def test_json_has_each_jump_by_what_was_typed(capsys):
    report = solved(capsys, *WORDS)["counting"]
    assert list(report) == ["a", "L[-] individual"]
    photons = ps.steady_state(ps.models.tavis_cummings(N=2)).counting("a")
    assert report["a"]["jump"] == "L[a] central"
    assert report["a"]["fano"] == pytest.approx(0.925210473709, rel=1e-11)
    assert report["a"]["cumulants"] == pytest.approx(photons.cumulants, rel=1e-12)
    assert set(report["a"]["errors"]) == {"current", "fano", "noise", "c3", "c4"}
    assert report["a"]["certified"] is True


def test_the_table_shows_it(capsys):
    code, out, _ = run(capsys, "solve", *WORDS)
    assert code == 0
    (row,) = [line for line in out.splitlines() if line.startswith("L[-] individual")]
    assert "counting Fano factor" in out
    assert "+-" in row


def test_a_jump_that_begins_with_a_minus(capsys):
    report = solved(capsys, "central-spin", "N=2", "--full-counting", "-0")
    assert report["counting"]["-0"]["fano"] == pytest.approx(0.85349950150, rel=1e-10)


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["tavis-cummings", "N=2", "--full-counting", "b"], "no jump of tavis-cummings is called 'b'; there is 'L[a] central'"),
        (["tavis-cummings", "N=2", "--full-counting", "individual"], "may be 'L[+] individual', 'L[-] individual'"),
        (["central-spin", "N=2", "gamma_up=0", "--full-counting", "L[-]"], "'L[-] individual' never happens in this steady state"),
        (["central-spin", "N=2", "kappa=0", "--full-counting", "-0"], "no jump of central-spin is called '-0'"),
    ],
)
def test_mistakes_are_one_line(capsys, words, fragment):
    code, out, err = run(capsys, "solve", *words)
    assert (code, out) == (1, "")
    (line,) = [line for line in err.splitlines() if line.startswith("permsym: ")]
    assert fragment in line


def test_what_is_uncertain_leaves_with_3(capsys):
    code, out, err = run(capsys, "solve", "tavis-cummings", "N=5", "levels=7", "--full-counting", "a", "--json")
    assert code == 3
    assert json.loads(out)["counting"]["a"]["certified"] is False
    assert "counting 'a': " in err


def test_routes_that_cannot_count_are_left_for_one_that_can(capsys):
    """A weakly driven cavity is solved near the vacuum where moments alone are asked for."""
    words = ["driven-tavis-cummings", "N=2", "g=1", "eta=0.005", "--moment", "ad a"]
    assert solved(capsys, *words)["plan"]["route"] == "weak"
    report = solved(capsys, *words, "--full-counting", "a")
    assert report["plan"]["route"] == "lattice"
    assert report["counting"]["a"]["fano"] == pytest.approx(1, abs=1e-3)
    code, _, err = run(capsys, "solve", *words, "--solver", "superlu", "--full-counting", "a")
    assert code == 0, err


def test_a_file_holds_it_and_is_computed_again(capsys, tmp_path):
    path = tmp_path / "one.nc"
    assert run(capsys, "solve", *WORDS, "-o", path)[0] == 0
    data = open_dataset(path)
    assert float(data["counting_fano@L[a] central"]) == pytest.approx(0.925210473709, rel=1e-11)
    assert 0 < float(data["counting_fano_error@L[a] central"]) < 1e-11
    code, _, err = run(capsys, "rerun", path)
    assert code == 0, err


def test_evolutions_count_until_each_time(capsys, tmp_path):
    path = tmp_path / "e.nc"
    words = ["evolve", "tavis-cummings", "N=2", "--times", "0:4:2", "--initial", "vacuum up", "--full-counting", "a"]
    code, out, _ = run(capsys, *words, "--json", "-o", path)
    assert code == 0
    report = json.loads(out)["counting"]["a"]
    number = ps.evolve(ps.models.tavis_cummings(N=2), [0, 2, 4], initial="vacuum up").counting("a", order=4)
    assert report["mean"] == pytest.approx(number.mean.tolist(), rel=1e-9)
    assert report["fano"][0] is None
    assert report["fano"][1:] == pytest.approx(number.fano[1:].tolist(), rel=1e-7)
    data = open_dataset(path)
    assert data["counting_mean@L[a] central"].values == pytest.approx(number.mean, rel=1e-9)
    for name, values in {"noise": number.noise, "c3": number.cumulants[0], "c4": number.cumulants[1]}.items():
        assert data[f"counting_{name}@L[a] central"].values == pytest.approx(values, rel=1e-9, nan_ok=True)
        assert data[f"counting_{name}_error@L[a] central"].values == pytest.approx(number.errors[name], rel=1e-6)
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "number of a" in out
    assert "counting Fano factor" in out
    code, _, err = run(capsys, *words[:-1], "b")
    assert code == 1
    assert "no jump of tavis-cummings is called 'b'" in err


def test_evolutions_have_noise_and_cumulants_over_time(capsys):
    code, out, _ = run(
        capsys, "evolve", "central-spin", "N=2", "--times", "0:2:2", "--full-counting", "-0", "--initial", "up down", "--json"
    )
    report = json.loads(out)["counting"]["-0"]
    assert code == 0
    assert {name: len(report[name]) for name in ("current", "mean", "fano", "noise")} == dict.fromkeys(
        ("current", "mean", "fano", "noise"), 3
    )
    assert [len(series) for series in report["cumulants"]] == [3, 3]
    assert set(report["errors"]) == {"current", "mean", "variance", "fano", "noise", "c3", "c4"}
    assert report["noise"][2] == pytest.approx(report["variance"][2] / 2)
    assert report["cumulants"][0][0] == report["current"][0]
