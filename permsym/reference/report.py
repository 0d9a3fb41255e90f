"""A scorecard in words and as one HTML page; a problem in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from permsym.plot import called
from permsym.reference.about import about
from permsym.reference.problems import SET, Problem
from permsym.reference.score import Judged, Score, Scorecard
from permsym.reference.values import values, worst_error
from permsym.text import pair
from permsym.writing import written_aside


def listed(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """JSON-ready: a line for every problem."""
    lines = []
    for problem in problems:
        exact = list(values(problem, problem.data))
        lines.append(
            {
                "name": problem.name,
                "title": problem.title,
                "points": max(value.point for value in exact) + 1,
                "quantities": list(problem.quantities),
                "worst_exact_error": worst_error(exact),
            }
        )
    return lines


def shown(problem: Problem) -> dict[str, Any]:
    """JSON-ready: all that somebody without permsym needs, and the exact values."""
    exact = list(values(problem, problem.data))
    points = {value.point: value.parameters for value in exact}
    return about(problem, list(points.values())) | {
        "values": [
            {
                "point": value.point,
                **value.parameters,
                "quantity": value.quantity,
                "value": value.value.real if not value.value.imag else pair(value.value),
                "error": value.error,
            }
            for value in exact
        ],
    }


def rows(card: Scorecard) -> list[list[str]]:
    """The scorecard as a table: a line for every method on every problem."""
    names = ["median error", "worst error", "worst at", "best at", "left out", "unphysical", "proved wrong", "seconds"]
    table = [["rank", "method", "problem", *names]]
    for rank, method in enumerate(card.ranked, start=1):
        for name, score in card.scores[method].items():
            table.append([str(rank), called(method), name, *_cells(score)])
    return table


def _cells(score: Score) -> list[str]:
    best, worst = ("-", "-") if score.regimes is None else map(_where, score.regimes)
    proved = "-" if score.disproved is None else str(score.disproved)
    seconds = "-" if score.seconds is None else f"{score.seconds:.2g}"
    return [f"{score.median:.2e}", f"{score.worst:.2e}", worst, best, str(score.missing), str(score.unphysical), proved, seconds]


def _where(point: Mapping[str, float]) -> str:
    return " ".join(f"{name}={value:.6g}" for name, value in point.items())


def matrix(card: Scorecard, cell: Callable[[Score], str]) -> list[list[str]]:
    """A line for every problem, a column for every method, the best first: a cell of each score, "-" where there is none."""
    table = [["problem", *map(called, card.ranked)]]
    for name in card.problems:
        scores = [card.scores[method].get(name) for method in card.ranked]
        table.append([name, *("-" if score is None else cell(score) for score in scores)])
    return table


def _values(card: Scorecard, name: str) -> list[list[str]]:
    """Errors of every value of a problem, the exact one beside them; marked where it is unphysical or proved wrong."""
    methods = [method for method in card.ranked if name in card.scores[method]]
    table = [["point", "quantity", "exact", *map(called, methods)]]
    for exact, judged in card.table(name):
        number = f"{exact.value.real:.8g}" + (f"{exact.value.imag:+.8g}i" if exact.value.imag else "")
        table.append([_where(exact.parameters), exact.quantity, number, *(_error(judged.get(method)) for method in methods)])
    return table


def _error(row: Judged | None) -> str:
    if row is None or math.isnan(row.error):
        return "left out"
    marks = [word for word, is_so in (("unphysical", row.unphysical), ("proved wrong", row.disproved)) if is_so]
    return f"{row.error:.1e}" + (f" ({', '.join(marks)})" if marks else "")


def write_html(card: Scorecard, path: Path) -> None:
    """The scorecard as a page that loads nothing from elsewhere."""
    from permsym.compare.html import page, section, table

    order = [[str(rank), called(method)] for rank, method in enumerate(card.ranked, start=1)]
    words = (
        "Errors are relative to the exact value, or to a thousandth of its quantity's largest where that is more; "
        "a value left out counts as an error of one. A value is proved wrong where it lies outside an interval of permsym's proved bounds."
    )
    content = (
        f"<p>{escape(SET)}. {words}</p>"
        + section("Ranks", table("Methods, the best first", [["rank", "method"], *order]))
        + section("By problem", table("Errors of every method on every problem", rows(card)))
        + "".join(section(name, table(f"Error of every value of {name}", _values(card, name))) for name in card.problems)
    )
    with written_aside(path) as aside:
        aside.write_text(page("Scorecard", content), encoding="utf-8")
