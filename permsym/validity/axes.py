"""Axes of a validity map: nested samples, and how values between them follow from those at them.

Levels of 7, 13 and 25 samples are nested, so that a finer map keeps every point of a coarser one.  Whole numbers are sampled at
every one up to 6, where each value belongs to its number alone, and at rounded positions beyond.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.reading import number_or_text

LEVELS = (7, 13, 25)
"""Samples of an axis, from the first picture to the last."""

_EACH = 6  # whole numbers up to here are all sampled
_MOST_WHOLE = 13  # along whole numbers boundaries are smooth: finer levels keep this many samples

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """One parameter from ``low`` to ``high``; ``log``: equal factors between samples; ``whole``: it counts something."""

    name: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def samples(self, level: int) -> Real:
        """Values at a level of :data:`LEVELS`, rising."""
        spaced = self.values(np.linspace(0, 1, min(level, _MOST_WHOLE) if self.whole else level))
        if not self.whole:
            return spaced
        first = np.arange(math.ceil(self.low), min(_EACH, math.floor(self.high)) + 1)
        return np.unique(np.concatenate([first, np.round(spaced)])).astype(float)

    def position(self, values: Any) -> Real:
        """Where values lie, from 0 to 1, along the axis or along its logarithm."""
        scale = np.log if self.log else np.asarray
        low, high = scale(self.low), scale(self.high)
        return np.asarray((scale(np.asarray(values, dtype=float)) - low) / (high - low))

    def values(self, position: Real) -> Real:
        """The inverse of :meth:`position`; the ends are exact."""
        spaced = self.low * (self.high / self.low) ** position if self.log else self.low + (self.high - self.low) * position
        return np.asarray(np.where(position <= 0, self.low, np.where(position >= 1, self.high, spaced)))

    def alone(self, samples: Real) -> int:
        """How many samples from the first one on are followed by the next whole number: their values are never interpolated."""
        if not self.whole:
            return 0
        gaps = np.flatnonzero(np.diff(samples) > 1)
        return int(gaps[0]) if len(gaps) else len(samples)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"name": self.name, "low": self.low, "high": self.high, "log": self.log, "whole": self.whole}


def read_axis(text: str) -> tuple[str, float, float, bool]:
    """Name, ends, and whether logarithmic, of ``NAME=A:B`` or ``NAME=A:B:log``; InputError otherwise."""
    name, sign, rest = (part.strip() for part in text.partition("="))
    parts = rest.split(":")
    ends = [number_or_text(part) for part in parts[:2]]
    if not (name and sign) or len(parts) not in (2, 3) or (len(parts) == 3 and parts[2] != "log") or any(isinstance(e, str) for e in ends):
        raise InputError(f"--over must be NAME=A:B or NAME=A:B:log, such as g=0.05:3:log, but is {text!r}")
    return name, float(ends[0]), float(ends[1]), len(parts) == 3


def make_axis(name: str, low: float, high: float, log: bool, whole: bool) -> Axis:
    """An axis; InputError for one that has no inside."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"the axis {name!r} must go from a smaller to a larger number, but goes from {low:g} to {high:g}", parameter=name)
    if log and low <= 0:
        raise InputError(f"the logarithmic axis {name!r} must begin above 0, but begins at {low:g}", parameter=name)
    if whole and (low != round(low) or high != round(high)):
        raise InputError(f"{name!r} counts something, but its axis goes from {low:g} to {high:g}; give whole numbers", parameter=name)
    return Axis(name, low, high, log, whole)


def of_mapping(over: Mapping[str, Sequence[Any]]) -> list[tuple[str, float, float, bool]]:
    """Axes as Python gives them: parameter -> (low, high) or (low, high, "log")."""
    axes = []
    for name, ends in over.items():
        try:
            low, high, *log = ends
            axes.append((name, float(low), float(high), bool(log)))
        except (TypeError, ValueError):
            log = [ends]
        if log not in ([], ["log"]):
            raise InputError(f"`over` must have (low, high) or (low, high, 'log') for {name!r}, but has {ends!r}", parameter="over")
    return axes
