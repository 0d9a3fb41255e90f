"""Models of satellites alone: the same answers as in the whole space, and every label, word and file that goes without a centre."""

from functools import cache

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from scipy import linalg

import permsym as ps
from permsym.models.file import read_model_text

TEXT = """
[parameters]
N = ""
[centre]
kind = "none"
[[ensembles]]
N = "N"
[[hamiltonian]]
coefficient = 0.7
operator = "z"
[[hamiltonian]]
coefficient = 0.4
operator = "x"
[[hamiltonian]]
coefficient = "0.3/N"
operator = "x x"
[[jumps]]
kind = "individual"
rate = 1
operator = "-"
[[jumps]]
kind = "collective"
rate = 0.4
operator = "-"
"""


def alone(N):
    s = ps.Ensemble(N)
    return ps.Model(None, s, 0.7 * s.z + 0.4 * s.x + 0.3 / N * s.x * s.x, [ps.Individual(1.0, s.m), ps.Collective(0.4, s.m)])


def two_alone():
    a, b = ps.Ensemble(2, "A"), ps.Ensemble(1, "B", levels=3)
    h = 0.5 * a.z + 0.6 * (a.p * b.unit(0, 1) + a.m * b.unit(1, 0)) + b.unit(2, 2)
    jumps = [ps.Individual(0.8, a.p), ps.Individual(0.3, a.m), ps.Individual(0.5, b.unit(1, 2)), ps.Individual(0.6, b.unit(2, 0))]
    return ps.Model(None, [a, b], h, jumps)


@cache
def whole(N=3):
    brute = BruteForce(alone(N))
    return brute, brute.liouvillian()


@pytest.mark.parametrize("basis", ["dicke", "occupation", "full"])
def test_steady_state_equals_brute_force(basis):
    state = ps.steady_state(alone(3), basis=basis, moments=3)
    brute, _ = whole()
    rho = brute.steady_state()
    assert state.certificate.certified
    assert np.max([abs(value - brute.moment(rho, label)) for label, value in state.moments(3).items()]) < 1e-12
    assert np.abs(state.full() - rho).max() < 1e-12


def test_two_ensembles_equal_brute_force():
    model = two_alone()
    state, brute = ps.steady_state(model), BruteForce(model)
    rho = brute.steady_state()
    assert model.charges == ((0, 1, 1),)  # none of a centre that is not there
    assert np.max([abs(value - brute.moment(rho, label)) for label, value in state.moments(2).items()]) < 1e-12


def test_evolution_and_eigenvalues_equal_brute_force():
    model = alone(3)
    brute, matrix = whole()
    evolution = ps.evolve(model, [0, 0.8], initial="bloch=1.1,0.4", moments=["z1", "+1 -2"])
    spin = np.array([np.cos(0.55), np.exp(0.4j) * np.sin(0.55)])
    start = np.kron(np.kron(spin, spin), spin)
    rho = (linalg.expm(0.8 * matrix) @ np.outer(start, start.conj()).ravel(order="F")).reshape(8, 8, order="F")
    for label in ("z1", "+1 -2"):
        assert abs(evolution.moment(label)[-1] - brute.moment(rho, label)) < 1e-10
    exact = np.linalg.eigvals(matrix)
    slow = ps.eigenvalues(model, k=4).eigenvalues
    assert np.max([np.abs(exact - value).min() for value in slow]) < 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: ps.steady_state(model, moments="z0"), "'z0' is of a centre, which this model lacks; write +1 -2 z3"),
        (lambda model: ps.evolve(model, [0, 1], initial="up up"), "has no site left"),
        (lambda model: ps.evolve(model, [0, 1], initial="fock=1"), "write satellites as down"),
        (lambda model: model.centre.unit(0, 0), "this model has no centre"),
        (lambda model: ps.steady_state(model).rotated("x", 0.1, of="centre"), "only spins are rotated"),
        (lambda model: ps.steady_state(model).g1([0, 1]), "this model has no centre with a field"),
        (lambda model: ps.spectrum(model, [0, 1]), "whose spectrum? a model without a centre"),
        (lambda _: ps.Model("none", ps.Ensemble(2), ps.Ensemble(2).z), "or None, but is 'none'"),
        (lambda _: read_model_text(TEXT.replace('"x x"', '"x0 x"'), "f.toml")[0](N=3), "'x0' in operator 'x0 x' acts on a centre"),
    ],
)
def test_refusals_name_the_missing_centre(call, message):
    with pytest.raises(ps.InputError, match=r"^[^\n]*$") as caught:
        call(alone(3))
    assert message in str(caught.value)


def test_files_say_none():
    model = read_model_text(TEXT, "alone.toml")[0](N=3)
    assert model.hash == alone(3).hash == ps.Model.from_dict(model.to_dict()).hash


def test_words_and_other_programs_leave_the_centre_out():
    qutip = pytest.importorskip("qutip")
    model = alone(3)
    assert str(ps.evolve(model, [0, 1], initial="dicke=1.5,0.5").initial) == "dicke=1.5,0.5"
    matrix = ps.steady_state(model).to_qutip(None)
    assert matrix.dims == [[2, 2, 2], [2, 2, 2]]
    assert np.abs(ps.from_qutip(matrix, model).full() - matrix.full()).max() < 1e-14
    assert isinstance(matrix, qutip.Qobj)


def test_approximations_of_spins_alone():
    """Cumulants of the highest order are exact; the others have no term of a centre to be wrong in."""
    model = alone(3)
    exact = ps.steady_state(model).moment("z1")
    assert abs(ps.cumulants.steady_state(model, order=3).moment("z1") - exact) < 1e-9
    noise = ps.linear_noise(alone(400))
    assert abs(noise.moment("z1") - ps.cumulants.steady_state(alone(400), order=2).moment("z1")) < 1e-3


@pytest.mark.slow
def test_truncated_wigner_has_no_spin_for_the_centre():
    trajectories = ps.twa.steady_state(alone(40), seed=1, target=0.02, moments="z1")
    assert abs(trajectories.moment("z1") - ps.steady_state(alone(40), moments="z1").moment("z1")) < 0.04
