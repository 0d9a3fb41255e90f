"""Long format, for CSV and Parquet: one row for each point, approach and moment; a frame says what the columns do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    """Columns of equal length: axes, parameters, moment, values of the moment, values of the point.

    A dataset without any moment, because every point failed, has one row a point with an empty label.
    """
    outer = [str(name) for name in dataset["status"].dims]
    empty = dataset.sizes["moment"] == 0
    full = [*outer, "moment"]
    shape = tuple(1 if empty and name == "moment" else dataset.sizes[name] for name in full)

    def spread(name: str) -> NDArray[Any]:
        variable = dataset[name]
        values = variable.values
        if "moment" in variable.dims and empty:
            fill: Any = "" if values.dtype.kind in "OUT" else np.nan
            values = np.full([1 if dim == "moment" else dataset.sizes[dim] for dim in variable.dims], fill)
        wanted = [dim for dim in full if dim in variable.dims]
        values = np.transpose(values, [variable.dims.index(dim) for dim in wanted])
        padded = values.reshape([shape[full.index(dim)] if dim in wanted else 1 for dim in full])
        return np.broadcast_to(padded, shape).reshape(-1)

    fixed = {str(name): value for name, value in dataset.attrs.items() if isinstance(value, float)}
    parameters = [str(name) for name in dataset.coords if name not in full]
    per_moment = [str(name) for name in dataset.data_vars if "moment" in dataset[name].dims]
    others = [str(name) for name in dataset.data_vars if "moment" not in dataset[name].dims]
    length = int(np.prod(shape))
    return {
        **{name: spread(name) for name in [*outer, *parameters]},
        **{name: np.full(length, value) for name, value in fixed.items()},
        **{name: spread(name) for name in ["moment", *per_moment, *others]},
    }


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
    full = [*outer, "moment"]
    empty = sizes["moment"] == 0
    shape = tuple(1 if empty and name == "moment" else sizes[name] for name in full)

    def gathered(name: str, variable: Mapping[str, Any]) -> Any:
        dims, dtype = variable["dims"], variable["dtype"]
        if not _DTYPES.fullmatch(dtype) or not set(dims) <= set(full):
            raise ValueError(f"the variable {name!r} cannot be of type {dtype[:20]!r} over {', '.join(dims)[:40]}")
        values = np.asarray(table[name]).reshape(shape)
        values = values[tuple(slice(None) if dim in dims else 0 for dim in full)]
        if empty and "moment" in dims:
            values = values[..., :0]
        order = [dim for dim in full if dim in dims]
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
