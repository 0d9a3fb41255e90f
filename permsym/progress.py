"""What long work says while one waits: lines about a solve, counts of points, a bar.  No other file displays progress."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from permsym.text import clock

Progress = Callable[[str], None]
"""Takes one line about a solve at a time."""

Counter = Callable[[int, int], None]
"""Takes (points done, points in all) of a sweep or figure."""

_WIDTH, _NARROWEST = 30, 5  # characters of a bar; with less room than the second there is none
_COLUMNS = 80  # of a terminal that does not tell
_REDRAWN, _LOGGED = 0.1, 30.0  # seconds between redrawings, and between lines of a log


def silent(line: str) -> None:
    """Say nothing."""


def on_stderr(after: float = 2.0) -> Progress:
    """Prints lines on standard error once ``after`` seconds have passed since this call.

    Of earlier lines only those are printed that announce a long step: they end in dots.
    """
    started = time.perf_counter()

    def say(line: str) -> None:
        elapsed = time.perf_counter() - started
        if elapsed >= after or line.endswith("..."):
            print(f"[{elapsed:6.1f} s] {line}", file=sys.stderr, flush=True)

    return say


def on_terminal(name: str) -> Counter | None:
    """A bar on standard error where it can be redrawn; None in a log."""
    if not _redraws(sys.stderr):
        return None
    bar: Bar | None = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None or done <= bar.done:  # a figure may count several sweeps
            bar = Bar(name, total)
        for _ in range(done - bar.done):
            bar.advance()

    return show


class Bar:
    """How far a sweep is: a line that is redrawn on a terminal and in a notebook, a line now and then in a log.

    total    points to compute
    weight   sum of the points' weights, such as estimated seconds: the time left follows from the share that is done

    Leaving a ``with`` block closes the line.
    """

    def __init__(self, name: str, total: int, weight: float | None = None, stream: TextIO | None = None) -> None:
        self.name, self.total, self.weight = name, total, max(total if weight is None else weight, 1e-300)
        self.stream = sys.stderr if stream is None else stream
        self.redraws = _redraws(self.stream)
        self.done = self.failed = 0
        self._through = 0.0
        self._unfinished = False
        self._started = self._shown = time.monotonic()
        if self.redraws and total:
            self._show(0.0)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def advance(self, weight: float = 1.0, failed: bool = False) -> None:
        """One point is done."""
        self.done += 1
        self.failed += failed
        self._through += weight
        now = time.monotonic()
        if self.done == self.total or now - self._shown >= (_REDRAWN if self.redraws else _LOGGED):
            self._shown = now
            self._show(now - self._started)

    def close(self) -> None:
        """End the line of an unfinished bar."""
        if self._unfinished:
            self.stream.write("\n")
            self.stream.flush()
        self._unfinished = False

    def _show(self, elapsed: float) -> None:
        last = self.done == self.total
        share = 1.0 if last else min(self._through / self.weight, 1.0)
        text = f"{self.done}/{self.total} points"
        if self.failed:
            text += f", {self.failed} failed"
        if last:
            text += f", {clock(elapsed)} in all"
        elif share > 0:
            text += f", {clock(elapsed * (1 - share) / share)} left"
        if self.redraws:
            columns = _columns(self.stream) - 1  # a full line would wrap
            width = min(_WIDTH, columns - len(self.name) - len(text) - 4)
            filled = int(width * share)
            line = f"{self.name} [{'#' * filled}{'.' * (width - filled)}] {text}" if width >= _NARROWEST else f"{self.name} {text}"
            self.stream.write(f"\r{line[:columns].ljust(columns)}" + ("\n" if last else ""))
            self._unfinished = not last
        else:
            self.stream.write(f"{time.strftime('%H:%M:%S')} {self.name}: {text}\n")
        self.stream.flush()


def _redraws(stream: TextIO) -> bool:
    """Whether a carriage return takes back a line: on a terminal and in a notebook."""
    return (stream.isatty() and os.environ.get("TERM") != "dumb") or "ipykernel" in sys.modules


def _columns(stream: TextIO) -> int:
    """Columns of a terminal."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _COLUMNS
    except (OSError, ValueError, AttributeError):
        return _COLUMNS
