"""Heisenberg equations of moments before any closure, in exact rational numbers: 0 = d<O>/dt in a steady state.

A float is a rational number.  Coefficients of terms, entries of matrices and falling factorials of N are multiplied as such; the
numbers that :class:`Rows` gives for terms with coefficient 1 are multiples of 1/64, which is checked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flint import fmpq

from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.cumulants.equations.structure import Rows
from permsym.errors import SolverFailed
from permsym.model import Model
from permsym.operators import Matrix, Product, entries, matrices_of, one_site
from permsym.sites import unit
from permsym.terms import Term

Gaussian = tuple[fmpq, fmpq]
Key = TypeVar("Key")
"""A complex number with rational real and imaginary part."""
ONE: Gaussian = (fmpq(1), fmpq(0))
_GRID = 64  # spins have halves, products of a few of them fewer than this


def rational(value: float) -> fmpq:
    """A float as the rational number that it is."""
    return fmpq(*float(value).as_integer_ratio())


def gaussian(value: complex) -> Gaussian:
    """A complex float as the exact number that it is."""
    return rational(value.real), rational(value.imag)


def times(a: Gaussian, b: Gaussian) -> Gaussian:
    """Product of two complex rational numbers."""
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def add(total: dict[Key, Gaussian], number: Gaussian, terms: Mapping[Key, Gaussian]) -> None:
    """total += number * terms"""
    for key, factor in terms.items():
        before, x = total.get(key, (fmpq(0), fmpq(0))), times(number, factor)
        total[key] = (before[0] + x[0], before[1] + x[1])


def on_grid(value: complex) -> Gaussian:
    """A number that arithmetic of small dyadic numbers gave, checked to be one; SolverFailed where rounding entered."""
    scaled = (value.real * _GRID, value.imag * _GRID)
    if not all(part.is_integer() and abs(part) < 2**52 for part in scaled):
        raise SolverFailed(f"a number of the moment equations, {value!r}, is no multiple of 1/{_GRID}; nothing can be proved from it")
    return fmpq(int(scaled[0]), _GRID), fmpq(int(scaled[1]), _GRID)


def exact_terms(model: Model) -> list[tuple[Gaussian, Term]]:
    """The Liouvillian as exact numbers times terms whose operators have small whole entries.

    With D[x] the dissipator of x and w = a* b,

        D[a x + b y] = |a|^2 D[x] + |b|^2 D[y] + Re w (D[x+y] - D[x] - D[y]) + Im w (D[x+iy] - D[x] - D[y])
    """
    weights: dict[tuple[str, object], tuple[Gaussian, Term]] = {}

    def put(weight: Gaussian, kind: Term, *structure: tuple[Product, complex]) -> None:
        term = Term("", kind.kind, structure, 1)
        before = weights.get(term.key, ((fmpq(0), fmpq(0)), term))[0]
        weights[term.key] = ((before[0] + weight[0], before[1] + weight[1]), term)

    for term in model.terms:
        rate = gaussian(term.coefficient)
        pieces = [(piece, times(gaussian(a), b)) for key, a in term.structure for piece, b in _pieces(key)]
        for piece, a in pieces:
            size = a if term.kind == "hamiltonian" else (a[0] * a[0] + a[1] * a[1], fmpq(0))
            put(times(rate, size), term, (piece, 1))
        if term.kind == "hamiltonian":
            continue
        for (x, a), (y, b) in itertools.combinations(pieces, 2):
            for part, factor in zip(times((a[0], -a[1]), b), (1, 1j), strict=True):
                weight = (rate[0] * part, fmpq(0))
                put(weight, term, (x, 1), (y, factor))
                put((-weight[0], fmpq(0)), term, (x, 1))
                put((-weight[0], fmpq(0)), term, (y, 1))
    return [(weight, term) for weight, term in weights.values() if weight[0] != 0 or weight[1] != 0]


def _small(matrix: Matrix) -> bool:
    return all(part.is_integer() and abs(part) <= 2 for _, _, value in entries(matrix) for part in (value.real, value.imag))


def _pieces(key: Product) -> Iterator[tuple[Product, Gaussian]]:
    """A product as exact numbers times products of matrices with small whole entries."""
    matrices = matrices_of(key)
    options: list[list[tuple[Matrix, Gaussian]]] = []
    for matrix in matrices:
        units = [(unit(len(matrix), row, column), gaussian(value)) for row, column, value in entries(matrix)]
        options.append([(matrix, ONE)] if _small(matrix) else units)
    for chosen in itertools.product(*options):
        number, parts = ONE, [matrix for matrix, _ in chosen]
        for _, value in chosen:
            number = times(number, value)
        centre = parts.pop(0) if len(parts) > len(key.satellites) else one_site(key.centre)
        yield Product(centre, tuple((name, part) for (name, _), part in zip(key.satellites, parts, strict=True))), number


@dataclass
class ExactRows:
    """d<m>/dt of any moment m as {moment: exact number}."""

    model: Model
    alphabet: Alphabet

    def __post_init__(self) -> None:
        self._terms = [(weight, Rows.of_term(self.alphabet, term)) for weight, term in exact_terms(self.model)]
        self._sizes = self.model.sizes

    def of(self, moment: Counts) -> dict[Counts, Gaussian]:
        """The row of a moment; moments that need more satellites than there are do not occur."""
        row: dict[Counts, Gaussian] = {}
        taken = self.alphabet.satellites(moment)
        for weight, rows in self._terms:
            for (other, new), value in rows.of(moment).items():
                ways = math.prod(n - m - i for n, m, f in zip(self._sizes, taken, new, strict=True) for i in range(f))
                if ways:
                    number, before = times(weight, on_grid(value)), row.get(other, (fmpq(0), fmpq(0)))
                    row[other] = (before[0] + number[0] * ways, before[1] + number[1] * ways)
        return {other: number for other, number in row.items() if number[0] != 0 or number[1] != 0}
