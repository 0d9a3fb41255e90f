"""What can happen to a run overnight, done to real processes: killed, interrupted, a full disk, a damaged store, two at once."""

import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from sweep_processes import alive, children, finish, permsym, start, until, write

import permsym as ps
from permsym.sweeps.store.store import opened

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"),
]


def stored(folder):
    """Results in the store, by key."""
    with opened(Path(folder) / "sweep.nc.store") as store:
        return store.results()


def values(folder):
    data = ps.open_dataset(Path(folder) / "sweep.nc")
    return {name: data[name].values.tobytes() for name in ("moment_real", "moment_imag", "cumulant_real", "moment_error", "p0_up")}


def until_some_are_stored(folder):
    """Wait for the log of the store to hold a few points."""
    until(lambda: logged(folder) > 100_000)


def logged(folder):
    """Bytes in the log of the store."""
    log = Path(folder) / "sweep.nc.store-wal"
    return log.stat().st_size if log.exists() else 0


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The same sweep, undisturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    code, out, err = permsym(folder, "run", write(folder, points=60, N=8, order=3), "--jobs", "2")
    assert code == 0, err
    assert "60 certified (0 from the store, 60 computed)" in out
    return values(folder)


def test_killed_again_and_again(tmp_path, expected):
    sweep = write(tmp_path, points=60, N=8, order=3)
    moments = random.Random(1)
    before = {}
    for _ in range(4):
        running = start(tmp_path, "run", sweep, "--jobs", "2")
        some = moments.randrange(60_000, 140_000)
        until(lambda: running.poll() is not None or logged(tmp_path) > some)  # noqa: B023
        time.sleep(moments.uniform(0, 0.1))
        running.kill()
        running.communicate()
        now = stored(tmp_path)
        for key, result in before.items():
            assert now[key].point.computed_at == result.point.computed_at  # neither lost nor computed twice
        assert len(now) > len(before)
        before = now
        assert {path.name for path in tmp_path.iterdir()} <= {"sweep.toml", "sweep.nc", "sweep.nc.store", "sweep.nc.store-wal"}
    code, out, err = permsym(tmp_path, "run", sweep, "--jobs", "1")
    assert code == 0, err
    assert f"({len(before)} from the store, {60 - len(before)} computed)" in out
    assert values(tmp_path) == expected
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.toml", "sweep.nc", "sweep.nc.store"}


def test_workers_end_with_their_parent(tmp_path):
    sweep = write(tmp_path, points=1, N=600)
    sweep.write_text(sweep.read_text() + '[methods]\nexact = {window = "full"}\n')
    running = start(tmp_path, "run", sweep, "--jobs", "1")
    until(lambda: len(children(running)) == 1)
    workers = children(running)
    time.sleep(2.0)  # in the middle of a point that takes many seconds
    assert all(map(alive, workers))
    running.kill()
    running.wait()  # not for the pipes, which the workers hold
    until(lambda: not any(map(alive, workers)), 3)
    running.communicate()


def test_a_killed_worker_is_replaced(tmp_path, expected):
    running = start(tmp_path, "run", write(tmp_path, points=60, N=8, order=3), "--jobs", "2")
    until_some_are_stored(tmp_path)
    os.kill(children(running)[0], signal.SIGKILL)
    code, out, err = finish(running)
    assert code == 0, err
    assert "60 certified" in out
    assert values(tmp_path) == expected


def test_interrupted_it_says_what_is_safe_and_goes_on(tmp_path, expected):
    sweep = write(tmp_path, points=60, N=8, order=3)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 130)):
        running = start(tmp_path, "run", sweep, "--jobs", "2")
        until_some_are_stored(tmp_path)
        workers = children(running)
        running.send_signal(number)
        found, out, err = finish(running)
        assert (found, out) == (code, "")
        assert "points are in the store; the same command goes on from there" in err
        assert "Traceback" not in err
        assert not any(map(alive, workers))
        assert not (tmp_path / "sweep.nc").exists()
    safe = len(stored(tmp_path))
    assert 0 < safe < 60
    code, out, _ = permsym(tmp_path, "run", sweep, "--jobs", "1")
    assert code == 0
    assert f"({safe} from the store" in out
    assert values(tmp_path) == expected


def test_two_runs_on_one_output(tmp_path, expected):
    sweep = write(tmp_path, points=60, N=8, order=3)
    first = start(tmp_path, "run", sweep, "--jobs", "1")
    until((tmp_path / "sweep.nc.store.lock").exists)
    until(lambda: (tmp_path / "sweep.nc.store.lock").read_text() == str(first.pid))
    code, out, err = permsym(tmp_path, "run", sweep, "--fresh")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert f"another run (process {first.pid}) is working on 'sweep.nc.store'" in err
    assert finish(first)[0] == 0
    assert values(tmp_path) == expected


def test_a_damaged_store_gives_back_what_can_be_read(tmp_path, expected):
    sweep = write(tmp_path, points=60, N=8, order=3)
    assert permsym(tmp_path, "run", sweep, "--jobs", "1")[0] == 0
    store = tmp_path / "sweep.nc.store"
    os.truncate(store, store.stat().st_size * 2 // 3)
    (tmp_path / "sweep.nc").unlink()
    code, out, err = permsym(tmp_path, "run", sweep, "--jobs", "1")
    assert code == 0, err
    assert "was damaged" in err
    recalled = int(out.split("(")[1].split()[0])
    assert 20 <= recalled < 60
    assert values(tmp_path) == expected
    assert (tmp_path / "sweep.nc.store.damaged-1").exists()


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"SQLite for"])
def test_a_store_of_which_little_is_left(tmp_path, content):
    sweep = write(tmp_path, points=3)
    (tmp_path / "sweep.nc.store").write_bytes(content)
    code, out, err = permsym(tmp_path, "run", sweep, "--jobs", "1")
    assert code == 0, err
    assert "3 computed" in out


def test_a_file_that_is_no_store_is_left_alone(tmp_path):
    (tmp_path / "sweep.nc.store").write_text("my notes")
    code, _, err = permsym(tmp_path, "run", write(tmp_path, points=3), "--fresh")
    assert code == 1
    assert "is no store of permsym" in err
    assert (tmp_path / "sweep.nc.store").read_text() == "my notes"


def full_disk(folder, sweep, **options):
    code, out, err = permsym(folder, "run", sweep, "--jobs", "1", **options)
    assert (code, out) == (1, ""), err
    assert "Traceback" not in err
    assert "cannot store a point" in err.splitlines()[-1]
    safe = len(stored(folder))
    assert 0 < safe < 60
    return safe


@pytest.mark.slow
def test_a_file_size_limit(tmp_path, expected):
    sweep = write(tmp_path, points=60, N=8, order=3)
    limit = 150_000
    safe = full_disk(tmp_path, sweep, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    code, out, _ = permsym(tmp_path, "run", sweep, "--jobs", "1")
    assert code == 0
    assert f"({safe} from the store" in out
    assert values(tmp_path) == expected


def test_a_full_disk(tmp_path, expected):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk; the file size limit is tested everywhere")
    try:
        sweep = write(disk, points=60, N=8, order=3)
        safe = full_disk(disk, sweep)
        again = permsym(disk, "run", sweep, "--jobs", "1")
        assert again[0] == 1  # still full: nothing is lost
        assert len(stored(disk)) == safe
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        code, out, err = permsym(disk, "run", sweep, "--jobs", "1")
        assert code == 0, err
        assert f"({safe} from the store" in out
        assert values(disk) == expected
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
