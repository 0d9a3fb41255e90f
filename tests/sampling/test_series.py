"""How much of a start to leave out, and how long a series remembers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles.processes import autoregressive

from permsym.sampling.averages import disagreement, half_widths, quantile
from permsym.sampling.doubts import Doubt
from permsym.sampling.series import autocorrelation, burn_in, marginal_burn_in, skewness, skewness_doubt


def test_autocorrelation_and_burn_in_of_a_known_process():
    """z_k = rho z_(k-1) + xi has tau = (1 + rho) / (1 - rho) / 2; a start 20 away is left out until it has decayed."""
    rng, rho = np.random.default_rng(2), 0.8
    z = np.zeros((64, 400, 1), dtype=complex)
    z[:, 0] = 20
    for k in range(1, 400):
        z[:, k] = rho * z[:, k - 1] + math.sqrt(1 - rho**2) * rng.standard_normal((64, 1))
    assert 10 < burn_in(z) < 40  # 20 x 0.8^k is four standard errors at k = 17
    assert autocorrelation(z[:, 60:])[0] == pytest.approx((1 + rho) / (1 - rho) / 2, rel=0.1)
    means = z[:, 60:].mean(axis=1)
    assert disagreement(means[:32], means[32:])[0] < 4 < disagreement(means[:32], means[32:] + 1)[0]
    assert half_widths(means)[0] == pytest.approx(quantile(64) * math.sqrt(2 * 4.5 / 340 / 64), rel=0.3)


def test_autocorrelation_is_the_sum_over_lags_that_it_says():
    """Against the plain double sum."""
    z = autoregressive(np.random.default_rng(3), 4, 300)
    deviation = (z - z.mean(axis=(0, 1)))[:, :, 0]
    tau, variance = 0.5, (abs(deviation) ** 2).mean()
    for lag in range(1, 299):
        tau += (deviation[:, lag:] * deviation[:, :-lag].conj()).mean().real / variance
        if lag >= 6 * max(tau, 0.5):
            break
    assert autocorrelation(z)[0] == pytest.approx(tau, rel=1e-12)
    assert autocorrelation(np.ones((4, 300, 2), dtype=complex)).tolist() == [0.5, 0.5]


def test_few_trajectories_lose_their_start_and_no_more():
    """A start of 8 deviations with rho = 0.9: the fewest cells whose loss is worth it, in fives, of the scaled sum of squares."""
    z = autoregressive(np.random.default_rng(4), 8, 600)[1::2]
    assert 15 <= marginal_burn_in(z) <= 60
    assert marginal_burn_in(z[:, 100:]) < 60
    y = z.mean(axis=0)[:, 0].reshape(-1, 5).mean(axis=1)
    cost = [np.sum(abs(y[d:] - y[d:].mean()) ** 2) / (len(y) - d) ** 2 for d in range(len(y) // 2 + 1)]
    assert marginal_burn_in(z) == 5 * int(np.argmin(cost))
    assert marginal_burn_in(np.ones((4, 300, 2), dtype=complex)) == 0


def test_the_skewness_of_an_average():
    """Of n exponential values 2 / sqrt(n), as real or imaginary part; of pairs of them the same; of normal ones none."""
    rng = np.random.default_rng(5)
    exponential, normal = rng.exponential(size=(8, 4000)), rng.standard_normal((8, 4000))
    z = np.stack([exponential, 5 - 1j * exponential, normal, np.ones((8, 4000))], axis=2)
    values = skewness(z, np.full(4, 0.5))
    assert values[:2] == pytest.approx(2 / math.sqrt(32000), rel=0.15)
    assert values[2] < 3 * math.sqrt(6 / 32000) / math.sqrt(32000)
    assert values[3] == 0
    assert skewness(np.repeat(z, 2, axis=1), np.full(4, 1.0))[:2] == pytest.approx(values[:2], rel=1e-9)


def test_few_excursions_are_said():
    """One trajectory of eight is elsewhere for a while."""
    series = np.random.default_rng(6).standard_normal((8, 200, 1)) * 0.1 + 0j
    assert not skewness_doubt(skewness(series, np.array([10.0])))
    series[3, 50:90] += 5
    assert set(skewness_doubt(skewness(series, np.array([10.0])))) == {Doubt.SKEWED}
    assert not skewness_doubt(np.array([0.2, 0.1]))
