"""Series in time: how much of their start to leave out, and how long they remember."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from permsym.operators import ComplexArray
from permsym.sampling.doubts import Doubt

RealArray = NDArray[np.float64]

_UNLIKE = 4.0  # standard errors
_WINDOW = 6.0
"""Lags of the autocorrelation that are summed, in units of its time (Sokal)."""
MOST_SKEWED = 0.25
"""Skewness of an average from which on it is not reliable.  A driven cavity of 10 spins at its threshold, 240 runs of 80 and 100 units of
time: intervals hold the value in 92 and 94 % of those below, in 82 and 90 % of all that last 100 autocorrelation times."""
_BATCH = 5  # cells that a value of MSER-5 averages


def burn_in(series: ComplexArray) -> int:
    """Cells to leave out of *many* trajectories (trajectories, cells, labels): up to the first four in a row like the second half.

    Unlike: the difference, averaged over trajectories, is more than four standard errors.  Single cells later on are that by chance:
    photon numbers of few trajectories are far from normal.
    """
    half = series.shape[1] // 2
    difference = series[:, :half] - series[:, half:].mean(axis=1, keepdims=True)
    error = difference.std(axis=0, ddof=1) / math.sqrt(len(series))
    negligible = 1e-12 * np.abs(series).max(axis=(0, 1))
    unlike = (np.abs(difference.mean(axis=0)) > _UNLIKE * error + negligible).any(axis=1)
    return next((k for k in range(half) if not unlike[k : k + 4].any()), half)


def marginal_burn_in(series: ComplexArray) -> int:
    """Cells to leave out of *few* trajectories (trajectories, cells, labels), whose spread says little: MSER-5.

    With y the averages of five cells and of all trajectories, n of them, the first d are left out that minimise

        sum over labels of  sum_{k >= d} |y_k - mean_{k >= d} y|^2 / (n - d)^2 / (variance of the label),   d <= n/2

    Source: K. P. White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69, 323 (1997).
    """
    number = series.shape[1] // _BATCH
    if number < 4:
        return series.shape[1] // 2
    y = series[:, : number * _BATCH].mean(axis=0).reshape(number, _BATCH, -1).mean(axis=1)
    left = np.arange(number, 0, -1)[:, None]
    y = y - y.mean(axis=0)  # the sums below would cancel
    total, squares = (np.cumsum(part[::-1], axis=0)[::-1] for part in (y, np.abs(y) ** 2))
    rest = squares - np.abs(total) ** 2 / left
    variance = rest[number // 2] / (number - number // 2)
    moving = variance > 1e-24 * (np.abs(series) ** 2).mean(axis=(0, 1))
    if not moving.any():
        return 0
    error = (rest[:, moving] / variance[moving]).sum(axis=1) / left[:, 0] ** 2
    return _BATCH * int(np.argmin(error[: number // 2 + 1]))


def autocorrelation(series: ComplexArray) -> RealArray:
    """Integrated autocorrelation times (labels,) in units of a cell, of (trajectories, cells, labels); at least half a cell.

    tau = 1/2 + sum of rho_k over lags k < 6 tau, rho_k from deviations from the average over all trajectories.
    """
    deviation = series - series.mean(axis=(0, 1))
    number = series.shape[1]
    variance = (np.abs(deviation) ** 2).mean(axis=(0, 1))
    moving = variance > 1e-24 * (np.abs(series) ** 2).mean(axis=(0, 1))
    times = np.full(series.shape[2], 0.5)
    if not moving.any() or number < 3:
        return times
    spectrum = fft.fft(deviation[:, :, moving], n=fft.next_fast_len(2 * number), axis=1)
    products = fft.ifft((np.abs(spectrum) ** 2).mean(axis=0), axis=0).real[1 : number - 1]
    lags = np.arange(1, number - 1)
    tau = 0.5 + np.cumsum(products / (number - lags)[:, None] / variance[moving], axis=0)
    enough = lags[:, None] >= _WINDOW * np.maximum(tau, 0.5)
    enough[-1] = True
    times[moving] = np.take_along_axis(tau, enough.argmax(axis=0)[None], axis=0)[0]
    return np.maximum(times, 0.5)


def skewness(series: ComplexArray, times: RealArray) -> RealArray:
    """Skewness (labels,) of averages over (trajectories, cells, labels) with these autocorrelation times; real or imaginary, the larger.

    Averages over windows of two autocorrelation times count as n independent values: that of their average is mu_3 / sigma^3 / sqrt(n).
    Single cells would hide rare excursions in the noise of the others.
    """
    result = np.zeros(series.shape[2])
    for k, time in enumerate(times):
        length = min(max(1, round(2 * float(time))), series.shape[1])
        number = series.shape[1] // length
        windows = series[:, series.shape[1] - number * length :, k].reshape(len(series), number, length).mean(axis=2)
        negligible = 1e-12 * np.abs(windows).max(initial=0)
        for part in (windows.real, windows.imag):
            deviation = part - part.mean()
            spread = math.sqrt(float((deviation**2).mean()))
            if spread > negligible:
                result[k] = max(result[k], abs(float((deviation**3).mean())) / spread**3 / math.sqrt(part.size))
    return result


def skewness_doubt(skewness: RealArray) -> dict[Doubt, str]:
    """The doubt about averages that are too skewed for a symmetric interval, in words; none where there is none."""
    worst = float(skewness.max(initial=0))
    if worst <= MOST_SKEWED:
        return {}
    return {
        Doubt.SKEWED: f"few excursions decide an average, whose skewness is {worst:.2f} and should be {MOST_SKEWED} at most: "
        "an interval to both sides alike may miss the value; give a longer duration"
    }
