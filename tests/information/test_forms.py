"""Errors of Fisher information: what changes within what is known changes it by no more."""

import numpy as np
import pytest

from permsym.information.forms import classical, quantum


def hermitian(rng, n):
    matrix = rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n))
    return matrix + matrix.conj().T


def trace_norm(matrix):
    return np.abs(np.linalg.eigvalsh(matrix)).sum()


@pytest.mark.parametrize("size", [1e-9, 1e-5])
@pytest.mark.parametrize("smallest", [1e-1, 1e-3, 1e-12])
def test_quantum(smallest, size):
    """A smooth family, p ~ exp(theta h): moved states and derivatives, and eigenvalues that drown in what is known."""
    rng, n = np.random.default_rng(0), 6
    p = np.geomspace(1, smallest, n)
    p /= p.sum()
    U = np.linalg.qr(hermitian(rng, n))[0]
    rho = U @ np.diag(p) @ U.conj().T
    generator = hermitian(rng, n) / n
    slope = 1j * (generator @ rho - rho @ generator) + U @ np.diag(p * (np.arange(n) - p @ np.arange(n))) @ U.conj().T
    exact = quantum([(rho, slope)], 0.0, 0.0)
    for _ in range(20):
        e, f = hermitian(rng, n), hermitian(rng, n)
        moved = rho + size * e / trace_norm(e), slope + size * f / trace_norm(f)
        value, error = quantum([moved], size, size)
        assert abs(value - exact.value) <= error
        assert error < 1e4 * size * exact.value


def test_nothing_is_known_where_every_eigenvalue_is_within_the_error():
    assert quantum([(np.eye(4) / 4, np.diag([1.0, -1, 0, 0]))], 1.0, 3.0).error == np.inf


def test_a_pure_state_is_known_to_its_digits():
    """F = 4 Var of the generator."""
    rng, n = np.random.default_rng(1), 5
    psi = np.linalg.qr(hermitian(rng, n))[0][:, 0]
    G, rho = hermitian(rng, n), np.outer(psi, psi.conj())
    value, error = quantum([(rho, 1j * (G @ rho - rho @ G))], 1e-14, 1e-14)
    variance = (psi.conj() @ G @ G @ psi - (psi.conj() @ G @ psi) ** 2).real
    assert value == pytest.approx(4 * variance, rel=1e-12)
    assert error < 1e-10


def test_a_level_that_opens_is_no_finite_information():
    """p = theta at theta = 0: F = 1/p."""
    assert quantum([(np.diag([1.0, 0.0]), np.diag([-1.0, 1.0]))], 1e-13, 1e-13).error > 1e10
    zero = np.zeros(2)
    assert classical(np.array([1.0, 0.0]), np.array([-1.0, 1.0]), zero, zero).error == np.inf
    assert classical(np.array([1.0, 0.0]), np.array([-1.0, 1.0]), zero + 1e-13, zero).error > 1e10


@pytest.mark.parametrize("size", [1e-12, 1e-6])
def test_classical(size):
    """A Poissonian distribution of mean theta has 1/theta; its tail drowns in the errors."""
    rng, theta = np.random.default_rng(0), 2.0
    n = np.arange(40)
    p = np.exp(n * np.log(theta) - theta - np.cumsum(np.log(np.maximum(n, 1))))
    dp = p * (n / theta - 1)
    assert classical(p, dp, 0 * p, 0 * p).value == pytest.approx(1 / theta, rel=1e-12)
    for _ in range(20):
        e, f = rng.choice([-size, size], (2, 40))
        value, error = classical(p + e, dp + f, np.full(40, size), np.full(40, size))
        assert abs(value - 1 / theta) <= error < 1e4 * size


def test_parts_that_nothing_connects():
    """A block with parts of sizes 1, 2, 2 and 3, mixed up: the sum over the parts."""
    rng = np.random.default_rng(4)
    parts = []
    for n in (1, 2, 2, 3):
        root = hermitian(rng, n)
        parts.append((root @ root / 20, hermitian(rng, n)))
    order = rng.permutation(8)
    rho, slope = (np.zeros((8, 8), dtype=complex) for _ in range(2))
    start = 0
    for one, change in parts:
        rows = order[start : start + len(one)]
        rho[np.ix_(rows, rows)], slope[np.ix_(rows, rows)] = one, change
        start += len(one)
    together, apart = quantum([(rho, slope)], 1e-13, 1e-13), quantum(parts, 1e-13, 1e-13)
    assert together.value == pytest.approx(apart.value, rel=1e-12)
    assert together.error == pytest.approx(apart.error, rel=1e-2)
