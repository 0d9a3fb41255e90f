"""Parquet in long format, the columns of the CSV files; needs the extra ``permsym[parquet]``."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.dataset.long import columns, frame, rebuilt
from permsym.errors import InputError
from permsym.writing import written_aside

if TYPE_CHECKING:
    import xarray as xr

_KEY = b"permsym"


def ready() -> None:
    """Raise InputError where pyarrow is missing: before the work, not after it."""
    _arrow()


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as rows; the schema's metadata says under ``permsym`` what the columns do not."""
    arrow, parquet = _arrow()
    arrays = {name: arrow.array(values.tolist() if values.dtype.kind in "OUT" else values) for name, values in columns(dataset).items()}
    table = arrow.table(arrays)
    image = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata({_KEY: json.dumps(frame(dataset)).encode()}), image)
    with written_aside(path) as aside:
        aside.write_bytes(image.getvalue())


def read(path: Path) -> xr.Dataset:
    """The dataset in a file that :func:`write` wrote; ValueError for others."""
    _, parquet = _arrow()
    table = parquet.read_table(io.BytesIO(path.read_bytes()))
    metadata = table.schema.metadata or {}
    if _KEY not in metadata:
        raise ValueError("it is no Parquet file of permsym")
    return rebuilt({name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}, json.loads(metadata[_KEY]))


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError("Parquet files need pyarrow; install it with `pip install permsym[parquet]`, or write .nc or .csv") from None
    return pyarrow, pyarrow.parquet
