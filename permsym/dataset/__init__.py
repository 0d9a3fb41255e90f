"""Datasets: results with certificates, parameters and provenance, in memory and on disk."""

from __future__ import annotations

import contextlib
import importlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from permsym import reading
from permsym.dataset.checks import sound
from permsym.dataset.digest import DIGEST, check_digest, digest
from permsym.dataset.files import check_target
from permsym.dataset.older import renewed
from permsym.dataset.photons import with_photons
from permsym.dataset.reference import open_reference, reference_names
from permsym.errors import InputError, OlderFile
from permsym.fields import WrongField

if TYPE_CHECKING:
    import xarray as xr

FORMATS = {".nc": "permsym.dataset.netcdf", ".csv": "permsym.dataset.csvfile", ".parquet": "permsym.dataset.parquet"}
"""Modules with ``write(dataset, path)`` and ``read(path)``, by file name suffix."""


def check(path: str | Path) -> Path:
    """The path; InputError where no dataset can be written there, told by its suffix, its folder and what is there already."""
    target = Path(path)
    check_target(target, tuple(FORMATS))
    if target.suffix == ".parquet":
        from permsym.dataset import parquet

        parquet.ready()
    return target


def save(dataset: xr.Dataset, path: str | Path) -> Path:
    """Write a dataset in the format of the file name's suffix: aside first, then renamed."""
    target = check(path)
    dataset = dataset.assign_attrs({DIGEST: digest(dataset)})
    importlib.import_module(FORMATS[target.suffix]).write(dataset, target)
    return target


def open_dataset(path: str | Path) -> xr.Dataset:
    """Read a file that permsym wrote: netCDF, CSV or Parquet."""
    dataset = _sound(_read(path), path)
    dataset.attrs.pop(DIGEST, None)  # of the file, and not of what becomes of its content here
    return dataset


def check_dataset(path: str | Path) -> str:
    """Compare a file with the digest that it carries; a remark where it has none, else "".  InputError where it has changed."""
    dataset = _read(path)
    with warnings.catch_warnings(action="ignore", category=OlderFile):  # the remark says so
        _sound(dataset.copy(), path)
    return check_digest(dataset)


def _read(path: str | Path) -> xr.Dataset:
    importlib.import_module("permsym.dataset.accessor")  # makes data.permsym
    reader = importlib.import_module(FORMATS.get(Path(path).suffix, FORMATS[".nc"]))
    with _readable(path):
        reading.check(Path(path))
        dataset: xr.Dataset = reader.read(Path(path))
    return dataset


def _sound(dataset: xr.Dataset, path: str | Path) -> xr.Dataset:
    with _readable(path):
        dataset = renewed(dataset, repr(str(path)))
    try:
        return sound(dataset)
    except InputError as error:
        raise InputError(f"cannot read {str(path)!r} as a dataset: {error}; give a file that permsym wrote") from None


@contextlib.contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    """InputError for whatever a damaged file does to HDF5, Arrow or a table's shape."""
    try:
        yield
    except Exception as error:
        if isinstance(error, InputError | Warning) and not isinstance(error, WrongField):
            raise
        # HDF5 wraps what the system says in a long message of its own
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)[:200] or type(error).__name__
        raise InputError(f"cannot read {str(path)!r} as a dataset ({reason}); give a file that permsym wrote") from error


__all__ = ["FORMATS", "check", "check_dataset", "open_dataset", "open_reference", "reference_names", "save", "with_photons"]
