"""Processes whose means and autocorrelation times are known: (trajectories, cells, labels), starts of two kinds in turn."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter


def autoregressive(rng, trajectories, cells, rho=0.9, start=8.0):
    """z_k = rho z_(k-1) + xi of variance 1 and mean 0; every other trajectory starts far away."""
    noise = np.sqrt(1 - rho**2) * rng.standard_normal((trajectories, cells))
    noise[1::2, 0] += rho * start
    return lfilter([1], [1, -rho], noise, axis=1)[:, :, None] + 0j


def telegraph(rng, trajectories, cells, up=0.02, down=0.06, noise=0.3):
    """0 and 1 with probabilities ``up`` and ``down`` of a switch in a cell, mean up / (up + down); every other trajectory starts at 1."""
    state = np.arange(trajectories) % 2
    result = np.empty((trajectories, cells))
    for k, chance in enumerate(rng.random((cells, trajectories))):
        state = state ^ (chance < np.where(state, down, up))
        result[:, k] = state
    return result[:, :, None] + noise * rng.standard_normal((trajectories, cells, 1)) + 0j
