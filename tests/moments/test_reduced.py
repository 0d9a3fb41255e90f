"""Reduced density matrices against partial traces, and functions of density matrices: closed cases, QuTiP."""

import itertools
import math

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce
from sampled import sampled

import permsym as ps

BELL = np.diag([0.5, 0, 0, 0.5]) + np.diag([0.5], 3) + np.diag([0.5], -3)


PRODUCT_ENTROPY = -sum(p * math.log(p) for p in (0.3, 0.7, 0.6, 0.4))


SINGLET = np.diag([0, 0.5, 0.5, 0]) - np.diag([0, 0.5, 0], 1) - np.diag([0, 0.5, 0], -1)


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # cavities: the oracle is cut as they are
@pytest.mark.parametrize(("name", "centre"), sampled(list(itertools.product(sorted(systems.MODELS), [True, False])), 3))
def test_reduced_states_equal_partial_traces(name, centre):
    model = systems.MODELS[name](2)
    brute = BruteForce(model)
    rho = brute.steady_state()
    state = ps.steady_state(model)
    for satellites in (0, 1, 2):
        counts = [min(satellites, each.N) for each in model.ensembles]
        if not centre and not satellites:
            continue
        sites = [0] if centre else []
        for each, count in zip(model.ensembles, counts, strict=True):
            sites += brute.sites[each.name][:count]
        reduced = state.reduced(satellites=counts, centre=centre)
        assert np.abs(reduced - brute.reduced(rho, sites)).max() < 1e-12
        assert np.abs(reduced - reduced.conj().T).max() < 1e-14
        assert abs(np.trace(reduced) - 1) < 1e-13
        assert np.linalg.eigvalsh(reduced).min() > -1e-13


def test_reduced_states_are_nested():
    state = ps.steady_state(ps.models.central_spin(N=40, omega=1.2))
    large = state.reduced(satellites=3).reshape(2, 2, 2, 2, 2, 2, 2, 2)
    assert np.abs(np.einsum("abcdefgd->abcefg", large).reshape(8, 8) - state.reduced(satellites=2)).max() < 1e-13
    assert np.abs(np.einsum("abcdabcd->", large) - 1) < 1e-13
    assert np.abs(np.einsum("abcdaefg->bcdefg", large).reshape(8, 8) - state.reduced(satellites=3, centre=False)).max() < 1e-13


@pytest.mark.parametrize(
    ("rho", "concurrence", "negativity", "entropy", "purity"),
    [
        (BELL, 1, 0.5, 0, 1),
        (SINGLET, 1, 0.5, 0, 1),
        (np.kron(np.diag([0.3, 0.7]), np.diag([0.6, 0.4])), 0, 0, PRODUCT_ENTROPY, 0.58 * 0.52),
        (np.eye(4) / 4, 0, 0, math.log(4), 0.25),
        (0.8 * SINGLET + 0.05 * np.eye(4), 0.7, 0.35, -0.85 * math.log(0.85) - 0.15 * math.log(0.05), 0.85**2 + 3 * 0.05**2),
        (0.2 * SINGLET + 0.2 * np.eye(4), 0, 0, -0.4 * math.log(0.4) - 0.6 * math.log(0.2), 0.4**2 + 3 * 0.2**2),
    ],
    ids=["Bell", "singlet", "product", "mixed", "Werner 0.8", "Werner 0.2"],
)
def test_closed_cases(rho, concurrence, negativity, entropy, purity):
    rho = np.asarray(rho, dtype=complex)
    assert abs(ps.concurrence(rho) - concurrence) < 1e-13
    assert abs(ps.negativity(rho, 2) - negativity) < 1e-13
    assert abs(ps.entropy(rho) - entropy) < 1e-13
    assert abs(ps.purity(rho) - purity) < 1e-13


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_random_two_qubit_states_against_qutip(rank, seed):
    rng = np.random.default_rng(100 * rank + seed)
    root = rng.standard_normal((4, rank)) + 1j * rng.standard_normal((4, rank))
    rho = root @ root.conj().T
    rho /= np.trace(rho).real
    theirs = qutip.Qobj(rho, dims=[[2, 2], [2, 2]])
    assert abs(ps.concurrence(rho) - qutip.concurrence(theirs)) < 1e-7  # qutip roots the rounding errors of eigenvalues
    assert abs(ps.negativity(rho, 2) - qutip.negativity(theirs, 0)) < 1e-13
    assert abs(ps.entropy(rho) - qutip.entropy_vn(theirs)) < 1e-13
    assert abs(ps.purity(rho) - theirs.purity()) < 1e-13
    if rank == 1:  # a pure state: |<psi|sy sy|psi*>|
        psi = root[:, 0] / np.linalg.norm(root)
        assert abs(ps.concurrence(rho) - 2 * abs(psi[0] * psi[3] - psi[1] * psi[2])) < 1e-13


def test_negativity_of_unequal_parts():
    psi = np.zeros(6)
    psi[[0, 4]] = math.sqrt(0.5)  # |00> + |11> of 2 x 3 levels
    rho = np.outer(psi, psi).astype(complex)
    assert abs(ps.negativity(rho, 2) - 0.5) < 1e-14
    assert abs(ps.negativity(rho, 1)) < 1e-14
