"""What this machine offers: memory that may be used now, cores, and threads of the linear algebra."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from permsym.errors import InputError

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
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


def available_bytes() -> float:
    """Memory that may be used now: PERMSYM_MEMORY, else what the system and the control group leave free."""
    limit = os.environ.get("PERMSYM_MEMORY")
    if limit:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", limit.lower())
        if match is None:
            raise InputError(f"PERMSYM_MEMORY must be a size such as 8GB or 500M, but is {limit!r}")
        return float(match[1]) * _UNITS[match[2]]
    free = [_meminfo(), _cgroup("memory.max", "memory.current"), _cgroup("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")]
    return min(value for value in free if value is not None) if any(value is not None for value in free) else float("inf")


def _meminfo() -> float | None:
    try:
        text = Path("/proc/meminfo").read_text()
        return float(re.search(r"MemAvailable:\s+(\d+) kB", text)[1]) * 1024  # type: ignore[index]
    except (OSError, TypeError):
        try:  # not Linux
            return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        except (AttributeError, ValueError, OSError):
            return None


def _cgroup(limit_name: str, usage_name: str) -> float | None:
    root = Path("/sys/fs/cgroup")
    try:
        limit = (root / limit_name).read_text().strip()
        return None if limit == "max" else float(limit) - float((root / usage_name).read_text())
    except (OSError, ValueError):
        return None
