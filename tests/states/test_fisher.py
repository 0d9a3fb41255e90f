"""Quantum Fisher information of rotations: closed forms, the whole space, and bounds against states that are off by a little."""

import math
from functools import cache

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from oracles.systems import central_spin, nine_pairs

import permsym as ps
from permsym.errors import InputError, TooLarge


@cache
def idle(N):
    """A centre and N spins without a conserved charge."""
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, c.x + s.x + s.z, jumps=[ps.Individual(1.0, s.m), ps.Central(0.7, c.m)])


@cache
def operators(N):
    """J_x, J_y, J_z of the satellites behind a centre, in the whole space."""
    brute, s = BruteForce(idle(N)), ps.Ensemble(N)
    return [brute.operator(each).full() / 2 for each in (s.x, s.y, s.z)]


def pure(N, satellites):
    vector = np.kron([0, 1], satellites / np.linalg.norm(satellites))
    return np.outer(vector, np.conj(vector))


def state(N, matrix):
    return ps.from_matrix(matrix, idle(N))


def whole(rho, J):
    """F(a, b) by the eigenvectors of the whole density matrix."""
    p, U = np.linalg.eigh(rho)
    J = [U.conj().T @ each @ U for each in J]
    weight = np.array([[2 * (x - y) ** 2 / (x + y) if x + y > 1e-12 else 0.0 for y in p] for x in p])
    return np.array([[np.sum(weight * a * b.T).real for b in J] for a in J])


def product(N, theta, phi):
    one = np.array([math.cos(theta / 2), np.exp(1j * phi) * math.sin(theta / 2)])
    vector = np.ones(1)
    for _ in range(N):
        vector = np.kron(vector, one)
    return vector


@pytest.mark.parametrize("joint", [False, True])
def test_a_coherent_state(joint):
    N, theta, phi = 4, 0.8, 0.3
    n = np.array([math.sin(theta) * math.cos(phi), math.sin(theta) * math.sin(phi), math.cos(theta)])
    fisher = state(N, pure(N, product(N, theta, phi))).rotation_fisher(joint)
    assert fisher.matrix == pytest.approx(N * (np.eye(3) - np.outer(n, n)), abs=1e-12)
    assert fisher.largest == pytest.approx(N)
    assert fisher.about(n) == pytest.approx(0, abs=1e-12)


def test_a_ghz_state():
    N = 4
    fisher = state(N, pure(N, product(N, 0, 0) + product(N, math.pi, 0))).rotation_fisher()
    assert fisher.largest == pytest.approx(N**2)
    assert np.abs(fisher.axis) == pytest.approx([0, 0, 1], abs=1e-7)
    assert fisher.matrix == pytest.approx(np.diag([N, N, N**2]), abs=1e-10)


@pytest.mark.parametrize(("j", "m"), [(2, 0), (2, 1), (1, -1)])
def test_dicke_states(j, m):
    """Of a pure state 2 (j (j + 1) - m^2); the copies of j < N/2 are mixed, and hold no more."""
    model = ps.models.central_spin(N=4, g=0, gamma_up=0)
    brute = BruteForce(model)
    s = model.ensembles[0]
    J = [brute.operator(each).full() / 2 for each in (s.x, s.y, s.z)]
    squared = sum(each @ each for each in J)
    values, vectors = np.linalg.eigh(squared + 100 * J[2] + 1000 * brute.operator(model.centre.z).full())
    wanted = np.abs(values - (j * (j + 1) + 100 * m - 1000)) < 1e-6
    rho = vectors[:, wanted] @ vectors[:, wanted].conj().T / wanted.sum()
    assert squared @ rho == pytest.approx(j * (j + 1) * rho)
    for joint in (False, True):
        fisher = ps.from_matrix(rho, model).rotation_fisher(joint)
        assert fisher.matrix == pytest.approx(np.diag([1, 1, 0]) * 2 * (j * (j + 1) - m**2), abs=1e-10)


def test_one_qubit():
    """F(a, b) = |r|^2 delta - r_a r_b with the Bloch vector r."""
    r = np.array([0.3, -0.2, 0.5])
    rho = (np.eye(2) + r[0] * np.array([[0, 1], [1, 0]]) + r[1] * np.array([[0, -1j], [1j, 0]]) + r[2] * np.diag([1, -1])) / 2
    fisher = state(1, np.kron(np.diag([0.4, 0.6]), rho)).rotation_fisher()
    assert fisher.matrix == pytest.approx(r @ r * np.eye(3) - np.outer(r, r), abs=1e-14)


@pytest.mark.parametrize("model", [nine_pairs(3, 0), nine_pairs(2, 1), central_spin(3)], ids=["random 3", "random 2", "central spin"])
def test_steady_states_against_the_whole_space(model):
    solved, brute = ps.steady_state(model), BruteForce(model)
    rho = brute.steady_state()
    s = model.ensembles[0]
    J = [brute.operator(each).full() / 2 for each in (s.x, s.y, s.z)]
    reduced = np.einsum("kmkn->mn", rho.reshape(2, brute.D // 2, 2, brute.D // 2))
    alone = [each[: brute.D // 2, : brute.D // 2] for each in J]
    for joint, expected in ((False, whole(reduced, alone)), (True, whole(rho, J))):
        fisher = solved.rotation_fisher(joint)
        assert fisher.matrix == pytest.approx(expected, abs=1e-9)
        assert fisher.lower <= np.linalg.eigvalsh(expected)[-1] + 1e-9
        assert fisher.upper >= np.linalg.eigvalsh(expected)[-1] - 1e-9
        assert fisher.upper - fisher.lower < 1e-4 * fisher.largest
        assert solved.trace_norm_error >= np.abs(np.linalg.eigvalsh(solved.full() - rho)).sum() / 10  # of two computed ones


@pytest.mark.parametrize("size", [1e-8, 1e-4, 1e-2])
@pytest.mark.parametrize("kind", ["ghz", "coherent", "mixed"])
def test_bounds_hold_for_states_that_are_off(kind, size):
    """Mixed with others so that the trace norm of the difference is at most 2 size: the most sensitive for GHZ states."""
    N, rng = 3, np.random.default_rng(2)
    up, down = product(N, 0, 0), product(N, math.pi, 0)
    start = {
        "ghz": pure(N, up + down),
        "coherent": pure(N, product(N, 1.0, 0.2)),
        "mixed": ps.steady_state(idle(N)).full(),
    }[kind]
    others = [pure(N, up - down), pure(N, up), *(pure(N, product(N, *rng.uniform(0, 3, 2))) for _ in range(4))]
    for other in others:
        rho = (1 - size) * start + size * other
        error = np.abs(np.linalg.eigvalsh(rho - start)).sum()
        model, J = idle(N), operators(N)
        computed = ps.from_matrix(start, model)
        bounds = with_error(computed, error)
        true = np.linalg.eigvalsh(whole(rho, J))[-1]
        assert bounds.lower <= true + 1e-12
        assert bounds.upper >= true - 1e-12
        assert bounds.lower >= bounds.largest - 3 * N**2 * error - 1e-12  # linear below
        assert bounds.upper <= bounds.largest + 20 * N**2 * math.sqrt(error)


def with_error(rho, error):
    from permsym.states.fisher import fisher_of_blocks

    return fisher_of_blocks(((block.j, block.flat) for block in rho.blocks()), rho.model.sizes[0], error, joint=True)


@pytest.mark.parametrize("size", [1e-8, 1e-3])
def test_bounds_of_diagonal_states(size):
    from permsym.states.collective_spin import DickePopulations
    from permsym.states.fisher import fisher_of_populations

    rng = np.random.default_rng(0)
    j = np.array([2.0] * 5 + [1.0] * 3)
    m = np.array([2, 1, 0, -1, -2, 1, 0, -1.0])
    p = np.array([0.5, 1e-12, 0.2, 0.0, 0.1, 0.1, 0.05, 0.05])
    start = fisher_of_populations(DickePopulations(j, m, p / p.sum()), 4, size)
    for _ in range(20):
        moved = rng.random(8)
        q = (1 - size / 2) * p / p.sum() + size / 2 * moved / moved.sum()
        other = fisher_of_populations(DickePopulations(j, m, q), 4, 0.0)
        assert start.lower <= other.largest <= start.upper


def test_populations_and_blocks_agree():
    from permsym.states.fisher import fisher_of_blocks

    solved = ps.steady_state(ps.models.central_spin(N=9))
    blocks = ((block.j, np.einsum("kmkn->mn", block.matrix)) for block in solved.blocks())
    expected = fisher_of_blocks(blocks, 9, solved.trace_norm_error, joint=False)
    fisher = solved.rotation_fisher()
    assert fisher.matrix == pytest.approx(expected.matrix, abs=1e-11)
    assert fisher.upper - fisher.lower < 1e-8
    assert expected.upper - expected.lower > 1e-6  # the square root of what the trace norm is off by
    assert max(expected.lower, fisher.lower) <= fisher.largest <= min(expected.upper, fisher.upper)


def test_a_window_of_many_satellites():
    model = ps.models.central_spin(N=150)
    with pytest.warns(ps.UncertifiedWarning):
        cut = ps.steady_state(model, window=7, moments="z0").rotation_fisher()
    exact = ps.steady_state(model, window="full", moments="z0").rotation_fisher()
    assert cut.largest == pytest.approx(exact.largest, rel=1e-3)
    assert cut.lower <= exact.largest <= cut.upper
    assert exact.upper - exact.lower < 1e-6 * exact.largest


def test_what_does_not_fit_is_refused(monkeypatch):
    rho = ps.steady_state(ps.models.central_spin(N=20))
    monkeypatch.setenv("PERMSYM_MEMORY", "100kB")
    with pytest.raises(TooLarge, match="take fewer satellites"):
        rho.rotation_fisher(joint=True)
    assert rho.rotation_fisher().largest > 0


def test_what_is_unknown_has_no_bounds():
    fisher = state(2, pure(2, product(2, 0, 0))).rotation_fisher()
    assert math.isnan(fisher.lower)
    assert fisher.to_dict()["upper"] is None


def test_other_representations_are_told_what_to_do():
    with pytest.raises(InputError, match="basis='dicke'"):
        ps.steady_state(ps.models.central_spin(N=3), basis="occupation").rotation_fisher(joint=True)


def test_a_state_on_its_way_has_coherences_of_all_charges():
    """From the x axis, in a model that conserves m: populations alone would say less."""
    c, s = ps.Spin(), ps.Ensemble(3)
    model = ps.Model(c, s, 0.25 * (s.z * s.z), jumps=[ps.Individual(0.3, s.z)])
    rho = ps.evolve(model, [0, 0.4], initial="down bloch=pi/2,0", keep="all").state(0.4)
    brute = BruteForce(model)
    J = [brute.operator(each).full() / 2 for each in (s.x, s.y, s.z)]
    expected = whole(rho.full(), J)
    for joint in (False, True):
        fisher = rho.rotation_fisher(joint)
        assert fisher.matrix == pytest.approx(expected, abs=1e-9)
        assert fisher.lower <= fisher.largest <= fisher.upper < fisher.largest + 1e-3
    assert rho.trace_norm_error < 1e-9
