"""The same plan on a Dask cluster: a real scheduler and real workers on this machine, one of them killed in the middle."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from dask_cluster import WORKER, Cluster
from sweep_processes import finish, start, stored, until, values, write

import permsym
from permsym.dataset.versions import software
from permsym.sweeps.bench import Bench
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.run import prepare
from permsym.sweeps.store.store import read
from permsym.sweeps.task import compute
from permsym.sweeps.workers.cluster import ClusterFailed, _same_software, on_cluster

Client = pytest.importorskip("distributed", reason="needs permsym[dask]").Client


def late_worker(address, folder, path, store):
    """A process with its own permsym on ``path``, which offers itself to a scheduler as soon as a store holds a few points."""
    code = f"""
import os, time
import distributed.cli.dask_worker, permsym.sweeps.workers.cluster
open("ready", "w").close()
while not os.path.exists({str(store)!r}) or os.path.getsize({str(store)!r}) < 10_000:
    time.sleep(0.01)
distributed.cli.dask_worker.main({[*WORKER[1:], address]!r})
"""
    with (folder / "log").open("w") as log:
        environment = {**os.environ, "PYTHONPATH": str(path)}
        process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environment, stdout=log, stderr=log)
    until((folder / "ready").exists)
    return process


@pytest.fixture
def cluster(tmp_path_factory):
    """A scheduler with two workers on the loopback interface."""
    with Cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.serial
def test_a_cluster_gives_the_same_bits_although_a_worker_is_killed(cluster, tmp_path, here, expected):
    address, workers = cluster.address, cluster.workers
    sweep = write(tmp_path, points=60, N=8, order=3)
    running = start(tmp_path, "run", sweep, "-o", "cluster.nc", "--scheduler", address)
    log = tmp_path / "cluster.nc.store"
    until(lambda: log.exists() and log.stat().st_size > 60_000)
    workers[0].send_signal(signal.SIGKILL)
    code, out, err = finish(running)
    assert code == 0, err
    assert "60 certified (0 from the store, 60 computed)" in out
    assert workers[0].wait() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert values(tmp_path, "cluster.nc") == expected

    # interrupted, it takes back what was not begun, and goes on here from what the cluster had finished
    running = start(tmp_path, "run", sweep, "-o", "again.nc", "--scheduler", address)
    log = tmp_path / "again.nc.store"
    until(lambda: log.exists() and log.stat().st_size > 60_000)
    running.send_signal(signal.SIGINT)
    code, _, err = finish(running)
    assert code == 130
    safe = int(re.search(r"permsym: (\d+) of 60 points are in the store", err)[1])
    assert 0 < safe < 60
    code, out, err = here("run", sweep, "-o", "again.nc")
    assert code == 0, err
    assert f"({safe} from the store" in out
    assert values(tmp_path, "again.nc") == expected


@pytest.mark.serial
def test_results_of_other_software_are_refused_and_computed_elsewhere(cluster, tmp_path, here, expected):
    """A worker that joins late, with a permsym that notes what it computes."""
    address = cluster.address
    package = tmp_path / "other" / "permsym"
    shutil.copytree(Path(permsym.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    task = package / "sweeps" / "task.py"
    right = "point = method(task.method).point("
    wrong = f"open({str(tmp_path / 'computed')!r}, 'a').write('x'); {right}"
    assert right in task.read_text()
    task.write_text(task.read_text().replace(right, wrong))
    store = tmp_path / "sweep.nc.store"
    late = late_worker(address, tmp_path, package.parent, store)
    try:
        code, out, err = finish(start(tmp_path, "run", write(tmp_path, points=60, N=8, order=3), "--scheduler", address))
        assert code == 0, err
        assert "60 certified (0 from the store, 60 computed)" in out
        assert (tmp_path / "computed").exists()  # it was asked, too
        assert [entry for entry, _ in read(store).versions] == [software()]
        assert values(tmp_path) == expected
        code, out, err = here("run", tmp_path / "sweep.toml", "-o", "again.nc", "--scheduler", address)  # it is there at the start
        assert (code, out) == (1, "")
        assert "has other software (code " in err.splitlines()[-1]
    finally:
        late.kill()
        late.wait()


@pytest.mark.serial
def test_a_worker_that_dies_with_results_in_its_memory_costs_nothing(cluster, tmp_path):
    address, workers = cluster.address, cluster.workers
    plan = read_sweep_file(write(tmp_path, points=8, N=60, order=2)).sweep
    results = on_cluster(prepare(plan).jobs, address)
    found = [next(results)]
    with Client(address, set_as_default=False) as client:  # what was handed out ends, and waits on both workers to be fetched
        until(lambda: all(in_memory := client.has_what().values()) and sum(map(len, in_memory)) >= 6)
        workers[0].send_signal(signal.SIGKILL)
        until(lambda: len(client.has_what()) == 1, 5)  # the scheduler has noticed, and has not had everything computed again
    found += results
    assert {task.cell for task, _ in found} == {((index,), "exact") for index in range(8)}
    assert all(result.lasting for _, result in found)


@pytest.mark.slow
@pytest.mark.serial
def test_stopped_workers_do_not_hold_up_the_start(cluster, monkeypatch):
    address, workers = cluster.address, cluster.workers
    monkeypatch.setattr("permsym.sweeps.workers.cluster._ANSWER", 2.0)
    workers[0].send_signal(signal.SIGSTOP)
    with Client(address, set_as_default=False) as client:
        started = time.monotonic()
        _same_software(client)  # the other one answers
        workers[1].send_signal(signal.SIGSTOP)
        with pytest.raises(ClusterFailed, match="none of 2 Dask workers answers within 2 s"):
            _same_software(client)
        workers[1].send_signal(signal.SIGCONT)
        threading.Timer(0.5, workers[0].kill).start()
        _same_software(client)  # one that dies while it is asked has said nothing
        assert time.monotonic() - started < 10


@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGSTOP"])
def test_a_run_whose_scheduler_ends_says_so_and_goes_on(cluster, tmp_path, here, name):
    sweep = write(tmp_path, points=200, N=8, order=3)
    running = start(tmp_path, "run", sweep, "--scheduler", cluster.address)
    store = tmp_path / "sweep.nc.store"
    until(lambda: store.exists() and store.stat().st_size > 60_000)
    cluster.scheduler.send_signal(getattr(signal, name))
    code, out, err = finish(running, 60)
    assert (code, out) == (1, "")
    assert not re.search("Traceback|distributed", err)
    assert ("has not answered for 30 s" if name == "SIGSTOP" else "connection to the Dask scheduler was lost") in err.splitlines()[-1]
    safe = len(stored(tmp_path))
    assert 0 < safe < 200
    code, out, err = here("run", sweep)
    assert code == 0, err
    assert f"({safe} from the store, {200 - safe} computed)" in out


@pytest.mark.serial
@pytest.mark.slow
def test_every_wait_has_a_bound(cluster, tmp_path, monkeypatch):
    """Nothing arrives for a while because tasks are long; then the scheduler ends, is suspended, or is left without workers."""
    monkeypatch.setattr("permsym.sweeps.workers.cluster._SILENCE", 1.0)
    monkeypatch.setattr("permsym.sweeps.workers.cluster._WORKERLESS", 1.0)
    jobs = sorted(prepare(read_sweep_file(write(tmp_path, points=20, N=8, order=3)).sweep).jobs, key=lambda job: -job[1].seconds)
    quick = jobs[0][0].cell

    def slow(task):
        time.sleep(0 if task.cell == quick else 3)
        return compute(task, Bench())

    monkeypatch.setattr("permsym.sweeps.workers.cluster.remote", slow)

    def failure(*signals):
        results = on_cluster(jobs, cluster.address)
        next(results)
        for process, number in signals:
            process.send_signal(number)
        started = time.monotonic()
        with pytest.raises(ClusterFailed) as failed:
            list(results)
        assert time.monotonic() - started < 10
        return str(failed.value)

    assert "connection to the Dask scheduler was lost" in failure((cluster.scheduler, signal.SIGTERM))
    cluster.scheduler.wait()
    cluster.repair()
    assert "has not answered for 1 s" in failure((cluster.scheduler, signal.SIGSTOP))
    started = time.monotonic()
    with pytest.raises(ClusterFailed, match="cannot reach"):
        next(on_cluster(jobs, cluster.address))
    assert time.monotonic() - started < 20
    cluster.scheduler.send_signal(signal.SIGCONT)
    assert "has had no worker for 1 s" in failure(*((worker, signal.SIGKILL) for worker in cluster.workers))


@pytest.mark.serial
@pytest.mark.slow
def test_tasks_of_a_stopped_worker_go_to_others(cluster, tmp_path, expected):
    address, workers = cluster.address, cluster.workers
    running = start(tmp_path, "run", write(tmp_path, points=60, N=8, order=3), "--scheduler", address)
    store = tmp_path / "sweep.nc.store"
    until(lambda: store.exists() and store.stat().st_size > 30_000)
    workers[0].send_signal(signal.SIGSTOP)
    code, out, err = finish(running)
    assert code == 0, err
    assert "60 certified (0 from the store, 60 computed)" in out
    assert values(tmp_path) == expected


@pytest.mark.slow
def test_no_scheduler_is_one_line(tmp_path, here, monkeypatch):
    monkeypatch.setattr("permsym.sweeps.workers.cluster._CONNECT", 1.0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    started = time.monotonic()
    code, out, err = here("run", write(tmp_path, points=2), "--scheduler", address)
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert "cannot reach a Dask scheduler" in line
    assert time.monotonic() - started < 60
