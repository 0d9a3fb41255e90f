"""permsym boundary: the document and mistakes."""

import json

import pytest

from permsym.cli import main
from permsym.driven_cavity.boundary import boundary
from permsym.driven_cavity.families import HomogeneousFamily


def test_command(capsys):
    assert main(["boundary", "driven-tavis-cummings", "C=14", "drive=0.95", "--json"]) == 0
    direct = boundary(lambda: HomogeneousFamily({"C": 14, "drive": 0.95, "kappa": 2.0, "gamma_h": 1.0}))  # rates share one unit
    document = json.loads(capsys.readouterr().out)
    assert document["N_sc"] == pytest.approx(direct.N_sc)
    assert set(document["deviations"]) == {"1-2", "2-3", "1-3"}
    assert max(document["deviations"].values()) == pytest.approx(0.01, rel=1e-7)
    assert main(["boundary", "--threshold", "0.1", "driven-tavis-cummings", "C=14", "drive=0.95"]) == 0
    assert float(capsys.readouterr().out.split()[1]) < 100


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["central-spin", "N=3"], 1, "the boundary is defined for driven-tavis-cummings, but the model is 'central-spin'"),
        ([], 1, "the boundary is defined for driven-tavis-cummings, but the model is not given"),
        (["driven-tavis-cummings", "C=14", "drive=1.05", "--threshold", "x"], 1, "`threshold` must be a positive number"),
        (["driven-tavis-cummings", "C=14"], 1, "needs `eta` or `drive`"),
        (["driven-tavis-cummings", "C=14", "drive=0.9", "kapa=1"], 1, "did you mean 'kappa'?"),
        (["driven-tavis-cummings", "C=14", "drive=0.995", "--threshold", "0.5"], 3, "not certified: the branch ends at N ="),
    ],
)
def test_command_refuses_on_one_line(words, code, message, capsys):
    assert main(["boundary", *words]) == code
    err = capsys.readouterr().err.splitlines()
    assert message in err[-1]
    assert err[-1].startswith("permsym: ")
