"""Operators in whole-number arithmetic, {row: {column: (re, im)}} in units of 2^-BITS, and exponentials in extended precision."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

BITS = 320
ONE = 1 << BITS
_SQUARED = 130  # unknowns up to which matrices are squared
_FARTHEST = 1000.0  # of |L| t beyond that


class NoTruth(Exception):
    """The oracle cannot answer: several steady states, or none that doubles can start from."""


def whole(value: float) -> int:
    numerator, denominator = float(value).as_integer_ratio()
    return (numerator << BITS) // denominator


def gaussian(value: complex) -> tuple[int, int]:
    return whole(complex(value).real), whole(complex(value).imag)


def times(a, b):
    return (a[0] * b[0] - a[1] * b[1]) >> BITS, (a[0] * b[1] + a[1] * b[0]) >> BITS


def conjugate(a):
    return a[0], -a[1]


def doubles(values) -> np.ndarray:
    """Whole numbers, an object array, as floats."""
    return np.array([value / ONE for value in values])


# -- operators: {row: {column: (re, im)}} ---------------------------------------------------------------------------------


def product(a, b):
    result = {}
    for i, row in a.items():
        sums = defaultdict(lambda: (0, 0))
        for k, left in row.items():
            for j, right in b.get(k, {}).items():
                re_, im = times(left, right)
                sums[j] = (sums[j][0] + re_, sums[j][1] + im)
        result[i] = dict(sums)
    return result


def total(parts):
    """Sum of (factor, operator) pairs."""
    result = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for factor, operator in parts:
        for i, row in operator.items():
            for j, value in row.items():
                re_, im = times(factor, value)
                result[i][j] = (result[i][j][0] + re_, result[i][j][1] + im)
    return result


def adjoint(a):
    result = defaultdict(dict)
    for i, row in a.items():
        for j, value in row.items():
            result[j][i] = conjugate(value)
    return result


def ladder(levels: int, p: int, q: int):
    """a^dag^p a^q on Fock states, as a site's matrix {(row, column): value}."""
    entries = {}
    for m in range(q, levels):
        n = m - q + p
        if n < levels:
            entries[n, m] = (math.isqrt(math.perm(m, q) * math.perm(n, p) << (2 * BITS)), 0)
    return entries


def matrix(rows):
    return {(i, j): gaussian(value) for i, row in enumerate(rows) for j, value in enumerate(row) if value != 0}


def exponential(generator, vector, more=0):
    """exp(A) v in extended precision by Taylor series: of a fraction of A that is squared, of large matrices in steps.

    more   halvings beyond those that are needed
    """
    size = float(np.abs(generator).sum(axis=0).max())
    if size == 0:
        return vector.copy()
    if len(vector) > _SQUARED:
        if size > _FARTHEST:
            raise NoTruth("too many steps")
        return _stepped(generator, vector, math.ceil(size * (1 + more / 3)))
    squarings = max(0, math.ceil(math.log2(size))) + 3 + more
    small, power = generator / np.longdouble(2.0) ** squarings, np.eye(len(vector), dtype=np.clongdouble)
    result = power.copy()
    for k in range(1, 17):
        power = power @ small / np.longdouble(k)
        result += power
    for _ in range(squarings):
        result = result @ result
    return result @ vector


def _stepped(generator, vector, steps):
    rows, columns = np.nonzero(generator)
    values, first = generator[rows, columns] / np.longdouble(steps), np.flatnonzero(np.diff(rows, prepend=-1))
    present = rows[first]
    for _ in range(steps):
        term, total_ = vector, vector.copy()
        for k in range(1, 23):  # 1 / 22! is 1e-21
            fed = np.zeros_like(vector)
            fed[present] = np.add.reduceat(values * term[columns], first)
            term = fed / np.longdouble(k)
            total_ += term
        vector = total_
    return vector


def shifted(value: float, bits: int) -> int:
    """int(value * 2^bits)."""
    number = int(math.ldexp(value, 60)) if abs(value) < 2.0**900 else int(value) << 60
    bits -= 60
    return number << bits if bits >= 0 else number >> -bits


def extended(value: int) -> np.longdouble:
    """A whole number over ONE, to 64 bits."""
    bits = max(0, abs(value).bit_length() - 62)
    return np.ldexp(np.longdouble(value >> bits), bits - BITS)
