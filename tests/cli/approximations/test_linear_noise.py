"""permsym linear-noise: the document, exit codes, and no moments where it does not apply."""

import json

import pytest
from command_line import run


def test_document_of_linear_noise(capsys):
    code, out, err = run(capsys, "linear-noise", "tavis-cummings", "N=200", "--json")
    report = json.loads(out)
    assert code == 0
    assert "defaults:" in err
    assert report["moments"]["ad a"] == [pytest.approx(16.9802, abs=5e-5), 0]
    assert report["moments"]["+1"] == [0, 0]
    assert report["derived"]["photons"] == report["moments"]["ad a"][0]
    assert report["fwhm"] == pytest.approx(0.012021, abs=1e-6)
    assert report["diagnosis"]["applicable"] is True
    assert report["diagnosis"]["stable_states"] == 1
    assert report["diagnosis"]["relative_variance"] == pytest.approx(0.152, abs=5e-4)
    assert report["stability"] < 0
    assert {"model", "parameters", "defaults", "timings", "versions"} < set(report)


def test_what_does_not_apply_leaves_with_3_and_has_no_moments(capsys):
    code, out, err = run(capsys, "linear-noise", "tavis-cummings", "N=10", "--json")
    report = json.loads(out)
    assert code == 3
    assert not {"moments", "derived", "fwhm"} & set(report)
    assert report["diagnosis"]["applicable"] is False
    assert "relative variance" in report["diagnosis"]["reasons"][0]
    assert err.count("linear noise is not applicable") == 1
    code, out, err = run(capsys, "linear-noise", "central-spin", "N=1")
    assert code == 3
    assert "NOT APPLICABLE" in out
    assert err.count("linear noise is not applicable: ensemble 'A' has a single satellite") == 1


def test_table_of_linear_noise(capsys):
    code, out, _ = run(capsys, "linear-noise", "central-spin", "N=1000", "--moment", "z0", "+1 -2")
    assert code == 0
    assert "z0      -0.113906923\n+1 -2   +0.00653531228\n" in out
    assert "fwhm = 0.385" in out


def test_moments_of_higher_order(capsys):
    code, out, _ = run(capsys, "linear-noise", "tavis-cummings", "N=200", "--moments", "4", "--json")
    assert code == 0
    assert [label for label in json.loads(out)["moments"] if len(label.split()) > 2] == ["ad ad a a"]
    code, out, err = run(capsys, "linear-noise", "tavis-cummings", "N=200", "--moment", "ad a z1")
    assert (code, out) == (1, "")
    assert "linear noise has moments of up to two operators" in err
