"""netCDF-4 files, opened by plain xarray."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from permsym.dataset.files import written_aside

if TYPE_CHECKING:
    import xarray as xr


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset; values survive the round trip to the last bit."""
    with written_aside(path) as aside:
        dataset.to_netcdf(aside, engine="h5netcdf")


def read(path: Path) -> xr.Dataset:
    """The dataset in a file, loaded."""
    import xarray as xr

    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()
