"""permsym convert and several outputs of one run: the same content in every format."""

import json
from pathlib import Path

import pytest
from command_line import run

import permsym as ps


def test_there_and_back_is_the_same_to_the_bit(capsys, tmp_path):
    code, out, _ = run(capsys, "convert", "p1-fig3c", "-o", tmp_path / "a.csv", "-o", tmp_path / "a.nc", "--json")
    assert code == 0
    assert json.loads(out) == {"files": [str(tmp_path / "a.csv"), str(tmp_path / "a.nc")]}
    assert run(capsys, "convert", tmp_path / "a.csv", "-o", tmp_path / "b.nc")[0] == 0
    first = ps.open_reference("p1-fig3c")
    first.attrs.pop("digest", None)
    assert ps.open_dataset(tmp_path / "b.nc").identical(first)
    assert run(capsys, "check", tmp_path / "b.nc", tmp_path / "a.csv")[0] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "which file"),
        (["p1-fig3c"], "where should it go"),
        (["none.nc", "-o", "x.nc"], "cannot read 'none.nc'"),
        (["p1-fig3c", "-o", "x.txt"], "cannot tell the format"),
    ],
)
def test_mistakes_are_one_line(capsys, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "convert", *words)
    assert code == 1
    assert says in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_several_outputs_of_a_run_hold_the_same(capsys, tmp_path):
    (tmp_path / "s.toml").write_text('[model]\nname = "central-spin"\n[sweep]\nN = [2]\n[methods]\nmf = true\n')
    words = ["run", tmp_path / "s.toml", "--jobs", 1, "-o", tmp_path / "s.nc", "-o", tmp_path / "s.csv"]
    assert run(capsys, *words)[0] == 0
    assert ps.open_dataset(tmp_path / "s.nc").identical(ps.open_dataset(tmp_path / "s.csv"))
    (tmp_path / "s.csv").unlink()
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "wrote" in out
    assert "are complete" in run(capsys, *words)[1]


def test_files_tell_catalogues_what_they_are():
    data = ps.sweep(ps.models.central_spin, {"N": [2]}, methods=["mf"], command="permsym run s.toml")
    assert data.attrs["Conventions"] == "ACDD-1.3"
    assert data.attrs["title"].startswith("central_spin" if "central_spin" in data.attrs["title"] else "central-spin")
    assert data.attrs["history"].endswith(" permsym run s.toml")
    assert all("units" in variable.attrs for name, variable in data.variables.items() if name != "computed_at")


def test_zenodo_and_citation_agree():
    root = Path(__file__).parents[2]
    about = json.loads((root / ".zenodo.json").read_text())
    cited = (root / "CITATION.cff").read_text()
    for entry in (f"title: {about['title']}", f"version: {about['version']}", f"license: {about['license']}", about["description"]):
        assert entry in cited
    assert {one["identifier"] for one in about["related_identifiers"]} == {
        line.split()[1] for line in cited.splitlines() if line.strip().startswith("doi:")
    }
