"""Sizes, durations, tables and suggestions as people read them, and numbers as JSON takes them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence


def readable(size: float) -> str:
    """A size as people write it: 1.5 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def clock(seconds: float) -> str:
    """A duration as people read it: 42 s, 3:07 min, 5:02:11 h.

    >>> clock(187)
    '3:07 min'
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d} h"


def grouped_digits(text: str) -> bool:
    """Whether a count is written with points: 1.000 may be one, or a thousand.

    >>> grouped_digits("1.000"), grouped_digits("1.0"), grouped_digits("10000")
    (True, False, False)
    """
    return re.fullmatch(r"\d{1,3}(\.\d{3})+", text) is not None


def suggestion(name: str, names: Iterable[str], there_are: str, more: str = "") -> str:
    """Advice for a name that does not exist: the one that was meant, or all of them and ``more``.

    >>> suggestion("kapa", ["kappa", "g"], "the parameters are")
    "did you mean 'kappa'?"
    """
    names = list(names)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"{there_are} {', '.join(names)}{more}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def finite(value: float) -> float | None:
    """A number for JSON, which knows no infinity and no nan."""
    return float(value) if math.isfinite(value) else None


def pair(value: complex) -> list[float]:
    """A complex number for JSON."""
    return [value.real, value.imag]
