"""Dwell times of processes whose switching rates are known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from oracles.processes import autoregressive, telegraph

from permsym.sampling.doubts import Doubt
from permsym.sampling.dwell import dwell

EVERY = 0.5


def switching(rng, trajectories, readings, *chances, noise=0.1):
    """(trajectories, readings)"""
    return telegraph(rng, trajectories, readings, *chances, noise=noise)[:, :, 0]


def test_dwell_times_and_rates_of_a_telegraph():
    """Probabilities .02 and .06 of a switch in a reading: rates .04 and .12."""
    result = dwell("a", switching(np.random.default_rng(1), 8, 4000), EVERY, real=True)
    assert not result.doubts()
    assert result.low == pytest.approx(0, abs=0.1)
    assert result.high == pytest.approx(1, abs=0.1)
    for name, value in {"up_rate": 0.04, "down_rate": 0.12, "rate_sum": 0.16, "low_time": 25.0, "high_time": 25 / 3}.items():
        assert abs(getattr(result, name) - value) < 1.5 * result.errors[name] < 0.3 * value
    assert json.loads(json.dumps(result.to_dict()))["switches"] == list(result.switches)


def test_noise_across_the_middle_is_no_switch():
    """Noise of 0.2 crosses 1/2 at one reading of a hundred, as often as the state changes, and the other average never."""
    series = switching(np.random.default_rng(2), 8, 4000, 0.005, 0.01, noise=0.2)
    middle = (np.diff((series.real > 0.5).astype(int), axis=1) > 0).sum()
    result = dwell("a", series, EVERY, real=True)
    assert middle > 2 * result.switches[0]
    assert abs(result.up_rate - 0.01) < 1.5 * result.errors["up_rate"]


def test_the_modulus_of_a_complex_moment_is_watched():
    series = switching(np.random.default_rng(3), 8, 2000)
    turned = dwell("a", (2 + series) * 1j, EVERY, real=False)
    assert turned.switches == dwell("a", 2 + series.real + 0j, EVERY, real=True).switches
    assert turned.high == pytest.approx(3, abs=0.1)


def test_intervals_of_dwell_times_cover():
    hits = []
    for seed in range(40):
        result = dwell("a", switching(np.random.default_rng([seed, 9]), 4, 1000), EVERY, real=True)
        hits.append(abs(result.low_time - 25) < result.errors["low_time"])
    assert np.mean(hits) > 0.85


def test_one_peak_and_few_switches_are_said():
    rng = np.random.default_rng(4)
    assert Doubt.NOT_BISTABLE in dwell("z1", autoregressive(rng, 8, 4000, start=0.0)[:, :, 0], EVERY, real=True).doubts()
    still = dwell("z1", switching(rng, 8, 200, 1e-9, 1e-9), EVERY, real=True)
    assert set(still.doubts()) == {Doubt.FEW_SWITCHES}
    assert still.to_dict()["low_time"] is None
    assert dwell("z1", np.ones((8, 100, 1))[:, :, 0] + 0j, EVERY, real=True).switches == (0, 0)
