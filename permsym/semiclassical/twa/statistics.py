"""Statistical errors of averages over independent trajectories: intervals, jackknife, burn-in, autocorrelation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from permsym.model import Model
from permsym.operators import ComplexArray
from permsym.states.derived import derived_quantities

RealArray = NDArray[np.float64]
CONFIDENCE = 0.95
_UNLIKE = 4.0  # standard errors
_WINDOW = 6.0
"""Lags of the autocorrelation that are summed, in units of its time (Sokal)."""


def half_widths(means: ComplexArray) -> RealArray:
    """Half widths (labels,) of 95 % intervals, from independent means (G, labels) by Student's t."""
    number = len(means)
    deviation = np.sqrt((np.abs(means - means.mean(axis=0)) ** 2).sum(axis=0) / (number - 1) / number)
    return np.asarray(quantile(number) * deviation)


def quantile(number: int) -> float:
    """Half width of the 95 % interval in standard errors of ``number`` values."""
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, number - 1))


@dataclass(frozen=True)
class Summary:
    """Averages with half widths of their 95 % intervals."""

    moments: dict[str, complex]
    errors: dict[str, float]
    derived: dict[str, float]
    derived_errors: dict[str, float]


def summary(model: Model, labels: Sequence[str], means: ComplexArray) -> Summary:
    """Moments and derived quantities from independent means (G, labels).

    Derived quantities are no averages: their jackknife takes out the bias of order 1/G, |<a>|^2 > 0 for instance, and gives the error

        theta = G t - (G-1) mean_g t_g,   sigma^2 = (G-1)/G sum_g (t_g - mean t_g)^2,   t_g without the mean of group g
    """
    number = len(means)
    average, errors = means.mean(axis=0), half_widths(means)
    column = {label: k for k, label in enumerate(labels)}
    rows = [average, *(average + (average - row) / (number - 1) for row in means)]
    whole, *parts = (derived_quantities(model, lambda label, row=row: complex(row[column[label]])) for row in rows)  # type: ignore[misc]
    names = [name for name in whole if all(name in part for part in parts)]  # g2 is there where all photon numbers are positive
    left = np.array([[part[name] for name in names] for part in parts]).reshape(number, len(names))
    value = number * np.array([whole[name] for name in names]) - (number - 1) * left.mean(axis=0)
    spread = np.sqrt((number - 1) / number * ((left - left.mean(axis=0)) ** 2).sum(axis=0)) * quantile(number)
    return Summary(
        dict(zip(labels, average.tolist(), strict=True)),
        dict(zip(labels, errors.tolist(), strict=True)),
        dict(zip(names, value.tolist(), strict=True)),
        dict(zip(names, spread.tolist(), strict=True)),
    )


def burn_in(series: ComplexArray) -> int:
    """Blocks to leave out of (trajectories, blocks, labels): up to the first four in a row that are like the second half.

    Unlike: the difference, averaged over trajectories, is more than four standard errors.  Single blocks later on are that by chance:
    photon numbers of few trajectories are far from normal.
    """
    half = series.shape[1] // 2
    difference = series[:, :half] - series[:, half:].mean(axis=1, keepdims=True)
    error = difference.std(axis=0, ddof=1) / math.sqrt(len(series))
    negligible = 1e-12 * np.abs(series).max(axis=(0, 1))
    unlike = (np.abs(difference.mean(axis=0)) > _UNLIKE * error + negligible).any(axis=1)
    return next((k for k in range(half) if not unlike[k : k + 4].any()), half)


def autocorrelation(series: ComplexArray) -> RealArray:
    """Integrated autocorrelation times (labels,) in units of a block, of (trajectories, blocks, labels); at least half a block.

    tau = 1/2 + sum of rho_k over lags k < 6 tau.
    """
    deviation = series - series.mean(axis=(0, 1))
    number = series.shape[1]
    times = np.full(series.shape[2], 0.5)
    variance = (np.abs(deviation) ** 2).mean(axis=(0, 1))
    for label in np.flatnonzero(variance > 1e-24 * (np.abs(series) ** 2).mean(axis=(0, 1))):
        z = deviation[:, :, label]
        for lag in range(1, number - 1):
            times[label] += (z[:, lag:] * z[:, :-lag].conj()).mean().real / variance[label]
            if lag >= _WINDOW * max(times[label], 0.5):
                break
    return np.maximum(times, 0.5)


def disagreement(first: ComplexArray, second: ComplexArray) -> RealArray:
    """|difference| of the averages of (G, labels) and (G', labels) in its standard errors; 0 where both are equal."""
    difference = np.abs(first.mean(axis=0) - second.mean(axis=0))
    errors = [((np.abs(each - each.mean(axis=0)) ** 2).sum(axis=0) / (len(each) - 1) / len(each)) for each in (first, second)]
    scale = np.sqrt(errors[0] + errors[1])
    negligible = difference <= 1e-12 * np.maximum(np.abs(first).max(axis=0), 1e-300)
    return np.where(negligible, 0.0, np.divide(difference, scale, out=np.full_like(difference, math.inf), where=scale > 0))
