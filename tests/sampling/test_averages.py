"""Intervals and the jackknife."""

from __future__ import annotations

import numpy as np

import permsym as ps
from permsym.sampling.averages import summary


def test_intervals_cover_and_the_jackknife_takes_out_the_bias():
    """Normal means of a = 0.5 with error 1: |mean|^2 is biased by 1/G = 1/8, its jackknife value is not."""
    rng, model = np.random.default_rng(1), ps.models.tavis_cummings(N=1)
    labels = ["a", "ad a", "ad ad a a", "z1"]
    covered, values, naive = [], [], []
    for _ in range(800):
        means = (
            np.stack([0.5 + rng.standard_normal(8), 4 + rng.standard_normal(8), 9 + rng.standard_normal(8), rng.standard_normal(8)], 1) + 0j
        )
        result = summary(model, labels, means)
        covered.append(abs(result.moments["z1"].real) < result.errors["z1"])
        values.append(result.derived["coherent_photons"])
        naive.append(abs(means[:, 0].mean()) ** 2)
    assert 0.92 < np.mean(covered) < 0.98
    assert abs(np.mean(values) - 0.25) < 4 * np.std(values) / 800**0.5
    assert abs(np.mean(naive) - 0.25 - 1 / 8) < 4 * np.std(naive) / 800**0.5
