"""``permsym compare``: an approximation against a reference."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from permsym.errors import InputError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    compare = commands.add_parser(
        "compare",
        description="Errors of an approximation, where the order of merit changes, whether higher orders help, values that cannot be.",
    )
    compare.add_argument(
        "words", nargs="*", metavar="REFERENCE APPROXIMATION", help="files of permsym, reference datasets such as p1-fig3b, or any CSV"
    )
    compare.add_argument("-o", "--output", metavar="REPORT", help="write REPORT.html, .png or .csv")
    compare.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym.compare import compare, read_table
    from permsym.compare.summary import text, write_csv
    from permsym.dataset.files import check_target

    if len(options.words) != 2:
        raise InputError("compare what? give a reference and an approximation, such as permsym compare p1-fig3b mine.csv")
    output = None if options.output is None else Path(options.output)
    if output is not None:
        check_target(output, (".html", ".png", ".csv"))
    reference = read_table(options.words[0])
    comparison = compare(reference, read_table(options.words[1], reference.sites))
    print(text(comparison))
    if output is not None:
        if output.suffix == ".csv":
            write_csv(comparison, output)
        elif output.suffix == ".png":
            from permsym.compare.picture import write_png

            write_png(comparison, output)
        else:
            from permsym.compare.html import write_html

            write_html(comparison, output)
        print(f"\nwrote {output}")
    if comparison.doubtful:
        print(f"permsym: {comparison.doubtful} points of the reference are not certified", file=sys.stderr)
    return 0
