"""Measured points: a table with columns of parameters, of quantities, and of their standard deviations.

eta,photons,photons_sigma
0.1,0.0123,0.0005
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.reading import csv_rows

SIGMA = "_sigma"
"""End of the name of a column of standard deviations."""
_PART = re.compile(r"(Re|Im)\((.*)\)")


@dataclass(frozen=True)
class Quantity:
    """One column: a moment's label or a derived quantity's name, and which part of it was measured."""

    column: str
    text: str
    imaginary: bool = False

    def part(self, value: complex) -> float:
        return float(value.imag if self.imaginary else value.real)


@dataclass(frozen=True)
class Measured:
    """A table of measured points.

    parameters   (points,) values of each parameter that was set
    quantities   columns
    values       (points, quantities), nan where nothing was measured
    sigma        (points, quantities) standard deviations; None: they are not told
    """

    parameters: Mapping[str, NDArray[np.float64]]
    quantities: Sequence[Quantity]
    values: NDArray[np.float64]
    sigma: NDArray[np.float64] | None

    @classmethod
    def of(cls, data: Mapping[str, Any] | str | os.PathLike[str], names: Collection[str], free: Collection[str]) -> Measured:
        """From columns by name (a mapping, a data frame) or a CSV file.

        names   of the model's parameters; columns with other names are quantities

        InputError for tables without quantities or points, unequal lengths, words for numbers, and standard deviations that are not
        positive.
        """
        table = _read(Path(data)) if isinstance(data, str | os.PathLike) else {str(name): data[name] for name in data}
        columns = {name.strip(): _numbers(name.strip(), values) for name, values in table.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"the columns have unequal lengths, {lengths}; give one value a point")
        parameters = {name: values for name, values in columns.items() if name in names}
        if both := sorted(set(free) & set(parameters)):
            raise InputError(f"{both[0]!r} is free, but the data have a column of it; leave one of the two out")
        measured = {name: values for name, values in columns.items() if name not in names and not name.endswith(SIGMA)}
        if not measured or not next(iter(lengths.values()), 0):
            raise InputError(f"the data have no measured quantity, only {', '.join(columns) or 'nothing'}; add a column such as 'photons'")
        if not any(np.isfinite(values).any() for values in measured.values()):
            raise InputError(f"the data have no value of {', '.join(measured)}, only empty cells; give numbers")
        deviations = {name.removesuffix(SIGMA): values for name, values in columns.items() if name.endswith(SIGMA) and name not in names}
        return cls(
            parameters, [_quantity(name) for name in measured], np.stack(list(measured.values()), axis=1), _sigma(measured, deviations)
        )

    def point(self, row: int) -> dict[str, float]:
        """Parameters of one point; counts as whole numbers."""
        values = {name: float(column[row]) for name, column in self.parameters.items()}
        return {name: int(value) if value.is_integer() and name in ("N", "levels") else value for name, value in values.items()}


def _sigma(measured: Mapping[str, Any], deviations: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64] | None:
    """(points, quantities); all quantities have them, or none."""
    if not deviations:
        return None
    for name in deviations:
        if name not in measured:
            raise InputError(f"the data have a column {name + SIGMA!r}, but none called {name!r}; the quantities are {', '.join(measured)}")
    for name in measured:
        if name not in deviations:
            raise InputError(f"{name!r} has no column {name + SIGMA!r}, but other quantities have one; give all of them, or none")
    sigma = np.stack([deviations[name] for name in measured], axis=1)
    values = np.stack([measured[name] for name in measured], axis=1)
    counted = sigma[np.isfinite(values)]
    if not (counted > 0).all():
        wrong = float(counted[~(counted > 0)][0])
        raise InputError(f"a standard deviation is {wrong:g}, but must be positive; give positive ones, or leave these columns out")
    return sigma


def _quantity(column: str) -> Quantity:
    match = _PART.fullmatch(column)
    return Quantity(column, column) if match is None else Quantity(column, match[2].strip(), match[1] == "Im")


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values)
        if np.iscomplexobj(numbers):
            raise InputError(f"the column {name!r} has complex numbers; give two columns, Re({name}) and Im({name})")
        numbers = np.array([float("nan") if x in ("", None) else float(x) for x in numbers.tolist()])
    except (TypeError, ValueError):
        raise InputError(f"the column {name!r} must be a list of numbers, but is {str(values)[:80]}") from None
    return numbers


def _read(path: Path) -> dict[str, list[str]]:
    """The columns of a CSV file."""
    head, rows = csv_rows(path)
    return {name: [cells[name] for _, cells in rows] for name in head}
