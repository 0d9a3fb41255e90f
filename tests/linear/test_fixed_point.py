"""Fixed points and largest eigenvalues of maps, against dense linear algebra."""

import numpy as np
import pytest

from permsym.linear.fixed_point import fixed_point, largest_eigenvalues


def stochastic(n, seed, complex_=False):
    """A map that conserves a sum: columns with sum 1, not normal."""
    rng = np.random.default_rng(seed)
    matrix = rng.random((n, n)) ** 6 * (np.exp(2j * rng.random((n, n))) if complex_ else 1)
    return matrix / matrix.sum(axis=0) if not complex_ else matrix - (matrix.sum(axis=0) - 1) / n


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("n", [8, 40])
def test_fixed_point_and_its_error(n, complex_):
    matrix = stochastic(n, n, complex_) * (0.4 if complex_ else 1)
    matrix += (1 - matrix.sum(axis=0)) / n
    values, vectors = np.linalg.eig(matrix)
    exact = vectors[:, np.argmin(abs(values - 1))]
    exact = exact / exact.sum()
    found = fixed_point(lambda v: matrix @ v, np.eye(n)[0].astype(matrix.dtype), np.ones(n), 1e-13)
    assert np.linalg.norm(found.x - exact) < 1e-12
    assert found.products < n + 8
    rough = fixed_point(lambda v: matrix @ v, np.eye(n)[0].astype(matrix.dtype), np.ones(n), 1e-4)
    assert 0 < np.linalg.norm(rough.x - exact) <= 2 * rough.residual * rough.amplification
    assert n == 8 or rough.products < found.products


def test_a_map_that_contracts_takes_few_products():
    rng = np.random.default_rng(3)
    n = 300
    turn = np.linalg.qr(rng.normal(size=(n, n)))[0]
    contracting = turn @ np.diag(np.exp(-np.arange(n) * 1.0)) @ turn.T
    total = np.ones(n)
    point = rng.random(n)
    point /= point.sum()
    traceless = np.eye(n) - np.outer(point, total)
    matrix = traceless @ contracting @ traceless + np.outer(point, total)
    found = fixed_point(lambda v: matrix @ v, np.full(n, 1 / n), total, 1e-12)
    assert np.linalg.norm(found.x - point) < 1e-11
    assert found.products <= 16


def test_largest_eigenvalues_and_their_errors():
    matrix = stochastic(60, 1)
    start = np.random.default_rng(0).normal(size=60)
    point = fixed_point(lambda v: matrix @ v, start, np.ones(60), 1e-13).x
    exact = np.linalg.eigvals(matrix)
    exact = exact[np.argsort(-abs(exact))][1:]
    values, errors, _ = largest_eigenvalues(lambda v: matrix @ v, start, np.ones(60), point, 5, 1e-3)
    assert len(values) in (5, 6)
    distance = np.abs(values[:, None] - exact).min(axis=1)
    assert distance.max() > 1e-9
    assert (distance <= errors).all()
    values, errors, _ = largest_eigenvalues(lambda v: matrix @ v, start, np.ones(60), point, 5, 1e-12)
    assert np.abs(np.sort(abs(values))[::-1][:5] - abs(exact[:5])).max() < 1e-10


def test_a_small_map_has_no_more_eigenvalues_than_it_has():
    matrix = np.array([[0.9, 0.2], [0.1, 0.8]])
    values, errors, _ = largest_eigenvalues(lambda v: matrix @ v, np.array([1.0, 0.3]), np.ones(2), np.array([2, 1]) / 3, 6, 1e-12)
    assert values == pytest.approx([0.7])
    assert errors[0] < 1e-14
