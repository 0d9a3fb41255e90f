"""Rate equations without subtractions, against rational numbers."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

from permsym.errors import SolverFailed
from permsym.linear.rate_equations import RateFactors, is_rate_matrix


def rates(seed, size=7):
    """Rates over sixty decades, each linked to the next and a few others, as a generator with columns that sum to zero."""
    rng = np.random.default_rng(seed)
    W = 10.0 ** rng.uniform(-30, 30, (size, size)) * (rng.random((size, size)) < 0.3)
    for k in range(size):
        W[(k + 1) % size, k] = 10.0 ** rng.uniform(-30, 30)
    np.fill_diagonal(W, 0)
    return W


def exact(W):
    """p of the generator, in Fractions, by Gauss and Jordan."""
    size = len(W)
    M = [[Fraction(W[i, j]) for j in range(size)] for i in range(size)]
    for j in range(size):
        M[j][j] = -sum(M[i][j] for i in range(size) if i != j)
    M[0] = [Fraction(1)] * size
    rows = [[*row, Fraction(int(k == 0))] for k, row in enumerate(M)]
    for k in range(size):
        pivot = next(r for r in range(k, size) if rows[r][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for r in range(size):
            if r != k and rows[r][k]:
                factor = rows[r][k] / rows[k][k]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k], strict=True)]
    return [rows[k][-1] / rows[k][k] for k in range(size)]


@pytest.mark.parametrize("seed", range(8))
def test_every_probability_has_all_its_digits(seed):
    W = rates(seed)
    factors = RateFactors(sparse.csc_array(W - np.diag(W.sum(axis=0))))
    for value, expected in zip(factors.probability.tolist(), exact(W), strict=True):
        assert abs(Fraction(value) / expected - 1) < factors.relative


@pytest.mark.parametrize("seed", range(4))
def test_dual_vectors(seed):
    rng = np.random.default_rng(seed)
    W = rng.random((9, 9)) * (rng.random((9, 9)) < 0.5) + np.eye(9, k=1) + np.eye(9, k=-1)
    np.fill_diagonal(W, 0)
    M = W - np.diag(W.sum(axis=0))
    factors = RateFactors(sparse.csc_array(M))
    c = rng.standard_normal((9, 3))
    c -= factors.probability @ c
    assert np.abs(M.T @ factors.dual(c) - c).max() < 1e-12


def test_what_is_no_chain_of_rates_is_refused():
    assert not is_rate_matrix(sparse.csc_array([[-1.0, -0.5], [1.0, 0.5]]))
    with pytest.raises(SolverFailed, match="never left"):
        RateFactors(sparse.csc_array(np.zeros((2, 2))))
