"""A digest of what a dataset says, which its files carry: the same for every format, compression and chunking.

It is the SHA-256 of names, dimensions, values and attributes.  Numbers count, not their widths: whole numbers as 64 bits, others as
doubles, times as nanoseconds, with one nan.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

DIGEST = "digest"
"""The attribute."""


def digest(dataset: xr.Dataset) -> str:
    """SHA-256 of a dataset's content, in hexadecimal digits."""
    checksum = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        kind, content = plain(variable.values)
        about = [name, list(variable.dims), list(variable.shape), kind, len(content), _attributes(variable.attrs)]
        checksum.update(json.dumps(about, sort_keys=True).encode() + content)
    checksum.update(json.dumps(_attributes(dataset.attrs), sort_keys=True).encode())
    return checksum.hexdigest()


def plain(values: NDArray[Any]) -> tuple[str, bytes]:
    """Kind (float, int, time or text) and bytes of an array; equal for equal values, whatever its type."""
    array = np.asarray(values)
    match array.dtype.kind:
        case "f":
            numbers = array.astype("<f8")
            return "float", np.where(np.isnan(numbers), np.nan, numbers).tobytes()
        case "i" | "u" | "b":
            return "int", array.astype("<i8").tobytes()
        case "M":
            return "time", array.astype("datetime64[ns]").astype("<i8").tobytes()
    return "text", json.dumps(list(map(str, array.ravel().tolist()))).encode()


def _attributes(attributes: Any) -> dict[str, Any]:
    """Attributes as JSON-ready data; netCDF gives back numpy's numbers."""
    return {str(name): value.tolist() if hasattr(value, "tolist") else value for name, value in attributes.items() if name != DIGEST}


def check_digest(dataset: xr.Dataset) -> str:
    """Compare a dataset with the digest that its file carries; a remark where it is too old to carry one, else "".

    InputError where the content has changed.
    """
    if DIGEST in dataset.attrs:
        if dataset.attrs[DIGEST] != digest(dataset):
            raise InputError("its content is not what permsym wrote: it was damaged or changed")
        return ""
    if "code" in json.loads(dataset.attrs.get("versions", "{}")):  # which files have from the same version on
        raise InputError("its digest is missing: it was damaged or changed")
    return "no digest: written by an older permsym, only its structure was checked"
