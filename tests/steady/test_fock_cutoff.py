"""The cut-off found at each model, and the models that have none."""

import warnings
from functools import cache

import numpy as np
import pytest
from oracles import mode

import permsym as ps


def driven(**given):
    return ps.models.driven_tavis_cummings(**{"N": 3, "C": 6, "eta": 1.5} | given)


@pytest.mark.parametrize(
    "model",
    [
        ps.models.tavis_cummings(N=2, kappa=0),
        ps.models.tavis_cummings(N=1, kappa=0, gamma_up=0.2, gamma_down=0.2, gamma_phi=0.1),
    ],
    ids=["inverted", "infinite temperature"],
)
def test_no_normalisable_state_is_refused(model):
    with pytest.raises(ps.InputError, match=r"no normalisable steady state.*nothing takes photons out"):
        ps.steady_state(model)


@pytest.mark.slow
def test_a_drive_without_loss_is_refused_from_one_satellite(monkeypatch):
    def small(model, *_):
        assert sum(model.sizes) == 1, "the search went on with the large system"
        return model, None

    monkeypatch.setattr("permsym.steady.planning.displaced", small)
    with pytest.raises(ps.InputError, match=r"no normalisable steady state.*nothing takes photons out"):
        ps.steady_state(ps.models.driven_tavis_cummings(10, g=1.0, eta=5.0, kappa=0.0))


@pytest.mark.parametrize("N", [1000, 10**6])
def test_a_cavity_beyond_the_memory_is_refused_at_once(monkeypatch, N):
    monkeypatch.setenv("PERMSYM_MEMORY", "2G")

    def beginning(model, _):
        assert max(model.sizes) <= 8, "larger systems are solved on the way"
        return 8

    monkeypatch.setattr("permsym.steady.fock_cutoff.predict_levels", beginning)
    with pytest.raises(ps.TooLarge, match=r"levels, but 2.15 GB are available; N=\d+ would fit"):
        ps.steady_state(ps.models.tavis_cummings(N))


def test_growth_stops_at_the_memory(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "70M")
    with pytest.raises(ps.TooLarge, match="the cut-off has grown to levels="):
        ps.steady_state(driven(N=3, eta=4.0))


def quartic(levels=None):
    """H = 0.02 (a^4 + ad^4) + 0.1 n^2: its coherences reach from the top to the bottom of the levels."""
    a, s = ps.Boson(levels), ps.Ensemble(1)
    four = a.a * a.a * a.a * a.a
    return ps.Model(a, s, 0.02 * (four + four.dag()) + 0.1 * a.n * a.n, [ps.Central(1.0, a.a), ps.Individual(1.0, s.m)])


@cache
def quartic_exact():
    a = mode.ladder(56)
    four, n = np.linalg.matrix_power(a, 4), a.T @ a
    rho = mode.steady(0.02 * (four + four.T) + 0.1 * n @ n, [a], step=4)
    return {
        label: np.trace(np.linalg.matrix_power(a.T, k) @ np.linalg.matrix_power(a, k) @ rho) for k, label in ((1, "ad a"), (2, "ad ad a a"))
    }


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
@pytest.mark.parametrize("levels", [10, 16, 24, 30, 40])
def test_a_cut_off_costs_what_the_estimate_says(levels):
    """Within a factor of 100, down to what is certified: it was a million."""
    state = ps.steady_state(quartic(levels), moments=["ad a", "ad ad a a"])
    for label, value in quartic_exact().items():
        error = abs(state.moment(label) - value)
        assert error <= state.error(label) <= 100 * error + 1e-12
    assert state.certificate.certified is (levels == 40)


def test_levels_are_found_where_few_are_enough():
    state = ps.steady_state(quartic(), moments=["ad a"])
    assert state.certificate.certified
    assert state.moment("ad a") == pytest.approx(quartic_exact()["ad a"], abs=1e-11)
    assert state.model.centre.levels < 60


def test_a_ladder_of_four_photons_is_continued_in_steps_of_four():
    """P(7) and P(8) are alike, and P(4) is 1e5 times larger: a series of single levels would leave 2e-8 above the cut-off."""

    def driven(levels):
        c, s = ps.Boson(levels), ps.Ensemble(1)
        drive = 0.004 * (c.ad * c.ad * c.ad * c.ad + c.a * c.a * c.a * c.a)
        H = 0.65 * c.n + 0.6 * s.z + 0.18 * (c.ad * s.m + c.a * s.p) + drive
        losses = [ps.Central(1.5, c.a), ps.Central(0.9, c.a * c.a), ps.Central(0.04, c.a * c.a * c.a * c.a)]
        return ps.Model(c, s, H, [*losses, ps.Individual(0.3, s.m)])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        low, high = (ps.steady_state(driven(levels)) for levels in (9, 24))
    assert low.fock[8] > 0.9 * low.fock[7]
    for label in ("ad a", "ad -1"):
        assert 0 < abs(low.moment(label) - high.moment(label)) <= low.error(label) < 1e-9
