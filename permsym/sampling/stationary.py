"""Averages of stationary series from two unlike starts: blocks, errors, and whether they are to be relied on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from permsym.operators import ComplexArray
from permsym.sampling.averages import disagreement, half_widths
from permsym.sampling.controls import controlled
from permsym.sampling.doubts import Doubt
from permsym.sampling.series import autocorrelation, marginal_burn_in, skewness, skewness_doubt

RealArray = NDArray[np.float64]

LONG = 100.0
"""Autocorrelation times that all trajectories together must last after their burn-in."""
_OWN = 10.0  # autocorrelation times that a trajectory lasts after its burn-in
_BLOCK = 20.0
"""Autocorrelation times of a block: neighbours of ten share so much that intervals are 5 % too narrow."""
_FADES = 5.0  # autocorrelation times that are left out at least
_MOST_BLOCKS = 128  # of all trajectories: the jackknife takes each out once
_ALARM = 1e-3  # probability that starts that agree are said to disagree


@dataclass(frozen=True)
class Stationary:
    """What few long trajectories say.

    burnt    cells that are left out
    time     integrated autocorrelation time of the slowest label, in cells
    left     cells of a trajectory that are averaged
    means    (G, labels): averages of blocks of twenty autocorrelation times or more, controls taken out
    widths   (labels,): half widths of 95 % intervals
    unlike   how far the two starts' averages are apart, in units of what chance allows
    gain     (labels,): factor by which controls make the variance smaller
    skew     (labels,): skewness of the averages
    """

    burnt: int
    time: float
    left: int
    means: ComplexArray
    widths: RealArray
    unlike: float
    gain: RealArray
    skew: RealArray

    @classmethod
    def of(cls, series: ComplexArray, controls: ComplexArray | None = None) -> Stationary:
        """From (trajectories, cells, labels), trajectories of the two starts in turn; controls are means of zero, (..., controls)."""
        cells = series.shape[1]
        burnt = min(max(marginal_burn_in(series[k::2]) for k in (0, 1)), cells // 2)
        times = autocorrelation(series[:, burnt:])
        time = float(times.max())
        skew = skewness(series[:, burnt:], times)
        burnt = min(max(burnt, math.ceil(_FADES * time)), cells // 2)
        left = cells - burnt
        number = max(1, min(int(left / (_BLOCK * time)), _MOST_BLOCKS // len(series)))
        plain = _blocks(series[:, burnt:], number)
        starts = np.repeat(np.arange(len(series)) % 2 == 0, number)
        # halves of unlike starts would fit each start's coefficients to the other: both have both
        halves = np.repeat(np.arange(len(series)) // 2 % 2 == 0, number)
        means = plain if controls is None else controlled(plain, _blocks(controls[:, burnt:], number), halves)
        chance = float(stats.t.ppf(1 - _ALARM / 2 / max(series.shape[2], 1), len(plain) - 2))
        unlike = float(disagreement(plain[starts], plain[~starts]).max()) / chance
        before, after = half_widths(plain), half_widths(means)
        gain = np.divide(before, after, out=np.ones_like(before), where=after > 0) ** 2
        return cls(burnt, time, left, means, after, unlike, gain, skew)

    def doubts(self, cell: float, trajectories: int, target: float | None, asked: slice) -> dict[Doubt, str]:
        """What is doubtful -> in words; ``cell`` is the time of a cell, ``asked`` the labels that are to reach the target."""
        result = {}
        total, own = trajectories * self.left, max(LONG / trajectories, _OWN)
        if self.left < self.burnt or total < LONG * self.time or self.left < _OWN * self.time:
            result[Doubt.TOO_SHORT] = (
                f"after a burn-in of {self.burnt * cell:.3g} each trajectory lasts {self.left * cell:.3g}, which should be "
                f"{max(own * self.time, self.burnt) * cell:.3g} at least ({own:.3g} autocorrelation times); give a longer duration"
            )
        if self.unlike > 1:
            result[Doubt.STARTS_DISAGREE] = (
                f"averages from two unlike starts differ by {self.unlike:.1f} times what chance allows; give a longer duration"
            )
        result |= skewness_doubt(self.skew[asked])
        widest = float(self.widths[asked].max(initial=0))
        if target is not None and widest > target:
            result[Doubt.TARGET_MISSED] = f"the widest 95 % interval is +- {widest:.2g}, the target {target:.2g}; give a longer duration"
        return result


def _blocks(series: ComplexArray, number: int) -> ComplexArray:
    """Averages (trajectories * number, labels) of so many equal blocks of each trajectory, the last cells in no block left out."""
    trajectories, cells, labels = series.shape
    length = cells // number
    return np.asarray(series[:, cells - number * length :].reshape(trajectories * number, length, labels).mean(axis=1))
