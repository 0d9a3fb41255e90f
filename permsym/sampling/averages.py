"""Averages of independent means: 95 % intervals, the jackknife of derived quantities, whether two averages agree."""

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


def disagreement(first: ComplexArray, second: ComplexArray) -> RealArray:
    """|difference| of the averages of (G, labels) and (G', labels) in its standard errors; 0 where both are equal."""
    difference = np.abs(first.mean(axis=0) - second.mean(axis=0))
    errors = [((np.abs(each - each.mean(axis=0)) ** 2).sum(axis=0) / (len(each) - 1) / len(each)) for each in (first, second)]
    scale = np.sqrt(errors[0] + errors[1])
    negligible = difference <= 1e-12 * np.maximum(np.abs(first).max(axis=0), 1e-300)
    return np.where(negligible, 0.0, np.divide(difference, scale, out=np.full_like(difference, math.inf), where=scale > 0))
