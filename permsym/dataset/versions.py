"""Which software computed a number: versions of permsym, numpy and scipy, and a hash of permsym's own code."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

Software = Mapping[str, str]
"""``permsym``, ``numpy`` and ``scipy`` with their versions, and ``code``: what a number depends on besides its task."""


@cache
def software() -> Software:
    """The software of this process; of a package on disk, as it is when this is first called."""
    import scipy

    import permsym

    folder = Path(permsym.__file__).parent
    code = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content = path.read_bytes().replace(b"\r\n", b"\n")  # Windows may end the lines of a checkout otherwise
        code.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return {"permsym": permsym.__version__, "numpy": np.__version__, "scipy": scipy.__version__, "code": code.hexdigest()[:16]}


def versions() -> dict[str, str]:
    """The software of this process and its Python, as results carry them."""
    return {**software(), "python": platform.python_version()}


def differences(other: Software | None) -> str:
    """In which entries other software is not this process's, in words; "" where it is the same.

    >>> differences({**software(), "numpy": "0.9"}).startswith("numpy 0.9 instead of ")
    True
    """
    theirs = {name: (other or {}).get(name, "unknown") for name in software()}
    return ", ".join(f"{name} {theirs[name]} instead of {mine}" for name, mine in software().items() if theirs[name] != mine)


def mixture(several: Iterable[Software]) -> list[tuple[Software, int]]:
    """Each software that computed some points, and how many: the most first."""
    counts = Counter(tuple(sorted(one.items())) for one in several)
    return [(dict(entries), number) for entries, number in counts.most_common()]
