"""How far a sweep is: a bar with the time that is left on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

Progress = Callable[[int, int], None]
"""Called with (points done, points in all)."""

_WIDTH = 30
_EVERY = 30.0  # seconds between lines of a log


class Display:
    """Progress of a sweep on standard error; weighed by what each point costs.

    total    points to compute; weight: their estimated seconds
    """

    def __init__(self, name: str, total: int, weight: float, stream: TextIO | None = None) -> None:
        self.name, self.total, self.weight = name, total, max(weight, 1e-300)
        self.stream = sys.stderr if stream is None else stream
        self.bar = self.stream.isatty()
        self.done = self.failed = 0
        self._through = 0.0
        self._started = self._shown = time.monotonic()

    def advance(self, weight: float, failed: bool) -> None:
        """One point is done."""
        self.done += 1
        self.failed += failed
        self._through += weight
        now = time.monotonic()
        last = self.done == self.total
        if last or now - self._shown >= (0.1 if self.bar else _EVERY):
            self._shown = now
            self._show(now - self._started, last)

    def _show(self, elapsed: float, last: bool) -> None:
        fraction = min(self._through / self.weight, 1.0)
        failures = f", {self.failed} failed" if self.failed else ""
        counts = f"{self.done}/{self.total} points{failures}"
        left = f"{clock(elapsed)} in all" if last else f"{clock(elapsed * (1 - fraction) / max(fraction, 1e-9))} left"
        if self.bar:
            filled = _WIDTH if last else int(_WIDTH * fraction)
            line = f"{self.name} [{'#' * filled}{'.' * (_WIDTH - filled)}] {counts}, {left}"
            self.stream.write(f"\r{line:<79}" + ("\n" if last else ""))
        else:
            self.stream.write(f"{time.strftime('%H:%M:%S')} {self.name}: {counts}, {left}\n")
        self.stream.flush()

    def close(self) -> None:
        """Leave the bar's line."""
        if self.bar and 0 < self.done < self.total:
            self.stream.write("\n")
            self.stream.flush()
        self.bar = False


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
