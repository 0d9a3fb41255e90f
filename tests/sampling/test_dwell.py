"""Dwell times of processes whose switching rates are known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from oracles.processes import autoregressive, telegraph

import permsym as ps
from permsym.sampling.doubts import Doubt
from permsym.sampling.dwell import Watched, dwell

EVERY = 0.5


def switching(rng, trajectories, readings, *chances, noise=0.1):
    """(trajectories, readings)"""
    return telegraph(rng, trajectories, readings, *chances, noise=noise)[:, :, 0].real


def test_dwell_times_and_rates_of_a_telegraph():
    """Probabilities .02 and .06 of a switch in a reading: rates .04 and .12."""
    result = dwell("a", switching(np.random.default_rng(1), 8, 4000), EVERY)
    assert not result.doubts()
    assert result.low == pytest.approx(0, abs=0.1)
    assert result.high == pytest.approx(1, abs=0.1)
    for name, value in {"up_rate": 0.04, "down_rate": 0.12, "rate_sum": 0.16, "low_time": 25.0, "high_time": 25 / 3}.items():
        assert abs(getattr(result, name) - value) < 1.5 * result.errors[name] < 0.3 * value
    assert json.loads(json.dumps(result.to_dict()))["switches"] == list(result.switches)


def test_noise_across_the_middle_is_no_switch():
    """Noise of 0.2 crosses 1/2 at one reading of a hundred, as often as the state changes, and the other average never."""
    series = switching(np.random.default_rng(2), 8, 4000, 0.005, 0.01, noise=0.2)
    middle = (np.diff((series > 0.5).astype(int), axis=1) > 0).sum()
    result = dwell("a", series, EVERY)
    assert middle > 2 * result.switches[0]
    assert abs(result.up_rate - 0.01) < 1.5 * result.errors["up_rate"]


def test_the_modulus_of_a_complex_moment_is_watched_and_the_value_of_a_real_one():
    driven, laser = ps.models.driven_tavis_cummings(N=2, C=4, drive=0.9), ps.models.tavis_cummings(N=2)
    readings = np.array([[3 - 4j, -1 + 0j]])
    assert Watched.of("a", driven).values(readings).tolist() == [[5, 1]]
    assert Watched.of("z1", driven).values(readings).tolist() == [[3, -1]]
    with pytest.raises(ps.InputError, match="vanishes at every time by symmetry"):
        Watched.of("a", laser)


def test_intervals_of_dwell_times_cover():
    hits = []
    for seed in range(40):
        result = dwell("a", switching(np.random.default_rng([seed, 9]), 4, 1000), EVERY)
        hits.append(abs(result.low_time - 25) < result.errors["low_time"])
    assert np.mean(hits) > 0.85


def test_one_peak_and_few_switches_are_said():
    rng = np.random.default_rng(4)
    assert Doubt.NOT_BISTABLE in dwell("z1", autoregressive(rng, 8, 4000, start=0.0)[:, :, 0].real, EVERY).doubts()
    still = dwell("z1", switching(rng, 8, 200, 1e-9, 1e-9), EVERY)
    assert set(still.doubts()) == {Doubt.FEW_SWITCHES}
    assert still.to_dict()["low_time"] is None
    assert dwell("z1", np.ones((8, 100)), EVERY).switches == (0, 0)
