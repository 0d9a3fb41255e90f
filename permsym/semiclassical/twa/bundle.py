"""Trajectories of truncated Wigner that look for a steady state: from two unlike starts, in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.initial import parse_initial
from permsym.operators import ComplexArray
from permsym.sampling.dwell import Watched
from permsym.semiclassical.twa.ensemble import Ensemble, Setting
from permsym.semiclassical.twa.start import product_points, unlike_points

RealArray = NDArray[np.float64]

READ = 10
"""Steps between two readings; even, for the run with steps twice as long."""


def starts(setting: Setting, seed: int, trajectories: int) -> RealArray:
    """Points of all trajectories (trajectories, D): lowest states, and mixed spins with the field of the empty mode."""
    rng, half = setting.generator(seed, 0), trajectories // 2
    points = np.zeros((trajectories, setting.space.size))
    points[::2] = product_points(setting.space, parse_initial("", setting.model), half, rng)
    points[1::2] = unlike_points(setting.space, setting.equations, setting.idle, half, rng)
    return points


class Bundle:
    """Trajectories side by side.

    step      length of a step of the finest noise
    merged    how many of these are one step
    watched   what is remembered of every reading; None: nothing
    """

    def __init__(
        self, setting: Setting, points: RealArray, key: NDArray[np.uint64], step: float, watched: Watched | None = None, merged: int = 1
    ) -> None:
        self.setting, self.step, self.watched = setting, step, watched
        self.ensemble = Ensemble(setting, points, key, len(points), merged)
        self.width, self.trajectories = len(setting.labels), len(points)
        self._neutral = np.array([not any(label.charge(setting.model)) for label in setting.readout.labels])
        self._weights = np.empty(0, dtype=complex) if watched is None else setting.weights(watched.label)

    @property
    def every(self) -> float:
        """Time between two readings."""
        return READ * self.step

    def run(self, cells: int, per: int) -> tuple[ComplexArray, RealArray]:
        """Moments (trajectories, cells, labels), averages over ``per`` readings each; and all values of what is watched.

        Charged moments are zero by symmetry.
        """
        intervals = cells * per
        steps, spans = np.full(intervals, READ), np.full(intervals, self.every)
        monomials, series = self.ensemble.watch(steps, spans, per, self._weights)
        values = np.zeros(series.shape) if self.watched is None else self.watched.values(series)
        return np.where(self._neutral, self.setting.moments(monomials), 0), values

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Where the trajectories are, for a checkpoint."""
        run = self.ensemble
        counts = np.array([run.position, run.steps])
        return {"points": run.points.copy(), "clips": run.clips.copy(), "squares": run.squares.copy(), "counts": counts,
                "step": np.array(self.step)}  # fmt: skip

    def go_to(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Move the trajectories to where a checkpoint has them."""
        run = self.ensemble
        run.points, run.clips, run.squares = (arrays[name].copy() for name in ("points", "clips", "squares"))
        run.position, run.steps = map(int, arrays["counts"])
        self.step = float(arrays["step"])
