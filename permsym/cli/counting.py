"""``--full-counting`` of commands: which jumps, their statistics, and how these are printed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from permsym.text import table

if TYPE_CHECKING:
    from permsym.dynamics.counting.full_counting import FullCounting
    from permsym.steady.state import State


def declare(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare the option."""
    parser.add_argument(
        "--full-counting", metavar="JUMP", action="append", default=[], help=f"{what}, such as 'L[a] central' or a; repeatable"
    )


def counted(state: State, options: argparse.Namespace, solved: Callable[[str], State]) -> tuple[State, dict[str, FullCounting]]:
    """Statistics of the jumps that were asked for, by what was typed; and the state, solved again where its route cannot count."""
    if not options.full_counting:
        return state, {}
    from permsym.dynamics.counting.full_counting import countable, full_counting

    if options.solver == "auto" and not countable(state):
        state = solved("superlu")
    return state, {name: full_counting(state, name) for name in dict.fromkeys(options.full_counting)}


def shortfalls(countings: Mapping[str, FullCounting]) -> list[str]:
    """What the statistics themselves fall short of, beside the state."""
    return [f"counting {name!r}: {reason}" for name, one in countings.items() for reason in one.certificate.own_reasons]


def counting_rows(countings: Mapping[str, Mapping[str, Any]] | None) -> str:
    """The statistics as lines of a table; "" where they were not asked for."""
    if not countings:
        return ""
    rows: list[Sequence[str]] = [("jump", "current", "counting Fano factor", "noise", "c3", "c4")]
    for name, one in countings.items():
        values = (one["current"], one["fano"], one["noise"], *one["cumulants"])
        pairs = zip(values, one["errors"].values(), strict=True)
        cells = [f"{x:.10g} +- {'not finite' if e is None else f'{e:.0e}'}" for x, e in pairs]
        rows.append((name, *cells))
    return "\n\n" + table(rows)
