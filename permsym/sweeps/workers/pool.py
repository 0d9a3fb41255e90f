"""Tasks on the cores of this machine: worker processes, longest task first, within the memory that is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from permsym import machine
from permsym.errors import InputError
from permsym.sweeps.bench import Bench
from permsym.sweeps.task import Job, Result, Task, compute, failed_point
from permsym.sweeps.workers.crew import Crew, WorkerLost

_IDLE = 1.5e8  # bytes of a worker with its libraries, before any task
_LOSSES = 3  # workers lost under one task before it counts as failed


def inline(jobs: Sequence[Job]) -> Iterator[tuple[Task, Result]]:
    """All tasks in this process, in their order."""
    bench = Bench()
    for task, _ in jobs:
        with machine.single_threaded():
            result = compute(task, bench)
        yield task, result


def pooled(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Task, Result]]:
    """All tasks on worker processes, in the order in which they end.  Closing the iterator ends the workers.

    There are at most as many workers as have room in memory.  A task starts only where its memory fits beside what runs; one
    that needs more than everything that is free runs alone, and refuses by itself.  A worker that dies or is stopped, whatever it
    does, is replaced; its task is tried again, alone, and counts as failed when it has lost three.
    """
    if workers < 1:
        raise InputError(f"`jobs` must be at least 1, but is {workers}", parameter="jobs")
    waiting = sorted(jobs, key=lambda job: -job[1].seconds)  # stable: tasks of equal cost keep their order
    suspects: list[Job] = []
    losses = Counter[int]()
    memory = machine.available_bytes()
    workers = min(workers, _room(memory, waiting))
    budget = memory - _IDLE * workers
    with Crew() as crew:
        while waiting or suspects or crew.jobs:
            crew.staff(min(workers, len(waiting) + len(suspects) + len(crew.jobs)))
            for worker in crew.idle:
                running = [cost.bytes for _, cost in crew.jobs]
                job = _next(waiting, suspects, min(budget, machine.available_bytes() + sum(running)), running)
                if job is None:
                    break
                worker.start(job)
            for job, end in crew.wait():
                if not isinstance(end, WorkerLost):
                    yield job[0], end
                    continue
                losses[id(job)] += 1
                if losses[id(job)] < _LOSSES:
                    suspects.append(job)
                else:
                    yield job[0], Result(failed_point(job[0].model, _lost(end)), lasting=False)


def _room(memory: float, jobs: Sequence[Job]) -> int:
    """How many workers fit into memory with a task, at least one."""
    smallest = min((cost.bytes for _, cost in jobs), default=0.0)
    return int(max(min(memory // (_IDLE + smallest), len(jobs)), 1))


def _lost(last: WorkerLost) -> WorkerLost:
    words = f"{_LOSSES} worker processes ended while they computed this point (the last: {last})"
    return WorkerLost(f"{words}; it may need more memory than there is")


def _next(waiting: list[Job], suspects: list[Job], budget: float, running: Sequence[float]) -> Job | None:
    """The next task to start: the first that fits beside what runs; those that lost a worker come last and run alone."""
    for position, (_, cost) in enumerate(waiting):
        if not running or cost.bytes + sum(running) <= budget:
            return waiting.pop(position)
    if not waiting and suspects and not running:
        return suspects.pop(0)
    return None
