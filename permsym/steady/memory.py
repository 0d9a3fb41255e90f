"""What a direct solve will need, known before anything is allocated."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from permsym.errors import InputError

Kind = Literal["double", "single", "incomplete"]
"""Factors in double or in single precision, or incomplete ones."""

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def fill_estimate(unknowns: int, extents: Sequence[int]) -> float:
    """Nonzeros of L + U under nested dissection of a lattice box: 8 s^2 for each separator of size s, dense leaves.

    The constant was fitted to measured fills of both representations (benchmarks/bench_solve.py).
    """
    return _dissected(unknowns, extents, 8.0, 2)


def work_estimate(unknowns: int, extents: Sequence[int]) -> float:
    """Cubes of the separators' sizes, summed: proportional to the operations of the factorisation."""
    return _dissected(unknowns, extents, 1.0, 3)


def _dissected(unknowns: int, extents: Sequence[int], weight: float, power: int) -> float:
    """Sum of weight * s^power over the separators of a box that is halved along its longest side again and again."""
    sides = [float(max(extent, 1)) for extent in extents] or [1.0]
    size, blocks, total = float(unknowns), 1.0, 0.0
    while size > 32 and max(sides) > 2:
        longest = sides.index(max(sides))
        total += blocks * weight * (size / sides[longest]) ** power
        sides[longest] /= 2
        size /= 2
        blocks *= 2
    return total + blocks * size**power


def solve_bytes(unknowns: int, extents: Sequence[int], kind: Kind = "double") -> float:
    """Peak memory of assembly, factorisation and certificate, in bytes."""
    if kind == "incomplete":
        return 6e7 + 1800.0 * unknowns
    return 6e7 + 800.0 * unknowns + (6.3 if kind == "single" else 12.0) * fill_estimate(unknowns, extents)


def solve_seconds(unknowns: int, extents: Sequence[int], kind: Kind = "double") -> float:
    """Rough time of assembly, solve and certificate, in seconds of one modern core."""
    if kind == "incomplete":
        return 0.05 + 1e-4 * unknowns
    return 0.05 + 1.2e-5 * unknowns + (0.5e-9 if kind == "single" else 1e-9) * work_estimate(unknowns, extents)


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


def readable(size: float) -> str:
    """A size as people write it: 1.5 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


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
