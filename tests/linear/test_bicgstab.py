"""BiCGStab(l) solves, and says why it ends."""

import numpy as np
import pytest

from permsym.linear.bicgstab import Halt, bicgstab


def solved(A, b, l=2, tolerance=1e-12, products=1000):  # noqa: E741
    x = np.zeros(len(b))
    outcome = bicgstab(lambda v, out: np.matmul(A, v, out=out), b, x, l, tolerance, products)
    return x, outcome


@pytest.fixture(scope="module")
def regular():
    rng = np.random.default_rng(0)
    return np.eye(40) + 0.1 * rng.standard_normal((40, 40)), rng.standard_normal(40)


@pytest.mark.parametrize("l", [1, 2, 4])
def test_a_regular_matrix_is_solved(regular, l):  # noqa: E741
    A, b = regular
    x, outcome = solved(A, b, l)
    assert outcome.halt is Halt.CONVERGED
    assert outcome.converged
    assert np.abs(x - np.linalg.solve(A, b)).max() < 1e-11
    assert outcome.residual == pytest.approx(np.linalg.norm(b - A @ x), abs=1e-14)


def test_a_budget_is_spent(regular):
    A, b = regular
    x, outcome = solved(A, b, products=8)
    assert outcome.halt is Halt.BUDGET
    assert not outcome.converged
    assert 8 <= outcome.products <= 13  # a cycle is finished, and the true residual taken
    assert outcome.residual == pytest.approx(np.linalg.norm(b - A @ x))


def test_a_rotation_breaks_the_recurrence_down():
    _, outcome = solved(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([1.0, 0.0]), l=1)
    assert outcome.halt is Halt.BREAKDOWN


def test_rounding_stagnates(regular):
    A, b = regular
    _, outcome = solved(A, b, tolerance=1e-30, products=10**6)
    assert outcome.halt is Halt.STAGNATED
    assert outcome.residual < 1e-13
    assert outcome.products < 10**4
