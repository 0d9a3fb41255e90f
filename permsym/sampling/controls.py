"""Control variates: quantities whose mean is known to be zero take away noise that they share with others.

    z' = z - c . beta,   <z'> = <z> for every beta that is independent of c

Coefficients come from the other half of the means, so that none is fitted to the noise that it removes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from permsym.operators import ComplexArray

RealArray = NDArray[np.float64]

FEWEST = 30
"""Means below which no coefficients are fitted."""
_PER_CONTROL = 5  # means of the half that is fitted, for each control
_WORTH = 0.8
"""Share of the variance that must be left at most: a smaller gain may be the coefficients' noise."""
_DEPENDENT = 1e-6  # singular values of controls, in units of their deviations, that are rounding


def controlled(means: ComplexArray, controls: ComplexArray, first: NDArray[np.bool_]) -> ComplexArray:
    """Independent means (G, labels) without what controls (G, controls) of mean zero explain; as they are where that is not worth it.

    first   (G,): one half of the means; the coefficients of each half come from the other one
    """
    columns = np.hstack([controls.real, controls.imag])
    columns = columns[:, columns.std(axis=0) > 1e-12 * np.abs(controls).max(initial=0)]
    if len(means) < FEWEST or not columns.shape[1]:
        return means
    fits = [_coefficients(means[~half], columns[~half]) for half in (first, ~first)]
    result = means.copy()
    for half, fit in zip((first, ~first), fits, strict=True):
        if fit is None:
            return means
        result[half] -= columns[half] @ fit
    worth = _variance(result) < _WORTH * _variance(means)
    return np.where(worth, result, means)


def _coefficients(means: ComplexArray, columns: RealArray) -> ComplexArray | None:
    """Regression of means on real columns, real and imaginary parts apart; None where there are too few means."""
    centred = columns - columns.mean(axis=0)
    scale = np.maximum(centred.std(axis=0), 1e-300)
    left, size, right = np.linalg.svd(centred / scale, full_matrices=False)
    independent = size > _DEPENDENT * size.max()
    if len(means) < _PER_CONTROL * int(independent.sum()):
        return None
    part = left[:, independent].T @ (means - means.mean(axis=0)) / size[independent, None]
    return np.asarray(right[independent].T @ part / scale[:, None], dtype=complex)


def _variance(means: ComplexArray) -> RealArray:
    return np.asarray((np.abs(means - means.mean(axis=0)) ** 2).mean(axis=0))
