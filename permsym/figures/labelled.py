"""Datasets of figures that are more than a sweep."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.dataset.schema import OUTCOME
from permsym.dataset.versions import versions
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr

LabelledArray = tuple[Sequence[str], Any, str, str]
"""Dimensions, values, units, long name."""


def labelled(coordinates: Mapping[str, LabelledArray], variables: Mapping[str, LabelledArray], attributes: Mapping[str, Any]) -> xr.Dataset:
    """A dataset whose entries have units and long names, with versions and date beside other attributes."""
    import xarray as xr

    def variable(entry: LabelledArray) -> tuple[Sequence[str], Any, dict[str, str]]:
        dims, values, units, long_name = entry
        array = np.asarray(values)
        return dims, array.astype(str) if array.dtype == object else array, {"units": units, "long_name": long_name}

    return xr.Dataset(
        {name: variable(entry) for name, entry in variables.items()},
        coords={name: variable(entry) for name, entry in coordinates.items()},
        attrs={
            **attributes,
            "versions": json.dumps(versions(), sort_keys=True),
            "permsym_version": versions()["permsym"],
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )


def outcomes(dims: Sequence[str], values: Any, name: str = "status") -> dict[str, LabelledArray]:
    """Entries for an array (or list) of pairs of status and reason: the codes, and beside them the reasons."""
    pairs = values.ravel().tolist() if isinstance(values, np.ndarray) else values
    columns = (np.array(list(map(str, column))).reshape(np.shape(values)[: len(dims)]) for column in zip(*pairs, strict=True))
    return {
        name.replace("status", part.name): (dims, column, part.units, part.long_name) for part, column in zip(OUTCOME, columns, strict=True)
    }


def counted(progress: Counter | None, total: int) -> Callable[..., None]:
    """A function that counts its calls, whatever the arguments, as steps of a whole."""
    steps = itertools.count(1)

    def count(*_: object) -> None:
        if progress is not None:
            progress(next(steps), total)

    return count
