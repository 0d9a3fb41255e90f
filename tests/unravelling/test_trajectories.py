"""Averages over trajectories against exact states and evolutions, their intervals, bits, doubts and checkpoints."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

import permsym as ps
from permsym.errors import DegenerateSteadyState, InputError, UnsuitedModel
from permsym.sampling.doubts import Doubt

LASER = ps.models.tavis_cummings(N=3)
DRIVEN = ps.models.driven_tavis_cummings(N=2, C=4, drive=0.9, gamma_h=0.5, kappa=1, levels=20)
SPIN = ps.models.central_spin(N=4)


@cache
def exact(model):
    return ps.steady_state(model, tolerance=1e-6)


@pytest.mark.parametrize("model", [LASER, DRIVEN, SPIN], ids=lambda model: model.name)
def test_steady_states_are_exact_within_their_errors(model):
    state = ps.trajectories(model, 2, seed=1, duration=400)
    assert state.reliable
    for label, value in state.values.items():
        assert abs(value - exact(model).moment(label)) <= 2 * state.error(label)
    for name, value in state.derived.items():
        assert abs(value - exact(model).derived[name]) <= 2 * state.derived_errors[name]
    assert 0 < max(state.errors.values()) < 0.2


def coverage(model, label, replicas, duration):
    """Share of 95 % intervals of a moment and of a derived quantity that hold the exact value, of runs without doubt."""
    hits, trusted = [], []
    name, state = next(iter(exact(model).derived)), exact(model)
    for seed in range(replicas):
        run = ps.trajectories(model, [label], seed=100 + seed, duration=duration)
        trusted.append(run.reliable)
        hits.append([abs(run.moment(label) - state.moment(label)) < run.error(label)])
        hits[-1].append(abs(run.derived[name] - state.derived[name]) < run.derived_errors[name])
    return np.mean(hits, axis=0), np.mean(trusted)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "label", "duration"), [(LASER, "ad -1", 120), (DRIVEN, "z1", 200), (SPIN, "+0 -1", 120)])
def test_intervals_cover(model, label, duration):
    shares, trusted = coverage(model, label, 300, duration)
    assert (shares >= 0.92).all()
    assert (shares <= 0.98).all()
    assert trusted > 0.9


@pytest.mark.slow
def test_intervals_of_short_bistable_runs_cover_where_they_are_reliable():
    """Few excursions to the upper branch decide the averages; without the doubt about skewness 90 % hold."""
    model = ps.models.driven_tavis_cummings(N=10, C=14, drive=1.0, gamma_h=0.5, kappa=1)
    labels, hits, skewed = ("a", "ad a", "z1"), [], 0
    for seed in range(240):
        run = ps.trajectories(model, labels, seed=seed, duration=100)
        skewed += set(run.sampling.doubts) == {Doubt.SKEWED}
        if run.reliable:
            hits.append([abs(run.moment(label) - exact(model).moment(label)) < run.error(label) for label in labels])
    assert len(hits) > 48
    assert skewed > 2
    assert 0.92 <= np.mean(hits) <= 0.98


def test_intervals_of_a_few_replicas_cover():
    shares, _ = coverage(LASER, "ad -1", 12, 120)
    assert (shares >= 0.7).all()


def test_balance_laws_take_noise_away():
    state = ps.trajectories(LASER, ["ad a", "z1"], seed=2, duration=400)
    assert state.gains["ad a"] > 3
    assert state.gains["z1"] > 1.5
    photons, spins = state.moment("ad a").real, state.moment("z1").real  # kappa n = N (up - down - (up + down) z) / 2
    assert photons == pytest.approx(3 * (3 / 8 - 1 / 8 - (3 / 8 + 1 / 8) * spins) / 2, rel=1e-6)


def test_a_target_is_reached_and_the_time_told_beforehand():
    lines = []
    state = ps.trajectories(SPIN, "z0", target=0.02, seed=3, progress=lines.append)
    assert state.reliable
    assert 0.004 < state.error("z0") <= 0.02
    assert any("are needed by estimate" in line for line in lines)


def test_one_seed_gives_the_same_bits_on_any_number_of_cores():
    runs = [ps.trajectories(DRIVEN, seed=seed, duration=60, jobs=jobs) for seed, jobs in ((7, 1), (7, 3), (8, 1))]
    assert runs[0].values == runs[1].values
    assert runs[0].values != runs[2].values
    times = [ps.trajectories(LASER, times=[0.5], initial="vacuum up", seed=4, trajectories=64, jobs=jobs) for jobs in (1, 3)]
    assert times[0].moment("z1") == times[1].moment("z1")


@pytest.mark.parametrize(
    ("model", "start"), [(LASER, "vacuum up"), (DRIVEN, ""), (SPIN, "up bloch=1,0.5")], ids=["laser", "driven", "spin"]
)
def test_evolutions_are_exact_within_their_errors(model, start):
    times = [0, 0.5, 1.5]
    run = ps.trajectories(model, 2, times=times, initial=start, seed=5, trajectories=512)
    expected = ps.evolve(model, times, initial=start, moments=list(run.values), tolerance=1e-5)
    for label, values in run.values.items():
        assert (np.abs(values - expected.moments[label]) <= 2.2 * run.error(label) + 1e-6).all()
    assert 0 < run.error("z1")[-1] < 0.1
    assert run.reliable


def test_more_trajectories_reach_a_target_in_time():
    run = ps.trajectories(SPIN, "z1", times=[1.0], initial="down up", target=0.03, trajectories=64)
    assert run.reliable
    assert run.error("z1").max() <= 0.03
    assert run.sampling.trajectories > 64
    few = ps.trajectories(SPIN, "z1", times=[1.0], initial="down up", trajectories=64)
    assert few.error("z1").max() > 0.03


def test_what_is_doubtful_is_said():
    short = ps.trajectories(DRIVEN, duration=10, target=1e-4, dwell="a")
    assert {Doubt.TOO_SHORT, Doubt.TARGET_MISSED, Doubt.FEW_SWITCHES} <= set(short.sampling.doubts)
    assert not short.reliable
    text = json.loads(json.dumps(short.to_dict()))
    assert text["reliable"] is False
    assert text["reasons"][0].startswith("too short: ")
    assert "not reliable" in repr(short)


def test_without_individual_jumps_each_spin_has_a_state_of_its_own():
    c, s = ps.Spin(), ps.Ensemble(3)
    with pytest.raises(DegenerateSteadyState, match="each spin j has a steady state of its own"):
        ps.trajectories(ps.Model(c, s, c.p * s.m + c.m * s.p, [ps.Central(1.0, c.m)]))


def fixed_spin(N, j):
    """The boundary time crystal with the rates of 2j spins, of any total spin."""
    s = ps.Ensemble(N, j=j)
    return ps.Model(None, s, 0.75 * s.x, [ps.Collective(1 / j, s.m)])


@pytest.mark.parametrize(("N", "j"), [(8, 4), (9, 1.5)])
def test_a_fixed_spin_has_its_steady_state(N, j):
    model = fixed_spin(N, j)
    state = ps.trajectories(model, ["z1", "-1", "+1 -2"], seed=1, duration=300)
    assert state.reliable
    for label, value in state.values.items():
        assert abs(value - exact(model).moment(label)) <= 2 * state.error(label)
    assert 0 < max(state.errors.values()) < 0.02


def test_a_fixed_spin_that_relaxes_its_centre():
    """Most satellites are in singlets; the few that are not make the only loss."""
    c, s = ps.Spin(), ps.Ensemble(10, j=1)
    model = ps.Model(c, s, c.p * s.m + c.m * s.p, [ps.Collective(0.3, s.p), ps.Collective(0.4, s.m)])
    state = ps.trajectories(model, "z0", seed=1, duration=200)
    assert abs(state.moment("z0") - exact(model).moment("z0")) <= 2 * state.error("z0")
    assert 0 < state.error("z0") < 0.2


@pytest.mark.parametrize("parts", ["x x", "z z", "none"])
def test_a_fixed_spin_with_several_states_is_refused(parts):
    """Two starts alone do not tell: under s.x both have the same averages."""
    s = ps.Ensemble(4, j=2)
    terms = {"x x": (s.x, [ps.Collective(1, s.x)]), "z z": (s.z, [ps.Collective(1, s.z)]), "none": (s.x, [])}
    with pytest.raises(DegenerateSteadyState, match=r"not unique|no jumps"):
        ps.trajectories(ps.Model(None, s, *terms[parts]))


def test_several_ensembles_are_refused():
    c, s, t = ps.Boson(3), ps.Ensemble(2, "A"), ps.Ensemble(2, "B")
    with pytest.raises(UnsuitedModel, match="one ensemble"):
        ps.trajectories(ps.Model(c, [s, t], c.n + s.z, [ps.Central(1.0, c.a), ps.Individual(1.0, s.m), ps.Individual(1.0, t.m)]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seed": -1}, "`seed` must be"),
        ({"target": 0}, "`target` must be"),
        ({"duration": "x"}, "`duration` must be"),
        ({"trajectories": 3}, "`trajectories` must be"),
        ({"jobs": 0}, "`jobs` must be"),
        ({"initial": "up"}, "`initial` is for an evolution"),
        ({"times": [1.0], "dwell": "z1"}, "`dwell` is for a steady state"),
        ({"times": [1.0], "duration": 2.0}, "`duration` is for a steady state"),
        ({"times": [1.0, 0.5]}, "`times` must be"),
        ({"dwell": "a"}, "vanishes at every time by symmetry"),
        ({"dwell": "q"}, "not a factor"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        ps.trajectories(LASER, **arguments)
