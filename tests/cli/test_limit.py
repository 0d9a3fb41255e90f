"""permsym limit: the document, the table, mistakes."""

import json

import pytest
from command_line import run

import permsym as ps

FREE = ("central-spin", "g=0", "kappa=0.5", "kappa_up=0.25", "gamma_up=1.5", "gamma_down=0.5")


def test_document(capsys):
    """Without a coupling the moments are the same for every N, and series end with their first coefficient."""
    code, out, _ = run(capsys, "limit", *FREE, "--over", "N", "--method", "c2", "--moment", "z0", "z1 z2", "--json")
    moments = json.loads(out)["moments"]
    assert code == 0
    for label, value in (("z0", (0.25 - 0.5) / 0.75), ("z1 z2", 0.5**2)):
        entry = moments[label]
        assert entry["limit"] == pytest.approx(value, abs=1e-12)
        assert len(entry["powers"]) == len(entry["coefficients"]) == len(entry["errors"])
        assert entry["powers"][0] == 0
        assert entry["coefficients"][0] == entry["limit"]
        assert abs(entry["limit"] - value) <= entry["errors"][0]


@pytest.mark.slow
def test_it_is_the_limit_of_python(capsys):
    words = ("central-spin", "kappa=N/16", "--method", "c2")
    code, out, _ = run(capsys, "limit", *words, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["parameters"]["kappa"] == "N/16"
    assert "N" not in report["parameters"]
    assert set(report["moments"]) == {"z1", "z0", "+1 -2", "z1 z2", "z0 z1", "+0 -1", "-0 +1"}  # the others vanish by symmetry
    same = ps.limit("central-spin", "+1 -2", method="c2", kappa="N/16")
    assert report["moments"]["+1 -2"]["coefficients"] == list(same.coefficients)
    assert report["moments"]["+1 -2"]["powers"][1] == same.power
    code, out, _ = run(capsys, "limit", *words, "--moment", "+1 -2")
    assert code == 0
    assert out.startswith("+1 -2 -> ")


def test_a_moment_that_grows_is_not_reliable(capsys):
    code, out, err = run(capsys, "limit", "tavis-cummings", "--method", "mf", "--moment", "ad a", "--json")
    assert code == 3
    assert json.loads(out)["moments"]["ad a"]["reliable"] is False
    assert "not reliable" in err


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("central-spin", "N=10"), "N goes to infinity"),
        (("central-spin", "--over", "g"), "over the number of satellites"),
        (("central-spin", "--moment", "zz"), "zz"),
        ((), "which model?"),
    ],
)
def test_mistakes(capsys, words, fragment):
    code, _, err = run(capsys, "limit", *words)
    assert code == 1
    assert fragment in err
