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


def test_info_prints_the_equation(capsys):
    lines = ["H = 0.5 [z0] + 0.5 [z] + 0.75 [+0 -] + 0.75 [-0 +]", "+ 1 L[-0] central", "+ 1.5 L[+] individual", "+ 0.5 L[-] individual"]
    out = run(capsys, "info", "central-spin", "N=16")[1]
    assert out.splitlines()[:4] == lines
    assert json.loads(run(capsys, "info", "central-spin", "N=16", "--json")[1])["equation"] == lines


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
