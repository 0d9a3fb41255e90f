"""Periodic states of centres of several sites: the whole space's propagator, and cut-offs that each mode chooses."""

from dataclasses import replace

import numpy as np
import pytest
from oracles import kinds
from oracles.brute_force import BruteForce
from scipy.linalg import expm

import permsym as ps


def switched(t):
    """1.5 in the first half of a period of 2, 0.5 in the second."""
    return 1.5 if t % 2 < 1 else 0.5


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")  # so few levels cost something
@pytest.mark.parametrize("name", ["two_modes", "mode_and_spin"])
@pytest.mark.quick("two_modes")
def test_equals_the_periodic_state_of_the_whole_space(name):
    model = getattr(kinds, name)(1)
    jump = model.jumps[0]
    answer = ps.floquet(model, modulate={model.jump("L[a@x] central").name: switched}, kinks=[1], period=2, times=[0, 1, 2], multipliers=3)
    half = {}
    for factor in (1.5, 0.5):
        jumps = [replace(jump, rate=factor * jump.rate), *model.jumps[1:]]
        half[factor] = expm(BruteForce(ps.Model(model.centre_sites, model.ensembles, model.hamiltonian, jumps)).liouvillian())
    oracle, whole = BruteForce(model), half[0.5] @ half[1.5]
    values, vectors = np.linalg.eig(whole)
    rho = vectors[:, np.argmin(np.abs(values - 1))]
    start = rho / np.trace(rho.reshape(oracle.D, -1, order="F"))
    for k, vector in enumerate((start, half[1.5] @ start)):
        for label in ("ad@x a@x", "z1"):
            expected = oracle.moment(vector.reshape(oracle.D, -1, order="F"), label)
            assert abs(answer.moment(label)[k] - expected) < 1e-9
    assert abs(answer.moment("ad@x a@x")[1] - answer.moment("ad@x a@x")[0]) > 1e-3
    assert np.abs(values[:, None] - answer.multipliers).min(axis=0).max() < 1e-8


def bright():
    """Mode x lases, mode y hardly shines."""
    x, y, s = ps.Boson(name="x"), ps.Boson(name="y"), ps.Ensemble(1)
    h = 0.6 * (x.a * s.p + x.ad * s.m) + 0.1 * (y.a * s.p + y.ad * s.m)
    return ps.Model([x, y], s, h, [ps.Central(0.6, x.a), ps.Central(2, y.a), ps.Individual(0.8, s.p), ps.Individual(0.3, s.m)])


@pytest.mark.slow
def test_each_mode_takes_the_levels_that_its_orbit_needs():
    """The first of many short periods takes fewer."""
    arguments = {"modulate": {"L[a@x]": "1 + 0.5*sin(20*pi*t)"}, "period": 0.1, "times": [0, 0.05], "tolerance": 1e-4}
    grown, many = ps.floquet(bright(), **arguments), ps.floquet(bright().with_levels(x=14, y=7), **arguments)
    begun = ps.evolve(bright(), [0.1], moments=["ad@x a@x", "ad@y a@y"], tolerance=1e-4).model.centre_sites
    (x, y), (first, other) = ([mode.levels for mode in sites] for sites in (grown.evolution.model.centre_sites, begun))
    assert x > first
    assert y == other
    for label in ("ad@x a@x", "ad@y a@y"):
        assert np.abs(grown.moment(label) - many.moment(label)).max() < 1e-4


def test_levels_of_some_modes_alone_are_refused():
    model = bright().with_levels(x=4)
    with pytest.raises(ps.InputError, match="the levels of all modes, or of none"):
        ps.floquet(model, modulate={"L[a@x]": "1"}, period=1.0)
