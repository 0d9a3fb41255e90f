"""Datasets: results with certificates, parameters and provenance, in memory and on disk."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from permsym.dataset.files import check_target
from permsym.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

FORMATS = {".nc": "permsym.dataset.netcdf", ".csv": "permsym.dataset.csvfile"}
"""Modules with a ``write(dataset, path)``, by file name suffix."""


def check(path: str | Path) -> Path:
    """The path, where a dataset may be written there; InputError otherwise."""
    target = Path(path)
    check_target(target, tuple(FORMATS))
    return target


def save(dataset: xr.Dataset, path: str | Path) -> Path:
    """Write a dataset in the format of the file name's suffix: aside first, then renamed."""
    target = check(path)
    importlib.import_module(FORMATS[target.suffix]).write(dataset, target)
    return target


def open_dataset(path: str | Path) -> xr.Dataset:
    """Read a netCDF file that permsym wrote."""
    from permsym.dataset import netcdf

    try:
        return netcdf.read(Path(path))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {str(path)!r} as a dataset ({error}); give a .nc file that permsym wrote") from error


__all__ = ["FORMATS", "check", "open_dataset", "save"]
