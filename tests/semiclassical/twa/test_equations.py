"""Random numbers, Weyl symbols, drift and noise of truncated Wigner against matrices."""

import itertools
import math

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.philox import circle, normals, philox, radius
from permsym.semiclassical.twa.equations import equations
from permsym.semiclassical.twa.kernel import velocity
from permsym.semiclassical.twa.noise import scatter
from permsym.semiclassical.twa.one_spin import one_spin
from permsym.semiclassical.twa.symbols import distinct_symbol

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # known answers of Random123
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_words(counter, key, expected):
    assert philox(*map(np.uint64, (*counter, *key))) == expected


def test_normal_numbers_have_the_moments_of_normal_numbers():
    out = np.zeros((8000, 5))
    normals(out, np.uint64(0), np.arange(5).astype(np.uint64), np.uint64(1), np.uint64(2))
    for power, expected in ((1, 0), (2, 1), (3, 0), (4, 3)):
        assert abs((out**power).mean() - expected) < 5 * math.sqrt(105 / out.size)
    assert abs((out[::2] * out[1::2]).mean()) < 5 / math.sqrt(out.size / 2)
    assert np.abs(np.corrcoef(out.T) - np.eye(5)).max() < 5 / math.sqrt(len(out))  # streams know nothing of each other
    again = np.zeros((4, 1))
    normals(again, np.uint64(7), np.array([3], dtype=np.uint64), np.uint64(1), np.uint64(2))
    np.testing.assert_array_equal(again[:, 0], out[28:32, 3])


def test_box_and_muller_have_the_functions_of_the_library():
    rng = np.random.default_rng(1)
    for word in (0, 1, 2**29 - 1, 2**29, 2**30, 3 * 2**29, 2**31, 3 * 2**30, 2**32 - 1, *rng.integers(0, 2**32, 500).tolist()):
        assert radius.py_func(np.uint64(word)) == pytest.approx(math.sqrt(-2 * math.log((word + 0.5) / 2**32)), abs=2e-15)
        angle = 2 * math.pi * word / 2**32
        assert circle.py_func(np.uint64(word)) == pytest.approx((math.cos(angle), math.sin(angle)), abs=1e-15)


@pytest.mark.parametrize(
    ("raised", "lowered", "inverted"), [(1, 1, 0), (0, 0, 2), (1, 1, 1), (2, 1, 1), (0, 0, 3), (1, 1, 2), (2, 2, 0), (0, 0, 4)]
)
def test_symbols_of_distinct_spins_are_symmetrised_products_of_sums(raised, lowered, inverted):
    """As matrices on four spins: the symbol's monomials mean products of collective operators, averaged over all their orders."""
    N = 4
    plus, minus = (PAULI[0] + 1j * PAULI[1]) / 2, (PAULI[0] - 1j * PAULI[1]) / 2

    def at(placed):
        result = np.eye(1)
        for site in range(N):
            result = np.kron(result, placed.get(site, np.eye(2)))
        return result

    factors = [plus] * raised + [minus] * lowered + [PAULI[2]] * inverted
    expected = sum(at(dict(zip(sites, factors, strict=True))) for sites in itertools.permutations(range(N), len(factors)))
    sums = [sum(at({site: one}) for site in range(N)) for one in (plus, minus, PAULI[2])]
    total = np.zeros_like(expected)
    for powers, value in distinct_symbol(raised, lowered, inverted, N).items():
        orders = list(itertools.permutations([sums[k] for k in range(3) for _ in range(powers[k])]))
        total = total + value / len(orders) * sum(np.linalg.multi_dot([np.eye(2**N), np.eye(2**N), *order]) for order in orders)
    np.testing.assert_allclose(total * math.perm(N, len(factors)), expected, atol=1e-11)


def two_spins(seed):
    """A spin centre and one satellite with every bilinear term, and random jumps of each alone."""
    rng = np.random.default_rng(seed)
    c, s = ps.Spin(), ps.Ensemble(1)

    def random():
        return systems.random_matrix(rng)

    mixed = c.operator(random()) * s.operator(random())
    hermitian = c.operator(systems.random_hermitian(rng)) + s.operator(systems.random_hermitian(rng)) + 0.5 * (mixed + mixed.dag())
    jumps = [ps.Central(rate, c.operator(random())) for rate in (0.3, 0.8)] + [ps.Individual(0.6, s.operator(random()))]
    return c, s, ps.Model(c, s, hermitian, jumps), rng


def moved(u, arrays):
    """Fields and velocity at one point."""
    fields, out = np.zeros((len(u), 1)), np.zeros((len(u), 1))
    velocity(np.asarray(u, dtype=float)[:, None].copy(), fields, out, arrays)
    return fields[:, 0], out[:, 0]


@pytest.mark.parametrize("seed", range(3))
def test_the_drift_is_the_symbol_of_the_master_equation(seed):
    """d<O>/dt of every Pauli matrix of two spins, expanded in products of Pauli matrices."""
    c, s, model, rng = two_spins(seed)
    arrays, u = equations(model), rng.standard_normal(6)
    _, out = moved(u, arrays)
    brute = BruteForce(model)
    first, second = (np.array([np.eye(2), *PAULI]) for _ in range(2))
    at = [np.concatenate([[1], u[:3]]), np.concatenate([[1], u[3:]])]
    for i, observable in enumerate([c.x, c.y, c.z, s.x, s.y, s.z]):
        action = brute.adjoint_action(observable)
        symbol = sum(
            np.trace(np.kron(first[a], second[b]) @ action) / 4 * at[0][a] * at[1][b] for a, b in itertools.product(range(4), repeat=2)
        )
        assert out[i] == pytest.approx(symbol.real, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_noise_of_one_spin_is_that_of_the_master_equation(seed):
    """B B^T of the kernel against L^dag(AB) - L^dag(A) B - A L^dag(B), where nothing is clipped."""
    rng = np.random.default_rng(seed)
    jumps = [(rate, systems.random_matrix(rng)) for rate in (0.7, 0.4)[: 1 + seed % 2]]
    jumps.append((0.5, PAULI[2].astype(complex)))
    bloch = rng.standard_normal(3)
    bloch *= 0.6 / np.linalg.norm(bloch)
    rho = (np.eye(2) + np.einsum("k,kij->ij", bloch, PAULI)) / 2

    def adjoint(o):
        return sum(r * (x.conj().T @ o @ x - (x.conj().T @ x @ o + o @ x.conj().T @ x) / 2) for r, x in jumps)

    carre = [[np.trace(rho @ (adjoint(a @ b) - adjoint(a) @ b - a @ adjoint(b))) for b in PAULI] for a in PAULI]
    s = ps.Ensemble(7)
    model = ps.Model(ps.Spin(), s, 0 * s.z, [ps.Individual(r, s.operator(x)) for r, x in jumps])
    arrays, clips = equations(model), np.zeros((2, 3))
    u = np.repeat(np.concatenate([np.zeros(3), 7 * bloch])[:, None], 3, axis=1)  # a column for each of the normal numbers
    before = u.copy()
    scatter(u, np.eye(3), 1.0, arrays, clips)
    assert not clips.any()
    assert (u[:3] == 0).all()
    noise = (u - before)[3:]
    np.testing.assert_allclose(noise @ noise.T / 7, np.array(carre).real, atol=1e-12)


def test_loss_and_pump_have_the_closed_forms():
    """D_xx = D_yy = E, D_zz = 2 (G - d Z), D_xz = -d X with G = up + down, d = up - down, E = G + 4 gamma_phi."""
    up, down, phase = 0.7, 0.2, 0.1
    damping, pump, diffusion, bias = one_spin(
        [(up, (PAULI[0] + 1j * PAULI[1]) / 2), (down, (PAULI[0] - 1j * PAULI[1]) / 2), (phase, PAULI[2] + 0j)]
    )
    G, d = up + down, up - down
    E = G + 4 * phase
    np.testing.assert_allclose(damping, np.diag([-E / 2, -E / 2, -G]), atol=1e-15)
    np.testing.assert_allclose(pump, [0, 0, d], atol=1e-15)
    np.testing.assert_allclose(diffusion, np.diag([E, E, 2 * G]), atol=1e-15)
    np.testing.assert_allclose(2 * bias, [0, 0, -d], atol=1e-15)


def test_a_product_of_two_collective_operators_has_its_commutator():
    """H = S+ S- of one ensemble: the symbol (Sx^2 + Sy^2 + 2 Sz)/4 turns the spins about (Sx, Sy, 1)."""
    s = ps.Ensemble(5)
    arrays = equations(ps.Model(ps.Spin(), s, s.p * s.m, []))
    u = np.array([0, 0, -1, 2.0, 3.0, 1.0])
    w, out = moved(u, arrays)
    np.testing.assert_allclose(w[3:], [2.0, 3.0, 1.0], atol=1e-14)
    np.testing.assert_allclose(out[3:], np.cross(w[3:], u[3:]), atol=1e-14)


def refused():
    c, s, b, d = ps.Spin(), ps.Ensemble(3), ps.Boson(), ps.Ensemble(3, levels=3)
    yield "both at once", ps.Model(c, s, 0 * s.z, [ps.Individual(0.2, c.m * s.p)]), "L[-0 +] individual"
    yield "collective with the centre", ps.Model(c, s, 0 * s.z, [ps.Collective(0.2, c.m + s.m)]), "L[-0 + -] collective"
    yield "three factors", ps.Model(c, s, s.z * s.z * s.z), "H[z z z]"
    yield "two photons", ps.Model(b, s, b.n + 0 * s.z, [ps.Central(0.1, b.a * b.a)]), "L[a a] central"
    yield "levels", ps.Model(c, d, d.unit(0, 0)), "ensemble 'A' has 3 levels"


@pytest.mark.parametrize(("model", "name"), [(model, name) for _, model, name in refused()], ids=[each for each, _, _ in refused()])
def test_what_has_no_equations_is_refused_by_name(model, name):
    with pytest.raises(ps.InputError) as refusal:
        ps.twa.steady_state(model)
    assert name in str(refusal.value)
