"""Checkpoints of a long iteration: one file, replaced whole, that names its model."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.checkpoints import CheckpointFile
from permsym.errors import InputError
from permsym.fields import checked
from permsym.model import Model
from permsym.reading import check


@dataclass
class Checkpoint(CheckpointFile):
    """Where the iterate of a solve is written.

    path, every   see :class:`permsym.checkpoints.CheckpointFile`; the file is an .npz
    beside        arrays to be written with the iterate, such as the window that it lives on
    """

    beside: dict[str, NDArray[Any]] = field(default_factory=dict, init=False)

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

    def write(self, model: Model, iterate: NDArray[Any], now: bool = False) -> None:
        """Write the iterate if it is time, as :meth:`put` does."""

        def content() -> memoryview:
            image = io.BytesIO()  # an archive that is cut off on the disk would complain once more when it is thrown away
            np.savez(image, **{"model": np.array(model.hash), "iterate": iterate, **self.beside})  # type: ignore[arg-type]
            return image.getbuffer()

        self.put(content, now)
