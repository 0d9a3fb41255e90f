"""Tasks on several cores of one process: compiled loops that leave Python's lock alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from permsym import machine

T = TypeVar("T")


def on_cores(tasks: Sequence[Callable[[], T]], jobs: int | None) -> list[T]:
    """The results of tasks in their order, so many at once; None: as many as there are cores."""
    number = min(jobs or machine.cores(), len(tasks))
    if number == 1:
        return [task() for task in tasks]
    pool = ThreadPoolExecutor(number)
    try:
        return [future.result() for future in [pool.submit(task) for task in tasks]]
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt waits for what runs, and not for what would come
