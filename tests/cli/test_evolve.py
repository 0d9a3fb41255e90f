"""permsym evolve: the document, the file, mistakes."""

import json

import numpy as np
import pytest
from command_line import run

import permsym as ps


def test_command_line(capsys, tmp_path):
    words = ("tavis-cummings", "N=2", "kappa=0.3", "gamma_up=0", "gamma_down=kappa", "g=0.5", "--initial", "fock=1 down")
    code, out, _ = run(capsys, "evolve", *words, "--times", "0:2:4", "--moment", "ad a", "--json", "-o", str(tmp_path / "x.nc"))
    data = json.loads(out)
    assert code == 0
    assert data["times"] == [0, 0.5, 1, 1.5, 2]
    expected = np.exp(-0.3 * np.array(data["times"])) * np.cos(0.5 * np.sqrt(2) * np.array(data["times"])) ** 2
    assert np.allclose(np.array(data["moments"]["ad a"])[:, 0], expected, rtol=0, atol=1e-12)
    assert np.allclose(data["derived"]["photons"], expected, rtol=0, atol=1e-12)
    assert data["certificate"]["certified"]
    assert data["initial"] == "fock=1 down"
    saved = ps.open_dataset(tmp_path / "x.nc")
    assert np.array_equal(saved["time"], data["times"])
    assert np.array_equal(saved["moment_real"].sel(moment="ad a"), np.array(data["moments"]["ad a"])[:, 0])
    code, out, _ = run(capsys, "evolve", *words, "--times", "0:2:2")
    assert code == 0
    assert "certified: error_estimate" in out


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("words", "code", "fragment"),
    [
        (("--times", "0:1"), 1, "must be T0:T1:STEPS"),
        (("--times", "1:0:5"), 1, "0 <= T0 <= T1"),
        (("--times", "0:1:2", "--initial", "upp"), 1, "'upp' is no state"),
        (("--times", "0:1:2", "--tolerance", "small"), 1, "`tolerance` must be"),
        (("--times", "0:1:2", "--basis", "fock"), 1, "no representation 'fock'"),
        (("--times", "0:1:2", "-o", "x.txt"), 1, "cannot tell the format"),
    ],
)
def test_command_line_refuses(capsys, words, code, fragment):
    found, _, err = run(capsys, "evolve", "central-spin", "N=3", *words)
    assert found == code
    assert fragment in err


def test_command_line_flags_a_low_cut_off(capsys):
    code, _, err = run(capsys, "evolve", "driven-tavis-cummings", "N=1", "C=14", "drive=1", "levels=4", "--times", "0:1:1")
    assert code == 3
    assert "take more levels" in err


def test_squeezing_over_time(capsys, tmp_path):
    code, out, _ = run(
        capsys, "evolve", "central-spin", "N=3", "--times", "0:1:2", "--initial", "up up", "--squeezing", "--moment", "z0", "--json"
    )
    report = json.loads(out)
    assert code == 0
    assert report["squeezing"]["wineland"][0] == pytest.approx(1)
    assert len(report["squeezing"]["wineland"]) == len(report["squeezing"]["errors"]["wineland"]) == 3
    expected = ps.evolve(ps.models.central_spin(N=3), [0, 0.5, 1], initial="up up").squeezing()
    assert report["squeezing"]["wineland"] == pytest.approx(expected.wineland.tolist(), abs=1e-10)
    words = ("evolve", "central-spin", "N=3", "--times", "0:1:2", "--initial", "up up", "--squeezing")
    code, out, _ = run(capsys, *words, "-o", tmp_path / "x.nc")
    assert ps.open_dataset(tmp_path / "x.nc")["squeezing_wineland"].values == pytest.approx(expected.wineland, abs=1e-10)
    assert f"{report['squeezing']['wineland'][2]:.12f}" in out


def test_fisher_over_time(capsys):
    words = ("evolve", "central-spin", "N=2", "--times", "0:1:2", "--fisher", "g")
    code, out, _ = run(capsys, *words, "--json")
    report, expected = json.loads(out), ps.fisher(ps.evolve(ps.models.central_spin(N=2), [0, 0.5, 1]), "g")
    assert code == 0
    assert report["fisher"]["g"]["steady"] == pytest.approx(expected.steady.tolist(), rel=1e-9)
    assert len(report["fisher"]["g"]["errors"]["steady"]) == 3
    assert report["fisher"]["g"]["rate"] is None
    assert "Fisher information about g\ntime" in run(capsys, *words)[1]


PULSED = ("driven-tavis-cummings", "N=2", "g=0.5", "eta=0", "levels=8", "--times", "0:2:2", "--moment", "a")


def test_parameters_and_jumps_over_time(capsys, tmp_path):
    """The same numbers as in Python, and what was given in the document, the table and the file."""
    rules = {"eta": "0.2*step(t - 1) - 0.1*g", "L[a]": "exp(-t)"}
    given = [word for name, rule in rules.items() for word in ("--modulate", f"{name} = {rule}")]
    code, out, _ = run(capsys, "evolve", *PULSED, *given, "--json", "-o", str(tmp_path / "x.nc"))
    data = json.loads(out)
    assert code == 0
    assert data["modulate"] == rules
    assert data["solver"]["name"] == "taylor"
    model = ps.models.driven_tavis_cummings(N=2, g=0.5, eta=0, levels=8)
    same = ps.evolve(model, [0, 1, 2], moments=["a"], modulate={"eta": lambda t: 0.2 * (t >= 1) - 0.05, "L[a]": lambda t: np.exp(-t)})
    assert np.allclose(np.array(data["moments"]["a"]) @ [1, 1j], same.moment("a"), rtol=0, atol=1e-11)
    assert abs(same.moment("a")[-1]) > 0.05
    definition = json.loads(ps.open_dataset(tmp_path / "x.nc").attrs["definition"])
    assert definition["modulate"] == rules
    _, out, _ = run(capsys, "evolve", *PULSED, *given)
    assert "\neta = 0.2*step(t - 1) - 0.1*g\nL[a] = exp(-t)\n" in out


@pytest.mark.parametrize(
    ("rule", "fragment"),
    [
        ("eta", "--modulate must be NAME=EXPR"),
        ("=t", "--modulate must be NAME=EXPR"),
        ("etta=t", "did you mean 'eta'?"),
        ("eta=x*t", "'x', which is no parameter here"),
        ("kappa=1-t", "`kappa` must be a rate >= 0"),
        ("L[a]=1-t", "at t = 1"),
        ("N=3", "`N` counts satellites or levels"),
        ("eta=1/(t-t)", "divides by zero"),
        ("eta=1/(t-1)", "the function of `eta` grows without bound near t = 1"),
        ("eta=__import__('os')", "is not an expression permsym evaluates"),
    ],
)
def test_functions_of_time_that_are_none(capsys, rule, fragment):
    code, _, err = run(capsys, "evolve", *PULSED, "--modulate", rule)
    assert code == 1
    assert fragment in err
    assert err.strip().splitlines()[-1].count(fragment) == 1
