"""permsym run and permsym rerun in this process: the dry run, and mistakes."""

import pytest

from permsym.cli import main


def written(folder, text):
    path = folder / "sweep.toml"
    path.write_text(text)
    return path


def test_dry_run_says_what_it_would_take(tmp_path, capsys):
    text = '[model]\nname = "central-spin"\n[sweep]\nN = [10, 150]\n[methods]\nexact = true\nmf = true\n'
    assert main(["run", str(written(tmp_path, text)), "--dry-run", "-o", str(tmp_path / "x.nc")]) == 0
    out = capsys.readouterr().out
    for fragment in ("4 in all", "22,952", "mf", "MB", "are free"):
        assert fragment in out
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.toml"]


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["run"], "which sweep"),
        (["run", "nosuch.toml"], "cannot read the sweep file"),
        (["run", "GOOD", "--jobs", "0"], "--jobs must be"),
        (["run", "GOOD", "--jobs", "two"], "--jobs must be"),
        (["run", "GOOD", "-o", "x.txt"], "end its name with"),
        (["run", "GOOD", "-o", "no/such/x.nc"], "no folder"),
        (["run", "GOOD", "--jobs", "1", "--scheduler", "tcp://127.0.0.1:1"], "not both"),
        (["rerun"], "which file"),
        (["rerun", "nosuch.nc"], "cannot read"),
    ],
)
def test_mistakes_on_the_command_line(tmp_path, capsys, words, fragment):
    path = str(written(tmp_path, '[model]\nname = "central-spin"\n[sweep]\nN = [2]\n'))
    assert main([path if word == "GOOD" else word for word in words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert fragment in err
