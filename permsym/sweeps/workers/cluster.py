"""Tasks on a Dask cluster: the same plan and the same store, which this side of the connection alone touches.

Needs the extra ``permsym[dask]`` here and the same software (see dataset/versions.py) on the workers.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from permsym import machine
from permsym.dataset.versions import differences, software
from permsym.errors import InputError, PermsymError
from permsym.sweeps.bench import Bench
from permsym.sweeps.task import Job, Result, Task, compute, failed_point

_CONNECT = 10.0  # seconds
_ANSWER = 20.0  # seconds in which workers say what software they have; one that computes may hold Python's lock for a while
_ALLOWED_LOSSES = 3  # workers that may be lost under one point before it counts as failed
_CLOSE = 5.0  # seconds in which we take our leave; the scheduler notices anyway
_LOOK = 1.0  # seconds without a result after which we look whether the cluster is still there, again and again
_SILENCE = 30.0  # seconds in which a scheduler answers, however busy; one that does not is suspended, or cut off from here
_WORKERLESS = 60.0  # seconds within which a cluster that lost its last worker has a new one
_AHEAD = 3  # tasks handed out per thread of the cluster: enough to keep it busy, few enough to stop soon
_AGAIN = "the same command goes on from the finished points"
_LOST = f"the connection to the Dask scheduler was lost; start one again: {_AGAIN}"


class ClusterFailed(PermsymError):
    """The scheduler cannot be reached, was lost or is silent, or has no worker that may compute."""


class _NotHere(Exception):
    """A worker died or was stopped with a result in its memory: the scheduler has it computed again."""


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
    task given to other workers.   Closing the iterator takes back what was not begun.  Every wait has a bound: ClusterFailed where the
    scheduler is gone, silent for half a minute, or without a worker for a minute.
    """
    client, as_completed = _connected(address)
    for name in ("distributed", "distributed.client"):  # its tracebacks of a lost connection, which ClusterFailed says in one line
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        _same_software(client)
        queue = _Queue(client, as_completed(loop=client.loop, with_results=False), jobs)
        queue.hand_out()
        while queue.tasks:
            _await(client, queue.flying.has_ready)
            future = next(queue.flying)
            try:
                result = _outcome(queue.tasks[future.key][0], future)
            except _NotHere:
                queue.flying.add(future)
                continue
            other = differences(getattr(result and result.point, "computed_by", None))
            if other or result is None:
                queue.refuse(future.key, other)
            else:
                yield queue.tasks.pop(future.key)[0], result
            future.release()
            queue.hand_out()
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=_CLOSE)


class _Queue:
    """Jobs for a scheduler, largest first: it has a few for each thread of its workers at any time.

    tasks     jobs that the scheduler has, by the key of their future
    refused   addresses of workers with other software
    """

    def __init__(self, client: Any, flying: Any, jobs: Sequence[Job]) -> None:
        self.client, self.flying = client, flying
        self.waiting = sorted(jobs, key=lambda job: -job[1].seconds)
        self.tasks: dict[str, Job] = {}
        self.refused: set[str] = set()
        self._number = itertools.count()

    def hand_out(self) -> None:
        """Give the scheduler what it has room for."""
        threads = _ask(self.client, "ncores") if self.waiting else {}
        room = max(sum(threads.values()), 1) * _AHEAD
        while self.waiting and len(self.tasks) < room:
            task, cost = self.waiting.pop(0)
            key = f"permsym-{task.key}-{next(self._number)}"
            where = sorted(set(threads) - self.refused) if self.refused else None
            future = self.client.submit(
                remote, task, pure=False, priority=cost.seconds, key=key, workers=where, allow_other_workers=where is not None
            )
            self.tasks[str(future.key)] = task, cost
            self.flying.add(future)

    def refuse(self, key: str, other: str) -> None:
        """Take a task back from a worker with other software, and give that worker no more."""
        self.refused |= set(*_ask(self.client, "who_has", keys=[key]).values())
        if not set(_ask(self.client, "ncores")) - self.refused:
            raise ClusterFailed(f"the Dask workers have other software ({other}); install the same versions there")
        self.waiting.insert(0, self.tasks.pop(key))


def _await(client: Any, ready: Callable[[], bool]) -> None:
    """Wait for what Dask promised; ClusterFailed where it cannot come."""
    looked = worked = time.monotonic()
    while not ready():
        time.sleep(0.005)
        now = time.monotonic()
        if now < looked + _LOOK:
            continue
        looked = now
        if _ask(client, "ncores"):
            worked = now
        elif now > worked + _WORKERLESS:
            raise ClusterFailed(f"the Dask scheduler has had no worker for {_WORKERLESS:g} s; start some: {_AGAIN}")


def _ask(client: Any, question: str, **words: Any) -> Any:
    """What the scheduler says; ClusterFailed where it is gone, or says nothing."""
    if client.status != "running" or client.scheduler_comm.closed():  # one that ends in order tells the client, which then waits for ever
        raise ClusterFailed(_LOST)
    try:
        return client.sync(getattr(client.scheduler, question), callback_timeout=_SILENCE, **words)
    except TimeoutError:
        raise ClusterFailed(f"the Dask scheduler has not answered for {_SILENCE:g} s; look whether it is stopped: {_AGAIN}") from None
    except OSError:
        raise ClusterFailed(_LOST) from None


def _connected(address: str) -> tuple[Any, Any]:
    """A client of a scheduler, and Dask's ``as_completed``."""
    try:
        import dask
        from distributed import Client, as_completed
    except ImportError:
        raise InputError("Dask is not installed; install it with `pip install permsym[dask]`, or use --jobs") from None
    answer: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def connect() -> None:
        try:
            answer.put(Client(address, timeout=_CONNECT, set_as_default=False))
        except Exception as error:
            answer.put(error)

    with dask.config.set({"distributed.scheduler.allowed-failures": _ALLOWED_LOSSES}):
        threading.Thread(target=connect, daemon=True).start()  # a client of a suspended scheduler waits without bound, whatever its timeout
        try:
            client = answer.get(timeout=_CONNECT + _CLOSE)
        except queue.Empty:
            client = TimeoutError("it does not answer")
    if isinstance(client, (OSError, ValueError)):
        raise ClusterFailed(f"cannot reach a Dask scheduler at {address!r} ({_brief(client)}); start one, or check the address") from client
    if isinstance(client, Exception):
        raise client
    return client, as_completed


def _outcome(task: Task, future: Any) -> Result | None:
    """The result of a future that ended, None for one that cannot be read; a lost worker is a failure that another run may not meet."""
    if not future.done():
        raise _NotHere
    if future.status == "finished":
        client = future.client
        fetched = asyncio.run_coroutine_threadsafe(client.gather(future, asynchronous=True), client.loop.asyncio_loop)
        try:
            _await(client, fetched.done)
            return fetched.result()
        except (AttributeError, ImportError, TypeError):  # a class that is not there: of other software
            return None
        except ClusterFailed:
            raise
        except Exception as problem:
            if isinstance(problem, OSError) or future.status != "finished":
                raise _NotHere from None
            raise
        finally:
            fetched.cancel()
    if future.status == "cancelled":  # not by us: the connection is gone, and with it what was in flight
        raise ClusterFailed(_LOST)
    error = future.exception() or RuntimeError(f"the cluster gave up ({future.status})")
    return Result(failed_point(task.model, error), lasting=False)


def _same_software(client: Any) -> None:
    """Refuse workers of other software: they would compute something else.

    Those that do not answer in time, such as stopped ones, are not waited for: Dask gives their tasks to others when their time
    (``worker-ttl``, five minutes) is over, and a result says what software it is from.  ClusterFailed where none answers.
    """
    end = time.monotonic() + _CONNECT
    while not (workers := _ask(client, "ncores")):
        if time.monotonic() > end:
            raise ClusterFailed(f"no Dask worker has joined the scheduler within {_CONNECT:g} s; start some")
        time.sleep(0.1)
    answers: dict[str, Any] = {}

    def ask(worker: str) -> None:
        with contextlib.suppress(Exception):  # it left, or the client was closed before it answered
            answer = client.run(software, workers=[worker], on_error="return")[worker]
            if not isinstance(answer, OSError):  # it died while it was asked
                answers[worker] = answer

    threads = [threading.Thread(target=ask, args=[worker], daemon=True) for worker in workers]
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
