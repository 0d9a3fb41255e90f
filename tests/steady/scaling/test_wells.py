"""A second well of the field above the first levels: reached, or said not to have been looked for.  Closed forms and dense solves."""

import numpy as np
import pytest
from oracles import mode

import permsym as ps
from permsym.steady.scaling.wells import Survey, survey


def ladder(spontaneous, gain, saturation, frequency=0.0):
    """Photons n -> n + 1 at (n + 1)(spontaneous + gain n^2), n -> n - 1 at n (1 + saturation (n-1)^2 (n-2)^2)."""
    a, s = ps.Boson(), ps.Ensemble(1)
    rates = {1.0: a.a, spontaneous: a.ad, gain: a.ad * a.ad * a.a, saturation: a.ad * a.ad * a.a * a.a * a.a}
    return ps.Model(a, s, frequency * a.n + 0.3 * s.z, [*(ps.Central(rate, jump) for rate, jump in rates.items()), ps.Individual(1.0, s.m)])


def balanced(spontaneous, gain, saturation):
    """<n>, <n (n-1)> by detailed balance."""
    n = np.arange(400.0)
    logs = np.log((spontaneous + gain * n**2) / (1 + saturation * n**2 * (n - 1) ** 2))
    log = np.concatenate([[0], np.cumsum(logs)])
    p, n = np.exp(log - log.max()), np.arange(401)
    return p @ n / p.sum(), p @ (n * (n - 1)) / p.sum()


@pytest.mark.parametrize(
    ("rates", "tolerance"),
    [
        ((1e-10, 1e-2, 1e-6), 1e-9),
        pytest.param((1e-10, 1e-2, 1e-6), 1e-4, marks=pytest.mark.slow),
        ((1e-6, 0.03, 9e-6), 1e-9),
        pytest.param((1e-8, 0.1, 1e-4), 1e-6, marks=pytest.mark.slow),
        ((0.05, 3e-3, 3e-6), 1e-9),
        pytest.param((0.3, 2e-4, 4e-9), 1e-9, marks=pytest.mark.slow),  # 40 levels seem enough, and hold 0.43 photons; there are 217
        pytest.param((0.1, 5e-4, 2e-8), 1e-9, marks=pytest.mark.slow),  # two wells share, behind a barrier of exp(-267)
    ],
)
@pytest.mark.quick("rates2-1e-09", "rates4-1e-09")
def test_the_well_that_holds_the_probability_is_reached(rates, tolerance):
    """Also where nothing comes over the barrier in double precision: the first has a gap of 1e-36."""
    state = ps.steady_state(ladder(*rates), moments=["ad a"], tolerance=tolerance)
    photons, pairs = balanced(*rates)
    assert state.certificate.certified, state.certificate.reasons
    for label, value in (("ad a", photons), ("ad ad a a", pairs)):
        assert state.moment(label).real == pytest.approx(value, rel=1e-10)
        assert abs(state.moment(label) - value) <= state.error(label)


def kerr(drive, U, detuning, levels=None):
    a, s = ps.Boson(levels), ps.Ensemble(1)
    H = detuning * a.n + U / 2 * (a.ad * a.ad * a.a * a.a) + drive * (a.a + a.ad)
    return ps.Model(a, s, H, [ps.Central(1.0, a.a), ps.Individual(1.0, s.m)])


def drummond_walls(drive, U, detuning):
    """<ad a> of the driven Kerr oscillator, J. Phys. A 13, 725 (1980)."""
    c, z = 2 * (detuning - 0.5j) / U, (2 * drive / U) ** 2

    def series(b):
        term = total = 1.0
        for k in range(4000):
            term *= 2 * z / (abs(b + k) ** 2 * (k + 1))
            total += term
        return total

    return z / abs(c) ** 2 * series(1 + c) / series(c)


@pytest.mark.parametrize(("drive", "branch"), [(1.0, False), (3.0, True)])
@pytest.mark.quick("1.0-False")
def test_a_kerr_oscillator_is_solved_over_both_branches(drive, branch):
    """At drive 3 a second branch has 32 photons, far above the levels that the first needs, and next to no weight."""
    state = ps.steady_state(kerr(drive, 0.1, -3.0), moments=["ad a"])
    assert (state.model.centre.levels > 50) is branch
    assert state.certificate.certified
    assert abs(state.moment("ad a") - drummond_walls(drive, 0.1, -3.0)) <= state.error("ad a") + 1e-14


@pytest.mark.slow
def test_the_upper_branch_of_parametric_driving():
    """Two-photon drive and loss beside Kerr and detuning, against a dense solve: bistable between the vacuum and two bright states."""
    a, s = ps.Boson(), ps.Ensemble(1)
    two = a.a * a.a
    H = -4.0 * a.n + 0.25 * (a.ad * a.ad * two) + 1.2 * (two + two.dag())
    state = ps.steady_state(ps.Model(a, s, H, [ps.Central(1.0, a.a), ps.Individual(1.0, s.m)]), moments=["ad a"])
    b = mode.ladder(70)
    n, pair = b.T @ b, b @ b
    rho = mode.steady(-4.0 * n + 0.25 * pair.T @ pair + 1.2 * (pair + pair.T), [b], step=2)
    assert state.certificate.certified, state.certificate.reasons
    assert abs(state.moment("ad a") - np.trace(n @ rho)) <= state.error("ad a") + 1e-12


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_what_is_known_above_the_levels_is_said():
    far = ladder(1e-10, 1e-2, 1e-6)
    assert survey(far, 8).survey is Survey.BEYOND
    assert survey(far, 8).photons == pytest.approx(100, rel=0.1)
    assert survey(far, 8, follow=False).survey is Survey.NOBODY
    assert survey(far, 160).survey is Survey.LOSS
    assert survey(ladder(0.037, 6.2e-4, 3.2e-8, frequency=50.0), 13).photons == pytest.approx(139, rel=0.1)  # stiff: rates from 0.04 to 20
    fixed = ps.steady_state(far.with_levels(8), moments=["z1"])
    assert fixed.certificate.to_dict()["above_levels"] == "nobody looked above the levels"
    assert ps.steady_state(ps.models.tavis_cummings(N=2)).certificate.above_levels is Survey.LOSS
    assert "above_levels" not in ps.steady_state(ps.models.central_spin(N=2)).certificate.to_dict()


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_a_branch_that_is_too_far_is_no_secret(monkeypatch):
    monkeypatch.setattr("permsym.steady.fock_cutoff._PATIENCE", 0.0)
    state = ps.steady_state(kerr(3.0, 0.1, -3.0), moments=["ad a"])
    assert state.model.centre.levels < 30
    assert not state.certificate.certified
    assert "a semiclassical branch lies above the levels" in "; ".join(state.certificate.reasons)
