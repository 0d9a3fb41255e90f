"""netCDF-4 files, opened by plain xarray."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from permsym.dataset.files import written_aside

if TYPE_CHECKING:
    import xarray as xr

_COMPRESSED = 1000  # numbers from which an array is compressed


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset; values survive the round trip to the last bit.

    HDF5 builds the file in memory and the bytes are written here: on a full disk the HDF5 library would crash the process.
    """
    image = io.BytesIO()
    large = [str(name) for name in dataset.data_vars if dataset[name].dtype.kind == "f" and dataset[name].size >= _COMPRESSED]
    packing = {"zlib": True, "complevel": 4, "shuffle": True}  # lossless; moments that vanish by symmetry take no space
    dataset.to_netcdf(image, engine="h5netcdf", encoding=dict.fromkeys(large, packing))
    with written_aside(path) as aside:
        aside.write_bytes(image.getvalue())


def read(path: Path) -> xr.Dataset:
    """The dataset in a file, loaded."""
    import xarray as xr

    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()
