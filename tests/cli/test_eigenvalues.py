"""permsym eigenvalues: the document, charges, mistakes."""

import json

import numpy as np
import pytest
from command_line import run

import permsym as ps


def document(capsys, *words):
    code, out, _ = run(capsys, "eigenvalues", *words, "--json")
    assert code == 0
    return json.loads(out)


def test_command_line(capsys):
    line = document(capsys, "central-spin", "N=2", "--charge", "-1", "--near", "1", "--count", "2")
    assert np.abs(np.sort(np.array(line["eigenvalues"])[:, 1]) - [0.349844805, 1.650155195]).max() < 1e-9
    assert max(line["errors"]) < 1e-13
    neutral = ps.eigenvalues(ps.models.central_spin(N=2))
    assert line["gap"] == pytest.approx(neutral.gap, abs=1e-12)
    assert line["searched"] == str(neutral.searched)
    code, out, _ = run(capsys, "eigenvalues", "central-spin", "N=2", "--near", "-1")
    assert code == 0
    assert f"gap {neutral.gap:.9g}" in out


def test_a_charge_for_each_symmetry(capsys):
    """Uncoupled sites: the centre at i omega, a satellite at i epsilon."""
    words = ["central-spin", "N=3", "g=0", "omega=1.7", "epsilon=0.4", "kappa=0.3", "gamma_up=1", "gamma_down=0.5"]
    charges = ps.models.central_spin(N=3, g=0, omega=1.7, epsilon=0.4, kappa=0.3, gamma_up=1.0, gamma_down=0.5).charges
    centre = ",".join("-1" if weights == (1, 0) else "0" for weights in charges)
    satellite = ",".join("0" if weights == (1, 0) else "-1" for weights in charges)
    assert document(capsys, *words, "--charge", centre, "--count", "1")["eigenvalues"][0] == pytest.approx([-0.15, 1.7])
    assert document(capsys, *words, "--charge", satellite, "--count", "1")["eigenvalues"][0] == pytest.approx([-0.75, 0.4])


def test_the_gap_of_a_large_sector_is_not_searched_for_unasked(capsys, monkeypatch):
    monkeypatch.setattr("permsym.cli.in_time.eigenvalues._SEARCHED", 10)
    line = document(capsys, "central-spin", "N=3", "--charge", "-1")
    assert line["gap"] is None
    assert "--charge 0" in line["searched"]


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("--count", "2.5"), "--count must be a whole number"),
        (("--charge", "one"), "--charge must be a whole number"),
        (("--charge", "-1,0"), "`charge` must have 1 entries"),
        (("--near", "inf"), "--near must be a finite number"),
    ],
)
def test_mistakes(capsys, words, fragment):
    code, out, err = run(capsys, "eigenvalues", "central-spin", "N=3", *words)
    assert (code, out) == (1, "")
    assert fragment in err
