"""netCDF-4 files, opened by plain xarray."""

from __future__ import annotations

import gc
import io
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from permsym import machine
from permsym.errors import InputError
from permsym.text import readable
from permsym.writing import written_aside

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
    """The dataset in a file, loaded; InputError where it would not fit in memory, OSError where it is damaged."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None  # h5netcdf's half-open files complain while they are collected
    try:
        return _loaded(path)
    except InputError:
        raise
    except Exception as error:
        reason = str(error)
        traceback.clear_frames(error.__traceback__)
        gc.collect()
    finally:
        sys.unraisablehook = hook
    raise OSError(reason)


def _loaded(path: Path) -> xr.Dataset:
    import xarray as xr

    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        size, free = dataset.nbytes, machine.available_bytes()  # a small file can announce huge arrays
        if size > free:
            raise InputError(f"{str(path)!r} holds arrays of {readable(size)}, but {readable(free)} are free")
        return dataset.load()
