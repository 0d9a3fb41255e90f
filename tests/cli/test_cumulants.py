"""permsym cumulants: the document, exit codes, mistakes."""

import json

import pytest
from command_line import run


def test_document_of_cumulants(capsys):
    code, out, _ = run(capsys, "cumulants", "central-spin", "N=150", "--order", "3", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["order"] == 3
    assert found["derived"]["p0_up"] == pytest.approx(0.299776494124, abs=1e-11)
    assert found["stability"] < 0
    assert found["attractor"] == "fixed point"
    assert found["certificate"]["certified"] is True
    assert found["certificate"]["error_estimate"] < 1e-11
    assert found["moments"]["+0"] == [0, 0]
    assert found["moments"]["+0 -1"][1] == pytest.approx(-found["moments"]["-0 +1"][1])
    assert found["parameters"]["kappa"] == 150 / 16


def test_labels_with_more_satellites_than_there_are_are_left_out(capsys):
    code, out, _ = run(capsys, "cumulants", "central-spin", "N=1", "--order", "4", "--moments", "3", "--json")
    assert code == 0
    assert "z0 z1" in json.loads(out)["moments"]
    assert "z1 z2" not in json.loads(out)["moments"]


@pytest.mark.slow
def test_an_unstable_fixed_point_leaves_with_3(capsys):
    code, out, err = run(capsys, "cumulants", "tavis-cummings", "N=1000", "--order", "5", "--json", "--moment", "ad a")
    found = json.loads(out)
    assert code == 3
    assert found["stability"] > 0
    assert found["stable"] is False
    assert found["attractor"] == "divergence"
    assert "unstable" in err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["cumulants", "central-spin", "N=50"], 1, "which order"),
        (["cumulants", "central-spin", "N=50", "--order", "x"], 1, "whole number"),
        (["cumulants", "central-spin", "N=50", "--order", "0"], 1, "from 1 to 1000"),
        (["cumulants", "central-spin", "N=50", "--order", "2", "--closure", "half"], 1, "full or no-three-spin"),
        (["cumulants", "central-spin", "N=50", "--order", "2", "--counting", "half"], 1, "operators or sites"),
        (["cumulants", "central-spin", "N=50", "--order", "60", "--break-symmetry"], 4, "hours"),
        (["cumulants", "central-spin", "N=50", "--order", "2", "--equations", "html"], 1, "text, latex, python"),
        (["continue", "central-spin", "--order", "2", "--over", "q", "--from", "1", "--to", "2"], 1, "no parameter 'q'"),
        (["continue", "central-spin", "--order", "2", "--over", "N", "--from", "1"], 1, "--to is missing"),
        (["continue", "dicke", "N=3", "g=0.1", "--order", "2", "--over", "levels", "--from", "2", "--to", "5"], 1, "whole number"),
        (["continue", "central-spin", "--order", "2", "--over", "N", "--from", "one", "--to", "2"], 1, "--from must be a number"),
        (["continue", "central-spin", "--order", "2", "--over", "N", "--from", "0", "--to", "9"], 1, "`N` must be >= 1"),
        (["continue", "central-spin", "--order", "2", "--over", "N", "--from", "5", "--to", "9", "N=3"], 1, "both followed and fixed"),
    ],
)
def test_mistakes_are_one_line(capsys, words, code, message):
    found, out, err = run(capsys, *words)
    assert found == code
    (line,) = [line for line in err.splitlines() if not line.startswith("defaults:")]
    assert line.startswith("permsym: ")
    assert message in line
    assert out == ""


def test_equations_in_latex(capsys):
    code, out, _ = run(capsys, "cumulants", "tavis-cummings", "N=10", "--order", "1", "--equations", "latex")
    assert code == 0
    assert r"\partial_t \langle a \rangle" in out
