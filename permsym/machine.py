"""What this machine offers: memory that may be used now, cores, and threads of the linear algebra."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from permsym.errors import InputError

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_VERSION_1 = "cgroup", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_VERSION_2 = "cgroup2", ("memory.max", "memory.current", "inactive_file")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMBA")}
"""Environment of a process that is to use one thread: the libraries read it when they are loaded."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """The libraries loaded in this process use one thread inside the block.

    Sums split over threads are added in another order: the last digits would depend on the number of cores.
    """
    import scipy.sparse.linalg  # noqa: F401  only libraries that are loaded can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Matrix libraries use one thread inside the block; compiled loops keep theirs.

    Many small products lose more by waiting for threads than they gain: ten times the time where another process has a core.
    """
    import scipy.linalg  # noqa: F401  only libraries that are loaded can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def available_bytes() -> float:
    """Bytes that may be used now: PERMSYM_MEMORY, else the least that the system, the control groups and ``ulimit -v`` leave free."""
    limit = os.environ.get("PERMSYM_MEMORY")
    if limit:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", limit.lower())
        if match is None:
            raise InputError(f"PERMSYM_MEMORY must be a size such as 8GB or 500M, but is {limit!r}")
        return float(match[1]) * _UNITS[match[2]]
    free = (_meminfo(), *_control_groups(_own_groups()), _address_space())
    return min((value for value in free if value is not None), default=float("inf"))


def _meminfo() -> float | None:
    try:
        text = Path("/proc/meminfo").read_text()
        return float(re.search(r"MemAvailable:\s+(\d+) kB", text)[1]) * 1024  # type: ignore[index]
    except (OSError, TypeError):
        try:  # not Linux
            return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        except (AttributeError, ValueError, OSError):
            return None


def _control_groups(groups: Iterable[tuple[Path, tuple[str, str, str]]]) -> list[float]:
    """What each memory limit of these control groups leaves free."""
    free = []
    for group, (limit, usage, cache) in groups:
        with contextlib.suppress(OSError, ValueError):
            most = (group / limit).read_text().strip()
            if most != "max":
                free.append(max(float(most) - float((group / usage).read_text()) + _reclaimable(group, cache), 0.0))
    return free


@functools.cache
def _own_groups() -> list[tuple[Path, tuple[str, str, str]]]:
    """The groups of this process that may have a limit; the root group has none."""
    return [(group, files) for group, files in _groups(Path("/proc/self")) if (group / files[0]).exists()]


def _groups(proc: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """Each control group of a process with the names of its files, ancestors included; versions 1 and 2."""
    for folder, root, files in _hierarchies(proc):
        yield from ((group, files) for group in [folder, *folder.parents] if group.is_relative_to(root))


def _hierarchies(proc: Path) -> Iterator[tuple[Path, Path, tuple[str, str, str]]]:
    """(own group, topmost group that can be seen, files of limit, usage and cache) of each hierarchy that limits memory."""
    try:
        mounts = [line.split() for line in (proc / "mountinfo").read_text().splitlines()]
        groups = [line.split(":", 2) for line in (proc / "cgroup").read_text().splitlines()]
    except OSError:
        return
    for _, controllers, path in (group for group in groups if len(group) == 3):
        version = _VERSION_2 if not controllers else _VERSION_1 if "memory" in controllers.split(",") else None
        for mount in mounts if version else ():
            _, _, _, top, point, *rest = mount
            kind, _, options = rest[rest.index("-") + 1 :]
            if version and kind == version[0] and (not controllers or "memory" in options.split(",")):
                inside = PurePosixPath(path)
                below = inside.relative_to(top) if inside.is_relative_to(top) and ".." not in inside.parts else PurePosixPath()
                yield Path(point, below), Path(point), version[1]


def _reclaimable(group: Path, name: str) -> float:
    """Bytes of files in memory that the kernel gives up first: they count as used, and are free."""
    try:
        match = re.search(rf"^{name} (\d+)$", (group / "memory.stat").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return float(match[1]) if match else 0.0


def _address_space() -> float | None:
    """What ``ulimit -v`` leaves to this process."""
    try:
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return max(float(most - pages * resource.getpagesize()), 0.0)
    except (ImportError, OSError, ValueError, IndexError):
        return None
