"""Scores: values that somebody filled in, beside the exact ones and beside permsym's own approximations."""

from __future__ import annotations

import cmath
import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from permsym.compare.judge import impossible
from permsym.dataset.status import EXACT
from permsym.errors import InputError
from permsym.plot import METHODS
from permsym.reference.answers import Answer, distinct, seconds_of
from permsym.reference.problems import PROBLEMS, Problem, problem
from permsym.reference.template import same, sweep_at
from permsym.reference.values import ALONG, Value, approaches, sizes, values
from permsym.text import finite

_LEFT_OUT = 1.0  # what a missing value counts as: an error of 100 %
_FLOOR = 1e-12  # errors below it are equal in a ranking
_PROVED = "bounds"  # the approach of a dataset whose values and errors are proved intervals
Exactly = Callable[[Problem, Sequence[dict[str, float]]], list[Value]]


@dataclass(frozen=True)
class Judged:
    """One value of a method beside the exact one.

    value        nan where it was left out
    error        relative as :func:`permsym.reference.values.sizes` says, less what the exact value's own error leaves open; nan likewise
    unphysical   whether no state has the value
    disproved    whether it lies outside a proved interval; None where there is none
    """

    exact: Value
    value: complex
    error: float
    unphysical: bool = False
    disproved: bool | None = None

    @property
    def counted(self) -> float:
        """The error, 100 % for a value that was left out."""
        return _LEFT_OUT if math.isnan(self.error) else self.error


@dataclass(frozen=True)
class Score:
    """One method on one problem; ``seconds``: what the values took, None where nobody says."""

    rows: tuple[Judged, ...]
    seconds: float | None = None

    @property
    def missing(self) -> int:
        """Values left out."""
        return sum(math.isnan(row.error) for row in self.rows)

    @property
    def unphysical(self) -> int:
        return sum(row.unphysical for row in self.rows)

    @property
    def disproved(self) -> int | None:
        """Values outside proved intervals; None where there are no intervals for them."""
        proofs = [row.disproved for row in self.rows if row.disproved is not None]
        return sum(proofs) if proofs else None

    @property
    def median(self) -> float:
        """Of the errors, those left out counted as 100 %."""
        return statistics.median(row.counted for row in self.rows) if self.rows else math.nan

    @property
    def worst(self) -> float:
        """Of the values that are there."""
        return max((row.error for row in self.rows if not math.isnan(row.error)), default=math.nan)

    @property
    def regimes(self) -> tuple[dict[str, float], dict[str, float]] | None:
        """The points with the smallest and with the largest error, of each point the worst of its values; None where there is one point."""
        at: dict[tuple[tuple[str, float], ...], float] = {}
        for row in self.rows:
            key = tuple(row.exact.parameters.items())
            at[key] = max(at.get(key, 0.0), row.counted)
        ordered = sorted(at, key=at.__getitem__)
        return (dict(ordered[0]), dict(ordered[-1])) if len(at) > 1 else None

    def of(self, quantity: str) -> Score:
        """The part that is about one quantity."""
        return replace(self, rows=tuple(row for row in self.rows if row.exact.quantity == quantity))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        quantities = {row.exact.quantity: self.of(row.exact.quantity) for row in self.rows}
        best, worst = self.regimes or (None, None)
        return {
            "median_error": finite(self.median),
            "worst_error": finite(self.worst),
            "missing": self.missing,
            "unphysical": self.unphysical,
            "proved_wrong": self.disproved,
            "seconds": self.seconds,
            "best_at": best,
            "worst_at": worst,
            "quantities": {
                name: {"median_error": finite(part.median), "worst_error": finite(part.worst)} for name, part in quantities.items()
            },
        }


@dataclass
class Scorecard:
    """Every method on every problem that was filled in."""

    scores: dict[str, dict[str, Score]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """In the order of the set."""
        there = {name for scores in self.scores.values() for name in scores}
        return [name for name in PROBLEMS if name in there]

    @property
    def ranked(self) -> list[str]:
        """Methods, the best first: by the geometric mean of their medians over problems; one they lack counts as 100 %."""

        def badness(method: str) -> float:
            medians = [self.scores[method][name].median if name in self.scores[method] else _LEFT_OUT for name in self.problems]
            return statistics.mean(math.log(max(median, _FLOOR)) for median in medians)

        return sorted(self.scores, key=badness)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready: every method by problem, and the error of every value."""
        ranked = self.ranked
        methods = [
            {"name": method, "rank": rank, "problems": {name: score.to_dict() for name, score in self.scores[method].items()}}
            for rank, method in enumerate(ranked, start=1)
        ]
        return {"methods": methods, "values": {name: [_beside(*rows) for rows in self.table(name)] for name in self.problems}}

    def table(self, name: str) -> list[tuple[Value, dict[str, Judged]]]:
        """Each exact value of a problem, and how each method, the best first, did on it."""
        table: dict[tuple[Any, ...], tuple[Value, dict[str, Judged]]] = {}
        for method in self.ranked:
            for row in self.scores[method][name].rows if name in self.scores[method] else ():
                key = tuple(row.exact.parameters.items()), row.exact.quantity
                table.setdefault(key, (row.exact, {}))[1][method] = row
        return list(table.values())


def _beside(exact: Value, rows: Mapping[str, Judged]) -> dict[str, Any]:
    """JSON-ready: one value and the errors of all methods, null where it was left out."""
    errors = {method: finite(row.error) for method, row in rows.items()}
    return {"point": exact.point, **exact.parameters, "quantity": exact.quantity, "errors": errors}


def score(answers: Mapping[str, Sequence[Answer]], compute: Exactly) -> Scorecard:
    """Scores of files by name, and of permsym's own approximations where all points are published ones.

    compute   exact values of a problem on other points
    """
    if taken := set(answers) & set(METHODS):
        raise InputError(f"a file cannot be called {min(taken)!r}, which is one of permsym's approximations; rename it")
    card = Scorecard()
    for name, rows in answers.items():
        card.scores[name] = {}
        for asked, group in itertools.groupby(sorted(rows, key=lambda row: list(PROBLEMS).index(row.problem)), key=lambda row: row.problem):
            each, mine = problem(asked), list(group)
            exact, proved = list(values(each, each.data)), _proved(each)
            points = distinct(row.parameters for row in mine)
            if not all(any(same(point, value.parameters) for value in exact) for point in points):
                exact, proved = compute(each, points), {}
            else:
                _add_own(card, each)
            card.scores[name][asked] = _judged(exact, mine, proved)
    return card


def own_scores(problems: Sequence[Problem]) -> Scorecard:
    """Scores of permsym's own approximations, from the files of the set."""
    card = Scorecard()
    for each in problems:
        _add_own(card, each)
    return card


def _add_own(card: Scorecard, asked: Problem) -> None:
    """Scores of all approaches of a problem's dataset, but for the exact one and the proved intervals."""
    exact, proved = list(values(asked, asked.data)), _proved(asked)
    for approach in approaches(asked.data):
        if approach in (EXACT, _PROVED) or asked.name in card.scores.get(approach, {}):
            continue
        theirs = [(value.value, 0.0 if math.isnan(value.error) else value.error) for value in values(asked, asked.data, approach)]
        one = asked.data.sel(approach=approach)["time_total"]
        spent = one.isel(time=0) if "time" in one.dims else one  # each time has what its whole evolution took
        seconds = None if np.isnan(spent.values).all() else float(np.nansum(spent.values))
        card.scores.setdefault(approach, {})[asked.name] = _scored(exact, theirs, proved, seconds)


def _judged(exact: list[Value], mine: Sequence[Answer], proved: Mapping[int, Value]) -> Score:
    """Answers beside exact values; values that were not answered are missing."""
    table: dict[str, list[Answer]] = {}
    for row in mine:
        table.setdefault(row.quantity, []).append(row)
    missing = complex(math.nan), 0.0
    answers = [
        next(((row.value, row.error) for row in table.get(v.quantity, ()) if same(row.parameters, v.parameters)), missing) for v in exact
    ]
    return _scored(exact, answers, proved, seconds_of(mine))


def _proved(asked: Problem) -> dict[int, Value]:
    """Proved intervals by the position of the value: the middle, and half the width as its error."""
    if _PROVED not in approaches(asked.data):
        return {}
    return {k: value for k, value in enumerate(values(asked, asked.data, _PROVED)) if not math.isnan(value.error + value.value.real)}


def _scored(exact: list[Value], answers: Sequence[tuple[complex, float]], proved: Mapping[int, Value], seconds: float | None) -> Score:
    rows = []
    for k, (truth, size, (value, own)) in enumerate(zip(exact, sizes(exact), answers, strict=True)):
        if math.isnan(truth.value.real):
            continue
        if not cmath.isfinite(value):
            rows.append(Judged(truth, value, math.nan))
            continue
        certified = 0.0 if math.isnan(truth.error) else truth.error
        error = max(abs(value - truth.value) - certified - 1e-15 * abs(truth.value), 0.0) / size
        interval = proved.get(k)
        disproved = None if interval is None else abs(value - interval.value) > (interval.error + own) * (1 + 1e-9) + 1e-12
        rows.append(Judged(truth, value, error, bool(impossible(truth.quantity, value, own)), disproved))
    return Score(tuple(rows), seconds)


def exact_on(path: Path) -> Exactly:
    """Exact values on other points than the published ones, each computed once: they are kept in a store beside a file."""

    def compute(asked: Problem, points: Sequence[dict[str, float]]) -> list[Value]:
        from permsym.sweeps.run import assembled, execute, prepare
        from permsym.sweeps.store.store import opened

        static = distinct({name: value for name, value in point.items() if name not in ALONG} for point in points)
        sweep = sweep_at(asked, static)
        with opened(path.with_name(path.name + ".store")) as store:
            data = assembled(sweep, execute(prepare(sweep, store), store=store).points)
        return [value for value in values(asked, data) if any(same(value.parameters, point) for point in points)]

    return compute
