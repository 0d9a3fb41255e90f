"""``permsym reference``: the reference set, on which any method can be scored."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from itertools import chain
from pathlib import Path

from permsym.cli import words
from permsym.errors import InputError
from permsym.reading import number_or_text

_WORDS = "list, show NAME, template NAME ..., score FILE.csv ..."


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "reference",
        description=(
            "The reference set: problems with exact, certified values.  `template` writes a table to fill in, `score` judges it beside "
            "permsym's own approximations.  A template with --seed has new points, whose exact values are computed when it is scored."
        ),
    )
    parser.add_argument("words", nargs="*", metavar="list|show|template|score", help=f"{_WORDS}; `template all` is of every problem")
    parser.add_argument("--seed", metavar="SEED", help="of a template: new points inside the same ranges")
    parser.add_argument("-o", "--output", metavar="FILE", help="of a template: FILE.csv; of a score: REPORT.html")
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    actions = {"list": _list, "show": _show, "template": _template, "score": _score}
    action, *rest = options.words or ["list"]
    if action not in actions:
        raise InputError(f"what of the reference set? give {_WORDS}, but not {action!r}")
    if options.seed is not None and action != "template":
        raise InputError("--seed is of a template; leave it out")
    if options.output is not None and action in ("list", "show"):
        raise InputError(f"-o is of a template or a score; `reference {action}` prints: leave it out")
    return actions[action](options, rest)


def _list(options: argparse.Namespace, rest: list[str]) -> int:
    from permsym.reference.problems import PROBLEMS, SET
    from permsym.reference.report import listed
    from permsym.text import table

    if rest:
        raise InputError(f"`reference list` takes no name, but is given {rest[0]!r}; `reference show {rest[0]}` shows one problem")
    lines = listed(list(PROBLEMS.values()))
    if options.json:
        print(json.dumps(lines, indent=2))
        return 0
    body = [[each["name"], each["title"], str(each["points"]), f"{each['worst_exact_error']:.1g}"] for each in lines]
    print(SET + "\n\n" + table([["problem", "", "points", "exact to"], *body]))
    return 0


def _show(options: argparse.Namespace, rest: list[str]) -> int:
    from permsym.reference.problems import problem
    from permsym.reference.report import shown
    from permsym.text import table

    if len(rest) != 1:
        raise InputError("which problem? give one name of `permsym reference list`")
    all_of_it = shown(problem(rest[0]))
    if options.json:
        print(json.dumps(all_of_it, indent=2))
        return 0
    print("\n\n".join(all_of_it[key] for key in ("title", "physics", "hard", "symbols", "equation", "convention", "model", "command")))
    print("\nThe same by QuTiP on the whole product space, for few satellites:\n\n" + textwrap.indent(all_of_it["qutip"], "    "))
    values = all_of_it["values"]
    names = [name for name in dict.fromkeys(chain(*values)) if name not in ("value", "error")]  # a value at no delay has none
    rows = [[*(_cell(each.get(name, "")) for name in names), _spelled(each["value"])] for each in values]
    print("\n" + table([[*names, "value"], *rows]))
    return 0


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _spelled(value: float | list[float]) -> str:
    return f"{value:.12g}" if isinstance(value, float | int) else f"{value[0]:.12g}{value[1]:+.12g}i"


def _template(options: argparse.Namespace, rest: list[str]) -> int:
    from permsym.reference.problems import PROBLEMS, problem
    from permsym.reference.template import explained, write

    if not rest:
        raise InputError("a template of which problem? give names of `permsym reference list`, or all")
    if options.output is None:
        raise InputError("where should the template go? give -o FILE.csv")
    seed = None if options.seed is None else number_or_text(options.seed)
    if seed is not None and (not isinstance(seed, int) or seed < 0):
        raise InputError(f"--seed must be a whole number >= 0, but is {options.seed!r}")
    chosen = list(PROBLEMS.values()) if rest == ["all"] else [problem(name) for name in rest]
    number = write(chosen, Path(options.output), seed)
    print(f"wrote {options.output}: {number} values to fill in; {explained(Path(options.output))} says what they are")
    return 0


def _score(options: argparse.Namespace, rest: list[str]) -> int:
    from permsym.dataset.files import check_target
    from permsym.reference.answers import read
    from permsym.reference.report import rows, write_html
    from permsym.reference.score import exact_on, score
    from permsym.text import table

    if not rest:
        raise InputError("score what? give filled templates, such as mine.csv")
    output = None if options.output is None else Path(options.output)
    if output is not None:
        check_target(output, (".html",))
    answers = {name: read(Path(name)) for name in rest}
    card = score(answers, exact_on(Path(rest[0])))
    print(json.dumps(card.to_dict(), indent=2) if options.json else table(rows(card)))
    if output is not None:
        write_html(card, output)
        print(f"wrote {output}", file=sys.stderr if options.json else sys.stdout)
    return 0
