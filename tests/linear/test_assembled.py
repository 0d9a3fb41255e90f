"""Iterations with a matrix that is written out: what ends them, and the outer product that moves a zero away."""

import numpy as np
import pytest
from scipy import sparse

from permsym.errors import InputError
from permsym.linear.assembled.solver import BiCGStab, Outer
from permsym.linear.bicgstab import Halt


def chain(n=60, seed=1):
    """Rates (n, n) between neighbours of a ring: columns sum to zero."""
    rng = np.random.default_rng(seed)
    rates = np.zeros((n, n))
    for step in (1, -1, 7):
        rates[(np.arange(n) + step) % n, np.arange(n)] += rng.uniform(0.1, 3, n)
    return rates - np.diag(rates.sum(axis=0))


def null_vector(rates):
    values, vectors = np.linalg.eig(rates)
    x = vectors[:, np.argmin(np.abs(values))].real
    return x / x.sum()


def test_a_singular_matrix_with_its_zero_moved_has_the_null_vector():
    rates = chain()
    every, v = np.arange(60), np.full(60, 1 / 60)
    inverse = BiCGStab().factor(sparse.csc_array(rates), outer=Outer(every, -2.0 * v, np.ones(60)))
    x = inverse.solved(-2.0 * v, v.copy())
    assert inverse.last.converged
    assert np.abs(x - null_vector(rates)).max() < 1e-14
    c = np.linspace(-1, 1, 60)
    y = inverse.solve_transposed(c - c @ x)
    assert np.abs(rates.T @ y - (c - c @ x)).max() < 1e-12
    assert abs(v @ y) < 1e-13


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_the_tolerance_is_relative_to_the_answer(scale):
    """Rows of very different size, and answers far from where the iteration starts."""
    matrix = scale * (chain() - 0.01 * np.eye(60)) * 10.0 ** np.linspace(-3, 3, 60)[:, None]
    right = matrix @ np.cos(np.arange(60))
    inverse = BiCGStab().factor(sparse.csc_array(matrix))
    for x in (inverse.solve(right), inverse.solved(right, np.full(60, 1e8))):
        assert np.abs(x - np.cos(np.arange(60))).max() < 1e-10
        assert inverse.relative_residual(x) <= inverse.floor


def test_an_iteration_that_ends_early_says_so():
    inverse = BiCGStab(products=8).factor(sparse.csc_array(chain() - 1e-9 * np.eye(60)))
    x = inverse.solve(np.ones(60))
    assert inverse.last.halt is Halt.BUDGET
    assert inverse.relative_residual(x) > 1e-12


def test_no_right_side_at_all():
    assert BiCGStab().factor(sparse.csc_array(chain())).estimate_transposed(np.zeros((60, 0))).shape == (60, 0)


@pytest.mark.parametrize(("settings", "words"), [({"l": 0}, "from 1 to 8"), ({"tolerance": 2.0}, "between 0 and 1")])
def test_settings_that_make_no_sense(settings, words):
    with pytest.raises(InputError, match=words):
        BiCGStab(**settings)
