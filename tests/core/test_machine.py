"""What the machine offers: memory that may be used, cores, and one thread where sums must not depend on them."""

import os
import resource
from pathlib import Path

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


MOUNTS = """\
25 1 0:22 / / rw - overlay overlay rw
30 25 0:26 {top} {root}/memory rw,relatime shared:9 - cgroup cgroup rw,memory
31 25 0:27 / {root}/cpu rw,relatime - cgroup cgroup rw,cpu
32 25 0:28 {top} {root}/two rw - cgroup2 cgroup2 rw
"""


def control_groups(tmp_path, line, limits, top="/"):
    """A /proc/self and the files of the groups: group -> (limit, usage, inactive file cache)."""
    (tmp_path / "mountinfo").write_text(MOUNTS.format(root=tmp_path, top=top))
    (tmp_path / "cgroup").write_text(f"9:cpu:/elsewhere\n{line}\n")
    for group, (limit, usage, cache) in limits.items():
        folder = tmp_path / group
        folder.mkdir(parents=True, exist_ok=True)
        first = group.startswith("memory")
        (folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text(f"{limit}\n")
        (folder / ("memory.usage_in_bytes" if first else "memory.current")).write_text(f"{usage}\n")
        (folder / "memory.stat").write_text(f"anon 5\n{'total_' * first}inactive_file {cache}\nactive_file 7\n")
    return machine._control_groups(machine._groups(tmp_path))


@pytest.mark.parametrize("name", ["two", "memory"])
def test_limits_of_the_own_control_group_and_of_its_ancestors(tmp_path, name):
    line = "0::/slurm/job" if name == "two" else "4:cpuacct,memory:/slurm/job"
    none = "max" if name == "two" else 2**63 - 4096
    limits = {name: (none, 0, 0), f"{name}/slurm": (1000, 300, 0), f"{name}/slurm/job": (5000, 100, 50)}
    assert sorted(control_groups(tmp_path, line, limits))[:2] == [700, 4950]  # the ancestor is the tighter one
    assert min(control_groups(tmp_path, line, {f"{name}/slurm/job": (400, 100, 50)})) == 350
    assert min(control_groups(tmp_path, line, {f"{name}/slurm/job": (400, 500, 50)})) == 0


def test_a_container_sees_its_group_as_the_root(tmp_path):
    assert control_groups(tmp_path, "0::/docker/abc", {"two": (800, 100, 0)}, top="/docker/abc") == [700]
    assert control_groups(tmp_path, "0::/../other", {"two": (800, 100, 0)}) == [700]


@pytest.mark.parametrize("line", ["", "0::", "x", "0::/none", "4:memory:/none"])
def test_without_control_groups(tmp_path, line):
    assert control_groups(tmp_path, line, {}) == []
    assert machine._control_groups(machine._groups(tmp_path / "none")) == []


def test_the_address_space_is_a_limit(monkeypatch):
    monkeypatch.delenv("PERMSYM_MEMORY", raising=False)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for limit, least, most in ((used + 2**30, 2**29, 2**30 + 2**29), (used // 2, 0, 0)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, resource.RLIM_INFINITY))
        assert least <= machine.available_bytes() <= most
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert machine.available_bytes() > 2**20


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
