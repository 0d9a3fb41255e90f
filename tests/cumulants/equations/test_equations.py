"""The cumulant equations: rows against the whole product space, and those that were published, term by term."""

import math

import numpy as np
import pytest
from oracles import kinds, systems
from oracles.brute_force import BruteForce
from oracles.cumulants import random_moments
from sampled import sampled

from permsym.cumulants import equations
from permsym.cumulants.equations.alphabet import Alphabet
from permsym.cumulants.equations.structure import Rows
from permsym.errors import TooLarge
from permsym.models import central_spin
from permsym.several_sites import modes_of_centre


def symmetric_operator(oracle, rng):
    """A random operator that is symmetric in the satellites, scaled to be of order 1; it need be no density matrix."""
    total = 0
    for _ in range(3):
        factors = [systems.random_matrix(rng, site.levels) for site in oracle.own]
        for site, matrix in zip(oracle.own, factors, strict=True):
            if site.kind == "boson":
                matrix[3:] = matrix[:, 3:] = 0  # so few photons that no product of operators reaches the cut-off
        for each in oracle.model.ensembles:
            factors += [systems.random_matrix(rng, each.levels)] * each.N
        product = np.eye(1)
        for factor in factors:
            product = np.kron(product, factor / np.linalg.norm(factor))
        total = total + product
    return total


def flow(oracle, rho):
    """L rho, dense."""
    h = oracle.hamiltonian().full()
    result = -1j * (h @ rho - rho @ h)
    for x in (each.full() for each in oracle.collapse()):
        square = x.conj().T @ x
        result += x @ rho @ x.conj().T - 0.5 * (square @ rho + rho @ square)
    return result


SEVERAL = {"two_modes": kinds.two_modes, "mode_and_spin": kinds.mode_and_spin}


@pytest.mark.parametrize("name", sampled([(name,) for name in systems.MODELS | SEVERAL], 3))
def test_rows_equal_the_adjoint_lindbladian(name):
    model = (systems.MODELS | SEVERAL)[name](1 if name in SEVERAL else 2 if name in systems.QUTRITS | systems.CAVITIES else 3)
    if modes_of_centre(model.centre):
        model = model.with_levels(9 if name not in SEVERAL else 7)
    oracle, alphabet = BruteForce(model), Alphabet(model)
    rho = symmetric_operator(oracle, np.random.default_rng(5))
    change = flow(oracle, rho)
    known = {alphabet.empty: complex(np.trace(rho))}

    def moment(counts):
        if counts not in known:
            known[counts] = oracle.moment(rho, str(alphabet.label(counts)))
        return known[counts]

    rows = [(Rows.of_term(alphabet, term), term.coefficient) for term in model.terms]
    for counts in alphabet.all_counts(3):
        taken = alphabet.satellites(counts)
        if any(m > n for m, n in zip(taken, model.sizes, strict=True)):
            continue
        found, size = 0, 1
        for row, coefficient in rows:
            for (other, fresh), value in row.of(counts).items():
                number = math.prod(n - m - i for n, m, f in zip(model.sizes, taken, fresh, strict=True) for i in range(f))
                if number:
                    found += coefficient * value * number * moment(other)
                    size += abs(coefficient * value * number)
        expected = oracle.moment(change, str(alphabet.label(counts)))
        assert abs(found - expected) < 1e-13 * size, str(alphabet.label(counts))


PARAMETERS = {"N": 7, "omega": 1.3, "epsilon": 0.8, "g": 0.6, "kappa": 0.7, "gamma_up": 1.2, "gamma_down": 0.5}


def published(order, m):
    """Right-hand sides of the paper, order 1: (3)-(6) factorised; 2: (3), (4), (10), (11); 3: (A1)-(A9)."""
    p = PARAMETERS
    N, g, kappa = p["N"], p["g"], p["kappa"]
    total, difference, detuning = p["gamma_up"] + p["gamma_down"], p["gamma_up"] - p["gamma_down"], p["omega"] - p["epsilon"]
    if order == 1:
        im = (m("+0") * m("-1")).imag
        return {
            "z0": -kappa * (m("z0") + 1) + 4 * g * N * im,
            "z1": -total * m("z1") + difference - 4 * g * im,
            "+0": (1j * p["omega"] - kappa / 2) * m("+0") - 1j * g * N * m("z0") * m("+1"),
            "+1": (1j * p["epsilon"] - total / 2) * m("+1") - 1j * g * m("+0") * m("z1"),
        }
    c, s = m("+0 -1"), m("+1 -2")
    found = {
        "z0": -kappa * (m("z0") + 1) + 4 * g * N * c.imag,
        "z1": -total * m("z1") + difference - 4 * g * c.imag,
    }
    exchange = (1j * detuning - (kappa + total) / 2) * c + 0.5j * g * (m("z1") - m("z0"))
    if order == 2:
        return found | {
            "+0 -1": exchange - 1j * g * (N - 1) * m("z0") * s,
            "+1 -2": -total * s + 2 * g * c.imag * m("z1"),
        }
    t, u, v = m("z0 +1 -2"), m("+0 -1 z2"), m("+1 -2 z3")
    z0, z, zz, z0z = m("z0"), m("z1"), m("z1 z2"), m("z0 z1")
    return found | {
        "+0 -1": exchange - 1j * g * (N - 1) * t,
        "+1 -2": -total * s + 2 * g * u.imag,
        "z0 +1 -2": -(kappa + total) * t - kappa * s + 2 * g * c.imag + 8 * g * (N - 2) * (c * s).imag,
        "+0 -1 z2": (1j * detuning - (kappa + 3 * total) / 2) * u
        + difference * c
        - 1j * g * s
        + 0.5j * g * zz
        - 0.5j * g * z0z
        - 1j * g * (N - 2) * (t * z + z0 * v + z0z * s - 2 * z0 * z * s),
        "+1 -2 z3": -2 * total * v + difference * s - 8 * g * (c * s).imag + 2 * g * (c.imag * zz - 2 * c.imag * z**2 + 2 * u.imag * z),
        "z1 z2": -2 * total * zz + 2 * difference * z - 8 * g * u.imag,
        "z0 z1": -(kappa + total) * z0z - kappa * z + difference * z0 + 4 * g * (N - 1) * u.imag,
    }


@pytest.mark.parametrize("order", [1, 2, 3])
def test_published_equations_term_by_term(order):
    built = equations(central_spin(**PARAMETERS), order=order)
    for seed in range(3):
        y = random_moments(built, seed)
        change = built.rhs(y)
        for label, expected in published(order, lambda label, y=y: y[built.index(label)]).items():
            assert abs(change[built.index(label)] - expected) < 1e-12, label


def test_parameters_change_without_building():
    built = equations(central_spin(N=20), order=3)
    other = built.at(central_spin(N=30, g=0.4, omega=1.2))
    assert other.hierarchy is built.hierarchy
    fresh = equations(central_spin(N=30, g=0.4, omega=1.2), order=3)
    y = random_moments(built)
    assert np.abs(other.rhs(y) - fresh.rhs(y)).max() < 1e-12
    assert built.at(systems.driven_cavity(3)).hierarchy is not built.hierarchy


def test_an_order_too_large_is_refused_with_an_estimate():
    with pytest.raises(TooLarge, match=r"keeps about .* moments"):
        equations(systems.qutrits(4), order=14)
    with pytest.raises(TooLarge, match="hours"):
        equations(central_spin(N=50), order=40, break_symmetry=True)
