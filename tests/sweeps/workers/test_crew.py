"""Workers that die or are stopped in every state, done to real processes."""

import os
import signal
import sys

import pytest
from sweep_processes import until, write

from permsym.dataset.status import Status
from permsym.sweeps.file.sweep_file import read_sweep_file
from permsym.sweeps.run import prepare
from permsym.sweeps.workers import crew as crews
from permsym.sweeps.workers import pool
from permsym.sweeps.workers.crew import Crew, Worker, WorkerLost

pytestmark = [pytest.mark.serial, pytest.mark.skipif(sys.platform != "linux", reason="stops and traces processes")]

POISON = """
import os, signal, struct, sys
from pathlib import Path
from permsym.sweeps import task as tasks
honest = tasks.compute

def once(name):
    try:
        Path(__file__).with_name(name).touch(exist_ok=False)
        return True
    except FileExistsError:
        return False

def compute(task, bench):
    (index,), _ = task.cell
    if index == 1:  # every time
        os.kill(os.getpid(), signal.SIGKILL)
    if index == 2 and once("dies"):
        os.write(int(sys.argv[1]), struct.pack("!i", 10**6) + bytes(1000))  # the beginning of a large answer
        os.kill(os.getpid(), signal.SIGSEGV)
    if index == 3 and once("stops"):
        os.kill(os.getpid(), signal.SIGSTOP)
    if index == 4 and once("stops within"):
        os.write(int(sys.argv[1]), struct.pack("!i", 10**6) + bytes(1000))
        os.kill(os.getpid(), signal.SIGSTOP)
    return honest(task, bench)

tasks.compute = compute
"""


@pytest.fixture
def jobs(tmp_path):
    return prepare(read_sweep_file(write(tmp_path, points=6, N=3, order=1)).sweep).jobs


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(crews, "_LOOK", 0.2)
    monkeypatch.setattr(crews, "_STOPPED", 2)
    monkeypatch.setattr(crews, "_PART", 1)


def test_a_poisoned_point_fails_and_every_other_loss_is_made_good(tmp_path, monkeypatch, jobs, impatient):
    (tmp_path / "sitecustomize.py").write_text(POISON)
    monkeypatch.syspath_prepend(tmp_path)
    results = {task.cell[0][0]: result for task, result in pool.pooled(jobs, 2)}
    for task, result in pool.inline(jobs):
        index = task.cell[0][0]
        if index == 1:
            assert results[1].point.status is Status.FAILED
            assert results[1].point.reason.startswith("3 worker processes ended while they computed this point (the last: signal 9)")
            assert not results[1].lasting
        else:
            assert results[index].point.moments == result.point.moments
            assert results[index].lasting
    assert sorted(results) == list(range(6))
    assert all((tmp_path / name).exists() for name in ("dies", "stops", "stops within"))


@pytest.mark.parametrize(("state", "number"), [("starting", signal.SIGKILL), ("idle", signal.SIGKILL), ("idle", signal.SIGSTOP)])
def test_a_worker_without_a_task_is_replaced(jobs, state, number, impatient):
    with Crew() as crew:
        crew.staff(1)
        if state == "idle":
            until(lambda: crew.wait() or crew.idle)
        (worker,) = crew.workers
        os.kill(worker.process.pid, number)
        until(lambda: crew.wait() or not crew.workers, 10)
        assert worker.process.returncode == -signal.SIGKILL
        crew.staff(1)
        until(lambda: crew.wait() or crew.idle)
        crew.idle[0].start(jobs[0])
        ends = []
        until(lambda: ends.extend(crew.wait()) or ends)
        ((job, result),) = ends
        assert job is jobs[0]
        assert result.point.status is Status.OK
    assert all(worker.process.returncode is not None for worker in crew.workers)


def test_workers_that_never_begin_end_the_run(monkeypatch, jobs):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WorkerLost, match=r"5 worker processes ended before they began \(exit code 1\)"):
        list(pool.pooled(jobs, 2))


def test_fewer_workers_do_it_where_no_more_can_be_started(monkeypatch, jobs):
    started = []

    def limited():
        if started:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        started.append(Worker())
        return started[0]

    monkeypatch.setattr(crews, "Worker", limited)
    assert len(list(pool.pooled(jobs, 4))) == len(jobs)
    started[:] = [None]
    with pytest.raises(BlockingIOError):
        list(pool.pooled(jobs, 4))


def test_there_are_as_many_workers_as_fit_into_memory(monkeypatch, jobs):
    numbers = []
    monkeypatch.setattr(Crew, "staff", lambda self, number: numbers.append(number) or 1 / 0)
    smallest = min(cost.bytes for _, cost in jobs) + 1.5e8  # with the libraries
    for memory, number in ((1e6, 1), (1.9 * smallest, 1), (3.1 * smallest, 3), (1e11, 6)):
        monkeypatch.setenv("PERMSYM_MEMORY", f"{memory:.0f}")
        with pytest.raises(ZeroDivisionError):
            next(pool.pooled(jobs, 8))
        assert numbers.pop() == number
