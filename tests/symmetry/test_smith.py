"""Classes of integer vectors modulo a lattice: against determinants, and against enumeration."""

import itertools

import numpy as np
import pytest

from permsym.symmetry.smith import Quotient, independent


@pytest.mark.parametrize(
    ("rows", "width", "modulus"),
    [
        ([], 2, (0, 0)),
        ([(1, 1)], 2, (0,)),
        ([(2, 0), (0, 3)], 2, (6,)),
        ([(2, 0), (0, 2)], 2, (2, 2)),
        ([(2, 4), (6, 8)], 2, (2, 4)),
        ([(3, 0, 0)], 3, (0, 0, 3)),
        ([(1, 2), (3, 4), (5, 6)], 2, (2,)),
        ([(0, 0)], 1, (0,)),
    ],
)
def test_moduli(rows, width, modulus):
    assert Quotient.of(rows, width).modulus == modulus


@pytest.mark.parametrize("seed", range(6))
def test_classes_are_zero_on_the_span_and_only_there(seed):
    """As many classes as the determinant says, each with as many vectors of a box that the span repeats."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, (3, 3))
    while not (size := abs(round(np.linalg.det(rows)))):
        rows = rng.integers(-3, 4, (3, 3))
    quotient = Quotient.of(rows.tolist(), 3)
    assert np.prod(quotient.modulus) == size
    for factors in itertools.product((-1, 0, 2), repeat=3):
        assert not any(quotient.values((np.array(factors) @ rows).tolist()))
    box = [quotient.values(x) for x in itertools.product(range(size), repeat=3)] if size <= 12 else [quotient.values((0, 0, 0))]
    assert len(set(box)) == (size if size <= 12 else 1)


def test_an_echelon_basis_spans_the_same():
    rows = [(4, 6, 2), (6, 9, 3), (2, 2, 2), (0, 5, 5)]
    basis = independent(rows)
    assert len(basis) == 3
    before, after = Quotient.of(rows, 3), Quotient.of(basis, 3)
    assert before.modulus == after.modulus
    assert all(not any(after.values(row)) for row in rows)
    assert all(not any(before.values(row)) for row in basis)
