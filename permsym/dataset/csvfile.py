"""CSV in long format: one row for each point, approach and moment.

The first line is a comment: who wrote the file, and as JSON everything that the columns do not say.
"""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.checks import FRAME
from permsym.dataset.long import columns, frame, rebuilt
from permsym.fields import checked
from permsym.writing import written_aside

if TYPE_CHECKING:
    import xarray as xr

_FRAME = " frame "
_LONGEST_HEAD = 2**26  # characters; a definition holds every value of the axes


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as rows; numbers are spelled so that they read back exactly."""
    table = columns(dataset)
    with written_aside(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        head = f"# permsym {dataset.attrs['permsym_version']}: model {dataset.attrs['model']}".replace("\n", " ")
        file.write(f"{head}{_FRAME}{json.dumps(frame(dataset))}\n")
        rows = csv.writer(file)
        rows.writerow(table)
        rows.writerows(zip(*(_spelled(values) for values in table.values()), strict=True))


def read(path: Path) -> xr.Dataset:
    """The dataset in a file that :func:`write` wrote; ValueError for others."""
    with path.open(newline="", encoding="utf-8") as file:
        head, mark, described = file.readline(_LONGEST_HEAD).partition(_FRAME)
        if not head.startswith("# permsym") or not mark:
            raise ValueError("it is no CSV file of permsym")
        rows = csv.reader(file)
        names = next(rows)
        values = list(zip(*rows, strict=True))
    about = checked(json.loads(described), FRAME, "its frame")
    kinds = {name: variable["dtype"] for name, variable in (about["coordinates"] | about["variables"]).items()}
    table = {name: _parsed(column, kinds.get(name, "float64")) for name, column in zip(names, values, strict=True)}
    return rebuilt(table, about)


def _spelled(values: NDArray[Any]) -> list[str]:
    return list(map(repr, values.tolist())) if values.dtype.kind == "f" else list(map(str, values))


def _parsed(column: tuple[str, ...], dtype: str) -> NDArray[Any]:
    if dtype.startswith("float"):
        return np.array(list(map(float, column)), dtype=dtype)
    if dtype.startswith("int"):
        numbers = np.array(list(map(float, column)))
        return numbers if np.isnan(numbers).any() else np.array(list(map(int, numbers)), dtype=dtype)  # nan: rows of another dimension
    try:
        with warnings.catch_warnings(action="error"):
            return np.array(column, dtype=dtype)
    except Warning as warning:  # numpy takes off a time zone, which no time of ours has
        raise ValueError(str(warning)) from None
