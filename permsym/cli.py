"""The command line.  Results go to standard output, progress and warnings to standard error.

Exit codes: 0 done and certified; 1 wrong input; 2 wrong usage; 3 solved, but a certificate fell short; 4 refused
beforehand for lack of memory.  Everything but ``argparse`` is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from permsym.errors import UNCERTIFIED_EXIT_CODE, InputError, PermsymError

if TYPE_CHECKING:
    from permsym.model import Model
    from permsym.models import ModelSource

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    options, rest = parser.parse_known_args(words)
    unknown = [word for word in rest if word.startswith("--")]
    if unknown:
        parser.error(f"unknown option {unknown[0]}")
    options.words = [*getattr(options, "words", []), *rest]
    options.command_line = shlex.join(["permsym", *words])
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        code = run(options)
        sys.stdout.flush()
        return code
    except PermsymError as error:
        print(f"permsym: {_one_line(str(error))}", file=sys.stderr)
        return error.exit_code
    except MemoryError:
        print("permsym: out of memory in the middle of the work; use fewer satellites or free some memory", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print("permsym: interrupted; nothing half-written was left", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="permsym", description="Exact steady states of permutation-symmetric open quantum systems.")
    parser.add_argument("--version", action="version", version=f"permsym {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    solve = commands.add_parser("solve", help="exact steady state of a model, certified", description="Exact steady state of a model.")
    _add_model(solve)
    what = solve.add_mutually_exclusive_group()
    what.add_argument("--moments", metavar="ORDER", help="all moments with up to ORDER operators (default 2)")
    what.add_argument("--moment", metavar="LABEL", nargs="+", action="extend", help="these moments, such as 'z0' '+1 -2'")
    solve.add_argument("--basis", default="auto", metavar="NAME", help="auto, dicke or occupation")
    _add_window(solve)
    solve.add_argument("--solver", default="auto", metavar="NAME", help="auto, superlu, single, ilu, shift-invert, pardiso or hermite")
    solve.add_argument("--verify", action="store_true", help="solve in the other representation too and report the difference")
    solve.add_argument("--json", action="store_true", help="print the result as JSON")
    solve.add_argument("-o", "--output", metavar="FILE", help="write the result to FILE.nc or FILE.csv")
    solve.set_defaults(run=_solve)

    figure = commands.add_parser(
        "figure", help="data and picture of a published figure", description="Make a published figure: NAME.nc and NAME.png."
    )
    figure.add_argument("words", nargs="*", metavar="NAME", help="p1-fig3b, ...; a name without letter draws all panels")
    figure.add_argument("--list", action="store_true", help="list the figures")
    figure.add_argument("-o", "--output", default=".", metavar="FOLDER", help="where to write (default: here)")
    figure.add_argument("--max-N", metavar="N", help="largest number of satellites")
    figure.set_defaults(run=_figure)

    info = commands.add_parser(
        "info",
        help="versions, and what a model would cost",
        description="Versions; for a model, dimension, memory and time before anything runs.",
    )
    _add_model(info)
    info.add_argument("--basis", default="auto", metavar="NAME", help="auto, dicke or occupation")
    _add_window(info)
    info.add_argument("--json", action="store_true", help="print as JSON")
    info.set_defaults(run=_info)
    return parser


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", metavar="MODEL NAME=VALUE", help="a model (central-spin, FILE.toml, package.module:function) and its parameters"
    )


def _add_window(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--window", default="auto", metavar="SIZE", help="auto, full, or K standard deviations around the mean")


def _version() -> str:
    from permsym import __version__

    return __version__


# -- words of a command line ---------------------------------------------------------------------------------------------


def _model_words(options: argparse.Namespace) -> tuple[str | None, dict[str, float | str]]:
    """The model's name and the parameters, wherever they stand; ``--moment`` gives back words that are no labels."""
    words = list(options.words)
    if getattr(options, "moment", None):
        named = any(not _ASSIGNMENT.fullmatch(word) for word in words)
        stray = [word for word in options.moment if _ASSIGNMENT.fullmatch(word) or (not named and not _looks_like_label(word))]
        options.moment = [word for word in options.moment if word not in stray]
        words += stray
    name: str | None = None
    given: dict[str, float | str] = {}
    for word in words:
        match = _ASSIGNMENT.fullmatch(word)
        if match is None and name is None:
            name = word
        elif match is None:
            raise InputError(f"{word!r} is neither an option nor NAME=VALUE; the model is {name!r} already")
        elif match[1] in given:
            raise InputError(f"{match[1]!r} is given twice; give it once")
        else:
            given[match[1]] = _number(match[2])
    return name, given


def _looks_like_label(word: str) -> bool:
    return all(re.fullmatch(r"(?:[+\-z]|\|\d+><\d+\|)\d+(?:@\w+)?", factor) for factor in word.split())


def _number(text: str) -> float | str:
    """A number, or the expression as it stands."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _load(options: argparse.Namespace) -> tuple[ModelSource, dict[str, float | str], Model]:
    from permsym.models import lookup, names

    name, given = _model_words(options)
    if name is None:
        raise InputError(f"which model? give one of {', '.join(names())}, a TOML file or package.module:function")
    source = lookup(name)
    return source, given, source.model(given)


def _say_defaults(source: ModelSource, given: dict[str, float | str]) -> None:
    defaults = source.defaulted(given)
    if defaults:
        print("defaults: " + " ".join(f"{name}={value}" for name, value in defaults.items()), file=sys.stderr)


# -- commands ------------------------------------------------------------------------------------------------------------


def _solve(options: argparse.Namespace) -> int:
    import warnings

    source, given, model = _load(options)
    if options.output:
        from permsym import dataset

        dataset.check(options.output)  # before the work, not after it
    from permsym.errors import UncertifiedWarning
    from permsym.moments.labels import select_labels
    from permsym.steady.progress import on_stderr
    from permsym.steady.solve import steady_state

    labels = select_labels(model, options.moment or _order(options.moments))
    _say_defaults(source, given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # said below, in one line
        state = steady_state(
            model,
            basis=options.basis,
            solver=options.solver,
            moments=labels,
            verify=options.verify,
            window=_window(options.window),
            progress=on_stderr(),
        )
    from permsym.report import solve_report, solve_table

    report = solve_report(state, labels, source, given)
    if options.output:
        from permsym.dataset.build import build_dataset
        from permsym.sweep.methods import state_point

        definition = {"name": source.name, "fixed": given, "defaults": source.defaulted(given), "first_point": model.to_dict()}
        point = state_point(state, labels)
        dataset.save(
            build_dataset({}, ["exact"], {((), "exact"): point}, model=source.name, definition=definition, command=options.command_line),
            options.output,
        )
    print(json.dumps(report, indent=2) if options.json else solve_table(report))
    if not state.certificate.certified:
        print("permsym: not certified: " + "; ".join(state.certificate.reasons), file=sys.stderr)
        return UNCERTIFIED_EXIT_CODE
    return 0


def _window(text: str) -> Literal["auto", "full"] | float:
    if text in ("auto", "full"):
        return "auto" if text == "auto" else "full"
    number = _number(text)
    if isinstance(number, str):
        raise InputError(f"--window must be auto, full or a number of standard deviations, but is {text!r}")
    return float(number)


def _order(text: str | None) -> int:
    if text is None:
        return 2
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--moments must be an order such as 2, but is {text!r}; for single moments use --moment 'z0' '+1 -2'") from None


def _figure(options: argparse.Namespace) -> int:
    from pathlib import Path

    from permsym.figures import FIGURES, draw, expand
    from permsym.report import table

    if options.list:
        print(table([(name, figure.title) for name, figure in FIGURES.items()]))
        return 0
    if not options.words:
        raise InputError(f"which figure? give one of {', '.join(FIGURES)}")
    names = [name for word in options.words for name in expand(word)]
    largest = None if options.max_N is None else _number(options.max_N)
    code = 0
    for name in names:
        data, paths = draw(name, Path(options.output), largest, options.command_line, _progress(name))  # type: ignore[arg-type]
        print(table(FIGURES[name].table(data)))
        print("wrote " + " and ".join(map(str, paths)))
        short = [str(status) for status in data["status"].values.ravel() if str(status).startswith(("uncertified", "failed"))]
        if short:
            print(f"permsym: {name}: {len(short)} points are not certified; the first: {short[0]}", file=sys.stderr)
            code = UNCERTIFIED_EXIT_CODE
    return code


def _progress(name: str) -> Callable[[int, int], None] | None:
    """A counter on a terminal, nothing in a log."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{name}: {done}/{total} points", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def _info(options: argparse.Namespace) -> int:
    from permsym.report import info_report, model_report, table

    report = info_report()
    if options.words:
        source, given, model = _load(options)
        _say_defaults(source, given)
        report |= model_report(model, options.basis, _window(options.window))
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print(table([(key, value if isinstance(value, str) else json.dumps(value)) for key, value in report.items()]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
