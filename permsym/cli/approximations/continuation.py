"""``permsym continue``: branches of cumulant steady states along a parameter."""

from __future__ import annotations

import argparse
import json
import sys

from permsym.cli import words
from permsym.cli.approximations.cumulants import add_expansion, expansion
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError
from permsym.reading import number_or_text


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "continue",
        description="Follow the fixed point of the cumulant equations along one parameter; N may be real.",
    )
    words.add_model(parser)
    add_expansion(parser)
    parser.add_argument("--over", metavar="NAME", help="the parameter to follow, such as N")
    parser.add_argument("--from", dest="start", metavar="A", help="its first value")
    parser.add_argument("--to", dest="stop", metavar="B", help="its last value")
    parser.add_argument("--points", default="50", metavar="K", help="least number of points on the branch (default 50)")
    words.add_moments(parser)
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters = words.model_source(options)
    choice = expansion(options)
    for word, value in (("--over", options.over), ("--from", options.start), ("--to", options.stop)):
        if value is None:
            raise InputError("continue needs --over NAME --from A --to B, such as --over N --from 10 --to 1e4; " + f"{word} is missing")
    start, stop = _number("--from", options.start), _number("--to", options.stop)
    points = _number("--points", options.points)
    if not points.is_integer() or not 1 <= points <= _MOST_POINTS:
        raise InputError(f"--points must be a whole number >= 1 and at most {_MOST_POINTS:,}, but is {options.points!r}")
    from permsym.cli.report import branch_table
    from permsym.cumulants import continuation
    from permsym.cumulants.path import model_at
    from permsym.cumulants.report import branch_report
    from permsym.dataset.versions import versions

    source.check(options.over)
    words.say_defaults(source, {**parameters, options.over: start})
    branch = continuation(source, over=options.over, start=start, stop=stop, points=int(points), **choice, **parameters)  # type: ignore[arg-type]
    ends = [model_at(source, {**parameters, options.over: value}) for value in (start, stop)]
    model = max(ends, key=lambda end: sum(ensemble.size for ensemble in end.ensembles))
    labels = words.asked_moments(options, model)
    report = {
        "model": source.name,
        "over": options.over,
        "parameters": {key: value for key, value in source.filled(parameters).items() if key != options.over},
        "order": choice["order"],
        **branch_report(branch, labels, model),
        "versions": versions(),
    }
    print(json.dumps(report, indent=2) if options.json else branch_table(report))
    unstable = sum(not point["stable"] for point in report["points"])
    if unstable:
        print(f"permsym: {unstable} of {len(report['points'])} points are unstable", file=sys.stderr)
    if not branch.reached:
        print(f"permsym: the branch does not reach {options.over}={stop:g}: {branch.ended}", file=sys.stderr)
    return UNCERTIFIED_EXIT_CODE if unstable or not branch.reached else 0


_MOST_POINTS = 10_000  # of a branch, which are followed one after the other


def _number(word: str, text: str) -> float:
    value = number_or_text(text)
    if isinstance(value, str):
        raise InputError(f"{word} must be a number, but is {text!r}")
    return float(value)
