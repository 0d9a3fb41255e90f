"""permsym compare: reports in every format, and mistakes."""

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
        (["compare", "p1-fig3b", "p1-fig3a", "-o", "x.pdf"], "end its name with .html or .png or .csv"),
    ],
)
def test_mistakes_on_the_command_line(capsys, words, fragment):
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert fragment in err
    assert len(err.splitlines()) == 1
