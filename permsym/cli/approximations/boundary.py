"""``permsym boundary``: the number of spins from which on the semiclassical driven cavity can be trusted."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError
from permsym.reading import number_or_text


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    boundary = commands.add_parser(
        "boundary",
        description="N_sc of paper 2, eqs. (20)-(21): coming down from N = infinity on the lowest stable semiclassical branch, the first N "
        "at which orders 1, 2 and 3 of the cumulant expansion differ by the threshold.",
    )
    boundary.add_argument("words", nargs="*", metavar="MODEL NAME=VALUE", help="driven-tavis-cummings and its parameters, without N")
    boundary.add_argument("--threshold", default="0.01", metavar="X", help="relative deviation of |<a>|^2 (default 0.01)")
    words.add_json(boundary)
    boundary.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    import time

    from permsym.dataset.versions import versions
    from permsym.driven_cavity.boundary import Reason, boundary
    from permsym.driven_cavity.families import MODEL, HomogeneousFamily
    from permsym.models import lookup
    from permsym.text import table

    name, parameters = words.model_words(options)
    if name != MODEL:
        wrong = repr(name) if name else "not given"
        raise InputError(f"the boundary is defined for {MODEL}, but the model is {wrong}; write permsym boundary {MODEL} C=14 drive=0.95")
    threshold = number_or_text(options.threshold)
    started = time.perf_counter()
    source = lookup(name)
    family = HomogeneousFamily(parameters, source=source)
    result = boundary(lambda: family, threshold)  # type: ignore[arg-type]  # a word is refused there
    words.say_defaults(source, parameters)
    report: dict[str, Any] = {
        "model": name,
        "parameters": family.model(result.N_sc).parameters,
        "N_sc": result.N_sc,
        "deviations": result.point.deviations,
        "threshold": result.threshold,
        "reason": result.reason,
        "coherent_photons": {str(order): value for order, value in result.point.coherent_photons.items()},
        "path": [{"N": point.N, "deviations": point.deviations} for point in result.path],
        "timings": {"total": time.perf_counter() - started},
        "versions": versions(),
    }
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        rows = [("N_sc", f"{result.N_sc:.6g}")] + [(f"deviation {name}", f"{value:.6g}") for name, value in result.point.deviations.items()]
        print(table(rows))
    if result.reason is Reason.SMALLEST:
        print("permsym: no deviation reaches the threshold down to N = 1", file=sys.stderr)
    if result.reason is Reason.FOLD:
        print(
            f"permsym: not certified: the branch ends at N = {result.N_sc:.6g} before a deviation reaches {result.threshold:g}",
            file=sys.stderr,
        )
        return UNCERTIFIED_EXIT_CODE
    return 0
