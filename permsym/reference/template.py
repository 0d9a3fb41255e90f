"""Templates: CSV tables to fill in, on the published points or on new ones inside the same ranges."""

from __future__ import annotations

import csv
import io
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from permsym.dataset.files import check_target
from permsym.dataset.status import EXACT
from permsym.errors import InputError
from permsym.reference.about import about
from permsym.reference.problems import SET, Problem
from permsym.reference.values import values
from permsym.sweeps.definition import Dimension, Sweep
from permsym.writing import written_aside

_DRAWN = 5  # new points of a problem


def published(problem: Problem) -> list[tuple[dict[str, float], str]]:
    """Parameters and quantity of every row, in the order of a template."""
    return [(each.parameters, each.quantity) for each in values(problem, problem.data)]


def drawn(problem: Problem, seed: int) -> list[tuple[dict[str, float], str]]:
    """The same for new points, drawn inside the ranges of the published ones: equally likely in the logarithm, each axis anew."""
    rng = np.random.default_rng([seed, zlib.crc32(problem.name.encode())])
    columns = {name: _fresh(column, rng) for d in problem.sweep.dimensions for name, column in d.columns.items()}
    points = [dict(zip(columns, point, strict=True)) for point in dict.fromkeys(zip(*columns.values(), strict=True))]
    times = [{}] if problem.sweep.evolution is None else [{"time": float(t)} for t in problem.sweep.evolution.times]
    delays = [{}] if problem.sweep.spectrum is None else [{"delay": tau} for tau in problem.sweep.spectrum.delays]
    rows = [(point | time, quantity) for point in points for time in times for quantity in problem.quantities]
    along = {"g2_delayed": delays}
    return [(row | delay, quantity) for row, quantity in rows for delay in along.get(quantity, [{}])]


def _fresh(column: Sequence[float | str], rng: np.random.Generator) -> tuple[float, ...]:
    known = [float(value) for value in column]
    low, high = min(known), max(known)
    at = low * (high / low) ** rng.random(_DRAWN)
    whole = _whole(known)
    return tuple(float(round(value)) if whole else float(f"{value:.6g}") for value in at)


def _whole(numbers: Sequence[float]) -> bool:
    """Whether a parameter counts something, by its published values."""
    return all(value == round(value) for value in numbers) and max(numbers) > 2


def write(problems: Sequence[Problem], path: Path, seed: int | None = None) -> int:
    """The template of problems as a CSV, and beside it a JSON that says what they are; returns the number of rows."""
    check_target(path, (".csv",))
    rows = [(each, row) for each in problems for row in (published(each) if seed is None else drawn(each, seed))]
    names = list(dict.fromkeys(name for _, (parameters, _) in rows for name in parameters))
    text = io.StringIO()
    kind = "published points" if seed is None else f"points of seed {seed}"
    about_it = f"{explained(path).name} has equations and conventions"
    text.write(f"# {SET}, {kind}: fill in `value`, real or complex as 1+2j; `error` may stay empty.  {about_it}.  Written by permsym.\n")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["problem", "point", *names, "quantity", "value", "error"])
    points: dict[str, dict[tuple[float, ...], dict[str, float]]] = {each.name: {} for each in problems}
    for each, (parameters, quantity) in rows:
        key = tuple(parameters.values())
        points[each.name].setdefault(key, parameters)
        number = list(points[each.name]).index(key)
        table.writerow([each.name, number, *(repr(parameters[n]) if n in parameters else "" for n in names), quantity, "", ""])
    words = json.dumps([about(each, list(points[each.name].values())) for each in problems], indent=1)
    for target, content in ((explained(path), words), (path, text.getvalue())):
        with written_aside(target) as aside:
            aside.write_text(content, encoding="utf-8")
    return len(rows)


def explained(path: Path) -> Path:
    """The JSON beside a template."""
    return path.with_suffix(".json")


def sweep_at(problem: Problem, points: Sequence[dict[str, float]]) -> Sweep:
    """The exact sweep of a problem on other points; InputError for a point outside the published ranges."""
    columns: dict[str, tuple[float, ...]] = {}
    for dimension in problem.sweep.dimensions:
        for name, column in dimension.columns.items():
            known = [float(value) for value in column]
            for point in points:
                if name not in point:
                    raise InputError(f"a point of {problem.name} has no {name!r}; write the template anew")
                if not min(known) * (1 - 1e-9) <= point[name] <= max(known) * (1 + 1e-9):
                    inside = f"{min(known):g} to {max(known):g}"
                    raise InputError(f"a point of {problem.name} has {name}={point[name]:g}, but its range is {inside}")
            columns[name] = tuple(
                int(point[name]) if _whole(known) and point[name] == round(point[name]) else point[name] for point in points
            )
    return replace(problem.sweep, dimensions=(Dimension("point", columns),), methods=(EXACT,), options={})


def same(a: dict[str, float], b: dict[str, float]) -> bool:
    """Whether two points have the same parameters."""
    return a.keys() == b.keys() and all(math.isclose(a[name], b[name], rel_tol=1e-12, abs_tol=1e-300) for name in a)
