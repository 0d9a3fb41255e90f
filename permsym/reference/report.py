"""A scorecard in words and as one HTML page; a problem in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from permsym.dataset.schema import CONVENTION
from permsym.plot import called
from permsym.reference.problems import SET, Problem
from permsym.reference.score import Score, Scorecard
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
    """JSON-ready: all that somebody without permsym needs."""
    exact = values(problem, problem.data)
    return {
        "name": problem.name,
        "title": problem.title,
        "set": SET,
        "physics": problem.physics,
        "hard": problem.hard,
        "model": problem.path.read_text(encoding="utf-8"),
        "equation": problem.sweep.model(problem.sweep.indices[0]).equation,
        "convention": CONVENTION,
        "command": f"permsym run {problem.path.name} -o {problem.name}.nc",
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
    table = [["rank", "method", "problem", "median error", "worst error", "left out", "unphysical", "seconds"]]
    for rank, method in enumerate(card.ranked, start=1):
        for name, score in card.scores[method].items():
            table.append([str(rank), called(method), name, *_cells(score)])
    return table


def _cells(score: Score) -> list[str]:
    seconds = "-" if score.seconds is None else f"{score.seconds:.2g}"
    return [f"{score.median:.2e}", f"{score.worst:.2e}", str(score.missing), str(score.unphysical), seconds]


def write_html(card: Scorecard, path: Path) -> None:
    """The scorecard as a page that loads nothing from elsewhere."""
    from permsym.compare.html import page, section, table

    order = [[str(rank), called(method)] for rank, method in enumerate(card.ranked, start=1)]
    words = (
        "Errors are relative to the exact value, or to a thousandth of its quantity's largest where that is more; "
        "a value left out counts as an error of one."
    )
    content = (
        f"<p>{escape(SET)}. {words}</p>"
        + section("Ranks", table("Methods, the best first", [["rank", "method"], *order]))
        + section("By problem", table("Errors of every method on every problem", rows(card)))
    )
    with written_aside(path) as aside:
        aside.write_text(page("Scorecard", content), encoding="utf-8")
