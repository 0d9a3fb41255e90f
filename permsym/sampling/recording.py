"""What was read along trajectories so far: averages over cells, one moment at full resolution, and where the trajectories are."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from permsym import archive, machine
from permsym.archive import Archive
from permsym.checkpoints import CheckpointFile
from permsym.errors import InputError, TooLarge
from permsym.fields import checked
from permsym.operators import ComplexArray
from permsym.progress import Progress
from permsym.text import clock, readable

RealArray = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]

MOST_CELLS = 4096  # of a trajectory, before two become one
_PIECE = 64  # cells between two chances to write a checkpoint, and to be interrupted
_KIND = "trajectories' checkpoint"
_SAID = 10.0  # seconds from one line of progress to the next
_LONG = 1.0  # seconds from which on a stretch is announced
_COPIES = 2  # of a series, while it grows


class Source(Protocol):
    """Trajectories of one kind, half of them from each of two starts, in turn."""

    @property
    def trajectories(self) -> int: ...
    @property
    def width(self) -> int:
        """Readings of a cell."""
        ...

    @property
    def every(self) -> float:
        """Time between two readings."""
        ...

    def run(self, cells: int, per: int) -> tuple[ComplexArray, RealArray]:
        """Averages (trajectories, cells, readings) over ``per`` readings each, and all values (trajectories, cells per) of what is watched.

        The latter are (trajectories, 0) where nothing is.
        """
        ...

    @property
    def arrays(self) -> Arrays:
        """Where the trajectories are; copies."""
        ...

    def go_to(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Move the trajectories to where a checkpoint has them."""
        ...


@dataclass(frozen=True)
class Stretch:
    """What was read up to one moment: a whole, which an interrupt cannot tear.

    cells    (trajectories, cells, readings)
    series   (trajectories, all readings) of what is watched
    per      readings in a cell
    goal     cells that are to be reached next
    arrays   where the trajectories are at its end
    """

    cells: ComplexArray
    series: RealArray
    per: int
    goal: int
    arrays: Arrays


@dataclass
class Recording:
    """Trajectories on their way.

    title      for lines of progress
    identity   what a checkpoint must agree with: model, labels, seed, number of trajectories
    watched    whether one moment is remembered at full resolution
    per        readings in a cell, at first
    goal       cells that are to be reached first
    most       cells of a trajectory from which on two become one
    piece      cells between two chances to write a checkpoint
    """

    title: str
    identity: dict[str, Any]
    source: Source
    watched: bool
    progress: Progress
    goal: int
    per: int = 1
    most: int = MOST_CELLS
    piece: int = _PIECE
    now: Stretch = field(init=False)
    file: CheckpointFile | None = field(default=None, init=False)
    pace: float = field(default=0.0, init=False)  # seconds a unit of time, of the last piece

    def __post_init__(self) -> None:
        number = self.source.trajectories
        cells, series = np.zeros((number, 0, self.source.width), dtype=complex), np.zeros((number, 0))
        self.now = Stretch(cells, series, self.per, self.goal, {})

    @property
    def cells(self) -> ComplexArray:
        """(trajectories, cells, readings)"""
        return self.now.cells

    @property
    def cell(self) -> float:
        """Time of a cell."""
        return self.now.per * self.source.every

    @property
    def length(self) -> float:
        """Time of each trajectory so far."""
        return self.cells.shape[1] * self.cell

    def series(self, burnt: int) -> RealArray:
        """Every value of what is watched, without the first cells."""
        return self.now.series[:, burnt * self.now.per :]

    # -- on its way -----------------------------------------------------------------------------------------------------

    def reach(self) -> None:
        """Go on to the goal.  An interrupt leaves a checkpoint of all that is finished."""
        self._refuse_too_much()
        said = time.perf_counter()
        try:
            while self.cells.shape[1] < self.now.goal:
                before, began = self.length, time.perf_counter()
                self.advance()
                self.pace = (time.perf_counter() - began) / max(self.length - before, self.cell)
                self.write()
                if time.perf_counter() - said > _SAID:
                    said = time.perf_counter()
                    left = clock(self.pace * (self.now.goal * self.cell - self.length))
                    self.progress(f"{self.title}: {self.length:.4g} units of time, {left} left")
        except KeyboardInterrupt:
            self.write(now=True)
            raise

    def advance(self) -> None:
        """Some more cells, to the goal at most; cells are merged in pairs where they become many.

        Pieces end at the same readings whether a run is interrupted or not, so that a resumed one has the same bits.
        """
        now = self.now
        per, goal = now.per, now.goal
        new, watched = self.source.run(min(self.piece, goal - now.cells.shape[1]), per)
        series = np.concatenate([now.series, watched], axis=1) if self.watched else now.series
        cells = np.concatenate([now.cells, new], axis=1)
        if cells.shape[1] >= self.most:
            even = cells[:, cells.shape[1] % 2 :]
            cells = (even[:, ::2] + even[:, 1::2]) / 2
            per, goal = 2 * per, max(-(-goal // 2), cells.shape[1])
        self.now = Stretch(cells, series, per, goal, self.source.arrays)

    def prolong(self, needed: float, most: float, remark: str = "") -> None:
        """Make the goal so many times as long, ``most`` times at most; say how long all that is needed may take."""
        length, cells = self.length, self.cells.shape[1]
        self.now = replace(self.now, goal=math.ceil(cells * min(needed, most)))
        wait = self.pace * (needed - 1) * length
        dots = " ..." if wait > _LONG else ""
        self.progress(
            f"{self.title}: {needed * length:.4g} units of time each are needed by estimate, {clock(wait)} from now{remark}{dots}"
        )

    def _refuse_too_much(self) -> None:
        """TooLarge where what is watched would not fit into memory."""
        if not self.watched:
            return
        needed, free = 8.0 * _COPIES * self.source.trajectories * self.now.goal * self.now.per, machine.available_bytes()
        if needed > free:
            raise TooLarge(
                f"dwell times need every reading, {readable(needed)} of them for a duration of {self.now.goal * self.cell:.4g}, but "
                f"{readable(free)} are free; give a shorter duration or fewer trajectories",
                needed=needed,
                available=free,
            )

    # -- checkpoints ----------------------------------------------------------------------------------------------------

    def go_on(self, path: str | os.PathLike[str] | None, duration: float | None) -> None:
        """Write checkpoints to a file from now on, and take up from it where there is one; so far at least as ``duration`` says."""
        if path is None:
            return
        self.file = CheckpointFile(path)
        self.file.started()
        if self.resume(path):
            self.progress(f"{self.title}: going on from {os.fspath(path)!r} at {self.length:.4g} units of time ...")
            if duration is not None:
                self.now = replace(self.now, goal=max(self.now.goal, math.ceil(duration / self.cell * (1 - 1e-12))))

    def packed(self) -> memoryview | bytes:
        """The recording as a file."""
        now = self.now
        header = {**self.identity, "per": now.per, "goal": now.goal}
        return Archive(_KIND, header, {"cells": now.cells, "series": now.series, **now.arrays}).packed()

    def resume(self, path: str | os.PathLike[str]) -> bool:
        """Go on from a file, if there is one; InputError for the file of other trajectories."""
        if not Path(path).exists():
            return False
        image = archive.read(path, _KIND)
        header = checked(dict(image.header), {**dict.fromkeys(self.identity, object), "per": int, "goal": int}, str(path))
        for name, value in self.identity.items():
            if header[name] != value:
                shown = f"has {name} {header[name]!r}, not {value!r}"
                raise InputError(f"{os.fspath(path)!r} is the checkpoint of other trajectories: it {shown}; delete it or give another name")
        arrays = dict(image.arrays)
        cells, series = arrays.pop("cells"), arrays.pop("series")
        if cells.shape[::2] != self.cells.shape[::2] or np.iscomplexobj(series) or (series.shape[1] > 0) != self.watched:
            raise InputError(f"{os.fspath(path)!r} is the checkpoint of other trajectories; delete it or give another name")
        self.source.go_to(arrays)
        self.now = Stretch(cells, series, header["per"], header["goal"], arrays)
        return True

    def write(self, now: bool = False) -> None:
        """Write the checkpoint if it is time."""
        if self.file is not None and self.now.arrays:
            self.file.put(self.packed, now)
