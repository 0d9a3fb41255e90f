"""Weyl symbols: operators in symmetric order as polynomials of phase-space coordinates.

    mode              alpha = x + i y,      <x^2> of the vacuum 1/4
    spins of a class  S = sum_n (sigma^x, sigma^y, sigma^z)_n,      sigma_a sigma_b in symmetric order is delta_ab

Coordinates, D = 2 (with a mode) + 3 for each class: (x, y), then (Sx, Sy, Sz).  Letters, as many: (alpha^*, alpha), then
(S+, S-, Sz) with S+- = (Sx +- i Sy)/2.  A polynomial is {exponents: coefficient}.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from permsym.operators import ComplexArray, Matrix, Monomial, as_array
from permsym.sites import SPIN_OPERATORS

Polynomial = dict[tuple[int, ...], complex]

PAULI = np.array([SPIN_OPERATORS[name] for name in "xyz"])
"""(3, 2, 2)"""


def pauli_vector(matrix: Matrix) -> tuple[complex, ComplexArray]:
    """(c0, c) of a two-level matrix c0 + c . sigma."""
    array = as_array(matrix)
    return complex(np.trace(array)) / 2, np.einsum("kij,ji->k", PAULI, array) / 2


def constant(size: int, value: complex) -> Polynomial:
    """A number, as a polynomial of ``size`` variables."""
    return {(0,) * size: complex(value)}


def linear(size: int, start: int, values: Sequence[complex] | ComplexArray, shift: complex = 0) -> Polynomial:
    """shift + sum_k values[k] u[start + k]."""
    result = {tuple(int(i == start + k) for i in range(size)): complex(value) for k, value in enumerate(values) if value}
    return result | (constant(size, shift) if shift else {})


def add(*polynomials: Mapping[tuple[int, ...], complex]) -> Polynomial:
    """Their sum."""
    result: Polynomial = {}
    for key, value in itertools.chain(*(each.items() for each in polynomials)):
        result[key] = result.get(key, 0) + value
    return {key: value for key, value in result.items() if value}


def multiply(first: Polynomial, *others: Polynomial) -> Polynomial:
    """Their product."""

    def two(a: Polynomial, b: Polynomial) -> Polynomial:
        return add(*({tuple(map(sum, zip(i, j, strict=True))): x * y} for i, x in a.items() for j, y in b.items()))

    return reduce(two, others, first)


def scaled(polynomial: Polynomial, factor: complex) -> Polynomial:
    """factor * polynomial."""
    return {key: value * factor for key, value in polynomial.items()}


def derivative(polynomial: Polynomial, variable: int) -> Polynomial:
    """d/du[variable]."""
    return add(
        *(
            {tuple(n - (i == variable) for i, n in enumerate(key)): value * key[variable]}
            for key, value in polynomial.items()
            if key[variable]
        )
    )


def mode_symbol(monomial: Monomial) -> dict[tuple[int, ...], float]:
    """a^dag^p a^q as {(powers of alpha^*, of alpha): coefficient}: sum_k k! C(p, k) C(q, k) (-1/2)^k alpha^*^(p-k) alpha^(q-k)."""
    p, q = monomial
    return {(p - k, q - k): math.factorial(k) * math.comb(p, k) * math.comb(q, k) * (-0.5) ** k for k in range(min(p, q) + 1)}


def distinct_symbol(raised: int, lowered: int, inverted: int, N: int) -> dict[tuple[int, ...], float]:
    """<sigma+ ... sigma- ... sigma^z ...> on distinct satellites as {(powers of S+, S-, Sz): coefficient}.

    Sums over distinct sites have the generating function (v a vector, S in symmetric order)

        prod_n (1 + v . sigma_n) = (1 - v^2)^(N/2) exp(v . S artanh(v) / v),

    from exp(t . sigma) = cosh t + sinh t (t . sigma)/t on every site.  With w = v^2 and y = v . S, its coefficient of w^j y^k is
    multiplied by j! 2^j k! (k! cancels that of the exponential), by the number of pairings, by e+ . e- = 1/2 for each pair + - and
    by e_z . e_z = 1 for each pair z z.
    """
    factors = raised + lowered + inverted
    result: dict[tuple[int, ...], float] = {}
    for p in range(min(raised, lowered) + 1):
        for q in range(inverted // 2 + 1):
            j, k = p + q, factors - 2 * (p + q)
            pairings = math.comb(raised, p) * math.comb(lowered, p) * math.factorial(p)
            pairings *= math.factorial(inverted) // (2**q * math.factorial(q) * math.factorial(inverted - 2 * q))
            weight = math.factorial(j) * 2**j * 0.5**p * pairings * _generated(j, k, N)
            key = (raised - p, lowered - p, inverted - 2 * q)
            result[key] = result.get(key, 0.0) + weight / math.perm(N, factors)
    return result


def _generated(j: int, k: int, N: int) -> float:
    """Coefficient of w^j of (1 - w)^(N/2) (artanh(sqrt w)/sqrt w)^k."""
    series: NDArray[np.float64] = np.zeros(j + 1)
    series[0] = 1.0
    for i in range(1, j + 1):
        series[i] = -series[i - 1] * (N / 2 - i + 1) / i
    for _ in range(k):
        series = np.convolve(series, 1 / (2 * np.arange(j + 1) + 1))[: j + 1]
    return float(series[j])
