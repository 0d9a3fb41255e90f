"""The closure: explicit set partitions, the paper's factorisations, coefficient sums of every order."""

import math

import numpy as np
import pytest
from oracles import systems
from oracles.cumulants import set_partitions

import permsym as ps
from permsym.cumulants.equations import equations
from permsym.cumulants.equations.alphabet import Alphabet
from permsym.cumulants.equations.closure import Program, Retained
from permsym.errors import InputError


def letters_of(counts):
    return [letter for letter, n in enumerate(counts) for _ in range(n)]


def counts_of(letters, size):
    return tuple(letters.count(letter) for letter in range(size))


def explicit(counts, moment, keeps):
    """A moment by definition: sum over set partitions of products of cumulants, those outside the set being zero.

    The cumulants themselves are sums over set partitions with (-1)^(blocks - 1) (blocks - 1)!.
    """

    def cumulant(letters):
        if not keeps(counts_of(letters, len(counts))):
            return 0
        total = 0
        for partition in set_partitions(letters):
            sign = (-1) ** (len(partition) - 1) * math.factorial(len(partition) - 1)
            total += sign * math.prod(moment(counts_of(block, len(counts))) for block in partition)
        return total

    return sum(math.prod(cumulant(block) for block in partition) for partition in set_partitions(letters_of(counts)))


CASES = [
    ("central_spin", 3, "full", False),
    ("central_spin", 4, "full", True),
    ("cavity", 3, "full", False),
    ("driven_cavity", 3, "no-three-spin", True),
    ("two_ensembles", 2, "full", True),
    ("qutrits", 2, "full", False),
]


@pytest.mark.parametrize(("name", "order", "closure", "charged"), CASES)
def test_closed_moments_are_sums_over_set_partitions(name, order, closure, charged):
    rng = np.random.default_rng(3)
    built = equations(systems.MODELS[name](4), order=order, closure=closure, break_symmetry=charged)
    h = built.hierarchy
    y = rng.standard_normal(len(built)) + 1j * rng.standard_normal(len(built))
    known = dict(zip(h.unknowns, y, strict=True))
    values = h.program.values(y)

    def moment(counts):
        return known.get(counts, 0) if any(counts) else 1

    closed = [(counts, node) for counts, node in h.program.moments.items() if node > len(built)]
    assert closed
    for counts, node in closed[:40]:
        expected = explicit(counts, moment, h.program.retains)
        assert abs(values[node] - expected) < 1e-13 * max(1, abs(expected)), h.alphabet.label(counts)


def spin_program(order, charged):
    alphabet = Alphabet(ps.models.central_spin(N=30))
    keeps = Retained(alphabet, order)
    neutral = [c for c in alphabet.all_counts(order) if keeps(c) and (charged or not any(alphabet.charge(c)))]
    return Program(alphabet, neutral, keeps, charged)


@pytest.mark.parametrize("order", range(2, 15, 2))
def test_coefficient_sums_of_even_orders(order):
    """<s0z s+ s- ...>: the same number of raising and lowering operators."""
    assert spin_program(order, charged=False).coefficient_sum((0, 0, 1, order // 2, order // 2, 0)) == 1


@pytest.mark.parametrize("order", range(3, 15, 2))
def test_coefficient_sums_of_odd_orders(order):
    """The paper's count: 2, -3, 34, -455, ..., which is 1 - kappa_p of ln I0(2 sqrt z), p = (order + 1)/2.

    ln sum_p z^p / (p!)^2 = sum_p kappa_p z^p / (p!)^2, by the power series' own recursion.
    """
    program = spin_program(order, charged=False)
    half = (order + 1) // 2
    kappa = {}
    for p in range(1, half + 1):
        kappa[p] = 1 - sum(math.comb(p - 1, b - 1) * math.comb(p, b) * kappa[b] for b in range(1, p))
    counts = (1, 0, 0, half - 1, half, 0)
    assert program.coefficient_sum(counts) == 1 - kappa[half]
    printed = {3: 2, 5: -3, 7: 34, 9: -455}
    assert order > 9 or program.coefficient_sum(counts) == printed[order]


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_with_charged_moments_all_coefficients_sum_to_one(order):
    program = spin_program(order, charged=True)
    for counts in [(1, 0, 0, order // 2, order - order // 2, 0), (0, 0, 1, order, 0, 0), (0, 0, 0, 0, 1, order)]:
        assert program.coefficient_sum(counts) == pytest.approx(1, abs=1e-12)


def test_jacobian_equals_complex_differences():
    rng = np.random.default_rng(1)
    for name in ("cavity", "nine_pairs", "products"):
        built = equations(systems.MODELS[name](5), order=3)
        y = 0.3 * (rng.standard_normal(len(built)) + 1j * rng.standard_normal(len(built)))
        jacobian, step = built.jacobian(y), 1e-5
        for i in range(len(built)):
            # holomorphic: the difference along any direction of the complex plane gives the same derivative
            e = np.zeros(len(built), dtype=complex)
            e[i] = step * np.exp(0.7j)
            numerical = (built.rhs(y + e) - built.rhs(y - e)) / (2 * e[i])
            assert np.abs(numerical - jacobian[:, i]).max() < 1e-7 * max(1, np.abs(jacobian).max())


def test_unknown_closure_and_counting():
    model = ps.models.central_spin(N=5)
    with pytest.raises(InputError, match="closure must be full or no-three-spin"):
        equations(model, order=2, closure="half")
    with pytest.raises(InputError, match="counting must be operators or sites"):
        equations(model, order=2, counting="letters")
    with pytest.raises(InputError, match="whole number from 1"):
        equations(model, order=0)
