"""Properties that hold for every model, on random ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.brute_force import BruteForce
from oracles.systems import random_hermitian, random_matrix

import permsym as ps
from permsym.basis import build
from permsym.liouvillian import Liouvillian

RUNS = settings(deadline=None, max_examples=12, derandomize=True)


@st.composite
def central_spins(draw, largest=12):
    """Charge-conserving models with all the rates of the library's central spin."""
    rate = st.floats(0.01, 3)
    frequency = st.floats(-2, 2)
    names = ("kappa", "gamma_up", "gamma_down")
    extras = ("gamma_phi", "kappa_up", "kappa_phi")
    parameters = {name: draw(rate) for name in names} | {name: draw(st.just(0.0) | rate) for name in extras}
    parameters |= {name: draw(frequency) for name in ("omega", "epsilon", "g")}
    return ps.models.central_spin(N=draw(st.integers(1, largest)), **parameters)


@st.composite
def random_models(draw, largest=5):
    """Arbitrary complex matrices in every kind of term; individual loss and pump keep the steady state unique."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    c, s = ps.Spin(), ps.Ensemble(draw(st.integers(1, largest)))
    mixed = c.operator(random_matrix(rng)) * s.operator(random_matrix(rng))
    hamiltonian = c.operator(random_hermitian(rng)) + s.operator(random_hermitian(rng)) + 0.3 * (mixed + mixed.dag())
    square = s.operator(random_matrix(rng))
    if draw(st.booleans()):
        hamiltonian += 0.1 * square.dag() * square
    jumps = [ps.Individual(0.5, s.m), ps.Individual(0.4, s.p), ps.Central(0.3, c.m), ps.Individual(0.3, s.operator(random_matrix(rng)))]
    if draw(st.booleans()):
        jumps.append(ps.Individual(0.2, c.operator(random_matrix(rng)) * s.operator(random_matrix(rng))))
    if draw(st.booleans()):
        jumps.append(ps.Collective(0.1, s.operator(random_matrix(rng)) + c.operator(random_matrix(rng))))
    return ps.Model(c, s, hamiltonian, jumps)


def check_state(state):
    """Hermitian, positive, normalised: reduced states and P(j, m); moments of hermitian operators are real."""
    N = state.model.sizes[0]
    rho = state.reduced(satellites=min(2, N))
    assert np.abs(rho - rho.conj().T).max() < 1e-13
    assert np.linalg.eigvalsh(rho).min() > -1e-13
    assert abs(np.trace(rho) - 1) < 1e-13
    assert abs(state.moment("z0").imag) < 1e-14
    assert state.certificate.certified
    if state.basis.representation == "dicke":
        found = state.populations()
        assert found.probability.min() > -1e-13
        assert abs(found.probability.sum() - 1) < 1e-13


def check_equal(one, other):
    a, b = one.moments(3), other.moments(3)
    assert a.keys() == b.keys()
    assert np.max([abs(a[label] - b[label]) for label in a]) < 1e-11
    for label in a:  # conjugate labels hold conjugate values
        assert a[str(one.label(label).conjugate())] == a[label].conjugate()


@RUNS
@given(central_spins())
def test_central_spins(model):
    dicke, occupation = (ps.steady_state(model, basis=basis) for basis in ("dicke", "occupation"))
    check_state(dicke)
    check_state(occupation)
    check_equal(dicke, occupation)


@RUNS
@given(random_models())
@pytest.mark.slow
def test_random_models(model):
    dicke, occupation = (ps.steady_state(model, basis=basis) for basis in ("dicke", "occupation"))
    check_state(dicke)
    check_state(occupation)
    check_equal(dicke, occupation)


@RUNS
@given(random_models(largest=3))
def test_random_models_against_brute_force(model):
    brute = BruteForce(model)
    rho = brute.steady_state()
    state = ps.steady_state(model, moments=[])
    assert np.max([abs(value - brute.moment(rho, label)) for label, value in state.moments(3).items()]) < 1e-11


@RUNS
@given(random_models(), st.sampled_from(["dicke", "occupation"]))
def test_trace_is_a_left_null_vector(model, basis):
    space = Liouvillian(build(model, basis))
    matrix = space.matrix()
    assert np.abs(space.trace() @ matrix).max() < 1e-13 * space.trace().max() * abs(matrix).sum(axis=0).max()


@RUNS
@given(random_models(largest=4), st.sampled_from(["dicke", "occupation"]))
def test_no_growing_eigenvalue(model, basis):
    values = np.linalg.eigvals(Liouvillian(build(model, basis)).matrix().toarray())
    assert values.real.max() < 1e-10
    assert np.abs(np.sort_complex(values) - np.sort_complex(values.conj())).max() < 1e-7  # real matrix: conjugate pairs


@RUNS
@given(central_spins(largest=8))
def test_dictionary_round_trip_solves_to_the_same(model):
    again = ps.Model.from_dict(model.to_dict())
    assert again.hash == model.hash
    assert ps.steady_state(again).moments(2) == ps.steady_state(model).moments(2)


@RUNS
@given(central_spins(largest=8), st.floats(0.1, 10))
def test_the_unit_of_frequency_does_not_matter(model, factor):
    base = {name: value * factor for name, value in model.parameters.items() if name != "N"}
    fast = ps.steady_state(ps.models.central_spin(N=model.sizes[0], **base)).moments(2)
    slow = ps.steady_state(model).moments(2)
    assert np.max([abs(fast[label] - slow[label]) for label in slow]) < 1e-11
