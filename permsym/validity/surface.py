"""Values over a fine grid from those at the samples of one or two axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.validity.axes import Axis, Real

_FINE = {1: 2001, 2: 241}
"""Cells along an axis of the fine grid, by the number of axes."""


@dataclass(frozen=True)
class Line:
    """One axis with its samples and a fine grid.  Positions run from 0 to 1 along the axis or its logarithm."""

    axis: Axis
    samples: Real
    size: int

    @cached_property
    def at(self) -> Real:
        """(size,) positions of the fine grid."""
        return np.linspace(0, 1, self.size)

    @cached_property
    def values(self) -> Real:
        """(size,) the parameter there."""
        return self.axis.values(self.at)

    def spelled(self, cell: int) -> str:
        """The parameter at a cell, as sentences say it: three digits, or the whole number."""
        value = float(self.values[cell])
        return f"{value:.0f}" if self.axis.whole else f"{value:.3g}"

    @cached_property
    def nearest(self) -> NDArray[np.int64]:
        """(size,) the sample that each cell belongs to."""
        known, own = self.axis.position(self.samples), self._own
        return np.where(own >= 0, own, np.abs(self.at[:, None] - known).argmin(axis=1))

    @property
    def alone(self) -> NDArray[np.bool_]:
        """(size,) whether one sample alone makes a cell's value."""
        return self._own >= 0

    @cached_property
    def _own(self) -> NDArray[np.int64]:
        """(size,) the sample that alone makes a cell's value: that of its whole number; -1 where there are others."""
        alone = self.axis.alone(self.samples)
        number = np.clip(np.round(self.values), self.samples[0], self.samples[-1])
        there = np.searchsorted(self.samples, number)
        return np.where(there < alone, there, -1) if alone else np.full(self.size, -1)

    def cubic(self, values: Real) -> Real:
        """(size, ...) a cubic spline through values (samples, ...) along the first axis; of lower degree through fewer than four."""
        from scipy.interpolate import make_interp_spline

        spline = make_interp_spline(self.axis.position(self.samples), values, k=min(3, len(self.samples) - 1), axis=0)
        return self._stepped(np.asarray(spline(self.at)), values)

    def monotone(self, values: Real) -> Real:
        """(size, ...) the same without overshoots, for colours."""
        from scipy.interpolate import PchipInterpolator

        return self._stepped(np.asarray(PchipInterpolator(self.axis.position(self.samples), values, axis=0)(self.at)), values)

    def _stepped(self, fine: Real, values: Real) -> Real:
        own = self._own
        fine[own >= 0] = values[own[own >= 0]]
        return fine


@dataclass(frozen=True)
class Grid:
    """Samples and fine grid of one or two axes."""

    lines: tuple[Line, ...]

    @classmethod
    def over(cls, axes: tuple[Axis, ...], samples: tuple[Real, ...]) -> Grid:
        size = _FINE[len(axes)]
        return cls(tuple(Line(axis, known, size) for axis, known in zip(axes, samples, strict=True)))

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(line.size for line in self.lines)

    @property
    def stepped(self) -> NDArray[np.bool_]:
        """Cells whose values are those of one whole number alone, along one of the axes."""
        alone = [line.alone for line in self.lines]
        return alone[0] if len(alone) == 1 else alone[0][:, None] | alone[1][None, :]

    def cubic(self, values: Real) -> Real:
        """Values at the samples -> on the fine grid, by splines; what is nan is filled from its nearest neighbour first."""
        return self._along(filled(values), Line.cubic)

    def monotone(self, values: Real) -> Real:
        """The same without overshoots."""
        return self._along(filled(values), Line.monotone)

    def _along(self, values: Real, how: Callable[[Line, Real], Real]) -> Real:
        for k, line in enumerate(self.lines):
            values = np.moveaxis(how(line, np.moveaxis(values, k, 0)), 0, k)
        return values

    def spread(self, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What is true of samples, on the cells that belong to them."""
        return values[np.ix_(*(line.nearest for line in self.lines))]


def filled(values: Real) -> Real:
    """Values with every nan replaced by its nearest neighbour; zeros where there is none."""
    from scipy.ndimage import distance_transform_edt

    missing = np.isnan(values)
    if missing.all():
        return np.zeros(values.shape)
    where = distance_transform_edt(missing, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(where)])
