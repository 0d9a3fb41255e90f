"""``permsym check``: whether files are whole and unchanged."""

from __future__ import annotations

import argparse
import json

from permsym.errors import InputError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    check = commands.add_parser(
        "check",
        description="Verify outputs, stores, states and checkpoints against their own checksums, and prove certificates of bounds again; "
        "exit code 1 where one is not whole.",
    )
    check.add_argument(
        "words",
        nargs="*",
        metavar="FILE",
        help=".nc, .csv, .parquet, .store, a state, a checkpoint, a certificate of bounds, or a reference dataset, p1-fig3b",
    )
    check.add_argument("--json", action="store_true", help="print a JSON document")
    check.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym.sweeps.check import checked_file

    if not options.words:
        raise InputError("which files? give at least one, such as permsym check sweep.nc sweep.nc.store")
    verdicts = [checked_file(name) for name in options.words]
    if options.json:
        print(json.dumps({"files": [{"file": v.file, "whole": v.whole, "problems": v.problems, "notes": v.notes} for v in verdicts]}))
    else:
        for v in verdicts:
            words = "; ".join((*v.problems, *v.notes))
            print(" ".join(f"{v.file}: {'whole' if v.whole else 'NOT WHOLE'}{f' ({words})' if words else ''}".split()))
    return 0 if all(v.whole for v in verdicts) else InputError.exit_code
