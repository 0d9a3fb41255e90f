"""Checkpoints of a long iteration: one file, replaced whole, that names its model."""

from __future__ import annotations

import os
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.model import Model

EVERY = 30.0  # seconds


@dataclass
class Checkpoint:
    """Where to keep the iterate of a solve.

    path    an .npz file; if it is there, the solve goes on from it
    every   seconds between two writings
    """

    path: str | os.PathLike[str]
    every: float = EVERY
    _last: float = field(default=0.0, init=False)

    def load(self, model: Model, size: int, dtype: np.dtype[Any]) -> NDArray[Any] | None:
        """The iterate that was kept; None where there is no file.  InputError for the file of another model."""
        if not Path(self.path).exists():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as file:
                owner, iterate = str(file["model"]), file["iterate"]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"{self.path} is not a checkpoint ({error}); delete it or give another name") from None
        if owner != model.hash or iterate.shape != (size,) or iterate.dtype != dtype:
            raise InputError(f"{self.path} is the checkpoint of another model or cut-off; delete it or give another name")
        return np.array(iterate)

    def started(self) -> None:
        """Count the seconds from now."""
        self._last = time.monotonic()

    def keep(self, model: Model, iterate: NDArray[Any], now: bool = False) -> None:
        """Write the iterate if it is time; whole or not at all."""
        if not now and time.monotonic() - self._last < self.every:
            return
        path = Path(self.path)
        partial = path.with_name(path.name + ".part")
        with partial.open("wb") as file:
            np.savez(file, model=model.hash, iterate=iterate)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        self._last = time.monotonic()
