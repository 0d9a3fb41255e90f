"""Limits of sequences known in closed form: the error estimate covers the truth, a wrong power shows."""

from __future__ import annotations

import numpy as np
import pytest

from permsym.sweeps.limits.extrapolation import chosen, extrapolated, leading_power

SIZES = np.array([32, 64, 128, 256, 512, 1024])


SEQUENCES = {
    "analytic": (lambda n: 0.25 - 3 / n + 40 / n**2, 0.25, 1.0),
    "rational": (lambda n: (n + 2) / (3 * n + 7), 1 / 3, 1.0),
    "exponential": (lambda n: np.exp(-5 / n), 1.0, 1.0),
    "critical": (lambda n: 2 - 1 / np.sqrt(n) + 0.3 / n, 2.0, 0.5),
    "half-integer": (lambda n: 0.1 * n**-0.5 - 0.02 * n**-1.5, 0.0, 0.5),
    "cube root": (lambda n: 1 + n ** (-1 / 3), 1.0, 1 / 3),
    "constant": (lambda n: 0.7 + 0 * n, 0.7, 1.0),
}


@pytest.mark.parametrize("noise", [0.0, 1e-12, 1e-8])
@pytest.mark.parametrize("name", SEQUENCES)
def test_the_error_estimate_covers_the_truth(name: str, noise: float) -> None:
    function, truth, power = SEQUENCES[name]
    values = function(SIZES) + noise * np.random.default_rng(1).uniform(-1, 1, len(SIZES))
    series = chosen(SIZES, values, [noise] * len(SIZES))
    assert abs(series.value - truth) <= series.error
    if not noise:
        assert series.power == power
        assert series.error < 1e-5


def test_a_wrong_power_shows_in_the_error() -> None:
    values = 2 - 1 / np.sqrt(SIZES)
    assert extrapolated(SIZES, values, 0 * SIZES, 1.0).error > 1e6 * extrapolated(SIZES, values, 0 * SIZES, 0.5).error
    assert leading_power(SIZES.tolist(), values, 0 * SIZES) == pytest.approx(0.5, abs=1e-9)
    assert np.isnan(leading_power(SIZES.tolist(), values, [1.0] * len(SIZES)))
