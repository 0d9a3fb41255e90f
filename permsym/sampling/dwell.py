"""Dwell times of a bistable series, by a Schmitt trigger: a switch counts when the average of the other state is reached.

    low  -> high when the series rises above ``high``,     high -> low when it falls below ``low``

These are the averages of the two groups into which the series falls best (least squares).  Thresholds nearer to the middle count
excursions that come back at once: a quarter of the way from either average the driven cavity of 20 spins has twice as many.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.operators import ComplexArray
from permsym.sampling.averages import CONFIDENCE
from permsym.sampling.doubts import Doubt

RealArray = NDArray[np.float64]

FEWEST = 20  # switches of each direction
_BISTABLE = 5 / 9
"""Sarle's coefficient, (skewness^2 + 1) / kurtosis: 1/3 of a normal distribution, 5/9 of a uniform one, 1 of two values."""
_GROUPING = 100  # rounds of the search for two groups


@dataclass(frozen=True)
class Dwell:
    """Dwell times and switching rates of two states.

    label              what was watched: its real part where it is real, else its modulus
    low, high          averages of the two states
    switches           up and down, of all trajectories
    low_time, high_time    mean dwell times, with half widths of 95 % intervals in ``errors``
    up_rate, down_rate     switches a unit of time spent in the low and in the high state; the sum relaxes the populations
    coefficient        Sarle's coefficient of the series
    """

    label: str
    low: float
    high: float
    switches: tuple[int, int]
    low_time: float
    high_time: float
    up_rate: float
    down_rate: float
    errors: dict[str, float]
    coefficient: float

    @property
    def rate_sum(self) -> float:
        """The rate at which the populations of two states relax; near the gap where the states are long-lived."""
        return self.up_rate + self.down_rate

    def doubts(self) -> dict[Doubt, str]:
        """What is doubtful -> in words."""
        result = {}
        if not self.coefficient > _BISTABLE:
            result[Doubt.NOT_BISTABLE] = (
                f"{self.label} has one peak, not two (Sarle's coefficient {self.coefficient:.2f}, which should be above 5/9); "
                "watch another moment"
            )
        if min(self.switches) < FEWEST:
            up, down = self.switches
            result[Doubt.FEW_SWITCHES] = (
                f"{self.label} went {up} times up and {down} times down, which should be {FEWEST} at least; give a longer duration"
            )
        return result

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what never happened is None."""
        names = ("low_time", "high_time", "up_rate", "down_rate", "rate_sum")
        values = {name: getattr(self, name) for name in names}
        return {
            "label": self.label,
            "low": self.low,
            "high": self.high,
            "switches": list(self.switches),
            **{name: value if math.isfinite(value) else None for name, value in values.items()},
            "errors": {name: value if math.isfinite(value) else None for name, value in self.errors.items()},
            "coefficient": self.coefficient,
        }


@dataclass(frozen=True)
class Watched:
    """The moment whose switches are looked for, along each trajectory: its real part where it is real, else its modulus."""

    label: MomentLabel

    @classmethod
    def of(cls, text: str, model: Model) -> Watched:
        """InputError for a label that makes no sense, and for a moment that a charge makes vanish."""
        label = parse(text, model)
        if any(label.charge(model)):
            raise InputError(
                f"the moment {label} vanishes at every time by symmetry, and has no dwell times; watch another one, such as 'ad a' or 'z1'"
            )
        return cls(label)

    def values(self, readings: ComplexArray) -> RealArray:
        """What is watched of readings of the moment, of the same shape."""
        return readings.real if self.label == self.label.conjugate() else np.abs(readings)

    def dwell(self, series: RealArray, every: float) -> Dwell:
        """Dwell times of all values (trajectories, readings)."""
        return dwell(str(self.label), series, every)


def dwell(label: str, x: RealArray, every: float) -> Dwell:
    """Dwell times of values (trajectories, readings), readings ``every`` so long.

    The first and the last stay of a trajectory, whose ends are not seen, count too: with n switches in a time T spent in a state, the
    mean dwell time is T / n.  Its half width is that of n independent dwell times, exponential or as they are spread, the larger.
    """
    low, high = _groups(x)
    above = _triggered(x, low, high)
    spent = [float((~above).sum()) * every, float(above.sum()) * every]
    stays: tuple[list[float], list[float]] = ([], [])
    for row in above:
        turns = np.flatnonzero(row[1:] != row[:-1]) + 1
        for begin, end in itertools.pairwise(turns):
            stays[int(row[begin])].append((end - begin) * every)
    changes = np.diff(above.astype(int), axis=1)
    switches = int((changes > 0).sum()), int((changes < 0).sum())
    low_time, high_time = (time / number if number else math.inf for time, number in zip(spent, switches, strict=True))
    low_share, high_share = (_share(np.array(own), number) for own, number in zip(stays, switches, strict=True))
    up, down = 1 / low_time if low_time else math.inf, 1 / high_time if high_time else math.inf
    errors = {
        "low_time": low_time * low_share,
        "high_time": high_time * high_share,
        "up_rate": up * low_share,
        "down_rate": down * high_share,
        "rate_sum": math.hypot(up * low_share, down * high_share),
    }
    return Dwell(label, low, high, switches, low_time, high_time, up, down, errors, _coefficient(x))


def _groups(x: RealArray) -> tuple[float, float]:
    """Averages of the two groups with the least sum of squares: each value belongs to the nearer one."""
    low, high = float(x.min()), float(x.max())
    for _ in range(_GROUPING):
        upper = x > (low + high) / 2
        if upper.all() or not upper.any():
            break
        before, (low, high) = (low, high), (float(x[~upper].mean()), float(x[upper].mean()))
        if (low, high) == before:
            break
    return low, high


def _triggered(x: RealArray, lower: float, upper: float) -> NDArray[np.bool_]:
    """Whether each reading belongs to the high state: that of the last threshold that was passed, before the first one of the nearer."""
    sign = np.where(x > upper, 1, np.where(x < lower, -1, 0))
    sign[:, 0] = np.where(sign[:, 0] == 0, np.where(x[:, 0] > (lower + upper) / 2, 1, -1), sign[:, 0])
    last = np.maximum.accumulate(np.where(sign != 0, np.arange(x.shape[1]), 0), axis=1)
    return np.asarray(np.take_along_axis(sign, last, axis=1) > 0)


def _share(stays: RealArray, switches: int) -> float:
    """Half width of the 95 % interval of a mean dwell time, relative to it."""
    if switches < 2:
        return math.inf
    spread = float(stays.std(ddof=1) / stays.mean()) if len(stays) > 1 else 1.0
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, switches - 1)) * max(spread, 1.0) / math.sqrt(switches)


def _coefficient(x: RealArray) -> float:
    deviation = x - x.mean()
    second, third, fourth = (float((deviation**k).mean()) for k in (2, 3, 4))
    return (third**2 / second**3 + 1) / (fourth / second**2) if second > 0 else 0.0
