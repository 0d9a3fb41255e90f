"""Evolutions and two-time functions on what their start reaches: random models with charges of single levels, against the whole space."""

import itertools

import numpy as np
import pytest
from oracles import atoms
from oracles.brute_force import BruteForce
from scipy.sparse.linalg import expm_multiply

import permsym as ps
from permsym.basis import build
from permsym.basis.representations import dimension
from permsym.dynamics.initial import parse_initial
from permsym.dynamics.reached import scope_of
from permsym.dynamics.two_time.source import sources


def random_model(seed, modulus, mode):
    """Atoms of three levels beside a mode or three levels; terms conserve random numbers of levels modulo ``modulus`` (0: exactly)."""
    rng = np.random.default_rng([seed, modulus])
    q, w = rng.permutation(4)[:3], int(rng.integers(1, 3))
    c, s = (ps.Boson(3), ps.Ensemble(1, levels=3)) if mode else (ps.Levels(3), ps.Ensemble(2, levels=3))
    steps = [(c.a, -w)] if mode else [(c.unit(a, b), w * (a - b)) for a, b in itertools.permutations(range(3), 2)]
    pairs = list(itertools.permutations(range(3), 2))
    h = 0.3 * s.unit(1, 1) + 0.7 * s.unit(2, 2) + (0.2 * c.n if mode else 0.2 * c.unit(1, 1))
    for i, j in pairs:
        for operator, change in [(1, 0), *steps]:
            total = int(change + q[i] - q[j])
            if (total % modulus if modulus else total) == 0:
                term = complex(*rng.uniform(-1, 1, 2)) * operator * s.unit(i, j)
                h = h + term + term.dag()
    some = rng.permutation(len(pairs))[:3]
    jumps = [ps.Individual(rng.uniform(0.2, 1), s.unit(*pairs[k])) for k in some]
    jumps += [ps.Central(0.5, c.a if mode else c.unit(0, 1)), ps.Collective(0.3, s.unit(*pairs[some[0]]))]
    return ps.Model(c, s, h, jumps)


@pytest.mark.quick("True-2-1", "False-3-1")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("modulus", [0, 2, 3, 4])
@pytest.mark.parametrize("mode", [True, False])
def test_random_charges_in_time(seed, modulus, mode):
    """Moments in time, and <A(t + tau) B(t)> with operators that change every charge, from one level of each site."""
    model = random_model(seed, modulus, mode)
    brute = BruteForce(model)
    matrix = brute.liouvillian()
    rho = np.zeros((brute.D, brute.D), dtype=complex)
    at = np.ravel_multi_index([1] + [seed % 3] * model.sizes[0], [3] * (1 + model.sizes[0]))
    rho[at, at] = 1
    label = ("fock=1" if mode else "level=1") + f" level={seed % 3}"
    later = (expm_multiply(0.6 * matrix, rho.ravel(order="F"))).reshape(rho.shape, order="F")
    evolution = ps.evolve(model, [0.6], initial=label, moments=2)
    for moment, values in evolution.moments.items():
        assert abs(values[0] - brute.moment(later, moment)) < 1e-8
    s = model.ensembles[0]
    for (i, j), centre in itertools.product([(0, 2), (1, 0)], [True, False]):
        b = (model.centre.a if mode else model.centre.unit(0, 1)) if centre else s.unit(i, j)
        first, second = brute.operator(b.dag()).full(), brute.operator(b).full()
        moved = expm_multiply(0.5 * matrix, (second @ later).ravel(order="F"))
        exact = np.trace(first @ moved.reshape(rho.shape, order="F"))
        assert abs(ps.correlation(model, b.dag(), b, [0.5], initial=label, start=0.6).values[0] - exact) < 1e-8
    scope = scope_of(model, "occupation", (0,) * len(model.charges), parse_initial(label, model))
    assert scope is None or build(model, scope=scope).dimension == dimension(model, scope=scope) < build(model).dimension


@pytest.mark.parametrize(
    ("name", "initial", "unknowns", "whole"),
    [
        ("driven_lambda", "vacuum level=0", 148, 720),
        ("four_level_laser", "vacuum level=2", 72, 304),
        ("two_photons", "vacuum down", 40, 160),
    ],
)
def test_unknowns_of_an_evolution(name, initial, unknowns, whole):
    model = atoms.MODELS[name](2, 4)
    scope = scope_of(model, "occupation" if name != "two_photons" else "dicke", (0,) * len(model.charges), parse_initial(initial, model))
    assert (build(model, scope=scope).dimension, build(model).dimension) == (unknowns, whole)
    assert ps.evolve(model, [0.1], initial=initial).dimension <= unknowns


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
def test_the_line_of_a_charge_of_one_level():
    """Numbers of a design page: the sector of a has one class of elements, as many unknowns as the populations' own."""
    model = atoms.driven_lambda(2, 4)
    state = ps.steady_state(model, moments=["ad a"])
    (source,) = sources(state, "ad", "a")
    assert source.dimension == 129
    assert not source.basis.hermitian
    assert abs(ps.linewidth(state).eigenvalue - (-0.5999545087 + 0.5961528329j)) < 1e-10


def test_a_coherent_start_reaches_more():
    """Of the Dicke model a coherent mode has both parities, and moments of either."""
    model = ps.models.dicke(N=2, levels=6)
    even, both = (parse_initial(text, model) for text in ("vacuum down", "coherent=0.3 down"))
    assert scope_of(model, "dicke", (), even) is not None
    assert scope_of(model, "dicke", (), both) is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
def test_states_of_an_evolution_go_on_and_into_files(tmp_path):
    model = atoms.driven_lambda(2, 3)
    whole = ps.evolve(model, [0.5, 1.0], initial="vacuum level=0", moments=["ad a"])
    half = ps.evolve(model, [0.5], initial="vacuum level=0", moments=["ad a"]).state(0.5)
    half.save(tmp_path / "half.h5")
    for state in (half, ps.load_state(tmp_path / "half.h5")):
        assert abs(ps.evolve(model, [0.5], initial=state, moments=["ad a"]).moment("ad a")[0] - whole.moment("ad a")[1]) < 1e-9
