"""permsym info: what a solution will need."""

import json

import pytest
from command_line import run, solved


def test_info(capsys):
    code, out, _ = run(capsys, "info", "central-spin", "N=150", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["dimension"] == 22952
    assert report["charges"] == [[1, 1]]
    assert report["terms"][2::2] == ["H[+0 -]", "L[-0] central", "L[-] individual"]
    assert 5e7 < report["memory_bytes"] < 3e8


@pytest.mark.slow
def test_info_reckons_with_displaced_fock_states(capsys):
    words = ["driven-tavis-cummings", "N=4", "C=4", "drive=1"]
    code, out, _ = run(capsys, "info", *words, "--json")
    assert code == 0
    needed = solved(capsys, *words, "--moments", "1")["parameters"]["levels"]
    assert needed / 2 < json.loads(out)["levels"] <= needed


def test_what_is_conserved_is_said(capsys):
    words = "modulo 2: ad a + up of A, ket minus bra"
    code, out, _ = run(capsys, "info", "dicke", "N=3", "levels=4", "--json")
    assert code == 0
    assert json.loads(out)["symmetry"] == [words]
    assert words in run(capsys, "info", "dicke", "N=3", "levels=4")[1]
