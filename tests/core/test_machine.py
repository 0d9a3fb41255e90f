"""What the machine offers: cores, and one thread where sums must not depend on them.  Memory: tests/steady/test_memory.py."""

import os

import scipy.sparse.linalg  # noqa: F401  loads the libraries whose threads are counted
from threadpoolctl import threadpool_info, threadpool_limits

from permsym import machine


def threads():
    return {pool["num_threads"] for pool in threadpool_info()}


def test_one_thread_inside_the_block_and_as_before_behind_it():
    with threadpool_limits(2):
        before = threads()
        with machine.single_threaded():
            assert threads() == {1}
        assert threads() == before


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    assert 1 <= machine.cores() <= os.cpu_count()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert machine.cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.cores() == 1
