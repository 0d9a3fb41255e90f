"""Tasks on the cores of this machine: worker processes, longest task first, within the memory that is free."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import permsym
from permsym import machine
from permsym.errors import InputError
from permsym.sweeps.methods import Bench, Cost
from permsym.sweeps.task import Result, Task, compute, failed_point

Job = tuple[Task, Cost]
_IDLE = 1.5e8  # bytes of a worker with its libraries, before any task


class WorkerLost(Exception):
    """A worker process ended in the middle of a task."""


def inline(jobs: Sequence[Job]) -> Iterator[tuple[Task, Result]]:
    """All tasks in this process, in their order."""
    bench = Bench()
    for task, _ in jobs:
        with machine.single_threaded():
            result = compute(task, bench)
        yield task, result


def pooled(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Task, Result]]:
    """All tasks on worker processes, in the order in which they end.  Closing the iterator ends the workers.

    A task starts only where its memory fits beside what runs; one that needs more than everything that is free runs alone,
    and refuses by itself.  A worker that the system kills for its memory is replaced; its task is tried once more, alone,
    before it counts as failed.
    """
    if workers < 1:
        raise InputError(f"`jobs` must be at least 1, but is {workers}", parameter="jobs")
    waiting = sorted(jobs, key=lambda job: -job[1].seconds)  # stable: tasks of equal cost keep their order
    crew = _Crew(min(workers, max(len(waiting), 1)))
    budget = machine.available_bytes() - _IDLE * len(crew.workers)
    suspects: list[Job] = []
    try:
        while waiting or suspects or crew.busy:
            for worker in crew.idle:
                running = [busy.job[1].bytes for busy in crew.busy if busy.job]
                job = _next(waiting, suspects, min(budget, machine.available_bytes() + sum(running)), running)
                if job is None:
                    break
                worker.start(job)
            for worker in crew.wait():
                job = worker.job
                try:
                    answer = worker.answer()
                except WorkerLost:
                    crew.replace(worker)
                    if job is None:
                        raise InputError("a worker process ended before it began; see its message above") from None
                    if job in suspects:
                        suspects.remove(job)
                        words = MemoryError("the process that computed this point was killed twice; it may need more memory than there is")
                        yield job[0], Result(failed_point(job[0].model, words), lasting=False)
                    else:
                        suspects.append(job)
                    continue
                if job is not None:
                    if job in suspects:
                        suspects.remove(job)
                    yield job[0], answer
    finally:
        crew.end()


def _next(waiting: list[Job], suspects: list[Job], budget: float, running: Sequence[float]) -> Job | None:
    """The next task to start: the first that fits beside what runs; those that lost a worker come last and run alone."""
    for position, (_, cost) in enumerate(waiting):
        if not running or cost.bytes + sum(running) <= budget:
            return waiting.pop(position)
    if not waiting and suspects and not running:
        return suspects[0]
    return None


class _Worker:
    """One process and the connection to it."""

    def __init__(self) -> None:
        self.connection, child = Pipe()
        self.job: Job | None = None
        self.ready = False
        paths = [str(Path(permsym.__file__).parents[1]), *(path or os.getcwd() for path in sys.path)]  # where user-defined models are, too
        environment = {**os.environ, **machine.ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}
        with child:  # -P: without it Python looks into the current folder first, and a file json.py there would run
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "permsym.sweeps.workers.worker", str(child.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                pass_fds=[child.fileno()],
                env=environment,
            )

    def start(self, job: Job) -> None:
        self.job = job
        with contextlib.suppress(ConnectionError):  # its end shows when the answer is read
            self.connection.send(job[0])

    def answer(self) -> Any:
        try:
            answer = self.connection.recv()
        except (EOFError, ConnectionError):
            raise WorkerLost from None
        if not self.ready:
            self.ready = True
        else:
            self.job = None
        return answer

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()


class _Crew:
    """All worker processes of a run."""

    def __init__(self, number: int) -> None:
        self.workers: list[_Worker] = []
        try:
            for _ in range(number):
                self.workers.append(_Worker())
        except BaseException:
            self.end()
            raise

    @property
    def idle(self) -> list[_Worker]:
        return [worker for worker in self.workers if worker.ready and worker.job is None]

    @property
    def busy(self) -> list[_Worker]:
        return [worker for worker in self.workers if worker.job is not None]

    def wait(self) -> list[_Worker]:
        """Workers that have something to say."""
        ready: list[Any] = wait([worker.connection for worker in self.workers])
        return [worker for worker in self.workers if worker.connection in ready]

    def replace(self, worker: _Worker) -> None:
        worker.end()
        self.workers[self.workers.index(worker)] = _Worker()

    def end(self) -> None:
        for worker in self.workers:
            worker.end()
