"""Fits of the gallery's features: power laws, limits, and maxima between points."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


def exponent(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """The exponent a of y ~ x^a by least squares of the logarithms, and its standard error; nan of fewer than three points."""
    return _fitted(np.log(np.asarray(x, dtype=float)), np.log(np.asarray(y, dtype=float)), 1)[1]


def limit(x: ArrayLike, y: ArrayLike, degree: int = 1) -> tuple[float, float]:
    """The value at x = 0 of a polynomial through y(x) by least squares, and its standard error; nan of too few points for one."""
    return _fitted(np.asarray(x, dtype=float), np.asarray(y, dtype=float), degree)[0]


def _fitted(x: Vector, y: Vector, degree: int) -> list[tuple[float, float]]:
    """y ~ sum_k a_k x^k: every a_k with its standard error, from what is left of y."""
    if len(x) < degree + 2:
        return [(np.nan, np.nan)] * (degree + 1)
    design = np.vander(x, degree + 1, increasing=True)
    inverse = np.linalg.inv(design.T @ design)
    solution = inverse @ design.T @ y
    residual = y - design @ solution
    errors = np.sqrt(np.diag(inverse) * float(residual @ residual) / (len(y) - degree - 1))
    return [(float(value), float(error)) for value, error in zip(solution, errors, strict=True)]


class Peak(NamedTuple):
    """A maximum."""

    position: float
    height: float


def peak(values: Callable[[Vector], ArrayLike], low: float, high: float, degree: int = 24) -> Peak:
    """The maximum of a smooth function between two points, by its Chebyshev polynomial.

    The derivative's zero is good to the error of the values over the width squared of the peak; a search that compares values would have
    half of their digits.

    values   ascending points (degree + 1,) -> the function there
    """
    nodes = np.sort(low + (high - low) * (1 - np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))) / 2)
    curve = Chebyshev.fit(nodes, np.asarray(values(nodes), dtype=float), degree, domain=[low, high])
    inside = [float(root.real) for root in np.asarray(curve.deriv().roots(), dtype=complex) if abs(root.imag) < 1e-9 * (high - low)]
    position = max([low, high, *(root for root in inside if low < root < high)], key=curve)
    return Peak(position, float(curve(position)))
