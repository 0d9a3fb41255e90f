"""The one check of a dataset that was read: the fields that the schema names are there, and of their kinds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from permsym.dataset.schema import BY_NAME
from permsym.dataset.status import LEFT, Status
from permsym.errors import InputError
from permsym.fields import checked

if TYPE_CHECKING:
    import xarray as xr

_KINDS = {"float64": "f", "int64": "iuf", "int8": "iuf", "str": "UTO"}  # dtype.kind by the schema's types
_ATTRIBUTES = {
    "permsym_version": str,
    "definition?": str,
    "versions?": str,
    "mixed_versions?": str,
    "digest?": str,
    "model?": str,
    "command?": str,
    "figure?": str,
}
_SIZES = {str: int}
_VARIABLE = {"dims": [str], "dtype": str, "attributes": {str: object}}
FRAME = {"sizes": _SIZES, "outer": [str], "coordinates": {str: _VARIABLE}, "variables": {str: _VARIABLE}, "attributes": {str: object}}
"""What CSV and Parquet files say beside their columns; see long.py."""


def sound(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset; InputError for a variable or attribute that is missing, or of the wrong kind or shape."""
    checked(dict(dataset.attrs), _ATTRIBUTES, "the file")
    _check_versions(dataset.attrs.get("versions"))
    needed(dataset, "status", "reason")
    if "moment" in dataset and (dataset["moment"].dims != ("moment",) or dataset["moment"].dtype.kind not in "UTO"):
        raise InputError("the coordinate 'moment' must be a list of labels")
    for name in ("frequency", "delay"):
        if name in dataset.dims and (name not in dataset.coords or dataset[name].dtype.kind != "f"):
            raise InputError(f"the coordinate {name!r} must be a list of numbers")
    points = set(dataset["status"].dims)
    if {"moment", "frequency"} & points or not points <= set(dataset.dims):
        raise InputError("the variable 'status' must have one text for each point")
    for name in map(str, dataset.data_vars):
        variable, expected = dataset[name], BY_NAME.get(name)
        if expected is None:
            continue
        dims = points | {expected.over} if expected.over else points
        if variable.dtype.kind not in _KINDS[expected.dtype] or set(variable.dims) != dims:
            raise InputError(f"the variable {name!r} is of the wrong kind ({variable.dtype} over {', '.join(map(str, variable.dims))})")
    codes = {*map(str, Status), LEFT}
    unknown = {str(code) for code in dataset["status"].values.flat} - codes
    if unknown:
        raise InputError(f"the variable 'status' has {min(unknown)[:40]!r}, which is none of its codes")
    if "approach" in dataset.dims and "approach" not in dataset.coords:
        raise InputError("the coordinate 'approach' is missing")
    return dataset


def needed(dataset: xr.Dataset, *names: str) -> None:
    """InputError unless the dataset has these variables and coordinates."""
    for name in names:
        if name not in dataset.variables:
            raise InputError(f"the variable {name!r} is missing")


def _check_versions(text: Any) -> None:
    if text is not None:
        try:
            versions = json.loads(text)
        except (ValueError, RecursionError):
            raise InputError("the attribute 'versions' is no JSON") from None
        checked(versions, {str: str}, "'versions'")
