"""The operator algebra means what it says in the product space."""

import itertools

import numpy as np
import pytest
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.operators import Monomial, Product, as_array, as_matrix, commutator, dense

c, a, b = ps.Spin(), ps.Ensemble(2, "A"), ps.Ensemble(1, "B", levels=3)
BRUTE = BruteForce(ps.Model(c, [a, b], c.z))
SITES = [("A", 2, 2), ("B", 3, 1)]
ONE = [c.z, c.m, c.operator([[1, 2j], [0.5, -1j]]), a.p, a.x, b.unit(0, 2), b.operator(np.arange(9).reshape(3, 3) * (1 + 1j))]
SEVERAL = [*ONE, 0.3 * c.p * a.m + 2j * b.unit(1, 0), a.p * a.m, a.x * b.unit(0, 1) * c.y - 1.5, a.z * a.p * b.unit(1, 1)]


def full(operator):
    return BRUTE.operator(operator).full()


@pytest.mark.parametrize("operator", SEVERAL)
def test_dense_equals_qutip(operator):
    assert np.allclose(dense(operator, 2, SITES), full(operator), rtol=0, atol=1e-14)


@pytest.mark.parametrize(("x", "y"), list(itertools.product(SEVERAL, repeat=2)))
def test_algebra(x, y):
    assert np.allclose(full(x * y), full(x) @ full(y), rtol=0, atol=1e-12)
    assert np.allclose(full(x + y), full(x) + full(y), rtol=0, atol=1e-13)
    assert np.allclose(full(x - 2j * y), full(x) - 2j * full(y), rtol=0, atol=1e-13)
    assert np.allclose(full((x * y).dag()), full(x * y).conj().T, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("x", "one"), list(itertools.product(SEVERAL, ONE)))
def test_commutator(x, one):
    expected = full(x) @ full(one) - full(one) @ full(x)
    assert np.allclose(full(commutator(x, one)), expected, rtol=0, atol=1e-12)


def test_numbers_on_either_side():
    x = a.p
    assert np.float64(2) * x == x * 2 == 2 * x == x + x == x / 0.5
    assert -x == x * -1
    assert 1 - x == -(x - 1)
    assert not x - x
    assert bool(x)
    assert x != a.m


def test_satellites_keep_their_order_within_an_ensemble_only():
    assert a.p * b.unit(0, 1) == b.unit(0, 1) * a.p
    assert a.p * a.m != a.m * a.p
    assert c.z * a.p == a.p * c.z


def test_matrices_have_one_spelling():
    assert as_matrix([[0.0, -0.0], [1, -0.0j]]) == as_matrix([[0, 0], [1, 0]])
    assert str(as_matrix(-np.zeros((2, 2)))) == str(as_matrix(np.zeros((2, 2))))
    array = as_array(as_matrix([[1, 2], [3, 4]]))
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 5


def test_product_adjoint_is_an_involution():
    key = next(iter((c.m * a.p * a.z * b.unit(0, 2)).terms))
    assert key.adjoint.adjoint == key
    assert (Product() @ key).terms == {key: 1} == (key @ Product()).terms


@pytest.mark.parametrize(("left", "right"), [*itertools.product([(0, 1), (2, 1), (1, 3), (0, 2)], [(1, 0), (2, 2), (3, 1), (0, 1)])])
def test_normal_ordering(left, right):
    """Products of a and ad against matrices, on the Fock states that the cut leaves alone."""
    levels, inside = 14, 6
    product = Product(Monomial(*left)) @ Product(Monomial(*right))
    expected = Monomial(*left).matrix(levels) @ Monomial(*right).matrix(levels)
    found = dense(product, levels, [])
    assert np.abs(found - expected)[:inside, :inside].max() < 1e-12 * np.abs(expected[:inside, :inside]).max()


def test_monomials_are_products_of_ladder_operators():
    a = np.diag(np.sqrt(np.arange(1, 9)), 1)
    for p, q in itertools.product(range(4), repeat=2):
        expected = np.linalg.matrix_power(a.T, p) @ np.linalg.matrix_power(a, q)
        assert np.abs(Monomial(p, q).matrix(9) - expected).max() < 1e-13 * max(1, np.abs(expected).max())


def test_canonical_commutator():
    c = ps.Boson()
    assert (c.a * c.ad - c.ad * c.a).terms == {Product(): 1, Product(Monomial(1, 1)): 0}
    assert commutator(c.a, c.ad).terms == {Product(): 1}
    assert (c.ad * c.a).dag() == c.n


def test_operators_of_different_centres_do_not_mix():
    with pytest.raises(ps.InputError, match="cannot be multiplied"):
        ps.Boson().a * ps.Spin().z


def test_powers():
    c, a, s = ps.Spin(), ps.Boson(), ps.Ensemble(2)
    one = ps.Operator({Product(as_matrix(np.eye(2))): 1})
    assert c.z**2 == one
    assert c.x**1 == c.x
    assert (a.a + a.ad) ** 2 == a.a * a.a + a.ad * a.ad + 2 * a.n + 1
    assert np.array_equal(dense(s.x**3, 2, [("A", 2, 2)]), np.linalg.matrix_power(dense(s.x, 2, [("A", 2, 2)]), 3))
    for exponent in (-1, 0.5, True):
        with pytest.raises(ps.InputError, match="whole powers"):
            c.z**exponent
