"""``--full-counting`` of commands: which jumps, their statistics, and how these are printed."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from permsym.errors import UncertifiedWarning
from permsym.text import table

if TYPE_CHECKING:
    from permsym.dynamics.counting.full_counting import FullCounting
    from permsym.dynamics.counting.until import CountedNumber
    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.model import Model
    from permsym.steady.state import State


def declare(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare the option."""
    parser.add_argument(
        "--full-counting", metavar="JUMP", action="append", default=[], help=f"{what}, such as 'L[a] central' or a; repeatable"
    )


def check(options: argparse.Namespace, model: Model) -> None:
    """InputError for a jump that the model does not have, before the work."""
    for name in options.full_counting:
        model.jump(name)


def counted(state: State, options: argparse.Namespace, solved: Callable[[str], State]) -> tuple[State, dict[str, FullCounting]]:
    """Statistics of the jumps that were asked for, by what was typed; and the state, solved again where its route cannot count."""
    if not options.full_counting:
        return state, {}
    from permsym.dynamics.counting.full_counting import countable, full_counting

    if options.solver == "auto" and not countable(state):
        state = solved("superlu")
    return state, {name: full_counting(state, name) for name in dict.fromkeys(options.full_counting)}


def counted_until(evolution: Evolution, options: argparse.Namespace) -> dict[str, CountedNumber]:
    """The numbers of the jumps that were asked for, along an evolution."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # said with what else falls short
        return {name: evolution.counting(name, order=4) for name in dict.fromkeys(options.full_counting)}


def shortfalls(countings: Mapping[str, FullCounting] | Mapping[str, CountedNumber]) -> list[str]:
    """What the statistics themselves fall short of, beside the state or the evolution."""
    return [f"counting {name!r}: {reason}" for name, one in countings.items() for reason in one.own_reasons]


def series(report: Mapping[str, Any]) -> str:
    """Of an evolution: a table over time for each jump."""
    return "".join(_over_time(report["times"], name, one) for name, one in report.get("counting", {}).items())


def _over_time(times: Sequence[float], name: str, one: Mapping[str, Any]) -> str:
    lines: list[Sequence[str]] = [("time", "current", "mean", "error", "counting Fano factor", "error")]
    for k, t in enumerate(times):
        fano, error = one["fano"][k], one["errors"]["fano"][k]
        shown = ("-", "-") if fano is None else (f"{fano:.10g}", f"{error:.0e}")
        lines.append((f"{t:.6g}", f"{one['current'][k]:.10g}", f"{one['mean'][k]:.10g}", f"{one['errors']['mean'][k]:.0e}", *shown))
    return f"\n\nnumber of {name}\n{table(lines)}"


def rows(report: Mapping[str, Any]) -> str:
    """Of a state: the statistics as lines of a table; "" where they were not asked for."""
    countings = report.get("counting", {})
    if not countings:
        return ""
    lines: list[Sequence[str]] = [("jump", "current", "counting Fano factor", "noise", "c3", "c4")]
    for name, one in countings.items():
        values = (one["current"], one["fano"], one["noise"], *one["cumulants"])
        pairs = zip(values, one["errors"].values(), strict=True)
        cells = [f"{x:.10g} +- {'not finite' if e is None else f'{e:.0e}'}" for x, e in pairs]
        lines.append((name, *cells))
    return "\n\n" + table(lines)
