"""Tasks on a Dask cluster: the same plan and the same store, which this side of the connection alone touches.

Needs the extra ``permsym[dask]`` here and the same software (see dataset/versions.py) on the workers.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from permsym import machine
from permsym.dataset.versions import differences, software
from permsym.errors import InputError, PermsymError
from permsym.sweeps.methods import Bench
from permsym.sweeps.task import Job, Result, Task, compute, failed_point

_CONNECT = 10.0  # seconds
_ANSWER = 20.0  # seconds in which workers say what software they have; one that computes may hold Python's lock for a while
_ALLOWED_LOSSES = 3  # workers that may be lost under one point before it counts as failed
_AHEAD = 3  # tasks handed out per thread of the cluster: enough to keep it busy, few enough to stop soon


class ClusterFailed(PermsymError):
    """The scheduler cannot be reached, or was lost."""


_local = threading.local()  # a bench for each thread of a Dask worker: they share nothing


def remote(task: Task) -> Result:
    """What a Dask worker runs."""
    if not hasattr(_local, "bench"):
        _local.bench = Bench()
    with machine.single_threaded():
        return compute(task, _local.bench)


def on_cluster(jobs: Sequence[Job], address: str) -> Iterator[tuple[Task, Result]]:
    """All tasks on the workers of a Dask scheduler, largest first, in the order in which they end.

    Dask gives the tasks of a lost worker to another one.  A result of other software, of a worker that joined late, is refused and its
    task given to other workers.   Closing the iterator takes back what was not begun.
    """
    client, as_completed = _connected(address)
    waiting = sorted(jobs, key=lambda job: -job[1].seconds)
    try:
        _same_software(client)
        tasks: dict[str, Job] = {}
        refused: set[str] = set()  # addresses of workers with other software
        number = itertools.count()
        flying: Any = as_completed(loop=client.loop, with_results=False)

        def hand_out() -> None:
            room = max(sum(client.nthreads().values()), 1) * _AHEAD
            while waiting and len(tasks) < room:
                task, cost = waiting.pop(0)
                key = f"permsym-{task.key}-{next(number)}"
                where = sorted(set(client.nthreads()) - refused) if refused else None
                future = client.submit(
                    remote, task, pure=False, priority=cost.seconds, key=key, workers=where, allow_other_workers=where is not None
                )
                tasks[str(future.key)] = task, cost
                flying.add(future)

        hand_out()
        for future in flying:
            if not future.done():  # its worker died with the result, and the scheduler has it computed again
                flying.add(future)
                continue
            task, cost = tasks.pop(future.key)
            result = _outcome(task, future)
            other = differences(getattr(result and result.point, "computed_by", None))
            if other or result is None:
                refused |= {worker for workers in client.who_has([future]).values() for worker in workers}
                if not set(client.nthreads()) - refused:
                    raise ClusterFailed(f"the Dask workers have other software ({other}); install the same versions there")
                waiting.insert(0, (task, cost))
            else:
                yield task, result
            future.release()
            hand_out()
        if waiting or tasks:
            raise ClusterFailed("the connection to the Dask scheduler was lost; give the same command again to go on")
    finally:
        with contextlib.suppress(Exception):
            client.cancel(list(tasks), force=True)
        with contextlib.suppress(Exception):
            client.close(timeout=5)


def _connected(address: str) -> tuple[Any, Any]:
    """A client of a scheduler, and Dask's ``as_completed``."""
    try:
        import dask
        from distributed import Client, as_completed
    except ImportError:
        raise InputError("Dask is not installed; install it with `pip install permsym[dask]`, or use --jobs") from None
    with dask.config.set({"distributed.scheduler.allowed-failures": _ALLOWED_LOSSES}):
        try:
            return Client(address, timeout=_CONNECT, set_as_default=False), as_completed
        except (OSError, ValueError) as error:
            raise ClusterFailed(
                f"cannot reach a Dask scheduler at {address!r} ({_brief(error)}); start one, or check the address"
            ) from error


def _outcome(task: Task, future: Any) -> Result | None:
    """The result of a finished future, None for one that cannot be read; a lost worker is a failure that another run may not meet."""
    if future.status == "finished":
        try:
            return future.result()
        except (AttributeError, ImportError, TypeError):  # a class that is not there: of other software
            return None
    if future.status == "cancelled":  # not by us: the connection is gone, and with it what was in flight
        raise ClusterFailed("the connection to the Dask scheduler was lost; give the same command again to go on")
    error = future.exception() or RuntimeError(f"the cluster gave up ({future.status})")
    return Result(failed_point(task.model, error), lasting=False)


def _same_software(client: Any) -> None:
    """Refuse workers of other software: they would compute something else.

    Those that do not answer in time, such as stopped ones, are not waited for: Dask gives their tasks to others when their time
    (``worker-ttl``, five minutes) is over, and a result says what software it is from.  ClusterFailed where none answers.
    """
    try:
        client.wait_for_workers(1, timeout=_CONNECT)
    except TimeoutError:
        raise ClusterFailed(f"no Dask worker has joined the scheduler within {_CONNECT:g} s; start some") from None
    answers: dict[str, Any] = {}

    def ask(worker: str) -> None:
        with contextlib.suppress(Exception):  # it left, or the client was closed before it answered
            answers.update(client.run(software, workers=[worker], on_error="return"))

    threads = [threading.Thread(target=ask, args=[worker], daemon=True) for worker in client.nthreads()]
    for thread in threads:  # Dask's `run` waits without bound
        thread.start()
    end = time.monotonic() + _ANSWER
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0.0))
    for worker, theirs in dict(answers).items():
        if isinstance(theirs, BaseException):
            raise ClusterFailed(f"the Dask worker {worker} has no permsym of this version ({_brief(theirs)}); install the same there")
        if other := differences(theirs):
            raise ClusterFailed(f"the Dask worker {worker} has other software ({other}); install the same versions there")
    if not answers:
        raise ClusterFailed(f"none of {len(threads)} Dask workers answers within {_ANSWER:g} s; look whether they are stopped")


def _brief(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
