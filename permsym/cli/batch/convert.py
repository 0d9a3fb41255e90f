"""``permsym convert``: a dataset in other formats."""

from __future__ import annotations

import argparse
from pathlib import Path

from permsym.errors import InputError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    convert = commands.add_parser("convert", description="Write what a file holds in other formats: all of it, to the last bit.")
    convert.add_argument("words", nargs="*", metavar="FILE", help="FILE.nc, .csv or .parquet, or a reference dataset such as p1-fig3b")
    convert.add_argument(
        "-o", "--output", action="append", default=[], metavar="FILE", help="FILE.nc, .csv (its description beside it) or .parquet; several"
    )
    convert.add_argument("--json", action="store_true", help="print the names of the files as JSON")
    convert.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    import json

    from permsym import dataset

    if len(options.words) != 1:
        raise InputError("which file? give one that permsym wrote, such as permsym convert sweep.nc -o sweep.csv")
    if not options.output:
        raise InputError("where should it go? give -o FILE.csv, .nc or .parquet")
    name = options.words[0]
    outputs = [dataset.check(output) for output in options.output]
    data = dataset.open_reference(name) if name in dataset.reference_names() and not Path(name).exists() else dataset.open_dataset(name)
    for output in outputs:
        dataset.save(data, output)
    named = list(map(str, outputs))
    print(json.dumps({"files": named}) if options.json else f"wrote {' and '.join(named)}")
    return 0
