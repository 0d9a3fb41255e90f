"""Truncated Wigner's averages against exact ones, its statistics, its doubts, its random numbers."""

import math

import numpy as np
import pytest

import permsym as ps
from permsym.errors import SolverFailed
from permsym.sampling.averages import quantile
from permsym.semiclassical.twa import Doubt

TIMES = [0.0, 0.5, 1.5]


def sigmas(run, exact, label):
    """Largest deviation in standard errors; values without an error must be equal."""
    errors, difference = run.error(label) / quantile(64), np.abs(run.moment(label) - exact.moments[label])
    assert (difference[errors == 0] < 1e-12).all()
    return (difference[errors > 0] / errors[errors > 0]).max()


def test_spins_in_a_classical_field_are_exact_to_second_order():
    """Any field, jumps and start of three spins: means and pairs."""
    s = ps.Ensemble(3)
    jumps = [ps.Individual(0.5, s.m + 0.3 * s.z), ps.Individual(0.3, s.p), ps.Individual(0.1, s.z)]
    model = ps.Model(ps.Spin(), s, 0.7 * s.x + 0.4 * s.z - 0.3 * s.y, jumps)
    start = "down bloch=1.1,0.4"
    run = ps.twa.evolve(model, TIMES, start, seed=3, trajectories=6400)
    exact = ps.evolve(model, TIMES, initial=start)
    assert run.reliable
    for label in ("z1", "+1", "z1 z2", "+1 -2", "+1 +2", "+1 z2"):
        assert sigmas(run, exact, label) < 4.5


def test_a_mode_with_loss_pump_and_squeezed_jumps_is_exact():
    c, s = ps.Boson(40), ps.Ensemble(1)
    jumps = [ps.Central(0.8, c.a + 0.5j * c.ad + 0.2), ps.Central(0.3, c.ad)]
    model = ps.Model(c, s, 0.6 * c.n + 0.4 * (c.a + c.ad) + 0.1 * s.z, jumps)
    run = ps.twa.evolve(model, TIMES, "thermal=0.4", seed=1, trajectories=6400)
    exact = ps.evolve(model, TIMES, initial="thermal=0.4", tolerance=1e-4)
    for label in ("a", "ad a", "a a"):
        assert sigmas(run, exact, label) < 4.5


@pytest.mark.slow
def test_collective_loss_of_all_up():
    """Collective(1), N = 50, t = 0.08: exact z .1374, <+1 -2> .1918, <z1 z2> .2326; truncated Wigner .137(3), .1902(5), .239(2)."""
    s = ps.Ensemble(50)
    run = ps.twa.evolve(ps.Model(ps.Spin(), s, 0 * s.z, [ps.Collective(1.0, s.m)]), [0.08], "down up", seed=1, trajectories=12800)
    expected = {"z1": (0.137, 0.003), "+1 -2": (0.1902, 0.0005), "z1 z2": (0.239, 0.002)}
    for label, (value, error) in expected.items():
        own = run.error(label)[0] / quantile(64)
        assert abs(run.moment(label)[0] - value) < 4 * math.hypot(own, error)
        assert own < 0.006
    assert run.moment("z0")[0] == -1


def test_collective_jumps_of_hermitian_operators_are_exact():
    s = ps.Ensemble(4)
    model = ps.Model(ps.Spin(), s, 0.3 * s.x, [ps.Collective(0.4, s.z + 0.5 * s.x)])
    run = ps.twa.evolve(model, TIMES, "down up=0.8", seed=2, trajectories=6400)
    exact = ps.evolve(model, TIMES, initial="down up=0.8")
    for label in ("z1", "+1", "z1 z2", "+1 -2"):
        assert sigmas(run, exact, label) < 4.5


def test_two_classes_share_one_field():
    """Detuned classes with rates of their own, far from few spins: within 3 % of exact."""
    c, s, t = ps.Boson(8), ps.Ensemble(3, "A"), ps.Ensemble(2, "B")
    coupling = 0.3 * (c.a * (s.p + 0.5 * t.p) + c.ad * (s.m + 0.5 * t.m))
    jumps = [ps.Central(1.0, c.a), ps.Individual(0.8, s.p), ps.Individual(0.5, s.m), ps.Individual(0.6, t.m), ps.Individual(0.7, t.p)]
    model = ps.Model(c, [s, t], coupling + 0.4 * s.z - 0.2 * t.z, jumps)
    labels = ["ad a", "z1@A", "z1@B"]
    state = ps.twa.steady_state(model, labels, seed=1, duration=150)
    exact = ps.steady_state(model, moments=labels, tolerance=1e-4)
    for label in labels:
        assert abs(state.moment(label) - exact.moment(label)) < 0.006 + 2 * state.error(label)
    assert state.derived["p_up@A"] == pytest.approx((1 + state.moment("z1@A").real) / 2)


def test_tavis_cummings_has_the_numbers_of_a_prototype():
    """Defaults, N = 10: n 1.074(6), g2 1.426(8)."""
    state = ps.twa.steady_state(ps.models.tavis_cummings(N=10), seed=1, duration=400)
    assert state.reliable
    for name, value, error in (("photons", 1.074, 0.006), ("g2", 1.426, 0.008)):
        own = state.derived_errors[name] / quantile(64)
        assert abs(state.derived[name] - value) < 4 * math.hypot(own, error)
        assert 0 < own < 0.03
    assert state.moment("a") == 0
    assert state.derived["coherent_photons"] == 0
    assert state.sampling.clipped == {"A": 0.0}


@pytest.mark.slow
def test_more_models_have_the_numbers_of_a_prototype():
    driven = ps.twa.steady_state(ps.models.driven_tavis_cummings(N=10, kappa=1, gamma_h=0.5, C=14, drive=1.05), seed=1, duration=1500)
    laser = ps.twa.steady_state(ps.models.tavis_cummings(N=20, g=2 / 20**0.5, kappa=1, gamma_up=10, gamma_down=0.5), seed=1)
    spins = {N: ps.twa.steady_state(ps.models.central_spin(N=N), seed=1, duration=300) for N in (10, 100)}
    values = [
        (driven.derived["coherent_photons"], driven.derived_errors["coherent_photons"], 1.989, 0.008),
        (laser.derived["photons"], laser.derived_errors["photons"], 26.28, 0.07),
        (laser.derived["g2"], laser.derived_errors["g2"], 1.0670, 0.0013),
        (spins[10].moment("z0").real, spins[10].error("z0"), 0.222, 0.002),
        (spins[100].moment("z0").real, spins[100].error("z0"), -0.020, 0.002),
    ]
    for value, width, expected, error in values:
        assert abs(value - expected) < 4 * math.hypot(width / quantile(64), error)
    assert spins[10].sampling.clipped["centre"] > 0.2 > spins[10].sampling.clipped["A"]


def test_one_seed_gives_the_same_bits_with_any_number_of_threads():
    model = ps.models.tavis_cummings(N=5)

    def values(jobs, seed):
        state = ps.twa.steady_state(model, seed=seed, duration=20, trajectories=16, jobs=jobs)
        run = ps.twa.evolve(model, [0.5], "vacuum up", seed=seed, trajectories=64, jobs=jobs)
        return list(state.values.values()), [value.tolist() for value in run.values.values()]

    one, all_of_them, other = values(1, 7), values(3, 7), values(None, 8)
    assert one == all_of_them
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_what_is_doubtful_is_said():
    model = ps.models.tavis_cummings(N=10)
    short = ps.twa.steady_state(model, duration=2, step=0.003, trajectories=8, target=1e-3)
    assert {Doubt.TOO_SHORT, Doubt.TARGET_MISSED} <= set(short.sampling.doubts)
    assert not short.reliable
    spins = ps.Ensemble(2)
    field = ps.Model(ps.Spin(), spins, 1.0 * spins.x, [ps.Individual(0.3, spins.m), ps.Individual(0.3, spins.p)])
    coarse = ps.twa.evolve(field, [4.0], "down up", trajectories=2000, step=1.0)
    assert Doubt.STEP_TOO_LONG in coarse.sampling.doubts
    assert "give a step below" in coarse.sampling.doubts[Doubt.STEP_TOO_LONG]
    assert ps.twa.evolve(field, [4.0], "down up", trajectories=2000).reliable


def test_a_target_is_reached():
    state = ps.twa.steady_state(ps.models.tavis_cummings(N=2), "z1", target=0.02)
    assert state.reliable
    assert 0.004 < state.error("z1") <= 0.02
    run = ps.twa.evolve(ps.models.tavis_cummings(N=2), [1.0], "vacuum up", "z1", trajectories=640, target=0.02)
    assert run.reliable
    assert run.error("z1").max() <= 0.02
    assert run.sampling.trajectories > 640


def test_a_mode_that_gains_more_than_it_loses_has_no_steady_state():
    c, s = ps.Boson(), ps.Ensemble(1)
    with pytest.raises(SolverFailed, match="grow without bound"):
        ps.twa.steady_state(
            ps.Model(c, s, c.n + s.z, [ps.Central(5.0, c.ad), ps.Central(0.5, c.a), ps.Individual(1.0, s.m)]), duration=4000, step=0.5
        )


def test_without_jumps_nothing_relaxes():
    s = ps.Ensemble(3)
    with pytest.raises(ps.DegenerateSteadyState, match="has no jumps"):
        ps.twa.steady_state(ps.Model(ps.Spin(), s, 1.0 * s.x))
    with pytest.raises(ps.DegenerateSteadyState, match="nothing acts on ensemble 'A'"):
        ps.twa.steady_state(ps.Model(ps.Spin(), s, 0 * s.x, [ps.Central(0.2, ps.Spin().m)]))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"seed": -1}, "seed"),
        ({"target": 0}, "target"),
        ({"trajectories": 3}, "trajectories"),
        ({"step": math.nan}, "step"),
        ({"duration": "x"}, "duration"),
    ],
)
def test_wrong_arguments_are_refused(arguments, word):
    with pytest.raises(ps.InputError, match=f"`{word}` must be"):
        ps.twa.steady_state(ps.models.tavis_cummings(N=2), **arguments)


@pytest.mark.parametrize("start", ["fock=1", "vacuum dicke=1,0"])
def test_starts_without_a_positive_wigner_function_are_refused(start):
    with pytest.raises(ps.InputError, match="Wigner function is negative"):
        ps.twa.evolve(ps.models.tavis_cummings(N=2), [1.0], start)


def test_a_moment_that_was_not_sampled_is_refused():
    state = ps.twa.steady_state(ps.models.tavis_cummings(N=3), "z1", duration=4, trajectories=8)
    with pytest.raises(ps.InputError, match="was not sampled"):
        state.moment("z1 z2 z3")
