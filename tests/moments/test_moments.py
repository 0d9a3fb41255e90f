"""Moments of solved states: cumulants, collective operators, reduced density matrices, entanglement, P(j, m)."""

import math

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.moments import parse

BELL = np.zeros((4, 4))
BELL[np.ix_([0, 3], [0, 3])] = 0.5
PRODUCT_ENTROPY = -sum(p * math.log(p) for p in (0.3, 0.7, 0.6, 0.4))
SINGLET = np.zeros((4, 4))
SINGLET[1:3, 1:3] = [[0.5, -0.5], [-0.5, 0.5]]


def set_partitions(items):
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for partition in set_partitions(rest):
        yield [[first], *partition]
        for i, block in enumerate(partition):
            yield [*partition[:i], [first, *block], *partition[i + 1 :]]


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "two_ensembles", "three_level_centre", "qutrits"])
def test_cumulants_are_sums_over_set_partitions(name):
    """kappa = sum over partitions (-1)^(blocks - 1) (blocks - 1)! prod of the blocks' moments, each block spelled out."""
    state = ps.steady_state(systems.MODELS[name](3), moments=[])
    for label in state.labels(4):
        expected = 0
        for partition in set_partitions(str(label).split()):
            sign = (-1) ** (len(partition) - 1) * math.factorial(len(partition) - 1)
            expected += sign * math.prod(state.moment(" ".join(block)) for block in partition)
        assert abs(state.cumulant(label) - expected) < 1e-13, label


def test_charged_moments_vanish_exactly():
    state = ps.steady_state(systems.central_spin(4))
    assert state.moment("+0") == 0
    assert state.moment("+1 +2") == 0
    assert state.error("+1 +2") == 0
    assert set(state.moments(1)) == {"+1", "-1", "z1", "z0", "+0", "-0"}  # listed although they vanish


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "collective_jumps"])
@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_collective_operators(name, basis):
    model = systems.SPINS[name](9)
    state = ps.steady_state(model, basis=basis)
    c, s, N = model.centre, model.ensembles[0], 9
    up = (1 + state.moment("z1")) / 2
    assert abs(state.expect(s.p * s.m) - (N * up + N * (N - 1) * state.moment("+1 -2"))) < 1e-12
    assert abs(state.expect(s.m * s.p) - (N * (1 - up) + N * (N - 1) * state.moment("+1 -2"))) < 1e-12
    assert abs(state.expect(s.z * s.z) - (N + N * (N - 1) * state.moment("z1 z2"))) < 1e-12
    assert abs(state.expect(c.p * s.m) - N * state.moment("+0 -1")) < 1e-12
    assert abs(state.expect(c.z * s.x) - N * (state.moment("z0 +1") + state.moment("z0 -1"))) < 1e-12
    assert abs(state.expect(c.z * s.z * s.p - c.z * s.p * s.z) - 2 * N * state.moment("z0 +1")) < 1e-11
    # three factors on one site: z; two on one site (in 3 ways) and one elsewhere: z again
    cube = (N + 3 * N * (N - 1)) * state.moment("z1") + N * (N - 1) * (N - 2) * state.moment("z1 z2 z3")
    assert abs(state.expect(s.z * s.z * s.z) - cube) < 1e-11


def random_operator(rng, site):
    return site.operator(systems.random_matrix(rng, site.levels))


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # cavities: the oracle is cut as they are
@pytest.mark.parametrize("name", sorted(systems.MODELS))
def test_expectations_equal_brute_force(name):
    model = systems.MODELS[name](2)
    brute = BruteForce(model)
    rho = brute.steady_state()
    state = ps.steady_state(model)
    rng = np.random.default_rng(3)
    centre = model.centre
    operators = [(0.3 - 0.2j) * centre.a + centre.ad * centre.n if name in systems.CAVITIES else random_operator(rng, centre)]
    operators += [random_operator(rng, each) for each in model.ensembles]
    for operator in (*operators, operators[0] * operators[1], operators[1] * operators[-1] * operators[1], model.hamiltonian):
        assert abs(state.expect(operator) - (brute.operator(operator).full().T * rho).sum()) < 1e-12


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # cavities: the oracle is cut as they are
@pytest.mark.parametrize("name", sorted(systems.MODELS))
@pytest.mark.parametrize("centre", [True, False])
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


def test_to_qutip():
    state = ps.steady_state(systems.central_spin(3))
    rho = state.to_qutip(satellites=2)
    assert rho.dims == [[2, 2, 2], [2, 2, 2]]
    z0 = qutip.tensor(qutip.sigmaz(), qutip.qeye(2), qutip.qeye(2))
    assert abs(qutip.expect(z0, rho) - state.moment("z0").real) < 1e-14
    exchange = qutip.tensor(qutip.sigmap(), qutip.qeye(2), qutip.sigmam())
    assert abs((rho * exchange).tr() - state.moment("+0 -1")) < 1e-14


# -- functions of density matrices ------------------------------------------------------------------------------------------


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


# -- P(j, m) ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["central_spin", "resonant_central_spin", "nine_pairs", "collective_jumps"])
@pytest.mark.parametrize("N", [1, 4, 9])
def test_populations(name, N):
    model = systems.SPINS[name](N)
    state = ps.steady_state(model, basis="dicke")
    s, found = model.ensembles[0], state.populations()
    assert len(set(zip(found.j, found.m, strict=True))) == len(found.j) == sum(2 * j // 1 + 1 for j in np.arange(N / 2, -0.1, -1))
    assert (np.abs(found.m) <= found.j).all()
    assert found.probability.min() > -1e-14
    assert abs(found.probability.sum() - 1) < 1e-13
    assert abs((found.probability * found.m).sum() - state.expect(s.z).real / 2) < 1e-12
    total = state.expect(s.p * s.m + 0.25 * s.z * s.z - 0.5 * s.z)  # J+ J- + Jz^2 - Jz = j(j + 1)
    assert abs((found.probability * found.j * (found.j + 1)).sum() - total) < 1e-12
    assert abs((found.probability * found.m**2).sum() - state.expect(0.25 * s.z * s.z).real) < 1e-12


def test_populations_of_a_thermal_state():
    """Independent spins with p_up = 3/4: P(j, m) = d_j p^(N/2 + m) (1 - p)^(N/2 - m), d_j = C(N, N/2-j) (2j+1)/(N/2+j+1)."""
    N = 10
    found = ps.steady_state(ps.models.central_spin(N=N, g=0, kappa_up=0.1)).populations()
    for j, m, probability in zip(found.j, found.m, found.probability, strict=True):
        copies = math.comb(N, round(N / 2 - j)) * (2 * j + 1) / (N / 2 + j + 1)
        assert abs(probability - copies * 0.75 ** (N / 2 + m) * 0.25 ** (N / 2 - m)) < 1e-14


def test_labels_of_another_model_are_parsed_again():
    state = ps.steady_state(systems.central_spin(3))
    assert state.moment(parse("+2 -1", state.model)) == state.moment("+1 -2")
