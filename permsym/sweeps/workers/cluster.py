"""Tasks on a Dask cluster: the same plan and the same store, which this side of the connection alone touches.

Needs the extra ``permsym[dask]`` here and permsym of the same version on the workers.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from permsym import machine
from permsym.errors import InputError, PermsymError
from permsym.sweeps.methods import Bench
from permsym.sweeps.task import Job, Result, Task, compute, failed_point

_CONNECT = 10.0  # seconds
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


def _version() -> str:
    import permsym

    return permsym.__version__


def on_cluster(jobs: Sequence[Job], address: str) -> Iterator[tuple[Task, Result]]:
    """All tasks on the workers of a Dask scheduler, largest first, in the order in which they end.

    Dask gives the tasks of a lost worker to another one.  Closing the iterator takes back what was not begun.
    """
    try:
        import dask
        from distributed import Client, as_completed
    except ImportError:
        raise InputError("Dask is not installed; install it with `pip install permsym[dask]`, or use --jobs") from None
    waiting = sorted(jobs, key=lambda job: -job[1].seconds)
    with dask.config.set({"distributed.scheduler.allowed-failures": _ALLOWED_LOSSES}):
        try:
            client: Any = Client(address, timeout=_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterFailed(
                f"cannot reach a Dask scheduler at {address!r} ({_brief(error)}); start one, or check the address"
            ) from error
    try:
        _same_version(client)
        tasks: dict[str, Task] = {}
        flying: Any = as_completed(loop=client.loop, with_results=False)

        def hand_out() -> None:
            room = max(sum(client.nthreads().values()), 1) * _AHEAD
            while waiting and len(tasks) < room:
                task, cost = waiting.pop(0)
                future = client.submit(remote, task, pure=False, priority=cost.seconds, key=f"permsym-{task.key}")
                tasks[str(future.key)] = task
                flying.add(future)

        hand_out()
        for future in flying:
            if not future.done():  # its worker died with the result, and the scheduler has it computed again
                flying.add(future)
                continue
            task = tasks.pop(future.key)
            yield task, _outcome(task, future)
            future.release()
            hand_out()
        if waiting or tasks:
            raise ClusterFailed("the connection to the Dask scheduler was lost; give the same command again to go on")
    finally:
        with contextlib.suppress(Exception):
            client.cancel(list(tasks), force=True)
        with contextlib.suppress(Exception):
            client.close(timeout=5)


def _outcome(task: Task, future: Any) -> Result:
    """The result of a finished future; a lost worker is a failure that another run may not meet."""
    if future.status == "finished":
        return future.result()
    if future.status == "cancelled":  # not by us: the connection is gone, and with it what was in flight
        raise ClusterFailed("the connection to the Dask scheduler was lost; give the same command again to go on")
    error = future.exception() or RuntimeError(f"the cluster gave up ({future.status})")
    return Result(failed_point(task.model, error), lasting=False)


def _same_version(client: Any) -> None:
    """Refuse workers of another version: they would compute something else."""
    versions = client.run(_version, on_error="return")
    if not versions:
        client.wait_for_workers(1, timeout=_CONNECT)
        versions = client.run(_version, on_error="return")
    for worker, version in versions.items():
        if isinstance(version, BaseException):
            raise ClusterFailed(f"the Dask worker {worker} has no permsym ({_brief(version)}); install the same version there")
        if version != _version():
            raise ClusterFailed(f"the Dask worker {worker} has permsym {version}, but this is {_version()}; install the same version there")


def _brief(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
