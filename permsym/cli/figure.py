"""``permsym figure``: data and picture of a published figure."""

from __future__ import annotations

import argparse
import sys

from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError
from permsym.reading import number_or_text


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    figure = commands.add_parser("figure", description="Make a published figure: NAME.nc and NAME.png.")
    figure.add_argument("words", nargs="*", metavar="NAME", help="p1-fig3b, ...; a name without letter draws all panels")
    figure.add_argument("--list", action="store_true", help="list the figures")
    figure.add_argument("-o", "--output", default=".", metavar="FOLDER", help="where to write (default: here)")
    figure.add_argument("--max-N", metavar="N", help="largest number of satellites")
    figure.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from pathlib import Path

    from permsym.dataset.status import Status, spelled
    from permsym.figures import FIGURES, draw, expand
    from permsym.progress import on_terminal
    from permsym.text import table

    if options.list:
        print(table([(name, figure.title) for name, figure in FIGURES.items()]))
        return 0
    if not options.words:
        raise InputError(f"which figure? give one of {', '.join(FIGURES)}")
    names = [name for word in options.words for name in expand(word)]
    largest = None if options.max_N is None else number_or_text(options.max_N)
    code = 0
    for name in names:
        data, paths = draw(name, Path(options.output), largest, options.command_line, on_terminal(name))  # type: ignore[arg-type]
        print(table(FIGURES[name].table(data)))
        print("wrote " + " and ".join(map(str, paths)))
        outcomes = zip(map(str, data["status"].values.flat), map(str, data["reason"].values.flat), strict=True)
        short = [spelled(status, reason) for status, reason in outcomes if Status(status).falls_short]
        if short:
            print(f"permsym: {name}: {len(short)} points are not certified; the first: {short[0]}", file=sys.stderr)
            code = UNCERTIFIED_EXIT_CODE
    return code
