"""``permsym limit``: moments as the number of satellites goes to infinity, with their series in powers of 1/N."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError

if TYPE_CHECKING:
    from permsym.sweeps.limits.infinite import Limit

_LABELLED = 10  # satellites of the model that labels are read with


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser("limit", description="Limit of infinitely many satellites.")
    words.add_model(parser)
    parser.add_argument("--over", default="N", metavar="N", help="what goes to infinity: N")
    parser.add_argument("--method", default="exact", metavar="NAME", help="exact (default), mf, or c2 ... for cumulant expansions")
    words.add_moments(parser)
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters = words.model_source(options)
    if options.over != "N":
        raise InputError(f"a limit is over the number of satellites, --over N, but not over {options.over!r}; follow it with `continue`")
    if "N" in parameters:
        raise InputError("N goes to infinity; leave N=... out")
    from permsym.dataset.versions import versions
    from permsym.sweeps.limits.infinite import limit

    model = source.model({**parameters, "N": _LABELLED})
    labels = [label for label in words.asked_moments(options, model) if options.moment or not any(label.charge(model))]
    words.say_defaults(source, {**parameters, "N": 0})
    limits = limit(source, [str(label) for label in labels], method=options.method, **parameters)  # type: ignore[arg-type]
    report = {
        "model": source.name,
        "parameters": {name: value for name, value in source.filled(parameters).items() if name != "N"},
        "method": options.method,
        "moments": {label: _entry(each) for label, each in limits.items()},
        "versions": versions(),
    }
    print(json.dumps(report, indent=2) if options.json else "\n".join(map(str, limits.values())))
    doubtful = [label for label, each in limits.items() if not each.reliable]
    if doubtful:
        print(f"permsym: not reliable, the correction does not fall as the series does: {', '.join(doubtful)}", file=sys.stderr)
    return UNCERTIFIED_EXIT_CODE if doubtful else 0


def _entry(series: Limit) -> dict[str, Any]:
    """One moment of the JSON document: sum over k of coefficients[k] N^-powers[k]; a complex one by its larger part."""
    from permsym.text import finite

    return {
        "limit": finite(series.value),
        "powers": [k * series.power for k in range(len(series.coefficients))],
        "coefficients": list(map(finite, series.coefficients)),
        "errors": list(map(finite, series.coefficient_errors)),
        "reliable": series.reliable,
        "solver": series.solver,
    }
