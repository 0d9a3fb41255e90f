"""``permsym info``: versions, and what a model would cost."""

from __future__ import annotations

import argparse
import json

from permsym.cli.words import add_model, add_window, load, say_defaults, window


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    info = commands.add_parser(
        "info",
        help="versions, and what a model would cost",
        description="Versions; for a model, dimension, memory and time before anything runs.",
    )
    add_model(info)
    info.add_argument("--basis", default="auto", metavar="NAME", help="auto, dicke or occupation")
    add_window(info)
    info.add_argument("--json", action="store_true", help="print as JSON")
    info.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym.report import info_report, model_report, table

    report = info_report()
    if options.words:
        source, given, model = load(options)
        say_defaults(source, given)
        report |= model_report(model, options.basis, window(options.window))
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print(table([(key, value if isinstance(value, str) else json.dumps(value)) for key, value in report.items()]))
    return 0
