"""permsym compare: reports in every format, and mistakes."""

import json
from pathlib import Path

import pytest

import permsym as ps
from permsym import dataset
from permsym.cli import main


@pytest.mark.slow
def test_picture_and_single_points(tmp_path, capsys):
    dataset.save(ps.sweep("central-spin", {}, N=4, methods=("exact", "mf")), tmp_path / "p.nc")
    assert main(["compare", str(tmp_path / "p.nc"), str(tmp_path / "p.nc"), "-o", str(tmp_path / "p.png")]) == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert "methods mf" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["compare"], "compare what"),
        (["compare", "p1-fig3b", "nosuch.csv"], "there is no file 'nosuch.csv'"),
        (["compare", "p1-fig3b", "p1-fig3a", "-o", "x.jpg"], "end its name with .html or .csv or .png or .pdf or .svg"),
        (["compare", "p1-fig3b", "p1-fig3b", "--within", "much"], "--within must be a finite number"),
        (["compare", "p1-fig3b", "p1-fig3b", "--within", "-1"], "--within must not be negative"),
    ],
)
def test_mistakes_on_the_command_line(capsys, words, fragment):
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert fragment in err
    assert len(err.splitlines()) == 1


def test_verdicts_for_programs(tmp_path, capsys, monkeypatch):
    """A planted two per cent, in one of two files, is within three and not within one; exit codes say so."""
    monkeypatch.chdir(tmp_path)
    exact = {2: 0.6, 3: 0.5, 4: 0.45}
    write_csv("exact.csv", "exact", exact)
    write_csv("good.csv", "c2", {n: 1.001 * value for n, value in exact.items()})
    write_csv("off.csv", "c2", exact | {3: 1.02 * exact[3]})
    assert main(["compare", "exact.csv", "good.csv", "off.csv", "--within", "0.03", "--json"]) == 0
    assert main(["compare", "exact.csv", "good.csv", "--within", "0.01"]) == 0
    capsys.readouterr()
    assert main(["compare", "exact.csv", "good.csv", "off.csv", "--within", "0.01", "--json"]) == 3
    pairs = {pair["approach"]: pair for pair in json.loads(capsys.readouterr().out)["pairs"]}
    assert set(pairs) == {"c2 of good.csv", "c2 of off.csv"}
    assert pairs["c2 of off.csv"]["within"] is False
    assert pairs["c2 of off.csv"]["worst"] == pytest.approx(0.02, rel=1e-6)
    assert pairs["c2 of off.csv"]["where"] == {"N": 3.0}
    assert pairs["c2 of off.csv"]["median"] == pytest.approx(0.0, abs=1e-12)
    assert main(["compare", "exact.csv", "off.csv", "--within", "0.01"]) == 3
    assert "p0_up of c2: 0.02 at N=3" in capsys.readouterr().out


def test_files_stand_before_the_references_own_approximations(tmp_path, monkeypatch, capsys):
    """The reference has c2 and c3 itself; one file brings another c2, another file another c3."""
    monkeypatch.chdir(tmp_path)
    exact = {2: 0.6, 3: 0.5}
    rows = "".join(
        f"{n},{name},{value + off!r}\n" for name, off in (("exact", 0), ("c2", 1e-3), ("c3", 1e-3)) for n, value in exact.items()
    )
    Path("reference.csv").write_text("N,approach,p0_up\n" + rows)
    write_csv("a.csv", "c2", {n: value + 0.2 for n, value in exact.items()})
    write_csv("b.csv", "c3", {n: value + 0.1 for n, value in exact.items()})
    assert main(["compare", "reference.csv", "a.csv", "b.csv", "--within", "0.01", "--json"]) == 3
    pairs = {pair["approach"]: pair["worst"] for pair in json.loads(capsys.readouterr().out)["pairs"]}
    assert pairs == {"c2": pytest.approx(0.4), "c3": pytest.approx(0.2)}
    Path("other").mkdir()
    write_csv("other/a.csv", "c2", exact)
    assert main(["compare", "reference.csv", "a.csv", "other/a.csv"]) == 1
    assert "files of one name" in capsys.readouterr().err


def write_csv(name, approach, values):
    rows = "".join(f"{n},{approach},{value!r}\n" for n, value in values.items())
    (Path(name)).write_text("N,approach,p0_up\n" + rows)
