"""Checkpoints of long computations: one file, replaced whole every now and then."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from permsym.errors import InputError

EVERY = 30.0  # seconds
_SELDOM = 20.0  # times what a writing takes: at least that long until the next


@dataclass
class CheckpointFile:
    """When a checkpoint is written, and how.

    path    the file; if it is there, the computation goes on from it
    every   seconds between two writings; more where a writing takes long
    """

    path: str | os.PathLike[str]
    every: float = EVERY
    _due: float = field(default=0.0, init=False)
    _warned: bool = field(default=False, init=False)

    def started(self) -> None:
        """Count the seconds from now.  InputError where no file can be written."""
        folder = Path(os.path.realpath(self.path)).parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"cannot write a checkpoint into the folder {str(folder)!r}; make it, or give another name")
        self._due = time.monotonic() + self.every

    def put(self, content: Callable[[], bytes | bytearray | memoryview], now: bool = False) -> bool:
        """Write the content if it is time, whole or not at all; returns whether it was written.

        Where the system refuses, a full disk for instance, the file stays as it was, and the first time a warning says so: the
        computation is worth more than its checkpoint.
        """
        begun = time.monotonic()
        if not now and begun < self._due:
            return False
        try:
            self._replace(content())
        except OSError as error:
            if not self._warned:
                words = f"cannot write the checkpoint {os.fspath(self.path)!r} ({error.strerror or error}); the computation goes on"
                warnings.warn(f"{words}, and tries again every {self.every:g} s", stacklevel=3)
            self._warned = True
            return False
        finally:
            ended = time.monotonic()
            self._due = ended + max(self.every, _SELDOM * (ended - begun) if self.every else 0.0)
        return True

    def _replace(self, content: bytes | bytearray | memoryview) -> None:
        path = Path(os.path.realpath(self.path))  # a symbolic link stays one
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # a name that nobody can know
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(path)
        finally:
            Path(partial).unlink(missing_ok=True)
