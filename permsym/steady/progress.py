"""Lines about a long solve, for whoever asks for them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Progress = Callable[[str], None]
"""Takes one line of progress at a time."""


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
