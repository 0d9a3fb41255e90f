"""Reference datasets: small, certified, shipped with the package; data/README.md describes them.

They are in the folder ``data`` of the repository, and in ``permsym/_data`` of an installed package.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from permsym.errors import InputError
from permsym.text import suggestion

if TYPE_CHECKING:
    import xarray as xr

_SUMS = "SHA256SUMS"


def reference_folder() -> Path:
    """The folder with the reference datasets; InputError where the installation has none."""
    package = Path(__file__).parents[1]
    for folder in (package / "_data", package.parent / "data"):
        if (folder / _SUMS).is_file():
            return folder
    raise InputError("the reference datasets are missing from this installation; install permsym again")


def sums(folder: Path) -> dict[str, str]:
    """Checksums by file name, from SHA256SUMS in a folder; OSError or ValueError where there is none."""
    lines = (folder / _SUMS).read_text(encoding="utf-8").splitlines()
    return {name: checksum for checksum, name in map(str.split, lines)}


def _checksums() -> dict[str, str]:
    return {name.removesuffix(".nc"): checksum for name, checksum in sums(reference_folder()).items()}


def reference_names() -> list[str]:
    """Names of the reference datasets."""
    return list(_checksums())


def open_reference(name: str) -> xr.Dataset:
    """A reference dataset, such as ``"p1-fig3b"``: exact curves of the papers with their certificates.

    Raises InputError for other names, and where the file is not the one that was shipped.
    """
    checksums = _checksums()
    if name not in checksums:
        raise InputError(f"there is no reference dataset {name!r}; {suggestion(name, checksums, 'there are')}")
    return shipped(reference_folder() / f"{name}.nc")


def shipped(path: Path) -> xr.Dataset:
    """A dataset whose checksum stands beside it in SHA256SUMS; InputError where it cannot be read or is not the one that was shipped."""
    from permsym.dataset import netcdf

    try:
        image, checksum = path.read_bytes(), sums(path.parent)[path.name]
    except (OSError, LookupError, ValueError) as error:
        raise InputError(
            f"cannot read the reference dataset {str(path)!r}: {getattr(error, 'strerror', None) or error}; install permsym again"
        ) from error
    if hashlib.sha256(image).hexdigest() != checksum:
        raise InputError(f"the reference dataset {str(path)!r} is not the one that was shipped; install permsym again")
    return netcdf.read(path)
