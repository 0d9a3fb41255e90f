"""Records of jumps against exact rates, closed forms of a driven atom, and exact two-time functions."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

import permsym as ps
from permsym.sampling.averages import quantile
from permsym.sampling.doubts import Doubt
from permsym.unravelling.photons import PhotonRecord

DRIVE, DECAY = 2.0, 1.0
LASER = ps.models.tavis_cummings(N=3)


def atom():
    """A two-level atom in resonance with a drive: d|e>/dt = -DECAY/2 |e>, Rabi frequency DRIVE."""
    s = ps.Ensemble(1)
    return ps.Model(None, s, DRIVE / 2 * s.x, [ps.Individual(DECAY, s.m)])


@cache
def fluorescence(duration=2000.0):
    return ps.photon_record(atom(), duration=duration, seed=3)


@cache
def light():
    return ps.photon_record(LASER, ["ad a"], duration=3000, every=0.5, burn_in=20, seed=1)


def test_waiting_times_of_a_driven_atom_have_the_closed_form():
    """No jump until t: 1 - F = |c_g|^2 + |c_e|^2, |c_e|^2 = (W/l)^2 exp(-g t/2) sin^2(l t/2), dF/dt = g |c_e|^2, l^2 = W^2 - g^2/4."""
    root = math.sqrt(DRIVE**2 - DECAY**2 / 4)

    def no_jump(t):
        excited = (DRIVE / root) ** 2 * np.sin(root * t / 2) ** 2
        ground = (np.cos(root * t / 2) + DECAY / (2 * root) * np.sin(root * t / 2)) ** 2
        return np.exp(-DECAY * t / 2) * (excited + ground)

    waits = fluorescence().waiting_times("-")
    assert len(waits) > 500
    assert stats.kstest(waits, lambda t: 1 - no_jump(t)).pvalue > 0.01
    assert stats.kstest(waits, lambda t: 1 - np.exp(-np.asarray(t) / waits.mean())).pvalue < 1e-4


def test_counts_of_a_driven_atom_are_antibunched_as_its_closed_form():
    """g2 = 1 - exp(-3 g t/4) (cos m t + 3 g/(4 m) sin m t), m^2 = W^2 - g^2/16."""
    edges = np.linspace(0, 6, 25)
    m, t = math.sqrt(DRIVE**2 - DECAY**2 / 16), np.linspace(0, 6, 24 * 40 + 1)
    exact = 1 - np.exp(-0.75 * DECAY * t) * (np.cos(m * t) + 0.75 * DECAY / m * np.sin(m * t))
    expected = (exact[1:] + exact[:-1]).reshape(24, 40).mean(axis=1) / 2
    counted = fluorescence().g2("-", edges)
    assert counted.reliable
    assert counted.values[0] < 0.2 < 1.2 < counted.values.max()
    assert np.abs((counted.values - expected) / counted.errors * quantile(32)).max() < 4
    assert counted.errors.max() < 0.3


def test_rates_are_those_of_the_steady_state():
    """kappa <n>, gamma_down N p_up, gamma_up N (1 - p_up); each within four standard errors."""
    exact = ps.steady_state(LASER)
    up = exact.derived["p_up"]
    for jump, expected in (("a", exact.derived["photons"]), ("[-]", 3 * up / 8), ("[+]", 9 * (1 - up) / 8)):
        rate = light().rate(jump)
        assert rate.reliable
        assert abs(rate.values - expected) < 4 * rate.errors / quantile(32)
        assert 0 < rate.errors < 0.1 * expected


def test_pairs_of_photons_have_the_exact_g2():
    edges = np.linspace(0, 4, 9)
    fine = np.linspace(0, 4, 8 * 10 + 1)
    exact = ps.steady_state(LASER).g2(fine).values.real
    expected = (exact[1:] + exact[:-1]).reshape(8, 10).mean(axis=1) / 2
    counted = light().g2("a", edges)
    assert np.abs((counted.values - expected) / counted.errors * quantile(32)).max() < 4
    assert counted.errors.max() < 0.2
    assert expected[0] > 1.2


def test_moments_along_a_record_are_conditional_on_it():
    record = light()
    assert (len(record.at), record.at[0], record.at[-1]) == (6000, 0.5, 3000)
    assert record.moment("ad a").real.mean() == pytest.approx(ps.steady_state(LASER).derived["photons"], rel=0.1)
    plain = ps.photon_record(LASER, duration=50, burn_in=20, seed=1)
    assert plain.times.tolist() == record.times[: len(plain.times)].tolist()
    assert plain.times.min() > 0
    assert plain.times.max() <= 50
    assert sum(plain.counts.values()) == len(plain.times)
    decay = ps.photon_record(ps.models.tavis_cummings(N=2, gamma_up=0), "ad a", duration=60, every=60, initial="fock=1 up", seed=2)
    assert sum(decay.counts.values()) == 3
    assert abs(decay.moment("ad a")[-1]) < 1e-12


def test_constants_of_jumps_stay():
    """L[a + 2] and heat: its detector sees the light that is mixed in, <n> + 4 Re <a> + 4 counts a unit of time."""
    c, s = ps.Boson(40), ps.Ensemble(1)
    model = ps.Model(c, s, 0.4 * c.n, [ps.Central(1.0, c.a + 2), ps.Central(0.2, c.ad), ps.Individual(1.0, s.m)])
    rate = ps.photon_record(model, duration=1500, burn_in=20, seed=1).rate("a + 2")
    exact = ps.steady_state(model, moments=["a", "ad a"])
    expected = exact.moment("ad a").real + 4 * exact.moment("a").real + 4
    assert expected > 1
    assert abs(rate.values - expected) < 4 * rate.errors / quantile(32)
    assert rate.errors < 0.2 * expected


def test_short_records_are_not_reliable():
    assert Doubt.TOO_SHORT in ps.photon_record(LASER, duration=10).rate("a").doubts
    rng = np.random.default_rng(1)
    bursts = np.sort((1000 * rng.random((20, 1)) + 10 * rng.random((20, 30))).ravel())
    slow = PhotonRecord(LASER, "", 0, 0.0, 1010.0, bursts, ("L[a] central",) * 600, np.empty(0), {})
    assert "should be" in slow.rate("a").doubts[Doubt.TOO_SHORT]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"duration": 0}, "`duration` must be"),
        ({"every": 0.1}, "give both"),
        ({"moments": "ad a"}, "give both"),
        ({"moments": "ad a", "every": 11}, "`every` must be at most"),
        ({"burn_in": -1}, "`burn_in` must be"),
        ({"seed": 0.5}, "`seed` must be"),
        ({"duration": None}, "`duration` must be a number"),
        ({"burn_in": None}, "`burn_in` must be a number"),
        ({"initial": 3}, "`initial` must be a label"),
        ({"initial": "level=3"}, "is no state"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words):
    with pytest.raises(ps.InputError, match=words):
        ps.photon_record(LASER, **{"duration": 10, **arguments})


def test_a_seed_that_is_a_whole_number_as_a_float_is_that_number():
    records = [ps.photon_record(LASER, duration=5, seed=seed) for seed in (3, 3.0)]
    assert [type(each.seed) for each in records] == [int, int]
    assert np.array_equal(records[0].times, records[1].times)


def test_wrong_questions_are_refused():
    record = ps.photon_record(LASER, duration=10)
    for delays in ([0], [1, 0.5], "x", [0, 6], [-1, 2]):
        with pytest.raises(ps.InputError, match="`delays` must be"):
            record.g2("a", delays)
    with pytest.raises(ps.InputError, match="was not read along the record"):
        record.moment("z1")
    with pytest.raises(ps.InputError, match="jump"):
        record.of("q")
