"""What long work tells whoever waits: lines about a solve, and how far a sweep is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from permsym.text import clock

Progress = Callable[[str], None]
"""Takes one line about a solve at a time."""

Counter = Callable[[int, int], None]
"""Takes (points done, points in all) of a sweep."""

_WIDTH = 30
_EVERY = 30.0  # seconds between lines of a log


def silent(line: str) -> None:
    """Say nothing."""


def on_stderr(after: float = 2.0) -> Progress:
    """Prints lines on standard error once ``after`` seconds have passed since this call.

    Earlier ones are dropped, but for those that announce a long step: they end in dots.
    """
    started = time.perf_counter()

    def say(line: str) -> None:
        elapsed = time.perf_counter() - started
        if elapsed >= after or line.endswith("..."):
            print(f"[{elapsed:6.1f} s] {line}", file=sys.stderr, flush=True)

    return say


def on_terminal(name: str) -> Counter | None:
    """A counter on a terminal, nothing in a log."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{name}: {done}/{total} points", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


class Bar:
    """How far a sweep is, on standard error, weighed by what each point costs: a bar on a terminal or in a notebook, lines in a log.

    total    points to compute; weight: their estimated seconds
    """

    def __init__(self, name: str, total: int, weight: float, stream: TextIO | None = None) -> None:
        self.name, self.total, self.weight = name, total, max(weight, 1e-300)
        self.stream = sys.stderr if stream is None else stream
        self.bar = self.stream.isatty() or "ipykernel" in sys.modules
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
