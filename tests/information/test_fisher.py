"""Fisher information about parameters against finite differences in the whole space, and against closed forms."""

import warnings
from functools import cache

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from oracles.systems import random_hermitian, random_matrix

import permsym as ps
from permsym.errors import InputError
from permsym.information.rate import generator
from permsym.steady.gradient import parameter_slopes

STENCIL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
H = 2e-3


def random_family(N, theta, phi):
    """theta in the Hamiltonian of centre and satellites, phi in a rate, nothing conserved."""
    rng = np.random.default_rng(3)
    c, s = ps.Spin(), ps.Ensemble(N)
    mixed = c.operator(random_matrix(rng)) * s.operator(random_matrix(rng))
    hamiltonian = c.operator(random_hermitian(rng)) + theta * s.operator(random_hermitian(rng)) + 0.5 * theta**2 * (mixed + mixed.dag())
    jumps = [
        ps.Central(0.8, c.operator(random_matrix(rng))),
        ps.Individual(phi**2, s.operator(random_matrix(rng))),
        ps.Individual(0.4, s.operator(random_matrix(rng))),
    ]
    return ps.Model(c, s, hamiltonian, jumps, parameters={"N": N, "theta": theta, "phi": phi})


def two_ensembles(NA, NB, g):
    c, a, b = ps.Spin(), ps.Ensemble(NA, name="A"), ps.Ensemble(NB, name="B")
    jumps = [ps.Central(1.0, c.m), ps.Individual(0.7, a.p), ps.Individual(0.3, b.p), ps.Individual(0.2, b.m)]
    hamiltonian = g * (c.p * a.m + c.m * a.p) + 0.4 * (c.p * b.m + c.m * b.p)
    return ps.Model(c, [a, b], hamiltonian, jumps, parameters={"NA": NA, "NB": NB, "g": g})


CASES = {
    "random theta": (random_family, {"N": 3, "theta": 0.7, "phi": 0.6}, "theta"),
    "random phi": (random_family, {"N": 2, "theta": 0.7, "phi": 0.6}, "phi"),
    "central spin": (ps.models.central_spin, {"N": 3, "omega": 1.3}, "g"),
    "central spin, a rate": (ps.models.central_spin, {"N": 2, "omega": 1.3}, "gamma_up"),
    "on resonance": (ps.models.central_spin, {"N": 3}, "omega"),
    "cavity": (ps.models.tavis_cummings, {"N": 1, "g": 0.6, "gamma_up": 0.02, "levels": 9}, "g"),
    "driven": (ps.models.driven_tavis_cummings, {"N": 1, "kappa": 1, "gamma_h": 0.5, "g": 0.8, "eta": 0.1, "levels": 8}, "eta"),
    "two ensembles": (two_ensembles, {"NA": 2, "NB": 1, "g": 0.5}, "g"),
}


@cache
def solved(case, basis="auto"):
    family, parameters, name = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # few levels
        state = ps.steady_state(family(**parameters), solver="superlu", basis=basis)
    return state, state.fisher(name, family)


def brute(case, offset=0.0):
    family, parameters, name = CASES[case]
    model = family(**parameters)
    return BruteForce(family(**{**model.parameters, name: model.parameters[name] + offset}))


def derivative(values):
    return sum(weight * values(k * H) for k, weight in STENCIL.items()) / H


@pytest.mark.parametrize(("case", "basis"), [*((case, "auto") for case in CASES), ("random theta", "occupation")])
def test_states_against_finite_differences_in_the_whole_space(case, basis):
    _, fisher = solved(case, basis)
    rho, slope = brute(case).steady_state(), derivative(lambda offset: brute(case, offset).steady_state())
    p, U = np.linalg.eigh(rho)
    d = np.abs(U.conj().T @ slope @ U) ** 2
    expected = sum(2 * d[k, j] / (p[k] + p[j]) for k in range(len(p)) for j in range(len(p)) if p[k] + p[j] > 1e-13)
    assert fisher.steady == pytest.approx(expected, rel=2e-8, abs=fisher.errors["steady"])
    assert fisher.errors["steady"] < 1e-4 * expected


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("random phi", "central spin, a rate")])
@pytest.mark.quick("central spin", "driven")
def test_rates_against_the_two_sided_generator(case):
    """4 d^2 lambda / d theta_1 d theta_2 of the generator with H(theta_1) from the left and H(theta_2) from the right."""
    state, fisher = solved(case)
    family, _, name = CASES[case]
    whole = brute(case)
    K = whole.operator(generator(name, parameter_slopes(state.model, name, family))).full()
    L, one = whole.liouvillian(), np.eye(whole.D)
    left, right = -1j * np.kron(one, K), 1j * np.kron(K.T, one)

    def largest(first, second):
        values = np.linalg.eigvals(L + first * left + second * right)
        return values[np.argmax(values.real)].real

    mixed = {}
    for k in (1, 2):
        h = 0.004 * k / np.sqrt(fisher.rate)
        mixed[k] = (largest(h, h) - largest(h, -h) - largest(-h, h) + largest(-h, -h)) / (4 * h**2)
    assert fisher.rate == pytest.approx(4 * (4 * mixed[1] - mixed[2]) / 3, rel=1e-6, abs=fisher.errors["rate"])


@pytest.mark.parametrize("case", ["cavity", "driven"])
def test_photons_against_finite_differences(case):
    def photons(offset):
        whole = brute(case, offset)
        rho = whole.steady_state()
        n = whole.dims[0]
        return np.einsum("njnj->n", rho.reshape(n, whole.D // n, n, whole.D // n)).real

    _, fisher = solved(case)
    expected = (derivative(photons) ** 2 / photons(0.0)).sum()
    assert fisher.photon_counting == pytest.approx(expected, rel=1e-8, abs=fisher.errors["photon_counting"])
    assert fisher.errors["photon_counting"] < 1e-4 * expected
    assert fisher.photon_counting <= fisher.steady


@pytest.mark.slow
def test_the_laser_of_the_defaults():
    fisher = ps.steady_state(ps.models.tavis_cummings(N=10)).fisher("g")
    assert fisher.photon_counting == pytest.approx(2.873059122, abs=6e-10)
    assert fisher.photon_counting < fisher.steady
    assert not fisher.reasons
    assert not fisher.missing


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_independent_spins(basis):
    """Rate equations: F = N (dp)^2 / (p (1 - p)); sigma^z flips like a telegraph: rate = 2 N (1 - z^2) / (up + down)."""
    N, up, down = 4, 0.7, 0.3
    state = ps.steady_state(ps.models.central_spin(N=N, g=0, gamma_up=up, gamma_down=down), basis=basis)
    p, total = up / (up + down), up + down
    about_rate, about_energy = state.fisher("gamma_up"), state.fisher("epsilon")
    assert about_rate.steady == pytest.approx(N * (down / total**2) ** 2 / (p * (1 - p)), rel=1e-10)
    assert "changes the jump" in about_rate.missing["rate"]
    assert about_energy.rate == pytest.approx(2 * N * (1 - (up - down) ** 2 / total**2) / total, rel=1e-9)
    assert about_energy.steady == pytest.approx(0, abs=1e-12)
    assert not about_energy.reasons


def test_names_that_are_no_parameters():
    state = solved("central spin")[0]
    with pytest.raises(InputError, match="no parameter 'h'; it has N, omega"):
        state.fisher("h")
    with pytest.raises(InputError, match="'N' counts something"):
        state.fisher("N")
    with pytest.raises(InputError, match="family="):
        ps.steady_state(random_family(2, 0.7, 0.6)).fisher("theta")


def broken(N, h):
    """h breaks the charge that the rest conserves."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Individual(0.7, s.p), ps.Individual(0.3, s.m), ps.Central(1.0, c.m)]
    return ps.Model(c, s, 0.5 * (c.p * s.m + c.m * s.p) + h * s.x, jumps, parameters={"N": N, "h": h})


def test_a_parameter_that_breaks_a_symmetry_has_a_rate():
    rate = ps.steady_state(broken(2, 0.0)).fisher("h", broken).rate
    assert rate == pytest.approx(ps.steady_state(broken(2, 1e-5)).fisher("h", broken).rate, rel=1e-6)


def test_without_factors_there_is_the_rate_alone():
    state = ps.steady_state(ps.models.tavis_cummings(N=2), solver="matrix-free")
    fisher = state.fisher("g")
    assert fisher.rate == pytest.approx(ps.steady_state(ps.models.tavis_cummings(N=2), solver="superlu").fisher("g").rate, rel=1e-7)
    assert fisher.steady is fisher.photon_counting is None
    assert "solver='superlu'" in fisher.missing["steady"]
    assert fisher.to_dict()["steady"] is None
