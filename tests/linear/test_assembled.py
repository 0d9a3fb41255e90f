"""Iterations with a matrix that is written out: what ends them, and the outer product that moves a zero away."""

import numpy as np
import pytest
from scipy import sparse

from permsym.errors import InputError
from permsym.linear.assembled.operator import Operator
from permsym.linear.assembled.settings import NOTHING, Outer
from permsym.linear.assembled.solver import BiCGStab
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


@pytest.mark.parametrize(("damped", "turned"), [(False, 0.0), (True, 0.0), (False, 3.0)])
def test_a_product_lies_between_two_triangles(damped, turned):
    """(D + L)^-1 (A + v t^T) (I + D^-1 U)^-1, one row without a diagonal, and complex where the matrix is."""
    matrix = chain(12) + 1j * turned * np.diag(np.arange(12.0)) if turned else chain(12)
    matrix[3, 3] = 0
    outer = NOTHING if turned else Outer(np.array([1, 4]), np.array([0.3, -2.0]), np.array([1.0, 0.5]))
    sides = np.abs(np.tril(matrix, -1)).sum(axis=1), np.abs(np.triu(matrix, 1)).sum(axis=1)
    pivots = np.diag(matrix) - np.linalg.norm(matrix, axis=1) * (np.arange(12) == 3)
    if damped:
        pivots = pivots * np.maximum(1, np.maximum(*sides) / 2 / np.abs(pivots))
    lower, upper = np.tril(matrix, -1) + np.diag(pivots), np.eye(12) + np.triu(matrix, 1) / pivots[:, None]
    whole = matrix.copy()
    whole[outer.index[:, None], outer.index] += np.outer(outer.column, outer.row)
    operator = Operator.of(sparse.csr_array(matrix), outer, damped)
    y = np.cos(np.arange(12)) + (1j * np.sin(np.arange(12)) if turned else 0)
    out = np.empty_like(y)
    operator.product(y, out, np.empty_like(y))
    assert np.allclose(out, np.linalg.solve(lower, whole @ np.linalg.solve(upper, y)), rtol=1e-12, atol=1e-12)
    assert np.allclose(operator.forward(y), np.linalg.solve(lower, y))
    assert np.allclose(operator.begun(operator.ended(y)), y)


def test_a_complex_matrix_is_solved_as_it_is():
    matrix = chain() - 0.1 * np.eye(60) + 1j * np.diag(np.linspace(-20, 20, 60))
    right = np.exp(1j * np.arange(60))
    inverse = BiCGStab().factor(sparse.csc_array(matrix))
    assert np.abs(matrix @ inverse.solve(right) - right).max() < 1e-12
    assert np.abs(matrix.T @ inverse.solve_transposed(right) - right).max() < 1e-12
    assert inverse.last.products < 150


def test_damped_pivots_follow_where_the_others_fail(monkeypatch):
    matrix = sparse.csc_array(chain() - 0.1 * np.eye(60))
    made = []
    monkeypatch.setattr(Operator, "product", _broken(Operator.product, made))
    x = BiCGStab().factor(matrix).solve(np.ones(60))
    assert np.abs(matrix @ x - 1).max() < 1e-11
    assert len(made) > 10


def _broken(product, made):
    """Without an effect until a damped operator comes."""
    pivots = []

    def broken(self, y, out, work):
        pivots.append(self.inverse.sum())
        made.append(self)
        product(self, y, out, work)
        if pivots[-1] == pivots[0]:
            out[:] = 0

    return broken


def test_no_right_side_at_all():
    assert BiCGStab().factor(sparse.csc_array(chain())).estimate_transposed(np.zeros((60, 0))).shape == (60, 0)


@pytest.mark.parametrize(("settings", "words"), [({"l": 0}, "from 1 to 8"), ({"tolerance": 2.0}, "between 0 and 1")])
def test_settings_that_make_no_sense(settings, words):
    with pytest.raises(InputError, match=words):
        BiCGStab(**settings)
