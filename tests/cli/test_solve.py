"""permsym solve: the document, the table, the file, and what the words mean."""

import json
import subprocess
import sys

import pytest
from command_line import run, solved

import permsym as ps
from permsym.cli import main
from permsym.sweeps.rerun import rerun


def test_json_has_the_keys_of_the_contract(capsys):
    report = solved(capsys, "central-spin", "N=10")
    assert set(report) >= {
        "model",
        "parameters",
        "representation",
        "dimension",
        "moments",
        "cumulants",
        "derived",
        "derived_errors",
        "certificate",
        "solver",
        "timings",
        "versions",
    }
    assert report["derived"]["p0_up"] == pytest.approx(0.612914993686, abs=1e-11)
    assert set(report["certificate"]) >= {"certified", "error_estimate", "errors", "residual", "edge_mass", "balance", "min_population"}
    assert set(report["timings"]) == {"assemble", "solve", "moments", "total"}
    assert report["certificate"]["certified"] is True
    assert report["moments"]["+1 +2"] == [0.0, 0.0]  # vanishes by symmetry, and is listed
    assert report["certificate"]["error_estimate"] == max(report["certificate"]["errors"].values())


@pytest.mark.parametrize(
    "words",
    [
        ["central-spin", "N=5", "--moment", "z0", "+1 -2"],
        ["N=5", "central-spin", "--moment", "z0", "--moment", "+1 -2"],
        ["--moment", "z0", "+1 -2", "central-spin", "N=5"],
        ["--moment", "z0", "-2 +1", "N=5", "--basis", "dicke", "central-spin"],
    ],
)
def test_words_come_in_any_order_and_labels_are_canonical(capsys, words):
    assert set(solved(capsys, *words)["moments"]) == {"z0", "+1 -2"}


def test_labels_that_begin_with_a_minus(capsys):
    assert set(solved(capsys, "central-spin", "N=3", "--moment", "-0", "-1 +0")["moments"]) == {"-0", "+0 -1"}


def test_expressions_and_defaults(capsys):
    code, out, err = run(capsys, "solve", "central-spin", "N=8", "kappa=N/8", "g=3/sqrt(N)", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["parameters"]["kappa"] == 1.0
    assert report["parameters"]["g"] == pytest.approx(3 / 8**0.5)
    assert "gamma_up=1.5" in err
    assert " kappa=" not in err


def test_verify_reports_the_other_representation(capsys):
    report = solved(capsys, "central-spin", "N=12", "omega=1.5", "--verify")
    assert report["certificate"]["verification"]["representation"] == "occupation"
    assert report["certificate"]["verification"]["largest_difference"] < 1e-12


def test_verify_with_automatic_levels(capsys):
    report = solved(capsys, "tavis-cummings", "N=2", "--verify")
    assert report["certificate"]["verification"]["representation"] == "occupation"
    assert report["certificate"]["verification"]["largest_difference"] < 1e-12


def test_gradients_are_differences_of_solves(capsys):
    def at(g):
        return solved(capsys, "tavis-cummings", "N=2", f"g={g}", "--moment", "ad a", "a +1", "--gradient")

    low, middle, high = (at(g) for g in (0.499, 0.5, 0.501))
    slope = middle["gradient"]["ad a"]["g"]
    assert slope == pytest.approx((high["moments"]["ad a"][0] - low["moments"]["ad a"][0]) / 0.002, rel=1e-4)
    imaginary = middle["gradient"]["a +1"]["g"][1]
    assert imaginary == pytest.approx((high["moments"]["a +1"][1] - low["moments"]["a +1"][1]) / 0.002, rel=1e-4)
    for name in ("g2", "photons", "p_up"):
        difference = (high["derived"][name] - low["derived"][name]) / 0.002
        assert middle["gradient"][name]["g"] == pytest.approx(difference, rel=1e-4)
    out = run(capsys, "solve", "central-spin", "N=3", "--moment", "z0", "--gradient")[1]
    assert "p0_up" in out.split("d/d")[1]


def test_gradients_of_some_parameters(capsys):
    for words in (["central-spin", "N=3", "--gradient", "g", "kappa"], ["--gradient", "g", "kappa", "central-spin", "N=3"]):
        report = solved(capsys, *words)
        assert list(report["gradient"]["z0"]) == list(report["gradient_errors"]["p0_up"]) == ["g", "kappa"]
        assert 0 < report["gradient_errors"]["z0"]["g"] < 1e-12
    out = run(capsys, "solve", "--gradient", "g", "dicke", "N=1", "levels=8", "--moment", "ad a", "--json")[1]
    assert list(json.loads(out)["gradient"]["ad a"]) == ["g"]
    code, _, err = run(capsys, "solve", "central-spin", "N=3", "--gradient", "G")
    assert code == 1
    assert "the model has no parameter 'G'" in err


def test_solvers_agree(capsys):
    values = [solved(capsys, "central-spin", "N=12", "--solver", name)["derived"]["p0_up"] for name in ("superlu", "shift-invert")]
    assert values[0] == pytest.approx(values[1], abs=1e-11)


def test_table_for_people(capsys):
    code, out, _ = run(capsys, "solve", "central-spin", "N=10")
    assert code == 0
    assert "p0_up = 0.612914993686" in out
    assert "certified: error_estimate" in out
    assert "zero by symmetry: +1, -1, +0, -0, +1 +2, " in out
    assert "\n+1 +2 " not in out  # not in a row of its own


def test_noise_is_flagged_where_it_is_printed(capsys):
    words = ["driven-tavis-cummings", "kappa=1", "gamma_h=0.5", "C=14", "N=7", "drive=0.001"]
    code, out, err = run(capsys, "solve", *words, "--solver", "matrix-free")
    assert code == 3
    (g2,) = (line for line in out.splitlines() if line.startswith("g2 = "))
    assert g2.endswith("no digit is certain")
    assert err.splitlines()[-1] == "permsym: not certified: g2 has no certain digit"
    code, out, _ = run(capsys, "solve", *words)  # the route of weak excitation
    assert code == 0
    assert "g2 = 0.133849259510 +- " in out


def test_output_file(capsys, tmp_path):
    path = tmp_path / "point.nc"
    assert run(capsys, "solve", "central-spin", "N=10", "-o", str(path))[0] == 0
    data = ps.open_dataset(path)
    assert float(data["p0_up"]) == pytest.approx(0.612914993686, abs=1e-11)
    assert data.attrs["command"] == f"permsym solve central-spin N=10 -o {path}"
    assert data.attrs["N"] == 10


def test_uncertified_results_are_written_and_flagged(capsys, tmp_path):
    path = tmp_path / "x.nc"
    code, out, err = run(capsys, "solve", "central-spin", "N=5", "--tolerance", "1e-20", "--json", "-o", str(path))
    assert code == 3
    assert json.loads(out)["certificate"]["certified"] is False
    assert "not certified" in err.splitlines()[-1]
    assert ps.open_dataset(path)["certified"] == 0


def test_solve_loads_neither_xarray_nor_matplotlib():
    call = "import sys, permsym.cli\npermsym.cli.main(['solve', 'central-spin', 'N=3'])\n"
    code = call + "assert not {'xarray', 'matplotlib', 'pandas', 'qutip'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_photons_on_the_command_line(capsys, tmp_path):
    words = ["solve", "tavis-cummings", "N=2", "--moment", "ad a", "--photons"]
    assert main([*words, "--json", "-o", str(tmp_path / "p.nc")]) == 0
    printed = json.loads(capsys.readouterr().out)["photon_distribution"]
    state = ps.steady_state(ps.models.tavis_cummings(N=2), moments=["ad a"])
    exact = state.mode.photon_distribution()
    assert printed["probability"] == pytest.approx(exact.probability.tolist(), abs=0)
    assert printed["error"] == pytest.approx(exact.error.tolist(), abs=1e-25)
    data = ps.open_dataset(tmp_path / "p.nc")
    assert data["photon_probability"].values.tolist() == printed["probability"]
    assert float((data["photon"] * data["photon_probability"]).sum()) == pytest.approx(float(data["photons"]), abs=1e-12)
    assert data["photon_probability_error"].attrs["units"] == "1"
    assert rerun(data)[1].equal  # P(n) is no part of a sweep, and no hindrance to computing the rest again
    assert main(words) == 0
    assert f"0   {exact.probability[0]:.10e}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["central-spin", "N=2", "--photons"], "--photons needs a bosonic centre"),
        (["tavis-cummings", "N=2", "--photons", "-o", "p.csv"], "P(n) is written to netCDF files only"),
    ],
)
def test_photons_refused(capsys, tmp_path, monkeypatch, words, fragment):
    monkeypatch.chdir(tmp_path)
    assert main(["solve", *words]) == 1
    printed = capsys.readouterr()
    assert fragment in printed.err
    assert not printed.out
    assert not list(tmp_path.iterdir())


def test_command_line(capsys):
    from permsym.cli import main

    assert main(["solve", "tavis-cummings", "N=3", "--solver", "matrix-free", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["solver"]["name"] == "matrix-free"
    assert report["parameters"]["levels"] >= 8
    assert main(["solve", "tavis-cummings", "N=3", "levels=5"]) == 3
    assert "the cut-off levels=5 costs about" in capsys.readouterr().err
    assert main(["solve", "tavis-cummings", "N=2", "kappa=0"]) == 1
    assert main(["solve", "tavis-cummings", "N=3", "--checkpoint", "x.npz"]) == 1
    assert "give levels" in capsys.readouterr().err
    assert main(["info", "tavis-cummings", "N=100", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["levels"] > 20


def test_tolerance(capsys, tmp_path):
    """A cut-off too low for 1e-9 is enough for 1e-3, and a file remembers that."""
    words = ("tavis-cummings", "N=1", "levels=6", "--moment", "ad a", "-o", str(tmp_path / "x.nc"), "--json")
    code, out, _ = run(capsys, "solve", *words)
    assert code == 3
    error = json.loads(out)["certificate"]["errors"]["ad a"]
    (tmp_path / "x.nc").unlink()
    code, out, _ = run(capsys, "solve", *words, "--tolerance", "1e-3")
    report = json.loads(out)
    assert code == 0
    assert report["certificate"]["tolerance"] == 1e-3
    assert 1e-9 < report["certificate"]["errors"]["ad a"] == error < 1e-3
    assert rerun(ps.open_dataset(tmp_path / "x.nc"))[1].equal
    code, _, err = run(capsys, "solve", "central-spin", "N=2", "--tolerance", "small")
    assert code == 1
    assert "`tolerance` must be a positive number, but is 'small'" in err


def test_squeezing_has_the_keys_of_the_contract(capsys):
    report = solved(capsys, "central-spin", "N=4", "--squeezing", "--moment", "z0")
    assert set(report["squeezing"]) == {"wineland", "kitagawa_ueda", "direction", "mean_spin", "errors"}
    assert report["squeezing"]["wineland"] == pytest.approx(ps.steady_state(ps.models.central_spin(N=4)).squeezing().wineland)
    assert set(report["squeezing"]["errors"]) == {"wineland", "kitagawa_ueda", "direction"}
    assert list(report["moments"]) == ["z0"]
    code, out, _ = run(capsys, "solve", "central-spin", "N=4", "--squeezing")
    assert code == 0
    assert f"wineland = {report['squeezing']['wineland']:.12f} +- " in out


def test_squeezing_that_is_not_certain_is_said(capsys):
    code, out, err = run(capsys, "solve", "driven-tavis-cummings", "N=2", "C=14", "drive=0.6", "levels=6", "--squeezing", "--json")
    assert code == 3
    assert "the squeezing wineland" in err
    assert json.loads(out)["squeezing"]["errors"]["wineland"] > 1e-6


def test_fisher_has_the_keys_of_the_contract(capsys):
    report = solved(capsys, "tavis-cummings", "N=2", "--fisher", "g", "--fisher", "kappa", "--moment", "ad a")
    assert list(report["fisher"]) == ["g", "kappa"]
    assert set(report["fisher"]["g"]) == {"steady", "rate", "photon_counting", "errors"}
    assert set(report["fisher"]["g"]["errors"]) == {"steady", "rate", "photon_counting"}
    assert report["fisher"]["kappa"]["rate"] is None
    assert "L[a] central" in report["fisher"]["kappa"]["missing"]["rate"]
    assert report["fisher"]["g"]["steady"] == pytest.approx(ps.steady_state(ps.models.tavis_cummings(N=2)).fisher("g").steady, rel=1e-8)
    code, out, _ = run(capsys, "solve", "tavis-cummings", "N=2", "--fisher", "kappa")
    assert code == 0
    assert "Fisher information about kappa\nsteady = " in out
    assert "no rate: " in out


def test_fisher_of_what_is_no_parameter_is_refused_before_the_work(capsys):
    code, _, err = run(capsys, "solve", "central-spin", "N=100000", "--fisher", "h")
    assert code == 1
    assert "no parameter 'h'; it has N, omega" in err


def test_files_have_squeezing_and_fisher_and_are_computed_again(capsys, tmp_path):
    file = tmp_path / "one.nc"
    assert run(capsys, "solve", "central-spin", "N=3", "--squeezing", "--fisher", "g", "-o", file)[0] == 0
    data, state = ps.open_dataset(file), ps.steady_state(ps.models.central_spin(N=3))
    assert float(data["squeezing_wineland"]) == pytest.approx(state.squeezing().wineland, rel=1e-12)
    assert float(data["fisher_steady@g"]) == pytest.approx(state.fisher("g").steady, rel=1e-12)
    again, _ = rerun(data)
    assert float(again["fisher_rate@g"]) == pytest.approx(float(data["fisher_rate@g"]), rel=1e-12)
