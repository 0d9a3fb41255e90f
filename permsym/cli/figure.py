"""``permsym figure``: data and picture of a published figure."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.cli.validity import add_judgement, judgement
from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError
from permsym.reading import number_or_text

if TYPE_CHECKING:
    import xarray as xr


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    figure = commands.add_parser("figure", description="Make a published figure, NAME.nc and NAME.png, and print its numbers.")
    figure.add_argument("words", nargs="*", metavar="NAME", help="p1-fig3b, ...; a name without letter draws all panels")
    figure.add_argument("--list", action="store_true", help="list the figures")
    figure.add_argument("-o", "--output", default=".", metavar="FOLDER", help="where to write (default: here)")
    figure.add_argument("--max-N", metavar="N", help="largest number of satellites")
    figure.add_argument("--format", default="png", metavar="png|pdf|svg", help="format of the picture (default: png)")
    figure.add_argument("--from", dest="source", metavar="FILE.nc", help="draw a figure, or a validity map, again from its data")
    add_judgement(figure)
    words.add_json(figure)
    figure.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from permsym.dataset.status import Status, spelled
    from permsym.figures import FIGURES, draw, expand
    from permsym.figures.gallery.figure import judged
    from permsym.progress import on_terminal
    from permsym.text import table

    if options.list:
        print(table([(name, figure.title) for name, figure in FIGURES.items()]))
        return 0
    if options.source is not None:
        return _again(options)
    _no_judgement(options)
    if not options.words:
        raise InputError(f"which figure? give one of {', '.join(FIGURES)}")
    names = [name for word in options.words for name in expand(word)]
    largest = None if options.max_N is None else number_or_text(options.max_N)
    code, reports = 0, []
    for name in names:
        data, paths = draw(name, Path(options.output), largest, options.command_line, on_terminal(name), options.format)  # type: ignore[arg-type]
        if options.json:
            reports.append({"figure": name, "title": FIGURES[name].title, "files": list(map(str, paths)), **judged(data), **_numbers(data)})
        else:
            print(table(FIGURES[name].table(data)))
            print("wrote " + " and ".join(map(str, paths)))
        outcomes = zip(map(str, data["status"].values.flat), map(str, data["reason"].values.flat), strict=True)
        short = [spelled(status, reason) for status, reason in outcomes if Status(status).falls_short]
        if short:
            print(f"permsym: {name}: {len(short)} points are not certified; the first: {short[0]}", file=sys.stderr)
            code = UNCERTIFIED_EXIT_CODE
        missed = [str(label) for label in data["check"].values[data["met"].values == 0]] if "check" in data.coords else []
        if missed:
            print(f"permsym: {name}: {len(missed)} published numbers are not met; the first: {missed[0]}", file=sys.stderr)
            code = UNCERTIFIED_EXIT_CODE
    if options.json:
        print(json.dumps({"figures": reports}, indent=2))
    return code


def _no_judgement(options: argparse.Namespace) -> None:
    if options.within is not None or options.absolute or options.scale is not None:
        raise InputError("--within, --absolute and --scale judge a validity map that is drawn again; give its file with --from")


def _again(options: argparse.Namespace) -> int:
    """A picture of data that a file holds, here or in the folder of ``-o``; nothing is computed."""
    from permsym import dataset
    from permsym.figures.registry import drawn_from, picture_of
    from permsym.validity.run import WITHIN, is_map, judge

    if options.words:
        raise InputError(f"--from says which figure it is; leave {options.words[0]!r} out")
    path = Path(options.source)
    data = dataset.open_dataset(path)
    picture = picture_of(Path(options.output), path.stem, options.format)
    if "figure" in data.attrs and not is_map(data):
        _no_judgement(options)
        drawn_from(data, picture)
    else:
        from permsym.validity.report import write

        within, scale = judgement(options, float(data.attrs.get("within", WITHIN)))
        write(judge(data, within=within, scale=scale), picture)
    print(json.dumps({"files": [str(picture)]}) if options.json else f"wrote {picture}")
    return 0


def _numbers(data: xr.Dataset) -> dict[str, Any]:
    """Coordinates and variables with their dimensions and values, JSON-ready: nan is null, a date its text."""

    def plain(variable: Any) -> dict[str, Any]:
        values = variable.values
        if values.dtype.kind == "M":
            values = values.astype(str)
        elif values.dtype.kind == "f":
            values = values.astype(object)
            values[variable.isnull().values] = None
        return {"dims": list(map(str, variable.dims)), "values": values.tolist()}

    coordinates = {str(name): plain(variable) for name, variable in data.coords.items()}
    return {"coordinates": coordinates, "variables": {str(name): plain(variable) for name, variable in data.data_vars.items()}}
