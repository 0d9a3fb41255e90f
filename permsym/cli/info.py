"""``permsym info``: versions, and for a model the equation and what it would cost."""

from __future__ import annotations

import argparse
import json
from typing import Any

from permsym.cli import words


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    info = commands.add_parser(
        "info",
        description="Versions; for a model, the equation understood, dimension, memory and time before anything runs.",
    )
    words.add_model(info)
    words.add_basis(info)
    words.add_window(info)
    words.add_json(info)
    info.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym.cli.report import info_report, model_report
    from permsym.text import table

    report = info_report()
    if options.words:
        source, parameters, model = words.load(options)
        words.say_defaults(source, parameters)
        report |= model_report(model, options.basis, words.window(options.window))
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        if "equation" in report:
            print("\n".join([*report.pop("equation"), ""]))
        print(table([(key.replace("_", " "), _read(key, value)) for key, value in report.items() if key != "memory_bytes"]))
    return 0


def _read(key: str, value: Any) -> str:
    """A value as people read it."""
    match value:
        case str():
            return value
        case dict() if key == "plan":
            return f"{value['route']}: {value['basis']}, {value['window']}, {value['solver']}; {value['why']}"
        case dict():
            return " ".join(f"{name}={number}" for name, number in value.items())
        case list() if key == "symmetry":
            return "; ".join(value) or "none was found"
        case list():
            return ", ".join(map(str, value)) or "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
    return str(value)
