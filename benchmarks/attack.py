"""Random models for a while: ``python benchmarks/attack.py SECONDS SEED [--systems N] [--classes NAME ...] [--failures FOLDER]``.

Takes classes in turn, seeds from SEED on, and prints the table as it goes.  The test suite tries up to 100 systems of each class, in five
minutes; ``attack.py 10000 1 --systems 600`` tries 600, in about two hours.  Each failing model is written as a snippet to run.
Exit code 1 where a bound is violated, something certified is wrong, something crashes or is refused without a reason.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from adversary import generator, judge
from adversary.table import Table

_SHOWN = 60.0  # seconds between two tables


def attack(seconds: float, seed: int, names: list[str], failures: Path, systems: float = math.inf) -> Table:
    """Cases until the time is over, or ``systems`` of each class are done; each class gets the same share of the time."""
    table, spent = Table(), dict.fromkeys(names, 0.0)
    seeds = {name: itertools.count(seed) for name in names}
    end, shown = time.monotonic() + seconds, time.monotonic()
    while spent and time.monotonic() < end:
        name = min(spent, key=lambda name: spent[name])
        number = next(seeds[name])
        case, started = generator.case(name, number), time.monotonic()
        verdict = judge.judge(case)
        spent[name] += time.monotonic() - started
        table.enter(name, verdict)
        if number - seed + 1 >= systems:
            del spent[name]
        if verdict.faults:
            failures.mkdir(parents=True, exist_ok=True)
            file = failures / f"{name.replace(', ', '-').replace(' ', '-')}-{number}.py"
            file.write_text(case.snippet() + "".join(f"# {line}\n" for fault in verdict.faults for line in fault.splitlines()))
            print(f"{name}, seed {number}: {verdict.faults[0]:.200} ({file})", flush=True)
        if time.monotonic() - shown > _SHOWN:
            print(table, flush=True)
            shown = time.monotonic()
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description="Attack permsym with random models.")
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed", type=int)
    parser.add_argument("--systems", type=int, default=math.inf, help="most of each class")
    parser.add_argument("--classes", nargs="+", choices=list(generator.CLASSES), default=list(generator.CLASSES), metavar="NAME")
    parser.add_argument("--failures", type=Path, default=Path("attack-failures"), help="folder of the snippets")
    given = parser.parse_args()
    table = attack(given.seconds, given.seed, given.classes, given.failures, given.systems)
    print(table)
    return not table.clean


if __name__ == "__main__":
    sys.exit(main())
