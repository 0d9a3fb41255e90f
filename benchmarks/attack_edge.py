"""Malformed input for a while: ``python benchmarks/attack_edge.py SECONDS SEED``.

Prints a table of what went wrong; exit code 1 where anything did.  One process: a case that hangs is ended after 60 seconds.
"""

from __future__ import annotations

import collections
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import fuzz

_PATIENCE = 60  # seconds of one case


class Hung(BaseException):
    """A case that did not end."""


def _hung(*_: object) -> None:
    raise Hung


def attack(seconds: float, seed: int) -> int:
    """Run cases until the time is over; returns the number of those that broke the promise."""
    chance, counts, shown = random.Random(seed), collections.Counter[str](), 0
    signal.signal(signal.SIGALRM, _hung)
    with tempfile.TemporaryDirectory() as name, fuzz.inside(Path(name)), fuzz.inline_workers():
        fuzz.prepared(Path.cwd())
        end, slowest = time.monotonic() + seconds, (0.0, [""])
        while time.monotonic() < end:
            words = fuzz.case(chance, Path.cwd())
            signal.alarm(_PATIENCE)
            wrong, took = fuzz.verdict(words)
            signal.alarm(0)
            slowest = max(slowest, (took, words))
            counts["cases"] += 1
            if wrong:
                counts["hang" if "Hung" in wrong else "code 70" if "code 70" in wrong else "other"] += 1
                shown += 1
                print(f"{words!r:.300}\n    {wrong}")
        print(f"\nseed {seed}: " + ", ".join(f"{counts[kind]} {kind}" for kind in ("cases", "hang", "code 70", "other")))
        print(f"slowest: {slowest[0]:.1f} s, {slowest[1]!r:.200}")
    return shown


if __name__ == "__main__":
    sys.exit(attack(float(sys.argv[1]), int(sys.argv[2])) > 0)
