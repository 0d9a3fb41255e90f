"""What was read along trajectories so far: averages over cells, one label at full resolution, and where the trajectories are."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from permsym import archive
from permsym.archive import Archive
from permsym.checkpoints import CheckpointFile
from permsym.errors import InputError
from permsym.fields import checked
from permsym.operators import ComplexArray
from permsym.unravelling.bundle import Bundle
from permsym.unravelling.readout import Readout

MOST_CELLS = 4096  # of a trajectory, before two become one
_PIECE = 64  # cells between two chances to write a checkpoint, and to be interrupted
_KIND = "trajectories' checkpoint"


@dataclass
class Recording:
    """Trajectories on their way.

    identity   what a checkpoint must agree with: model, labels, seed, number of trajectories
    watched    the reading that is remembered at full resolution; None: none
    per        readings in a cell
    goal       cells that are to be reached next
    cells      (trajectories, cells, readings)
    series     (trajectories, all readings) of the watched one
    """

    identity: dict[str, Any]
    readout: Readout
    bundle: Bundle
    watched: int | None
    goal: int
    per: int = 1
    cells: ComplexArray = field(init=False)
    series: ComplexArray = field(init=False)

    def __post_init__(self) -> None:
        number = len(self.bundle.chains)
        self.cells = np.zeros((number, 0, self.readout.width), dtype=complex)
        self.series = np.zeros((number, 0), dtype=complex)

    @property
    def cell(self) -> float:
        """Time of a cell."""
        return self.per * self.bundle.every

    @property
    def length(self) -> float:
        """Time of each trajectory so far."""
        return self.cells.shape[1] * self.cell

    def advance(self) -> None:
        """Some more cells, to the goal at most; cells are merged in pairs where they become many.

        Pieces end at the same readings whether a run is interrupted or not, so that a resumed one has the same bits.
        """
        number = min(_PIECE, self.goal - self.cells.shape[1])
        readings = self.bundle.run(number * self.per)
        if self.watched is not None:
            self.series = np.concatenate([self.series, readings[:, :, self.watched]], axis=1)
        new = readings.reshape(len(readings), number, self.per, -1).mean(axis=2)
        self.cells = np.concatenate([self.cells, new], axis=1)
        if self.cells.shape[1] >= MOST_CELLS:
            even = self.cells[:, self.cells.shape[1] % 2 :]
            self.cells = (even[:, ::2] + even[:, 1::2]) / 2
            self.per, self.goal = 2 * self.per, max(-(-self.goal // 2), self.cells.shape[1])

    # -- checkpoints ----------------------------------------------------------------------------------------------------

    def packed(self) -> memoryview | bytes:
        """The recording as a file."""
        header = {**self.identity, "every": self.bundle.every, "per": self.per, "goal": self.goal}
        return Archive(_KIND, header, {"cells": self.cells, "series": self.series, **self.bundle.arrays}).packed()

    def resume(self, path: str | os.PathLike[str]) -> bool:
        """Go on from a file, if there is one; InputError for the file of other trajectories."""
        if not Path(path).exists():
            return False
        image = archive.read(path, _KIND)
        header = checked(dict(image.header), {**dict.fromkeys(self.identity, object), "every": float, "per": int, "goal": int}, str(path))
        for name, value in {**self.identity, "every": self.bundle.every}.items():
            if header[name] != value:
                shown = f"has {name} {header[name]!r}, not {value!r}"
                raise InputError(f"{os.fspath(path)!r} is the checkpoint of other trajectories: it {shown}; delete it or give another name")
        cells, series = image.arrays["cells"], image.arrays["series"]
        if cells.shape[::2] != self.cells.shape[::2] or (series.shape[1] > 0) != (self.watched is not None):
            raise InputError(f"{os.fspath(path)!r} is the checkpoint of other trajectories; delete it or give another name")
        self.cells, self.series, self.per, self.goal = cells, series, header["per"], header["goal"]
        self.bundle.go_to(dict(image.arrays))
        return True

    def write(self, file: CheckpointFile | None, now: bool = False) -> None:
        """Write the checkpoint if it is time."""
        if file is not None:
            file.put(self.packed, now)
