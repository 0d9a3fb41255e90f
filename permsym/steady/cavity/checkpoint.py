"""Checkpoints of a long iteration: one file, replaced whole, that names its model."""

from __future__ import annotations

import io
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.fields import checked
from permsym.model import Model
from permsym.reading import check

EVERY = 30.0  # seconds


@dataclass
class Checkpoint:
    """Where the iterate of a solve is written.

    path    an .npz file; if it is there, the solve goes on from it
    every   seconds between two writings
    beside  arrays to be written with the iterate, such as the window that it lives on
    """

    path: str | os.PathLike[str]
    every: float = EVERY
    beside: dict[str, NDArray[Any]] = field(default_factory=dict, init=False)
    _last: float = field(default=0.0, init=False)
    _warned: bool = field(default=False, init=False)

    def arrays(self, *names: str) -> list[NDArray[Any]] | None:
        """The arrays of these names that were written beside an iterate; None where there is no file, or it has none."""
        if not Path(self.path).exists():
            return None
        with self._opened() as file:
            return [file[name] for name in names] if set(names) <= set(file.files) else None

    def load(self, model: Model, size: int, dtype: np.dtype[Any]) -> NDArray[Any] | None:
        """The iterate in the file; None where there is no file.  InputError for the file of another model."""
        if not Path(self.path).exists():
            return None
        with self._opened() as file:
            checked(dict.fromkeys(file.files), {"model": object, "iterate": object}, "it")
            owner, iterate = str(file["model"]), file["iterate"]
        if owner != model.hash or iterate.shape != (size,) or iterate.dtype != dtype:
            raise InputError(f"{self.path} is the checkpoint of another model or cut-off; delete it or give another name")
        return np.array(iterate)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            check(Path(self.path))
            with np.load(self.path, allow_pickle=False) as file:
                yield file
        except Exception as error:  # a damaged archive raises nearly anything
            raise InputError(f"{self.path} is not a checkpoint ({error}); delete it or give another name") from None

    def started(self) -> None:
        """Count the seconds from now.  InputError where no file can be written."""
        folder = Path(os.path.realpath(self.path)).parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"cannot write a checkpoint into the folder {str(folder)!r}; make it, or give another name")
        self._last = time.monotonic()

    def write(self, model: Model, iterate: NDArray[Any], now: bool = False) -> None:
        """Write the iterate if it is time; whole or not at all.

        Where the system refuses, a full disk for instance, the file stays as it was, and the first time a warning says so: the solve
        is worth more than its checkpoint.
        """
        if not now and time.monotonic() - self._last < self.every:
            return
        self._last = time.monotonic()
        try:
            self._replace({"model": np.array(model.hash), "iterate": iterate, **self.beside})
        except OSError as error:
            if not self._warned:
                words = f"cannot write the checkpoint {os.fspath(self.path)!r} ({error.strerror or error}); the solve goes on"
                warnings.warn(f"{words}, and tries again every {self.every:g} s", stacklevel=2)
            self._warned = True

    def _replace(self, arrays: dict[str, NDArray[Any]]) -> None:
        content = io.BytesIO()  # an archive that is cut off on the disk would complain once more when it is thrown away
        np.savez(content, **arrays)  # type: ignore[arg-type]
        path = Path(os.path.realpath(self.path))  # a symbolic link stays one
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # a name that nobody can know
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(path)
        finally:
            Path(partial).unlink(missing_ok=True)
