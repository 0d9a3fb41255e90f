"""How much of a start to leave out, and how long a series remembers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles.processes import autoregressive

from permsym.sampling.averages import disagreement, half_widths, quantile
from permsym.sampling.series import autocorrelation, burn_in, marginal_burn_in


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
