"""Scores: values that somebody filled in, beside the exact ones and beside permsym's own approximations."""

from __future__ import annotations

import cmath
import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from permsym.compare.judge import impossible
from permsym.compare.tables import complex_number
from permsym.dataset.status import EXACT
from permsym.errors import InputError
from permsym.plot import METHODS
from permsym.reading import csv_rows
from permsym.reference.problems import PROBLEMS, Problem, problem
from permsym.reference.template import same, sweep_at
from permsym.reference.values import Value, approaches, sizes, values
from permsym.text import finite

_COLUMNS = ("problem", "point", "quantity", "value")
_LEFT_OUT = 1.0  # what a missing value counts as: an error of 100 %
_FLOOR = 1e-12  # errors below it are equal in a ranking


@dataclass(frozen=True)
class Answer:
    """A row that somebody filled in; ``value`` nan where it is empty."""

    problem: str
    point: int
    parameters: dict[str, float]
    quantity: str
    value: complex


@dataclass(frozen=True)
class Score:
    """One method on one problem.

    errors       of the values that are there, relative as :func:`permsym.reference.values.sizes` says, less what the exact value's
                 own error leaves open
    missing      values left out
    unphysical   values that no state has
    seconds      what they took; None where nobody says
    """

    errors: tuple[float, ...]
    missing: int
    unphysical: int
    seconds: float | None = None

    @property
    def median(self) -> float:
        """Of the errors, those left out counted as 100 %."""
        counted = [*self.errors, *[_LEFT_OUT] * self.missing]
        return statistics.median(counted) if counted else math.nan

    @property
    def worst(self) -> float:
        return max(self.errors, default=math.nan)


@dataclass
class Scorecard:
    """Every method on every problem that was filled in."""

    scores: dict[str, dict[str, Score]] = field(default_factory=dict)

    @property
    def ranked(self) -> list[str]:
        """Methods, the best first: by the geometric mean of their medians over problems; one they lack counts as 100 %."""
        problems = {name for each in self.scores.values() for name in each}

        def badness(method: str) -> float:
            medians = [self.scores[method][name].median if name in self.scores[method] else _LEFT_OUT for name in problems]
            return statistics.mean(math.log(max(median, _FLOOR)) for median in medians)

        return sorted(self.scores, key=badness)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "methods": [
                {
                    "name": method,
                    "rank": rank,
                    "problems": {
                        name: {
                            "median_error": finite(score.median),
                            "worst_error": finite(score.worst),
                            "missing": score.missing,
                            "unphysical": score.unphysical,
                            "seconds": score.seconds,
                        }
                        for name, score in self.scores[method].items()
                    },
                }
                for rank, method in enumerate(self.ranked, start=1)
            ]
        }


def score(answers: Mapping[str, Sequence[Answer]], compute: Callable[[Problem, Sequence[dict[str, float]]], list[Value]]) -> Scorecard:
    """Scores of files by name, and of permsym's own approximations where all points are published ones.

    compute   exact values of a problem on other points
    """
    if taken := set(answers) & set(METHODS):
        raise InputError(f"a file cannot be called {min(taken)!r}, which is one of permsym's approximations; rename it")
    card, done = Scorecard(), set[str]()
    for name, rows in answers.items():
        card.scores[name] = {}
        for asked, group in itertools.groupby(sorted(rows, key=lambda row: list(PROBLEMS).index(row.problem)), key=lambda row: row.problem):
            each, mine = problem(asked), list(group)
            exact = list(values(each, each.data))
            points = _distinct(row.parameters for row in mine)
            if not all(any(same(point, value.parameters) for value in exact) for point in points):
                exact = compute(each, points)
            elif asked not in done:
                done.add(asked)
                for approach in approaches(each.data):
                    if approach != EXACT:
                        card.scores.setdefault(approach, {})[asked] = _own(each, exact, approach)
            card.scores[name][asked] = _judged(exact, mine)
    return card


def _judged(exact: list[Value], mine: Sequence[Answer]) -> Score:
    """Answers beside exact values; values that were not answered are missing."""
    table: dict[str, list[Answer]] = {}
    for row in mine:
        table.setdefault(row.quantity, []).append(row)
    found = [next((row.value for row in table.get(v.quantity, ()) if same(row.parameters, v.parameters)), complex(math.nan)) for v in exact]
    return _scored(exact, found)


def _own(asked: Problem, exact: list[Value], approach: str) -> Score:
    theirs = [value.value for value in values(asked, asked.data, approach)]
    one = asked.data.sel(approach=approach)
    times = [one[name] for name in ("time_total", "time_solve") if name in one and not np.isnan(one[name].values).all()]
    return _scored(exact, theirs, float(np.nansum(times[0].values)) if times else None)


def _scored(exact: list[Value], answers: Sequence[complex], seconds: float | None = None) -> Score:
    errors, missing, unphysical = [], 0, 0
    for truth, size, value in zip(exact, sizes(exact), answers, strict=True):
        if math.isnan(truth.value.real):
            continue
        if not cmath.isfinite(value):
            missing += 1
            continue
        own = 0.0 if math.isnan(truth.error) else truth.error
        errors.append(max(abs(value - truth.value) - own - 1e-15 * abs(truth.value), 0.0) / size)
        unphysical += bool(impossible(truth.quantity, value))
    return Score(tuple(errors), missing, unphysical, seconds)


def _distinct(points: Iterable[dict[str, float]]) -> list[dict[str, float]]:
    return [dict(items) for items in dict.fromkeys(tuple(point.items()) for point in points)]


# -- files ----------------------------------------------------------------------------------------------------------------------


def read(path: Path) -> list[Answer]:
    """The rows of a filled template; InputError, with the line, for one that is none."""
    head, rows = csv_rows(path)
    for name in _COLUMNS:
        if name not in head:
            raise InputError(f"{path}: the column {name!r} is missing; `permsym reference template NAME` writes one with all")
    return list(_answers(path, rows))


def _answers(path: Path, rows: Sequence[tuple[int, dict[str, str]]]) -> Iterator[Answer]:
    for line, cell in rows:
        try:
            each = problem(cell["problem"])
        except InputError as error:
            raise InputError(f"{path}:{line}: {error}") from None
        if cell["quantity"] not in each.quantities:
            raise InputError(f"{path}:{line}: {each.name} asks for {', '.join(each.quantities)}, but not for {cell['quantity']!r}")
        try:
            names = [*(name for dimension in each.sweep.dimensions for name in dimension.columns), "time"]
            parameters = {name: float(cell[name]) for name in names if cell.get(name)}
            value = complex_number(cell["value"]) if cell["value"] else complex(math.nan)
            yield Answer(each.name, int(cell["point"]), parameters, cell["quantity"], value)
        except ValueError:
            raise InputError(f"{path}:{line}: a parameter, the point or the value is not a number") from None


def exact_on(path: Path) -> Callable[[Problem, Sequence[dict[str, float]]], list[Value]]:
    """Exact values on other points than the published ones, each computed once: they are kept in a store beside a file."""

    def compute(asked: Problem, points: Sequence[dict[str, float]]) -> list[Value]:
        from permsym.sweeps.run import assembled, execute, prepare
        from permsym.sweeps.store.store import opened

        static = _distinct({name: value for name, value in point.items() if name != "time"} for point in points)
        sweep = sweep_at(asked, static)
        with opened(path.with_name(path.name + ".store")) as store:
            data = assembled(sweep, execute(prepare(sweep, store), store=store).points)
        return [value for value in values(asked, data) if any(same(value.parameters, point) for point in points)]

    return compute
