"""Filled templates: what somebody answered, as it stands in a CSV."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from permsym.compare.tables import complex_number
from permsym.errors import InputError
from permsym.reading import csv_rows
from permsym.reference.problems import problem
from permsym.reference.values import ALONG

_COLUMNS = ("problem", "point", "quantity", "value")


@dataclass(frozen=True)
class Answer:
    """A row that somebody filled in.

    value     nan where the cell is empty
    error     half width of the interval that they give for it; 0 where they give none
    seconds   what the point took, in a column that may be added; nan without one
    """

    problem: str
    point: int
    parameters: dict[str, float]
    quantity: str
    value: complex
    error: float = 0.0
    seconds: float = math.nan


def distinct(points: Iterable[dict[str, float]]) -> list[dict[str, float]]:
    """Each different point once."""
    return [dict(items) for items in dict.fromkeys(tuple(point.items()) for point in points)]


def seconds_of(answers: Iterable[Answer]) -> float | None:
    """What all points took together, the largest number of each; None where nobody says."""
    spent: dict[tuple[float, ...], float] = {}
    for row in answers:
        if not math.isnan(row.seconds):
            key = tuple(value for name, value in row.parameters.items() if name not in ALONG)
            spent[key] = max(spent.get(key, 0.0), row.seconds)
    return sum(spent.values()) if spent else None


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
            point = int(cell["point"])
            names = [*(name for dimension in each.sweep.dimensions for name in dimension.columns), *ALONG]
            parameters = {name: float(cell[name]) for name in names if cell.get(name)}
            value = complex_number(cell["value"]) if cell["value"] else complex(math.nan)
            own, seconds = float(cell.get("error") or 0), float(cell.get("seconds") or "nan")
        except ValueError:
            raise InputError(f"{path}:{line}: a parameter, the point, the value, its error or its seconds is not a number") from None
        if not (0 <= own < math.inf and (math.isnan(seconds) or 0 <= seconds < math.inf)):
            raise InputError(f"{path}:{line}: an error and seconds must be finite and >= 0")
        yield Answer(each.name, point, parameters, cell["quantity"], value, own, seconds)
