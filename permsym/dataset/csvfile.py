"""CSV in long format: one row for each point, method and moment; the first line is a comment that names the writer."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from permsym.dataset.files import written_aside

if TYPE_CHECKING:
    import xarray as xr


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as rows; numbers are spelled so that they read back exactly."""
    moments = [str(label) for label in dataset["moment"].values]
    per_moment = [name for name in dataset.data_vars if "moment" in dataset[name].dims]
    others = [name for name in dataset.data_vars if "moment" not in dataset[name].dims]
    outer = list(dataset["status"].dims)
    coordinates = [name for name in dataset.coords if name not in (*outer, "moment")]
    fixed = {name: value for name, value in dataset.attrs.items() if isinstance(value, float)}
    with written_aside(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# permsym {dataset.attrs['permsym_version']}: model {dataset.attrs['model']}\n")
        rows = csv.writer(file)
        rows.writerow([*outer, *coordinates, *fixed, "moment", *per_moment, *others])
        for index in itertools.product(*(range(dataset.sizes[dim]) for dim in outer)):
            at = dict(zip(outer, index, strict=True))
            point = dataset.isel(at)
            head = [_spelled(point[name].values) for name in (*outer, *coordinates)] + [repr(value) for value in fixed.values()]
            tail = [_spelled(point[name].values) for name in others]
            for k, label in enumerate(moments):
                rows.writerow([*head, label, *(_spelled(point[name].values[k]) for name in per_moment), *tail])


def _spelled(value: object) -> str:
    item = np.asarray(value)
    return repr(float(item)) if item.dtype.kind == "f" else str(item)
