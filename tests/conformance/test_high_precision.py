"""The oracle of the attack against QuTiP's product space, closed forms and itself."""

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from oracles.closed_forms import exchange_pair
from oracles.evolution import bloch, moments, product
from oracles.high_precision import HighPrecision
from oracles.systems import MODELS
from oracles.whole_numbers import NoTruth

import permsym as ps
from permsym.moments.labels import enumerate_labels


def value(system, label):
    return complex(*map(float, system.value(label)))


@pytest.mark.parametrize(
    "name", ["nine_pairs", "conditional_jumps", "collective_jumps", "two_ensembles", "random_qutrits", "squeezed_cavity"]
)
def test_steady_states_are_those_of_the_product_space(name):
    model = MODELS[name](2 if name != "two_ensembles" else 1)
    brute, system = BruteForce(model), HighPrecision(model)
    rho = brute.steady_state()
    for label in enumerate_labels(model, 2):
        assert abs(brute.moment(rho, str(label)) - value(system, str(label))) < 1e-12


def test_two_spins_in_closed_form():
    c, s = ps.Spin(), ps.Ensemble(1)
    jumps = [ps.Central(0.3, c.m), ps.Central(0.25, c.p), ps.Individual(1.5, s.p), ps.Individual(0.5, s.m)]
    model = ps.Model(c, s, 0.35 * c.z - 0.15 * s.z + 0.8 * (c.p * s.m + c.m * s.p), jumps)
    for label, right in exchange_pair(0.8, 1.0, 0.3, 0.25, 1.5, 0.5).items():
        assert abs(value(HighPrecision(model), label) - right) < 1e-15


def test_rates_far_apart_keep_all_digits():
    """n = up / (up + down) of one satellite alone: 1e-12 and 1, to twenty digits."""
    c, s = ps.Spin(), ps.Ensemble(1)
    model = ps.Model(c, s, 0 * s.z, [ps.Individual(2.0**-40, s.p), ps.Individual(1.0, s.m), ps.Central(1.0, c.m)])
    n = (1 + HighPrecision(model).value("z1")[0]) / 2
    assert abs(float(n * (1 + 2**40) - 1)) < 1e-50


def test_no_truth_without_a_unique_steady_state():
    c, s = ps.Spin(), ps.Ensemble(2)
    with pytest.raises(NoTruth):
        HighPrecision(ps.Model(c, s, c.z, [ps.Central(1.0, c.m)])).value("z0")


@pytest.mark.parametrize("name", ["central_spin", "products", "qutrits"])
def test_eigenvalues_and_evolutions_are_those_of_the_product_space(name):
    model = MODELS[name](1 if name == "qutrits" else 2)
    brute, system = BruteForce(model), HighPrecision(model)
    every = np.linalg.eigvals(brute.liouvillian())
    values, errors = system.eigenvalues((0,) * len(model.charges))
    assert np.abs(values[:, None] - every[None, :]).min(axis=1).max() < 1e-7
    assert errors.max() < 1e-7
    one = bloch(1, 0.5)
    other = one if model.ensembles[0].levels == 2 else np.diag([0.5, 0.2, 0.3]).astype(complex)
    right = moments(model, product(model, one, other), [0.7], ["z0"])[0, 0]
    state, own = system.evolved(system.density(one, other), 0.7)
    assert abs(complex(system.expected("z0", state)) - right) < 1e-12
    assert own < 1e-15


def test_long_and_short_evolutions_agree(monkeypatch):
    system = HighPrecision(MODELS["central_spin"](2))
    start = system.density(bloch(1, 0.5), bloch(2, 0))
    squared, _ = system.evolved(start, 3.0)
    monkeypatch.setattr("oracles.whole_numbers._SQUARED", 0)
    stepped, _ = system.evolved(start, 3.0)
    assert np.abs(squared - stepped).max() < 1e-16


def test_gradients_are_differences():
    def made(kappa):
        c, s = ps.Spin(), ps.Ensemble(2)
        H = 0.7 * (c.p * s.m + c.m * s.p)
        return ps.Model(c, s, H, [ps.Central(kappa, c.m), ps.Individual(1.0, s.p), ps.Individual(0.5, s.m)])

    system, step = HighPrecision(made(0.5)), 2.0**-20
    change = system.slope([0, 0, 1 / 0.5, 0, 0])
    above, below = (HighPrecision(made(0.5 + sign * step)).value("z0")[0] for sign in (1, -1))
    assert abs(float((above - below) / 2) / step - float(system.value("z0", change)[0])) < 1e-11
    # of the coefficient itself: one unit of share
    assert abs(system.condition("z0") - sum(abs(float(system.value("z0", system.slope(np.eye(5)[k]))[0])) for k in range(5))) < 1e-12
