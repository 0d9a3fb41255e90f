"""Where each approximation is within a tolerance: regions of a fine grid, their boundaries, and what lies within by accident.

Between samples  t = asinh(e / (3 w))  is interpolated, e the signed error and w the tolerance: it is smooth where e changes sign, and
flat where e is large.  The boundary is |t| = asinh(1/3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.status import BOUNDS, Status
from permsym.validity.axes import Real
from permsym.validity.errors import Errors
from permsym.validity.surface import Grid

ORDER = ("mf", "ln", *(f"c{order}" for order in range(2, 9)), "twa", "trajectories", BOUNDS)
"""Approximations from the cheapest on."""

_EDGE = math.asinh(1 / 3)
_STRIP = 1.1  # a region that a factor of this in each parameter leads out of, on both sides, is a strip
_STRIP_LINEAR = 0.035  # of a linear axis, in place of that factor
_SMALLEST = 1e-30  # of logarithms of errors

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Region:
    """One approximation on the fine grid.

    t           asinh(e / (3 w))
    fit         where its status is ``ok``, and the exact value is there
    within      where it is within the tolerance, and not by accident
    accident    where it is within because its error changes sign: a strip that does not count
    """

    t: Real
    fit: Mask
    within: Mask
    accident: Mask

    def error(self, tolerance: float) -> Real:
        """e"""
        return np.asarray(3 * tolerance * np.sinh(self.t))


@dataclass(frozen=True)
class ValidityMap:
    """Errors of approximations over one or two parameters, judged by a tolerance.

    tolerance   largest |e| that counts as within
    data        the sweep's dataset
    coarser     the map before the last refinement of the samples
    """

    errors: Errors
    tolerance: float
    data: Any = field(default=None, repr=False)
    coarser: ValidityMap | None = field(default=None, repr=False)

    @cached_property
    def changed(self) -> float:
        """Share of the map whose cheapest approximation is another one since the last refinement; nan where there was none."""
        return math.nan if self.coarser is None else float(np.mean(self.coarser.cheapest != self.cheapest))

    @property
    def within(self) -> str:
        """The tolerance in words."""
        return self.errors.scale.spelled(self.tolerance) + (" of the proved interval" if self.proved else "")

    @property
    def proved(self) -> bool:
        """Whether errors are distances from proved intervals: an approximation that is not within is proved wrong."""
        return self.errors.reference == BOUNDS

    @cached_property
    def grid(self) -> Grid:
        return Grid.over(self.errors.axes, self.errors.samples)

    @cached_property
    def methods(self) -> list[str]:
        """The approximations, the cheapest first."""
        return sorted(set(self.errors.methods) & set(ORDER), key=ORDER.index)

    @cached_property
    def holes(self) -> Mask:
        """Cells whose sample has no certified exact value."""
        return self.grid.spread(self.errors.holes)

    @cached_property
    def regions(self) -> Mapping[str, Region]:
        """The region of each approximation, the cheapest first."""
        return {name: self._region(name) for name in self.methods}

    def _region(self, name: str) -> Region:
        # distances from an interval are 0 inside and have a kink at its ends, where splines overshoot
        between = self.grid.monotone if self.proved else self.grid.cubic
        t = between(np.arcsinh(self.errors.signed[name] / (3 * self.tolerance)))
        there = (self.errors.status[name] == Status.OK) & ~np.isnan(self.errors.signed[name])
        fit = self.grid.spread(there) & ~self.holes
        within = fit & (np.abs(t) <= _EDGE)
        accident = np.zeros_like(within) if self.proved else _strips(within, self._strip) & _touching(within, _sign_changes(t))
        return Region(t, fit, within & ~accident, accident)

    @cached_property
    def _strip(self) -> tuple[int, ...]:
        """Cells that a strip may be wide, to each side."""
        widths = []
        for line in self.grid.lines:
            axis = line.axis
            share = math.log(_STRIP) / math.log(axis.high / axis.low) if axis.log else _STRIP_LINEAR
            widths.append(max(1, round(share * (line.size - 1))))
        return tuple(widths)

    @cached_property
    def cheapest(self) -> NDArray[np.int64]:
        """Index among :attr:`methods` of the first that is within; -1: none, -2: a hole."""
        chosen = np.full(self.grid.shape, -1)
        for k, name in reversed(list(enumerate(self.methods))):
            chosen[self.regions[name].within] = k
        chosen[self.holes] = -2
        return chosen

    @cached_property
    def best(self) -> Real:
        """Smallest |e| of all approximations with a value in order; inf where there is none."""
        sizes = [np.where(region.fit, np.abs(region.error(self.tolerance)), np.inf) for region in self.regions.values()]
        return np.asarray(np.min(sizes, axis=0))

    @cached_property
    def overtaken(self) -> Mask:
        """Where a lower order of the cumulant expansion has a smaller error than the highest one."""
        orders = [name for name in self.methods if name[0] == "c" and name[1:].isdigit()]
        nothing = np.zeros(self.grid.shape, dtype=bool)
        if len(orders) < 2:
            return nothing
        highest = self.regions[orders[-1]]
        for name in orders[:-1]:
            lower = self.regions[name]
            nothing |= lower.fit & (~highest.fit | (np.abs(lower.t) < np.abs(highest.t)))
        return nothing & ~self.holes

    def share(self, mask: Mask) -> float:
        """Share of the map, holes left out; nan where there is nothing else."""
        inside = ~self.holes
        return float((mask & inside).sum() / inside.sum()) if inside.any() else math.nan

    @cached_property
    def boundaries(self) -> dict[str, list[list[dict[str, float]]]]:
        """Approach -> lines on which |e| crosses the tolerance, each a list of parameter values; along one axis lines of one point."""
        return {name: self._boundary(region) for name, region in self.regions.items()}

    def _boundary(self, region: Region) -> list[list[dict[str, float]]]:
        t = np.where(region.fit, region.t, np.nan)
        names = [axis.name for axis in self.errors.axes]
        lines: list[list[dict[str, float]]] = []
        for level in (-_EDGE, _EDGE):
            for path in _crossings(t, level):
                at = [line.axis.values(path[:, k] / (line.size - 1)) for k, line in enumerate(self.grid.lines)]
                lines.append([dict(zip(names, map(float, point), strict=True)) for point in zip(*at, strict=True)])
        return lines


def _crossings(t: Real, level: float) -> list[Real]:
    """Lines (points, axes) in units of cells on which a field has a value; nan is left out."""
    if t.ndim == 1:
        left, right = t[:-1] - level, t[1:] - level
        at = np.flatnonzero((left * right < 0) | (left == 0))
        return [np.array([[k + (left[k] / (left[k] - right[k]) if left[k] else 0.0)]]) for k in at]
    from contourpy import contour_generator

    lines = contour_generator(z=np.ma.masked_invalid(t.T)).lines(level)
    return [np.asarray(line) for line in lines]


def _sign_changes(t: Real) -> Mask:
    """Cells beside one of the other sign."""
    changes = np.zeros(t.shape, dtype=bool)
    positive = t > 0
    for k in range(t.ndim):
        differs = np.diff(positive, axis=k)
        first = tuple(slice(None, -1) if i == k else slice(None) for i in range(t.ndim))
        second = tuple(slice(1, None) if i == k else slice(None) for i in range(t.ndim))
        changes[first] |= differs
        changes[second] |= differs
    return changes


def _strips(region: Mask, widths: tuple[int, ...]) -> Mask:
    """What an opening takes from a region: parts narrower than a box.  The map goes on beyond its border."""
    from scipy.ndimage import binary_opening

    padded = np.pad(region, [(w, w) for w in widths], mode="edge")
    opened = binary_opening(padded, structure=np.ones([2 * w + 1 for w in widths], dtype=bool))
    return region & ~opened[tuple(slice(w, w + n) for w, n in zip(widths, region.shape, strict=True))]


def _touching(region: Mask, marked: Mask) -> Mask:
    """The connected parts of a region that have a marked cell."""
    from scipy.ndimage import label

    parts, _ = label(region)
    marks = np.unique(parts[region & marked])
    return np.isin(parts, marks[marks > 0])
