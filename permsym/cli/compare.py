"""``permsym compare``: approximations against a reference."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from permsym.cli import words
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError

if TYPE_CHECKING:
    from permsym.compare.comparison import Comparison
    from permsym.compare.verdicts import Verdict


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    compare = commands.add_parser(
        "compare",
        description=(
            "Errors of approximations, where the order of merit changes, whether higher orders help, values that cannot be.  "
            "With --within the exit code is 0 where all values are within, else 3."
        ),
    )
    compare.add_argument(
        "words", nargs="*", metavar="REFERENCE APPROXIMATION", help="files of permsym, reference datasets such as p1-fig3b, or any CSV"
    )
    compare.add_argument(
        "--within", metavar="W", help="largest error relative to the reference, or to a thousandth of its largest value, that is within"
    )
    compare.add_argument(
        "--quantity", action="append", metavar="Q", help="compare this alone: a label or a derived quantity; several count"
    )
    words.add_json(compare)
    compare.add_argument("-o", "--output", metavar="REPORT", help="write REPORT.html, .png, .pdf, .svg or .csv")
    compare.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym.compare import compare, read_table
    from permsym.compare.summary import text
    from permsym.compare.verdicts import to_dict, verdicts
    from permsym.dataset.files import check_target
    from permsym.plot import PICTURES

    if len(options.words) < 2:
        raise InputError("compare what? give a reference and approximations, such as permsym compare p1-fig3b mine.csv")
    output = None if options.output is None else Path(options.output)
    if output is not None:
        check_target(output, (".html", ".csv", *PICTURES))
    within = None if options.within is None else words.frequency(options.within, "--within")
    if within is not None and within < 0:
        raise InputError(f"--within must not be negative, but is {options.within}")
    reference = read_table(options.words[0])
    comparison = compare(reference, *(read_table(word, reference.sites) for word in options.words[1:]))
    if options.quantity:
        comparison = comparison.of_quantities(options.quantity)
    judged = [verdict for verdict in verdicts(comparison, within) if not verdict.own]
    if within is not None and not judged:
        raise InputError("nothing is judged: the approximations have no quantity with a value of the reference's")
    if options.json:
        print(json.dumps(to_dict(comparison, judged, within), indent=2))
    else:
        print(text(comparison))
        if within is not None:
            print(f"\n{_said(judged, within)}")
    if output is not None:
        _write(comparison, output, within)
        print(f"wrote {output}", file=sys.stderr if options.json else sys.stdout)
    if comparison.doubtful:
        print(f"permsym: {comparison.doubtful} points of the reference are not certified", file=sys.stderr)
    return UNCERTIFIED_EXIT_CODE if any(verdict.within is False for verdict in judged) else 0


def _said(judged: list[Verdict], within: float) -> str:
    """Which approximation of which quantity is not within, at its worst point."""
    off = [verdict for verdict in judged if not verdict.within]
    if not off:
        return f"All {len(judged)} are within {within:g}."
    lines = [f"{len(off)} of {len(judged)} are not within {within:g}:"]
    for verdict in off:
        at = " ".join(f"{name}={value:g}" for name, value in verdict.where.items())
        lines.append(f"  {verdict.quantity} of {verdict.approach}: {verdict.worst:.3g}" + (f" at {at}" if at else ""))
    return "\n".join(lines)


def _write(comparison: Comparison, output: Path, within: float | None) -> None:
    """The report in the format of the file's name."""
    if output.suffix == ".csv":
        from permsym.compare.summary import write_csv

        write_csv(comparison, output)
    elif output.suffix == ".html":
        from permsym.compare.html import write_html

        write_html(comparison, output, within)
    else:
        from permsym.compare.picture import write_picture

        write_picture(comparison, output, within)
