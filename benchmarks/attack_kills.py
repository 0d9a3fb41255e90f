"""Kill, stop and interrupt sweeps for a while: ``python benchmarks/attack_kills.py SECONDS SEED [dask]``.

With ``dask`` a scheduler and two workers on the loopback interface compute, and are attacked, too.  Prints a table of what was done
and what went wrong; exit code 1 where anything did.  Linux only: it looks at processes through /proc.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the same permsym here and in the processes
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import kills
from dask_cluster import Cluster


def attack(seconds: float, seed: int, cluster: Cluster | None = None) -> int:
    """Attack sweeps until the time is over; returns the number of broken promises."""
    chance, done, faults = random.Random(seed), Counter[str](), Counter[tuple[str, str]]()
    end, sweeps = time.monotonic() + seconds, 0
    with tempfile.TemporaryDirectory() as name:
        expected = kills.expected(Path(name), kills.POINTS)
    while time.monotonic() < end:
        sweeps += 1
        with tempfile.TemporaryDirectory() as name:
            sweep, complete = kills.Sweep(Path(name), kills.POINTS, expected), False
            while not complete:
                before = sweep.faults.copy()
                what, times, complete = kills.attack(sweep, chance, cluster=cluster)
                done[what] += times
                for kind, number in (sweep.faults - before).items():
                    faults[what, kind] += number
                for words in sweep.words:
                    print(f"{what}: {words}", flush=True)
                sweep.words.clear()
    print(f"\nseed {seed}: {done.total()} attacks on {sweeps} sweeps of {kills.POINTS} points, all completed")
    print(f"{'':16}{'times':>7}" + "".join(f"{kind:>11}" for kind in kills.FAULTS))
    for what in sorted(done):
        print(f"{what:16}{done[what]:7}" + "".join(f"{faults[what, kind]:11}" for kind in kills.FAULTS))
    return faults.total()


if __name__ == "__main__":
    arguments = float(sys.argv[1]), int(sys.argv[2])
    if sys.argv[3:] == ["dask"]:
        with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder)) as processes:
            sys.exit(attack(*arguments, processes) > 0)
    sys.exit(attack(*arguments) > 0)
