"""Locks, files written aside and outputs: nobody else's file is followed, truncated or replaced."""

import os
from pathlib import Path

import numpy as np
import pytest

import permsym as ps
from permsym import dataset
from permsym.cli import main
from permsym.errors import InputError
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.sweeps.store.lock import locked

SWEEP = '[model]\nname = "central-spin"\n[sweep]\nN = [2]\n'


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("precious").write_text("precious")
    Path("sweep.toml").write_text(SWEEP)


@pytest.fixture(scope="module")
def data():
    return ps.sweep("central-spin", {"N": [2]}, moments=1)


def _link():
    Path("x.lock").symlink_to("precious")


def _dangling():
    Path("x.lock").symlink_to("nothing")


def _foreign():
    Path("x.lock").write_text("somebody's notes\n")


def _pipe():
    os.mkfifo("x.lock")


@pytest.mark.parametrize("what", [_link, _dangling, _foreign, _pipe])
def test_what_is_no_lock_is_left_as_it_is(what):
    what()
    with pytest.raises(InputError, match=r"'x.lock' exists and is no lock of permsym; delete it"), locked(Path("x.lock")):
        pass
    assert os.path.lexists("x.lock")
    assert not Path("nothing").exists()
    assert Path("precious").read_text() == "precious"


@pytest.mark.parametrize("content", ["", "12345", "12345\n"])
def test_a_lock_that_was_left_is_taken(content):
    Path("x.lock").write_text(content)
    with locked(Path("x.lock")):
        assert Path("x.lock").read_text() == str(os.getpid())
    assert not Path("x.lock").exists()


def test_a_run_refuses_a_lock_of_others(capsys):
    Path("sweep.nc.store.lock").symlink_to("precious")
    assert main(["run", "sweep.toml", "--jobs", "1"]) == 1
    assert "'sweep.nc.store.lock' exists and is no lock of permsym" in capsys.readouterr().err
    assert Path("precious").read_text() == "precious"


def test_a_checkpoint_follows_no_link_and_leaves_nothing_beside():
    Path("x.npz.part").symlink_to("precious")
    model, iterate = ps.models.central_spin(N=2), np.arange(3.0)
    Checkpoint("x.npz").write(model, iterate, now=True)
    assert Path("precious").read_text() == "precious"
    assert Checkpoint("x.npz").load(model, 3, iterate.dtype).tolist() == [0, 1, 2]
    assert sorted(path.name for path in Path().iterdir()) == ["precious", "sweep.toml", "x.npz", "x.npz.part"]
    Path("real").mkdir()
    Path("y.npz").symlink_to("real/z.npz")
    Checkpoint("y.npz").write(model, iterate, now=True)
    assert Path("y.npz").is_symlink()
    assert [path.name for path in Path("real").iterdir()] == ["z.npz"]


@pytest.mark.parametrize("suffix", [".nc", ".csv"])
def test_an_output_that_is_a_link_is_written_through(data, suffix):
    Path("real").mkdir()
    Path(f"x{suffix}").symlink_to(f"real/y{suffix}")
    for _ in range(2):  # the first one makes the file
        dataset.save(data, f"x{suffix}")
        assert Path(f"x{suffix}").is_symlink()
        beside = ["y.csv.json"] if suffix == ".csv" else []
        assert sorted(path.name for path in Path("real").iterdir()) == [f"y{suffix}", *beside]
    assert ps.open_dataset(f"real/y{suffix}").sizes["N"] == 1
    assert ps.open_dataset(f"x{suffix}").sizes["N"] == 1


def test_links_that_lead_nowhere(data):
    Path("x.nc").symlink_to("no/such/y.nc")
    with pytest.raises(InputError, match="there is no folder"):
        dataset.save(data, "x.nc")
    Path("a.nc").symlink_to("b.nc")
    Path("b.nc").symlink_to("a.nc")
    with pytest.raises(InputError, match="lead in a circle"):
        dataset.save(data, "a.nc")
    Path("p.nc").symlink_to("precious")
    with pytest.raises(InputError, match="was not written by permsym"):
        dataset.save(data, "p.nc")


@pytest.mark.parametrize("name", ["../x.nc", "/x.nc", "a/../../x.nc"])
def test_a_sweep_file_writes_below_the_current_folder(capsys, name):
    Path("sweep.toml").write_text(f'{SWEEP}[output]\nfile = "{name}"\n')
    assert main(["run", "sweep.toml", "--jobs", "1"]) == 1
    assert f"sweep.toml:6: 'file' must stay below the folder of the run, but is {name!r}" in capsys.readouterr().err
