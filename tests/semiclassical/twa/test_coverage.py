"""How often 95 % intervals of truncated Wigner hold the number that they are about."""

import math

import pytest

import permsym as ps


def thermal_mode():
    """A mode with loss 0.8 and pump 0.3, which truncated Wigner has exactly: 0.3/0.5 photons, g2 = 2; its spin only decays."""
    c, s = ps.Boson(), ps.Ensemble(1)
    jumps = [ps.Central(0.8, c.a), ps.Central(0.3, c.ad), ps.Individual(1.0, s.m), ps.Individual(0.4, s.p)]
    return ps.Model(c, s, 0 * s.z, jumps), {"photons": 0.6, "g2": 2.0, "p_up": 0.4 / 1.4}


def share(model, truth, replicas, moments=2, **options):
    """How often each quantity's interval holds its true value, over so many seeds."""
    inside = dict.fromkeys(truth, 0)
    for seed in range(replicas):
        state = ps.twa.steady_state(model, moments, seed=seed, **options)
        for name, value in truth.items():
            own, error = (
                (state.derived[name], state.derived_errors[name]) if name in state.derived else (state.moment(name).real, state.error(name))
            )
            inside[name] += abs(own - value) < error
    return {name: number / replicas for name, number in inside.items()}


@pytest.mark.slow
def test_intervals_of_a_mode_and_a_spin_cover_their_closed_forms():
    """40 replicas: .95 within three of its own standard errors, .103."""
    model, truth = thermal_mode()
    shares = share(model, truth, 40, "ad a", duration=20, trajectories=16, step=0.06)
    assert all(abs(value - 0.95) < 0.103 for value in shares.values()), shares


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mode", "tavis-cummings", "driven", "central spin"])
def test_intervals_cover_as_often_as_they_say(name):
    """300 replicas: .92 to .98.  Where there is no closed form, the truth is that of trajectories eighty times as long."""
    names = {
        "tavis-cummings": ("photons", "g2", "p_up", "+1 -2"),
        "driven": ("photons", "g2", "coherent_photons", "z1"),
        "central spin": ("z0", "z1", "+1 -2"),
    }
    models = {
        "tavis-cummings": ps.models.tavis_cummings(N=4),
        "driven": ps.models.driven_tavis_cummings(N=20, kappa=1, gamma_h=0.5, C=14, drive=1.3),
        "central spin": ps.models.central_spin(N=6),
    }
    if name == "mode":
        model, truth = thermal_mode()
        shares = share(model, truth, 300)
    else:
        model = models[name]
        long = ps.twa.steady_state(model, 2, seed=10**6, duration=6000)
        assert long.reliable
        truth = {each: long.derived[each] if each in long.derived else long.moment(each).real for each in names[name]}
        shares = share(model, truth, 300, step=long.sampling.step)
    assert all(0.92 <= value <= 0.98 for value in shares.values()), shares
    assert not any(math.isnan(value) for value in truth.values())
