"""``permsym bounds``: proved two-sided bounds of steady-state moments."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.cli import words
from permsym.errors import InputError
from permsym.reading import number_or_text
from permsym.text import table

if TYPE_CHECKING:
    from permsym.bounding.bounds import Bounds


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "bounds",
        description=(
            "Two numbers between which a moment of the steady state lies, proved in rational arithmetic at any N: of all moments that "
            "obey the moment equations before any closure and make collective moment matrices positive. Needs permsym[bounds]."
        ),
    )
    words.add_model(parser)
    parser.add_argument(
        "--moment",
        metavar="LABEL",
        nargs="+",
        action="extend",
        help="what to bound: 'z0' '+1 -2' 'Im +0 -1' 'cumulant z0 z1', p0_up, photons, g2, fano (default p0_up or photons)",
    )
    parser.add_argument("--degree", metavar="D", help="moments with up to 2 D operators take part; halves are allowed (default 4)")
    parser.add_argument("--gap", metavar="G", help="how far each end may be from the best of this degree, absolute (default 1e-7)")
    parser.add_argument("--width", metavar="W", help="raise the degree until the interval is no wider")
    parser.add_argument("--seconds", metavar="T", help="raise the degree as far as this time allows")
    words.add_json(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="write the certificates to FILE.json, which `permsym check` proves again")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    source, parameters, model = words.load(options)
    if options.output:
        _check_output(Path(options.output))
    from permsym.bounding.bounds import DEFAULT_DEGREE, DEFAULT_GAP, bounds_of
    from permsym.dataset.versions import versions

    raised = options.width is not None or options.seconds is not None
    if raised and options.degree is not None:
        raise InputError("--width and --seconds raise the degree from the lowest; leave out --degree")
    words.say_defaults(source, parameters)
    _say_expressions(source.filled(parameters), model.parameters)
    asked = options.moment or ["photons" if model.centre.kind == "boson" else "p0_up" if model.centre.kind == "spin" else ""]
    results = bounds_of(
        model,
        [text for text in asked if text],
        degree=None if raised else _number(options.degree, DEFAULT_DEGREE),
        gap=_number(options.gap, DEFAULT_GAP),
        width=_number(options.width, None),
        seconds=_number(options.seconds, None),
    )
    report: dict[str, Any] = {
        "model": source.name,
        "parameters": model.parameters,
        "defaults": sorted(source.defaulted(parameters)),
        "bounds": {b.name: {"lower": b.lower, "upper": b.upper, "proved": b.proved, "notes": list(b.notes)} for b in results},
        "degree": results[0].degree,
        "free": results[0].free,
        "gap": results[0].gap,
        "timings": {"total": results[0].seconds},
        "versions": versions(),
    }
    if options.output:
        from permsym.bounding.certificate import joined, write

        write(Path(options.output), joined([b.certificate for b in results]))
    print(json.dumps(report, indent=2) if options.json else _table(report, results))
    return 0


def _check_output(path: Path) -> None:
    """Refuse a target before anything is computed: another format, no folder, or a file that holds something else."""
    if path.suffix != ".json":
        raise InputError(f"a certificate is JSON: write -o FILE.json instead of {str(path)!r}")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}; make it first")
    if path.exists() and not (path.is_file() and path.read_bytes().startswith(b'{"format":"permsym bounds')):
        raise InputError(f"{str(path)!r} exists and is no certificate of bounds; delete it or choose another name")


def _number(text: str | None, default: float | None) -> Any:
    """The value of an option; a word is refused where it is used."""
    return default if text is None else number_or_text(text)


def _say_expressions(written: dict[str, Any], parameters: dict[str, float]) -> None:
    """Expressions are taken as the floats that they evaluate to: print which, on standard error."""
    floats = [f"{name} = {text} is {parameters[name]!r}" for name, text in written.items() if isinstance(text, str) and name in parameters]
    if floats:
        print(f"bounds hold for the floats: {', '.join(floats)}", file=sys.stderr)


def _table(report: dict[str, Any], results: Sequence[Bounds]) -> str:
    """The report as text."""
    rows: list[Sequence[str]] = [("moment", "proved lower", "proved upper")]
    rows += [(b.name, f"{b.lower!r}", f"{b.upper!r}") for b in results]
    notes = [f"{b.name}: {note}" for b in results for note in b.notes]
    told = f"degree {report['degree']:g}, {report['free']} free moments, {report['timings']['total']:.2g} s"
    return "\n\n".join([f"{report['model']}, proved bounds", table(rows), *(["\n".join(notes)] if notes else []), told])
