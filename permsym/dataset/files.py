"""Targets of writing: a file of somebody else is never overwritten."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

from permsym.errors import InputError
from permsym.writing import linked

_FIRST_BYTES, _LAST_BYTES = 4096, 2**20  # of a file, in which permsym's name is looked for


def check_target(path: Path, formats: tuple[str, ...]) -> None:
    """Refuse a target before anything is computed: unknown format, no folder, or a file that permsym did not write."""
    if path.suffix not in formats:
        raise InputError(f"cannot tell the format of {str(path)!r}; end its name with {' or '.join(formats)}")
    path = linked(path)
    if not path.parent.is_dir():
        raise InputError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}; make it first")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"cannot write {str(path)!r}: the folder {str(path.parent)!r} may not be written; choose another")
    if path.is_dir():
        raise InputError(f"cannot write {str(path)!r}: it is a folder; give a file name inside it")
    if path.exists() and not is_ours(path):
        raise InputError(f"{str(path)!r} exists and was not written by permsym; delete it or choose another name")


def sidecar(path: Path) -> Path:
    """The file beside a CSV table that says what its columns do not; beside the one that a symbolic link leads to."""
    path = linked(path)
    return path.with_name(f"{path.name}.json")


def is_ours(path: Path) -> bool:
    """Whether a file carries permsym's mark."""
    if not path.is_file():  # a device or a pipe, which reading would wait for
        return False
    try:
        if path.suffix == ".nc":
            import h5py

            with h5py.File(path, "r") as file:
                return "permsym_version" in file.attrs
        with path.open("rb") as file:
            if path.suffix == ".parquet":  # the schema stands at the end
                file.seek(max(path.stat().st_size - _LAST_BYTES, 0))
                return b"permsym" in file.read()
            head = file.read(_FIRST_BYTES)
        if path.suffix == ".csv" and not head.startswith(b"# "):
            return _described(path)
        return b"permsym" in head
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, csv.Error):  # a damaged HDF5 file raises any of them
        return False


def _described(path: Path) -> bool:
    """Whether a CSV table is that of the description beside it: somebody else's may have its name."""
    about = json.loads(sidecar(path).read_text(encoding="utf-8"))
    with path.open(newline="", encoding="utf-8") as file:
        names = next(csv.reader(file), [])
    return "permsym" in about and any(one["columns"] == names for one in about["frames"])
