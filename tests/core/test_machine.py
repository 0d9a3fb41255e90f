"""What the machine offers: memory that may be used, cores, and one thread where sums must not depend on them."""

import os

import pytest
import scipy.sparse.linalg  # noqa: F401  loads the libraries whose threads are counted
from threadpoolctl import threadpool_info, threadpool_limits

import permsym as ps
from permsym import machine


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 * 2**30), ("500M", 500 * 2**20), ("1.5g", 1.5 * 2**30), ("2 TiB", 2 * 2**40), ("123456", 123456), ("10k", 10240), ("7b", 7)],
)
def test_sizes(monkeypatch, text, size):
    monkeypatch.setenv("PERMSYM_MEMORY", text)
    assert machine.available_bytes() == size


@pytest.mark.parametrize("text", ["lots", "-1G", "8 G B", "1e9", "GB", "8PB", "nan", "8,5G"])
def test_bad_sizes(monkeypatch, text):
    monkeypatch.setenv("PERMSYM_MEMORY", text)
    with pytest.raises(ps.InputError, match="PERMSYM_MEMORY must be a size such as 8GB or 500M, but is"):
        ps.steady_state(ps.models.central_spin(N=3))


def test_without_the_variable(monkeypatch):
    monkeypatch.delenv("PERMSYM_MEMORY", raising=False)
    assert 2**24 < machine.available_bytes() < 2**50


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
