"""Intervals from few long trajectories: they cover, controls make them smaller and cover still, and what is doubtful is said."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.processes import autoregressive, telegraph

from permsym.sampling.controls import controlled
from permsym.sampling.doubts import Doubt
from permsym.sampling.stationary import Stationary

TRAJECTORIES = 8


def coverage(replicas, mean, draw):
    """Share of 95 % intervals that hold the mean, and whether all were without doubt."""
    hits, doubts = [], []
    for seed in range(replicas):
        series, controls = draw(np.random.default_rng([seed, 5]))
        result = Stationary.of(series, controls)
        hits.append(abs(result.means.mean() - mean) < result.widths[0])
        doubts.append(bool(result.doubts(1.0, TRAJECTORIES, None, slice(None))))
    return np.mean(hits), np.mean(doubts)


def processes(cells):
    """Name -> (mean, what draws a series): slow noise, a bistable state, noise with a control that knows half of it."""

    def shared(rng):
        noise, own = (autoregressive(rng, TRAJECTORIES, cells, start=0.0) for _ in range(2))
        return 2 + noise + own, np.concatenate([noise, 0.5 * own * rng.standard_normal(own.shape)], axis=2)

    return {
        "slow": (0.0, lambda rng: (autoregressive(rng, TRAJECTORIES, cells), None)),
        "bistable": (0.25, lambda rng: (telegraph(rng, TRAJECTORIES, cells), None)),
        "controlled": (2.0, shared),
    }


@pytest.mark.parametrize("name", ["slow", "bistable", "controlled"])
def test_intervals_cover(name):
    share, doubtful = coverage(40, *processes(1000 if name == "controlled" else 400)[name])
    assert share > 0.8
    assert doubtful < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("cells", [500, 2000])
@pytest.mark.parametrize("name", ["slow", "bistable", "controlled"])
def test_intervals_cover_in_many_replicas(name, cells):
    share, doubtful = coverage(300, *processes(cells)[name])
    assert 0.92 <= share <= 0.98
    assert doubtful < 0.03


def test_controls_take_their_share_of_the_variance():
    """Twice the variance, one half of it known."""
    _, draw = processes(3000)["controlled"]
    series, controls = draw(np.random.default_rng(1))
    gains = Stationary.of(series, controls).gain
    assert 1.5 < gains[0] < 2.6
    assert Stationary.of(series).gain[0] == 1


def test_a_control_that_knows_nothing_is_left_alone():
    rng = np.random.default_rng(2)
    means, controls = rng.standard_normal((60, 3)) + 0j, rng.standard_normal((60, 2)) + 0j
    assert (controlled(means, controls, np.arange(60) % 2 == 0) == means).all()
    few = slice(0, 20)
    assert (controlled(controls[few], controls[few], np.arange(20) % 2 == 0) == controls[few]).all()
    exact = controlled(1 + 2j * controls[:, :1], controls, np.arange(60) % 2 == 0)
    assert abs(exact - 1).max() < 1e-12


def test_coefficients_are_independent_of_what_they_correct():
    """Fitted to the means that they correct, 6 useless controls of 40 means would take a sixth of the variance of each."""
    rng = np.random.default_rng(3)
    half = np.arange(60) % 2 == 0
    means, controls = rng.standard_normal((60, 200)) + 0j, rng.standard_normal((60, 6)) + 0j
    assert (controlled(means, controls, half) == means).mean() > 0.97


def test_trajectories_that_stay_in_their_wells_disagree():
    """No switch in 1,000 cells: each start looks fine by itself."""
    series = telegraph(np.random.default_rng(4), TRAJECTORIES, 1000, 1e-9, 1e-9)
    doubts = Stationary.of(series).doubts(1.0, TRAJECTORIES, None, slice(None))
    assert {Doubt.STARTS_DISAGREE, Doubt.TOO_SHORT} <= set(doubts)


def test_what_is_short_or_wide_is_said():
    series = autoregressive(np.random.default_rng(5), TRAJECTORIES, 60)
    doubts = Stationary.of(series).doubts(0.5, TRAJECTORIES, 1e-3, slice(None))
    assert set(doubts) == {Doubt.TOO_SHORT, Doubt.TARGET_MISSED}
    long = Stationary.of(autoregressive(np.random.default_rng(5), TRAJECTORIES, 2000))
    assert not long.doubts(0.5, TRAJECTORIES, 0.2, slice(None))
    assert Doubt.TARGET_MISSED not in long.doubts(0.5, TRAJECTORIES, 1e-3, slice(1, None))
    assert long.time == pytest.approx(10, rel=0.2)


@pytest.mark.parametrize(("burnt", "left", "short"), [(0, 110, True), (0, 130, False), (140, 130, True)])
def test_all_trajectories_together_last_a_hundred_autocorrelation_times(burnt, left, short):
    none = np.zeros((TRAJECTORIES, 1)) + 0j
    result = Stationary(burnt, 10.0, left, none, np.zeros(1), 0.0, np.ones(1), np.zeros(1))
    assert (Doubt.TOO_SHORT in result.doubts(1.0, TRAJECTORIES, None, slice(None))) == short
