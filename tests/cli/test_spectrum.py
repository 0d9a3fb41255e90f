"""permsym spectrum: the document, the file, the line, mistakes."""

import json

import numpy as np
import pytest
from command_line import run

import permsym as ps
from permsym.sweeps.rerun import rerun


def test_a_curve(capsys, tmp_path):
    words = ["central-spin", "N=2", "--frequencies", "0:2:2"]
    code, out, _ = run(capsys, "spectrum", *words, "--json", "-o", str(tmp_path / "x.nc"))
    assert code == 0
    data = json.loads(out)
    assert data["frequencies"] == [0, 1, 2]
    assert np.abs(np.array(data["power"]) - [0.946275491, 1.828564268, 0.946275491]).max() < 1e-9
    assert max(data["errors"]) < 1e-12
    assert data["coherent"] == 0
    assert data["certificate"]["certified"]
    assert (data["of"], data["right"]) == ("+0", "-0")
    saved = ps.open_dataset(tmp_path / "x.nc")
    assert saved["power_spectrum"].dims == ("frequency",)
    assert saved["power_spectrum"].to_numpy().tolist() == data["power"]
    assert saved["power_spectrum_error"].to_numpy().tolist() == data["errors"]
    assert saved["status"].dims == ()
    assert rerun(saved)[1].equal
    code, out, _ = run(capsys, "spectrum", *words)
    assert code == 0
    assert "1.828564268" in out
    assert "coherent part" in out


def test_operators_that_begin_with_a_minus(capsys):
    words = ["tavis-cummings", "N=2", "levels=10", "--of", "+", "--right", "-", "--frequencies", "-1:3:4", "--json"]
    code, out, _ = run(capsys, "spectrum", *words)
    expected = ps.spectrum(ps.models.tavis_cummings(N=2, levels=10), np.linspace(-1, 3, 5), "+", "-").power
    assert code in (0, 3)
    assert np.abs(np.array(json.loads(out)["power"]) - expected).max() < 1e-13


def test_a_line(capsys, tmp_path):
    words = ["central-spin", "N=2", "--linewidth", "--near", "1.9"]
    code, out, _ = run(capsys, "spectrum", *words, "--json")
    assert code == 0
    line = json.loads(out)["linewidth"]
    assert np.abs(np.array(line["eigenvalue"]) - [-0.952933523, 1.650155195]).max() < 1e-9
    assert line["fwhm"] == -2 * line["eigenvalue"][0]
    assert line["error"] < 1e-12
    assert 0 < line["weight"] < 1
    code, out, _ = run(capsys, "spectrum", *words)
    assert code == 0
    assert "1.9058670456" in out
    assert "poles overlap" in out
    assert run(capsys, "spectrum", *words, "-o", str(tmp_path / "x.nc"))[0] == 0
    saved = ps.open_dataset(tmp_path / "x.nc")
    assert (float(saved["linewidth"]), float(saved["linewidth_error"])) == (line["fwhm"], 2 * line["error"])


def test_an_order(capsys, tmp_path):
    """Order 4 is exact with two satellites; its file is compared with the exact one."""
    words = ["central-spin", "N=2", "--frequencies", "0:2:2", "--json", "-o"]
    code, out, err = run(capsys, "spectrum", *words, str(tmp_path / "c4.nc"), "--order", "4")
    assert (code, "fails" in err) == (0, False)
    data = json.loads(out)
    assert (data["order"], data["regression"], data["failures"], data["errors"]) == (4, "operators", {}, [None] * 3)
    assert np.abs(np.array(data["power"]) - [0.946275491, 1.828564268, 0.946275491]).max() < 1e-9
    assert run(capsys, "spectrum", *words, str(tmp_path / "exact.nc"))[0] == 0
    code, out, _ = run(capsys, "compare", str(tmp_path / "exact.nc"), str(tmp_path / "c4.nc"))
    assert code == 0
    assert "power_spectrum  c4        3 " in out
    assert rerun(ps.open_dataset(tmp_path / "c4.nc"))[1].largest < 1e-12
    code, out, _ = run(capsys, "spectrum", *words[:2], "--linewidth", "--near", "1.9", "--order", "4", "--json")
    assert code == 0
    assert np.abs(np.array(json.loads(out)["linewidth"]["eigenvalue"]) - [-0.952933523, 1.650155195]).max() < 1e-9


def test_a_growing_line_leaves_with_3_and_is_marked(capsys, tmp_path):
    words = ["central-spin", "N=1000", "--linewidth", "--order", "3", "--regression", "jacobian", "--json", "-o", str(tmp_path / "x.nc")]
    code, out, err = run(capsys, "spectrum", *words)
    assert code == 3
    assert "the approximation fails here: fluctuations grow with a rate of" in err
    data = json.loads(out)
    assert list(data["failures"]) == ["growing mode"]
    assert not data["certificate"]["certified"]
    saved = ps.open_dataset(tmp_path / "x.nc")
    assert str(saved["status"].values) == "unstable"
    assert float(saved["linewidth"]) == data["linewidth"]["fwhm"]


def test_a_cut_off_that_is_too_low_leaves_with_3(capsys):
    code, out, err = run(capsys, "spectrum", "tavis-cummings", "N=3", "levels=5", "--frequencies", "0:2:2", "--json")
    assert code == 3
    assert not json.loads(out)["certificate"]["certified"]
    assert "more levels" in err


@pytest.mark.parametrize(
    ("words", "code", "fragment"),
    [
        (("--frequencies", "0:1"), 1, "--frequencies must be W0:W1:STEPS"),
        (("--frequencies", "1:0:3"), 1, "W0 <= W1"),
        (("--frequencies", "0:1:1e9"), 1, "take fewer"),
        (("--frequencies", "0:1:2", "--near", "1"), 1, "--near belongs to --linewidth"),
        (("--linewidth", "--regression", "jacobian"), 1, "--regression needs --order M"),
        (("--linewidth", "--order", "3", "--window", "full"), 1, "--window is of exact answers"),
        (("--linewidth", "--order", "3", "--regression", "b"), 1, "the regression must be operators or jacobian"),
        (("--linewidth", "--order", "1"), 1, "order 1 retains nothing"),
        (("--linewidth", "--near", "inf"), 1, "--near must be a finite number"),
        (("--linewidth", "--of", "+0"), 2, "--of and --right go together"),
        (("--frequencies", "0:1:2", "--right", "-0"), 2, "--of and --right go together"),
        (("--linewidth", "--of", "+0", "--right", "+0"), 1, "is zero: no state carries this charge; it has no line"),
        (("--linewidth", "--of", "b", "--right", "a"), 1, "'b' in operator 'b'"),
        ((), 2, "--frequencies --linewidth is required"),
    ],
)
def test_mistakes(capsys, words, code, fragment):
    mine, out, err = run(capsys, "spectrum", "central-spin", "N=3", *words)
    assert (mine, out) == (code, "")
    assert fragment in err


def test_what_is_zero_by_charge_says_why(capsys):
    words = ("spectrum", "central-spin", "N=2", "--of", "+0", "--right", "+0", "--frequencies", "0:1:2")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert out.startswith("zero: no state carries this charge")
    data = json.loads(run(capsys, *words, "--json")[1])
    assert data["note"] == "zero: no state carries this charge"
    assert data["power"] == data["errors"] == [0, 0, 0]
