"""permsym status: while a run goes on, after it, and from the file alone; nothing is changed by looking."""

import hashlib
import json
import os
import re
import signal
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from sweep_processes import finish, permsym, start, until, write

import permsym as ps

FAILING = """
[model]
name = "central-spin"
kappa = 0
gamma_up = 0
gamma_down = 0
[sweep]
N = [2, 4]
[methods]
exact = true
mf = true
cumulants = [2]
[moments]
labels = ["+1 -2 z3", "+0 -1 z2"]
"""


@pytest.fixture
def here(monkeypatch, capsys, tmp_path):
    """``permsym WORDS`` in the test's folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: run(capsys, *words)


def state(folder):
    """Everything about the files that looking must not change."""
    files = [path for path in Path(folder).iterdir() if path.is_file()]
    return {path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.serial
def test_while_a_run_goes_on_and_after_it(here, tmp_path):
    sweep = write(tmp_path, points=40, N=12, order=3)
    running = start(tmp_path, "run", sweep, "--jobs", "1")

    def done():
        code, out, _ = here("status", "sweep.toml", "--json")
        return json.loads(out)["done"] if code == 0 else 0  # there is no store yet, or only its beginning

    until(lambda: done() > 5, pause=0.1)
    os.kill(running.pid, signal.SIGSTOP)  # so that what looking changes would be seen
    try:
        before = state(tmp_path)
        code, out, err = here("status", "sweep.toml")
        _, document, _ = here("status", "sweep.nc", "--json")
        assert state(tmp_path) == before
    finally:
        os.kill(running.pid, signal.SIGCONT)
    said = json.loads(document)
    assert (code, err) == (0, "")
    assert 5 < said["done"] < 40
    assert said["done"] + said["left"] == 40
    assert f"{said['done']} of 40 points\nrunning (process {running.pid})" in out
    assert said["running"] is True
    assert said["rate"] > 0
    assert said["seconds_left"] == pytest.approx(said["left"] / said["rate"])  # from the output alone
    assert re.search(r"points a (second|minute), about \S+ (s|min) left", out)
    code, out, err = finish(running)
    assert code == 0, err
    assert "40 points: 40 certified (0 from the store, 40 computed)" in out
    said = json.loads(here("status", "sweep.toml", "--json")[1])
    assert (said["done"], said["left"], said["seconds_left"], said["running"], said["failed"]) == (40, 0, 0, False, {})


@pytest.mark.serial
def test_a_run_that_was_killed_is_not_said_to_run(here, tmp_path):
    sweep = write(tmp_path, points=200, N=14, order=3)
    running = start(tmp_path, "run", sweep, "--jobs", "1")

    def planned():
        code, out, _ = here("status", "sweep.nc", "--json")
        return code == 0 and json.loads(out)["left"] is not None

    until(planned, pause=0.1)
    running.kill()
    running.communicate()
    code, out, _ = here("status", "sweep.nc")
    assert code == 0
    assert "no run is at work; `permsym run` with the same words computes the other" in out


@pytest.mark.slow
def test_what_fell_short_is_grouped_with_its_points(here, tmp_path):
    (tmp_path / "x.toml").write_text(FAILING)
    code, out, err = here("run", "x.toml", "--jobs", "1")
    assert code == 3
    assert "6 points: 2 no-fixed-point, 2 beyond-order, 2 failed (0 from the store, 6 computed)" in out
    groups = err.splitlines()[-6:]
    assert groups[0].startswith("2 failed (exact): the steady state is not unique")
    assert groups[2].startswith("2 no-fixed-point (mf): mean field has no attractor")
    assert groups[4].startswith("2 beyond-order (c2): order 2 has none of the moments")
    assert groups[1] == groups[3] == groups[5] == "    at N=2, N=4"
    for words in (("x.toml",), ("x.nc",), ("x.toml", "x.nc"), ("x.nc.store",)):
        assert here("status", *words)[1].splitlines()[-6:] == groups
    from_store = json.loads(here("status", "x.nc", "--json")[1])
    assert set(from_store) >= {"done", "left", "failed", "rate", "seconds_left", "versions"}
    assert [point["N"] for point in from_store["failed"]["no-fixed-point"]] == [2, 4]
    (tmp_path / "x.nc.store").unlink()  # it may be deleted once the output is there
    from_file = json.loads(here("status", "x.nc", "--json")[1])
    assert from_file["failed"] == from_store["failed"]
    assert (from_file["done"], from_file["left"]) == (6, 0)


@pytest.mark.slow
def test_a_dataset_of_what_is_done_so_far(here, tmp_path):
    sweep, text = tmp_path / "x.toml", '[model]\nname = "central-spin"\n[sweep]\nN = [2, 4]\n[methods]\nexact = true\nmf = true\n'
    sweep.write_text(text.replace("[2, 4]", "[4]"))
    here("run", "x.toml", "--jobs", "1")
    Path("x.nc").rename("first.nc")
    sweep.write_text(text)
    code, out, err = here("status", "x.toml", "-o", "partial.nc")
    assert (code, err) == (0, "")
    assert "2 of 4 points" in out
    assert out.splitlines()[-1] == "wrote partial.nc"
    partial, first = ps.open_dataset("partial.nc"), ps.open_dataset("first.nc")
    assert partial["status"].sel(N=4).identical(first["status"].sel(N=4))
    assert partial["status"].sel(N=2).values.tolist() == ["", ""]
    exact = partial["moment_real"].sel(approach="exact", moment="z1 z2")
    assert exact.sel(N=4) == first["moment_real"].sel(approach="exact", moment="z1 z2", N=4)
    assert np.isnan(exact.sel(N=2))
    assert here("compare", "partial.nc", "partial.nc")[0] == 0
    said = json.loads(here("status", "partial.nc", "--json")[1])
    assert (said["done"], said["left"]) == (2, 2)


@pytest.mark.slow
def test_outputs_of_an_earlier_layout_are_written_again(here, tmp_path, monkeypatch):
    older = Path(__file__).parents[1] / "dataset" / "older"
    write(tmp_path, points=2, N=3)
    with monkeypatch.context() as then:
        then.setattr("permsym.sweeps.definition.LAYOUT", 1)
        here("run", "sweep.toml", "--jobs", "1")
        assert here("run", "sweep.toml", "--jobs", "1")[1].splitlines()[-1] == "sweep.nc is complete"
    code, out, _ = here("run", "sweep.toml", "--jobs", "1")
    assert (code, out.splitlines()) == (0, ["2 points: 2 certified (2 from the store, 0 computed)", "wrote sweep.nc"])
    Path("sweep.nc").write_bytes((older / "older.nc").read_bytes())
    assert here("run", "sweep.toml", "--jobs", "1")[1].splitlines()[-1] == "wrote sweep.nc"
    assert ps.open_dataset("sweep.nc")["status"].values.tolist() == ["ok", "ok"]


def test_damage_is_said_and_a_lock_that_leads_elsewhere_is_not_read(here, tmp_path):
    write(tmp_path, points=3, N=3)
    here("run", "sweep.toml", "--jobs", "1")
    store = tmp_path / "sweep.nc.store"
    lines = store.read_bytes().splitlines(keepends=True)
    last = next(k for k in reversed(range(len(lines))) if lines[k].startswith(b'["point"'))
    lines[last] = lines[last].replace(b'"', b"'", 1)
    store.write_bytes(b"".join(lines))
    (tmp_path / "sweep.nc.store.lock").symlink_to("/dev/zero")  # which never ends
    before = state(tmp_path)
    code, out, _ = here("status", "sweep.toml")
    assert (code, state(tmp_path)) == (0, before)
    assert "2 of 3 points" in out
    assert "1 lines of the store are damaged" in out
    assert json.loads(here("status", "sweep.nc", "--json")[1])["damaged"] == 1


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        ((), "which run?"),
        (("a.toml", "b.toml"), "which run?"),
        (("sweep.toml",), "no run has begun here"),
        (("nosuch.toml",), "cannot read the sweep file"),
        (("nosuch.nc",), "no run has begun here"),
        (("sweep.toml", "-o", "sweep.nc"), "what the run itself writes"),
        (("nosuch.nc", "-o", "x.nc"), "needs the sweep file"),
        (("sweep.toml", "-o", "x.txt"), "end its name with"),
        (("folder.nc",), "folder.nc"),
        (("text.nc",), "text.nc.store"),
    ],
)
def test_mistakes_are_one_line(here, tmp_path, words, fragment):
    write(tmp_path, points=2, N=3)
    (tmp_path / "folder.nc").mkdir()
    (tmp_path / "text.nc.store").write_text("a text")
    code, out, err = here("status", *words)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert fragment in err


@pytest.mark.slow
@pytest.mark.serial
def test_it_reads_a_store_that_is_being_written(tmp_path, here):
    """As often as possible while a run writes: always a count between the ones before and after, never an error."""
    sweep = write(tmp_path, points=80, N=6)
    running = start(tmp_path, "run", sweep, "--jobs", "1")
    until((tmp_path / "sweep.nc.store").exists)
    until(lambda: here("status", "sweep.toml")[0] == 0)
    counts = []
    while running.poll() is None:
        code, out, err = here("status", "sweep.toml", "--json")
        assert (code, err) == (0, "")
        counts.append(json.loads(out)["done"])
    assert finish(running)[0] == 0
    assert len(counts) > 3
    assert counts == sorted(counts)
    assert permsym(tmp_path, "status", "sweep.toml")[1].startswith("sweep.nc: [##############################] 80 of 80 points\n")
