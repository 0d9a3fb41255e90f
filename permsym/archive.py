"""Files of named arrays beside a table: HDF5 with a checksum of all that is in them.  Reading runs nothing that a file says.

permsym_kind, permsym_layout, permsym_version, digest    attributes
header                                                   the table as JSON
arrays/NAME                                              the arrays
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import __version__, machine
from permsym.errors import InputError
from permsym.reading import check
from permsym.text import readable
from permsym.writing import written_aside

LAYOUT = 1
_PLAIN = "biufc"  # kinds of numbers

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Archive:
    """What is in a file.

    kind      what it is a file of, such as "state"
    header    JSON-ready table
    arrays    numbers by name
    version   of permsym that wrote it
    """

    kind: str
    header: Mapping[str, Any]
    arrays: Arrays = field(default_factory=dict)
    version: str = __version__

    def packed(self) -> memoryview:
        """The file.  HDF5 builds it in memory: on a full disk the library itself would crash the process."""
        import h5py

        text, image = json.dumps(self.header).encode(), io.BytesIO()
        with h5py.File(image, "w") as file:
            file.attrs.update(
                permsym_kind=self.kind, permsym_layout=LAYOUT, permsym_version=self.version, digest=_digest(text, self.arrays)
            )
            file.create_dataset("header", data=np.frombuffer(text, dtype=np.uint8))
            group = file.create_group("arrays")
            for name, array in self.arrays.items():
                group.create_dataset(name, data=array)
        return image.getbuffer()

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the file, whole or not at all; InputError where something else has its name."""
        target = Path(path)
        if target.exists() and kind_of(target) != self.kind:
            raise InputError(f"{str(target)!r} exists and is no {self.kind} that permsym wrote; delete it or choose another name")
        with written_aside(target) as aside:
            aside.write_bytes(self.packed())


def kind_of(path: Path) -> str | None:
    """What a file is an archive of; None: it is none."""
    import h5py

    try:
        check(path)
        with h5py.File(path, "r") as file:
            kind = file.attrs.get("permsym_kind")
    except (InputError, OSError, RuntimeError, ValueError, KeyError):  # a damaged HDF5 file raises any of them
        return None
    return kind if isinstance(kind, str) else None


def read(path: str | os.PathLike[str], kind: str) -> Archive:
    """The archive in a file.

    Raises InputError for a file of another kind or layout, a damaged one, and one that would not fit in memory.
    """
    target = Path(path)
    try:
        check(target)
    except OSError as error:
        raise InputError(f"cannot read {str(target)!r}: {error.strerror or error}") from None
    actual = kind_of(target)
    if actual != kind:
        what = f"a {actual}" if actual else "another file, or damaged"
        raise InputError(f"{str(target)!r} is no {kind} that permsym wrote, but {what}; give another name")
    with _opened(target, kind) as file:
        layout = int(file.attrs["permsym_layout"])
        if layout != LAYOUT:
            raise InputError(f"{str(target)!r} has the layout {layout} of another version of permsym, not {LAYOUT}; use that version")
        datasets = dict(_datasets(file))
        size, free = sum(each.nbytes for each in datasets.values()), machine.available_bytes()
        if size > free:  # a small file can announce huge arrays
            raise InputError(f"{str(target)!r} holds arrays of {readable(size)}, but {readable(free)} are free")
        arrays = {name: np.asarray(each[()]) for name, each in datasets.items()}
        text, digest = arrays.pop("").tobytes(), file.attrs["digest"]
        if digest != _digest(text, arrays):
            raise ValueError("the checksum is wrong")
        return Archive(kind, json.loads(text), arrays, str(file.attrs["permsym_version"]))


@contextmanager
def _opened(path: Path, kind: str) -> Iterator[Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except Exception as error:  # a damaged file raises nearly anything
        raise InputError(f"the {kind} {str(path)!r} is damaged ({error}); delete it or give another name") from None


def _datasets(file: Any) -> Iterator[tuple[str, Any]]:
    """The header, by the name "", and the arrays of numbers; ValueError for what points to other files."""
    import h5py

    group = file["arrays"]
    for name, parent, key in [("", file, "header"), *((name, group, name) for name in group)]:
        if not isinstance(parent.get(key, getlink=True), h5py.HardLink):
            raise ValueError(f"{key!r} is a link")
        dataset = parent[key]
        if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external or dataset.dtype.kind not in _PLAIN:
            raise ValueError(f"{key!r} is no array of numbers")
        yield name, dataset


def _digest(text: bytes, arrays: Arrays) -> str:
    """SHA-256 of the header and of all arrays with their names and shapes."""
    total = hashlib.sha256(text)
    for name, array in sorted(arrays.items()):
        total.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()
