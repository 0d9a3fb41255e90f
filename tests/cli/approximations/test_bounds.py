"""permsym bounds: the document, the certificate, permsym check, bad input."""

import json

import pytest
from command_line import run

ASK = ("bounds", "central-spin", "N=6", "--degree", "1.5")


def test_document(capsys):
    code, out, err = run(capsys, *ASK, "--moment", "z0", "+1 -2", "-0", "--json")
    report = json.loads(out)
    assert code == 0
    assert "defaults:" in err
    assert "kappa = N/16 is 0.375" in err
    assert list(report["bounds"]) == ["z0", "+1 -2", "-0"]
    assert report["bounds"]["z0"]["lower"] < 0.2896 < report["bounds"]["z0"]["upper"]
    assert report["bounds"]["-0"] | {"notes": []} == {"lower": 0, "upper": 0, "proved": True, "notes": []}
    assert report["degree"] == 1.5
    assert report["free"] == 4


def test_certificate_is_written_checked_and_refused_when_damaged(capsys, tmp_path):
    file = tmp_path / "bounds.json"
    assert run(capsys, *ASK, "--moment", "p0_up", "p_up", "-o", str(file))[0] == 0
    code, out, _ = run(capsys, "check", str(file))
    assert code == 0
    assert "proved for central-spin, N=6" in out
    assert out.count("p_up") == 1
    document = json.loads(file.read_text())
    document["results"]["p_up"]["upper"]["bound"] = "0x1/0x2"
    file.write_text(json.dumps(document))
    code, out, _ = run(capsys, "check", str(file))
    assert code == 1
    assert "p_up, upper" in out
    for wrong in ({"format": "permsym bounds 1", "model": document["model"]}, {"format": "other"}, [], {**document, "blocks": 3}):
        file.write_text(json.dumps(wrong))
        code, out, _ = run(capsys, "check", str(file))
        assert code == 1
        assert "certificate" in out or "format" in out


def test_table_and_rising_degree(capsys):
    code, out, _ = run(capsys, "bounds", "central-spin", "N=4", "--width", "0.3")
    assert code == 0
    assert "p0_up" in out
    assert "proved lower" in out


def test_a_file_of_something_else_is_not_overwritten(capsys, tmp_path):
    file = tmp_path / "other.json"
    file.write_text("{}")
    code, _, err = run(capsys, *ASK, "-o", str(file))
    assert code == 1
    assert "exists and is no certificate" in err
    assert file.read_text() == "{}"
    assert run(capsys, *ASK, "-o", str(tmp_path / "no" / "b.json"))[0] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--degree", "x"], "whole or half number"),
        (["--degree", "2", "--width", "0.1"], "leave out --degree"),
        (["--gap", "-1"], "gap"),
        (["-o", "x.nc"], "FILE.json"),
        (["--moment", "z0 z1 z2 z3", "--degree", "1"], "needs degree 1.5"),
    ],
)
def test_bad_input(capsys, words, says):
    code, _, err = run(capsys, "bounds", "central-spin", "N=4", *words)
    assert code == 1
    assert says in err
    assert "Traceback" not in err
