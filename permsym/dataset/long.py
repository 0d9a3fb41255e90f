"""Long format, for CSV and Parquet: one row for each point, approach and moment or frequency; a frame says what the columns do not."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.checks import FRAME
from permsym.dataset.digest import plain
from permsym.fields import checked

if TYPE_CHECKING:
    import xarray as xr

_DTYPES = re.compile(r"str|bool|u?int(8|16|32|64)|float(32|64)|datetime64\[n?s\]")
Columns = dict[str, NDArray[Any]]


def columns(dataset: xr.Dataset) -> Columns:
    """Columns of equal length: axes, parameters, moment, values of the moment, frequency, values of the spectrum, values of the point.

    A point has a row for each moment, then one for each frequency: what belongs to the others is empty there, or nan.  A dataset
    without either, because every point failed, has one row a point.
    """
    outer = [str(name) for name in dataset["status"].dims]
    rows = _rows(outer, {str(name): size for name, size in dataset.sizes.items()})
    shape = (*(dataset.sizes[name] for name in outer), max(1, *(part.stop for part in rows.values())))

    def spread(name: str) -> NDArray[Any]:
        variable = dataset[name]
        dims = [dim for dim in outer if dim in variable.dims]
        own = [dim for dim in rows if dim in variable.dims]
        values = np.transpose(variable.values, [variable.dims.index(dim) for dim in [*dims, *own]])
        values = values.reshape([dataset.sizes[dim] if dim in variable.dims else 1 for dim in outer] + [-1])
        if not own:
            return np.broadcast_to(values, shape).reshape(-1)
        text = values.dtype.kind in "OUT"
        column = np.full(shape, "" if text else np.nan, dtype=values.dtype if text and values.size else object if text else float)
        column[..., rows[own[0]]] = values
        return column.reshape(-1)

    fixed = {str(name): value for name, value in dataset.attrs.items() if isinstance(value, float)}
    parameters = [str(name) for name in dataset.coords if name not in outer and name not in rows]
    variables = [str(name) for name in dataset.data_vars]
    own = [[dim, *(name for name in variables if dim in dataset[name].dims)] for dim in rows]
    others = [name for name in variables if not set(rows) & set(dataset[name].dims)]
    return {
        **{name: spread(name) for name in [*outer, *parameters]},
        **{name: np.full(int(np.prod(shape)), value) for name, value in fixed.items()},
        **{name: spread(name) for name in [*(name for names in own for name in names), *others]},
    }


def _rows(outer: Collection[str], sizes: Mapping[str, int]) -> dict[str, slice]:
    """Dimension that the points do not have -> its rows among those of one point: moments first."""
    rows, start = {}, 0
    for name in sorted((name for name in sizes if name not in outer), key=lambda name: name != "moment"):
        rows[name] = slice(start, start + sizes[name])
        start += sizes[name]
    return rows


def frame(dataset: xr.Dataset) -> dict[str, Any]:
    """Sizes, dimensions, types and attributes: what the columns do not say, as JSON-ready data."""
    return {
        "sizes": {str(name): size for name, size in dataset.sizes.items()},
        "outer": [str(name) for name in dataset["status"].dims],
        "coordinates": {str(name): _described(dataset[name]) for name in dataset.coords},
        "variables": {str(name): _described(dataset[name]) for name in dataset.data_vars},
        "attributes": dict(dataset.attrs),
    }


def _described(variable: Any) -> dict[str, Any]:
    kind = "str" if variable.dtype.kind in "OUT" else str(variable.dtype)
    return {"dims": list(variable.dims), "dtype": kind, "attributes": dict(variable.attrs)}


def rebuilt(table: Mapping[str, Any], about: Mapping[str, Any]) -> xr.Dataset:
    """The dataset with these :func:`columns` and this :func:`frame`; equal to the bit.

    ValueError or KeyError where the two do not fit together.
    """
    import xarray as xr

    checked(about, FRAME, "its frame")
    sizes, outer = about["sizes"], about["outer"]
    rows = _rows(outer, sizes)
    shape = (*(sizes[name] for name in outer), max(1, *(part.stop for part in rows.values())))

    def gathered(name: str, variable: Mapping[str, Any]) -> Any:
        dims, dtype = variable["dims"], variable["dtype"]
        if not _DTYPES.fullmatch(dtype) or not set(dims) <= {*outer, *rows}:
            raise ValueError(f"the variable {name!r} cannot be of type {dtype[:20]!r} over {', '.join(dims)[:40]}")
        values = np.asarray(table[name]).reshape(shape)
        own = next((rows[dim] for dim in rows if dim in dims), 0)
        values = values[(*(slice(None) if dim in dims else 0 for dim in outer), own)]
        order = [dim for dim in [*outer, *rows] if dim in dims]
        values = np.transpose(values, [order.index(dim) for dim in dims])
        return tuple(dims), values.astype(str if dtype == "str" else dtype), variable["attributes"]

    dataset = xr.Dataset(
        {name: gathered(name, variable) for name, variable in about["variables"].items()},
        coords={name: gathered(name, variable) for name, variable in about["coordinates"].items()},
        attrs=about["attributes"],
    )
    written = columns(dataset)
    for name in [*written, *table]:
        if name not in written or name not in table or plain(written[name]) != plain(table[name]):
            raise ValueError(f"its column {name!r} contradicts the others")
    return dataset
