"""CSV in long format: one row for each point, approach and moment; other programs open it as it is.

FILE.csv.json beside it says what the columns do not: who wrote the file, sizes, types and attributes.  It is written before the table,
with what described the table that is replaced, so that whichever table is there has its description.
Files of permsym 0.1 have the description in a first line that is a comment.
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym import __version__
from permsym.dataset.checks import FRAME
from permsym.dataset.digest import DIGEST, digest
from permsym.dataset.files import sidecar
from permsym.dataset.long import columns, frame, rebuilt
from permsym.errors import InputError
from permsym.fields import checked
from permsym.writing import linked, written_aside

if TYPE_CHECKING:
    import xarray as xr

_FRAME = " frame "
_LONGEST_HEAD = 2**26  # characters; a definition holds every value of the axes


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as rows; numbers are spelled so that they read back exactly."""
    table, path = columns(dataset), linked(path)
    described = {"columns": list(table), **frame(dataset)}
    before = _descriptions(path) if path.exists() else []
    try:
        _describe(path, [described, *before])
        with written_aside(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(table)
            rows.writerows(zip(*(_spelled(values) for values in table.values()), strict=True))
    except BaseException:
        if not path.exists():
            sidecar(path).unlink(missing_ok=True)
        raise
    _describe(path, [described])


def _describe(path: Path, frames: Sequence[Mapping[str, Any]]) -> None:
    about = {"permsym": __version__, "table": path.name, "frames": frames}
    with written_aside(sidecar(path)) as aside:
        aside.write_text(json.dumps(about, indent=1), encoding="utf-8")


def _descriptions(path: Path) -> list[Any]:
    """The descriptions beside a table; none where there is no such file, ValueError for another one."""
    beside = sidecar(path)
    if not beside.is_file():
        return []
    with beside.open(encoding="utf-8") as file:
        about = json.loads(file.read(_LONGEST_HEAD))
    return list(checked(about, {"permsym": str, "frames": [dict]}, f"its description {beside.name!r}")["frames"])


def read(path: Path) -> xr.Dataset:
    """The dataset in a file that :func:`write` wrote; ValueError for others."""
    frames = []
    with path.open(newline="", encoding="utf-8") as file:
        head, mark, described = file.readline(_LONGEST_HEAD).partition(_FRAME)
        if head.startswith("# permsym") and mark:
            frames = [json.loads(described)]
        elif not (frames := _descriptions(path)):
            raise ValueError(f"it is no CSV file of permsym: its description {sidecar(path).name!r} is not beside it")
        else:
            file.seek(0)
        rows = csv.reader(file)
        names = next(rows)
        values = list(zip(*rows, strict=True))
    return _fitting(names, values, frames)


def _fitting(names: Sequence[str], values: Sequence[tuple[str, ...]], frames: Sequence[Any]) -> xr.Dataset:
    """The dataset by the description that has its digest, else by the newest one."""
    made: list[xr.Dataset | Exception] = []
    for described in frames:
        try:
            about = checked(described, FRAME, "its frame")
            kinds = {name: variable["dtype"] for name, variable in (about["coordinates"] | about["variables"]).items()}
            table = {name: _parsed(column, kinds.get(name, "float64")) for name, column in zip(names, values, strict=True)}
            one = rebuilt(table, about)
        except (ValueError, KeyError, TypeError, InputError) as error:
            made.append(error)
            continue
        made.append(one)
        if one.attrs.get(DIGEST) == digest(one):
            return one
    if isinstance(made[0], Exception):
        raise made[0]
    return made[0]


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
