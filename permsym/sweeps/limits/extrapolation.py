"""Richardson extrapolation of a sequence f(N) to N -> infinity, with its error from the tableau.

    f(N) = a_0 + a_1 N^-s + a_2 N^-2s + ...

With x = N^-s, T_k is the polynomial of order k through the last k + 1 sizes, evaluated at x = 0 (Neville's tableau).  Its
error is the change from the order before, plus the values' own errors e_i amplified by the weights of the polynomial:
sum_i |w_i| e_i, w_i = prod_j x_j / (x_j - x_i).  L. F. Richardson, Phil. Trans. R. Soc. A 226, 299 (1927).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
EPS = float(np.finfo(float).eps)
_SLOWEST = 0.05  # power below which a correction does not fall
POWERS = (1.0, 0.5, 1 / 3, 0.25)
"""Powers of 1/N that are tried: 1 away from critical points, fractions at them."""


@dataclass(frozen=True)
class Extrapolation:
    """a_0 + a_1 N^-s + ... and how well it is determined.

    power                s
    coefficients, errors (terms,) a_0, a_1, ..., as many as the order in use, each with its error estimate
    order                of the polynomial that gives a_0
    tableau              (sizes,) T_k of every order k at x = 0
    totals               (sizes,) error estimate of each
    """

    power: float
    coefficients: Array
    errors: Array
    order: int
    tableau: Array
    totals: Array

    @property
    def value(self) -> float:
        return float(self.coefficients[0])

    @property
    def error(self) -> float:
        return float(self.errors[0])


def extrapolated(sizes: Sequence[float], values: Sequence[float], errors: Sequence[float], power: float) -> Extrapolation:
    """The series in N^-power through values with errors, at the order with the smallest error estimate.

    Needs three sizes, in rising order: two orders to compare.
    """
    x = np.asarray(sizes, dtype=float) ** -power
    f, e = np.asarray(values, dtype=float), np.asarray(errors, dtype=float) + 2 * EPS * np.abs(values)
    fits = [_fit(x[-k - 1 :], f[-k - 1 :], e[-k - 1 :]) for k in range(len(x))]
    tableau = np.array([fit[0][0] for fit in fits])
    noise = np.array([fit[1][0] for fit in fits])
    totals = np.full(len(x), np.inf)
    for k in range(2, len(x)):
        # an order that happens to agree with the one before by chance does not with the one before that, or with its neighbour
        shifted = _fit(x[-k - 1 : -1], f[-k - 1 : -1], e[-k - 1 : -1])[0][0]
        totals[k] = max(abs(tableau[k] - tableau[k - 1]), abs(tableau[k] - shifted)) + noise[k]
    best = int(np.argmin(totals))
    coefficients, amplified = fits[best]
    lower = np.append(fits[best - 1][0], 0.0)
    bounds = np.abs(coefficients - lower) + amplified
    bounds[0] = totals[best]
    return Extrapolation(power, coefficients, bounds, best, tableau, totals)


def chosen(sizes: Sequence[float], values: Sequence[float], errors: Sequence[float], powers: Sequence[float] = POWERS) -> Extrapolation:
    """The series with the smallest error estimate over several powers; within a factor of 2 the first power wins."""
    tried = [extrapolated(sizes, values, errors, power) for power in powers]
    least = min(series.error for series in tried)
    return next(series for series in tried if series.error <= 2 * least)


def leading_power(sizes: Sequence[float], values: Sequence[float], errors: Sequence[float]) -> float:
    """The measured power p of the leading correction, f(N) - f(infinity) ~ N^-p, from the last three sizes.

    p = ln(d_1 / d_2) / ln(ratio) with the last two differences d, for sizes in geometric progression.  nan where the
    differences are below the errors; -inf where they differ in sign, so that the sizes are too small for any power.
    """
    N, f = np.asarray(sizes[-3:], dtype=float), np.asarray(values[-3:], dtype=float)
    first, second = np.diff(f)
    noise = 4 * (float(np.max(errors[-3:])) + EPS * float(np.abs(f).max()))
    if abs(second) <= 1e2 * noise:
        return float("nan")
    if first * second <= 0:
        return float("-inf")
    return float(np.log(first / second) / np.log(np.sqrt(N[2] / N[0])))


def remainder(sizes: Sequence[float], values: Sequence[float], power: float) -> float:
    """Twice what a correction N^-power still changes beyond the last size; infinite for one that does not fall."""
    if not power > _SLOWEST:
        return float("inf")
    ratio = float(np.sqrt(sizes[-1] / sizes[-3]))
    return 2 * abs(values[-1] - values[-2]) / (ratio**power - 1)


def _fit(x: Array, f: Array, e: Array) -> tuple[Array, Array]:
    """Coefficients of the polynomial through (x, f), and their errors for errors e of the values."""
    scale = x[0]  # the largest: powers of x / scale stay of order one
    inverse = np.linalg.inv(np.vander(x / scale, increasing=True).astype(np.longdouble).astype(float))
    # one step of Newton's iteration: the rounding of a Vandermonde matrix's inverse would spoil the last digits
    vander = np.vander(x / scale, increasing=True)
    inverse = inverse @ (2 * np.eye(len(x)) - vander @ inverse)
    powers = scale ** -np.arange(len(x))
    return (inverse @ f) * powers, (np.abs(inverse) @ e) * np.abs(powers)
