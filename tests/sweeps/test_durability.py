"""What can happen to a run overnight, done to real processes: killed, interrupted, limited, two at once.

The slow ones do more of what test_attack.py and workers/test_crew.py do in the fast suite.
"""

import os
import random
import resource
import signal
import time
from pathlib import Path

import pytest
from sweep_processes import alive, children, finish, permsym, start, stored, until, values, write

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"),
]


def until_some_are_stored(folder, more=60_000):
    """Wait for the store to grow by a few points, of 4,100 bytes."""
    store = Path(folder) / "sweep.nc.store"
    before = store.stat().st_size if store.exists() else 0
    until(lambda: store.exists() and store.stat().st_size > before + more)


@pytest.mark.slow
def test_killed_again_and_again(tmp_path, expected, here):
    sweep = write(tmp_path, points=60, N=8, order=3)
    moments = random.Random(1)
    before = {}
    for _ in range(3):
        running = start(tmp_path, "run", sweep, "--jobs", "2")
        until_some_are_stored(tmp_path, moments.randrange(10_000, 60_000))
        time.sleep(moments.uniform(0, 0.05))
        running.kill()
        running.communicate()
        assert running.returncode == -signal.SIGKILL
        now = stored(tmp_path)
        for key, result in before.items():
            assert now[key].point.computed_at == result.point.computed_at  # neither lost nor computed twice
        assert len(now) > len(before)
        before = now
        assert {path.name for path in tmp_path.iterdir()} == {"sweep.toml", "sweep.nc.store"}  # and no log beside it
    code, out, err = here("run", sweep)
    assert code == 0, err
    assert f"({len(before)} from the store, {60 - len(before)} computed)" in out
    assert values(tmp_path) == expected
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.toml", "sweep.nc", "sweep.nc.store"}


def test_workers_end_with_their_parent(tmp_path):
    sweep = write(tmp_path, points=1, N=600)
    sweep.write_text(sweep.read_text() + '[methods]\nexact = {window = "full"}\n')
    running = start(tmp_path, "run", sweep, "--jobs", "1")
    until(lambda: len(children(running)) == 1)
    (worker,) = children(running)
    until(lambda: seconds(worker) > 1.5)  # in the middle of a point that takes many seconds
    running.kill()
    running.wait()  # not for the pipes, which the worker holds
    until(lambda: not alive(worker), 3)
    running.communicate()


def seconds(process):
    """CPU time."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
def test_a_killed_worker_is_replaced(tmp_path, expected):
    running = start(tmp_path, "run", write(tmp_path, points=60, N=8, order=3), "--jobs", "2")
    until_some_are_stored(tmp_path)
    os.kill(children(running)[0], signal.SIGKILL)
    code, out, err = finish(running)
    assert code == 0, err
    assert "60 certified (0 from the store, 60 computed)" in out
    assert values(tmp_path) == expected


def test_interrupted_it_says_what_is_safe_and_goes_on(tmp_path, expected, here):
    sweep = write(tmp_path, points=60, N=8, order=3)
    running = start(tmp_path, "run", sweep, "--jobs", "2")
    until_some_are_stored(tmp_path)
    workers = children(running)
    assert workers
    running.send_signal(signal.SIGINT)
    found, out, err = finish(running)
    assert (found, out) == (130, "")
    assert "points are in the store; the same command goes on from there" in err
    assert "Traceback" not in err
    assert not any(map(alive, workers))
    assert not (tmp_path / "sweep.nc").exists()
    safe = len(stored(tmp_path))
    assert 0 < safe < 60
    code, out, _ = here("run", sweep)
    assert code == 0
    assert f"({safe} from the store" in out
    assert values(tmp_path) == expected


@pytest.mark.slow
def test_two_runs_on_one_output(tmp_path, expected, here):
    sweep = write(tmp_path, points=60, N=8, order=3)
    first = start(tmp_path, "run", sweep, "--jobs", "1")
    until((tmp_path / "sweep.nc.store.lock").exists)
    until(lambda: (tmp_path / "sweep.nc.store.lock").read_text() == str(first.pid))
    code, out, err = here("run", sweep, "--fresh")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert f"another run (process {first.pid}) is working on 'sweep.nc.store'" in err
    assert finish(first)[0] == 0
    assert values(tmp_path) == expected


@pytest.mark.slow
def test_a_file_size_limit(tmp_path, expected, here):
    sweep = write(tmp_path, points=60, N=8, order=3)
    limit = 150_000
    code, out, err = permsym(
        tmp_path, "run", sweep, "--jobs", "1", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    assert (code, out) == (1, ""), err
    assert "Traceback" not in err
    assert "cannot store a point" in err.splitlines()[-1]
    safe = len(stored(tmp_path))
    assert 0 < safe < 60
    code, out, _ = here("run", sweep)
    assert code == 0
    assert f"({safe} from the store" in out
    assert values(tmp_path) == expected
