"""Collective moment matrices, exactly: M[i, j] = <O_i^dag O_j> >= 0, one block for each U(1) charge of the operators O.

Rows of a finite centre are O = \\|0><c\\| (x) P_l, of a boson O = a^dag^p a^q P_l; P_l is the sum over distinct satellites with
letters l, divided by the number of its summands.  A family may single out r = 1 or 2 satellites of an ensemble: O = ... (x) \\|0><i\\|
(x) P_l of the others, i a level, or a pair of levels with or without a sign when they are exchanged.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq

from permsym.bounding.relaxed.casimir import redundant
from permsym.bounding.relaxed.equations import on_grid
from permsym.bounding.relaxed.products import Products, products
from permsym.cumulants.equations.alphabet import Alphabet, Counts, FiniteSite, normal_product

Ket = tuple[tuple[int, tuple[int, ...]], ...]
"""A state of the satellites that are singled out: (coefficient, level of each)."""
NO_KET: Ket = ((1, ()),)
Entry = dict[Counts, fmpq]
"""A matrix element: moment -> number."""


@dataclass(frozen=True)
class RowOperator:
    """One operator O of a moment matrix.

    centre   level c of \\|0><c\\|, or (p, q) of a boson's a^dag^p a^q
    ket      i of \\|0><i\\| on the satellites that are singled out
    letters  counts of each ensemble
    """

    centre: Any
    ket: Ket
    letters: tuple[Counts, ...]


@dataclass(frozen=True)
class Block:
    """Operators of one charge, and the elements (i, j), j <= i, of their matrix.

    ensemble   the one with satellites singled out
    turns      phase i^turns of each operator in the gauge of the unknowns
    """

    rows: tuple[RowOperator, ...]
    ensemble: int
    turns: tuple[int, ...]
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return len(self.rows)


@dataclass
class MomentMatrices:
    """Makes the blocks of families of operators.

    sizes   number of satellites of each ensemble
    gauge   phases that make the moments real, see :class:`Unknowns`
    fixed   which ensembles have a fixed total spin: letters + and - together would make their matrices singular
    """

    alphabet: Alphabet
    sizes: tuple[int, ...]
    gauge: tuple[int, ...] | None
    fixed: tuple[bool, ...]

    def blocks(self, degree: int, singled: int = 0, ensemble: int = 0) -> list[Block]:
        """Blocks of polynomials up to a degree, with some satellites of an ensemble singled out; none where it has fewer."""
        others = [n - singled * (e == ensemble) for e, n in enumerate(self.sizes)]
        if min(others) < 0:
            return []
        tables = [products(site, n, degree) for site, n in zip(self.alphabet.ensembles, others, strict=True)]
        sectors: dict[tuple[int, ...], list[RowOperator]] = {}
        for parity, ket in kets(self.alphabet.ensembles[ensemble].levels, singled):
            for row in self._rows(degree, ket, others):
                sectors.setdefault((parity, *self._charge(row, ensemble)), []).append(row)
        return [self._block(rows, ensemble, tables) for rows in sectors.values()]

    def _rows(self, degree: int, ket: Ket, others: Sequence[int]) -> Iterator[RowOperator]:
        centres: list[tuple[Any, int]]
        if self.alphabet.centre is None:
            centres = [((p, q), p + q) for p in range(degree + 1) for q in range(degree + 1 - p)]
        else:
            centres = [(c, 0) for c in range(self.alphabet.centre.levels)]
        letters = [
            [word for word in _words(len(site.symbols), min(degree, n)) if not (fixed and redundant(word))]
            for site, n, fixed in zip(self.alphabet.ensembles, others, self.fixed, strict=True)
        ]
        for (centre, taken), *words in itertools.product(centres, *letters):
            if taken + sum(map(sum, words)) <= degree:
                yield RowOperator(centre, ket, tuple(words))

    def _shifts(self, row: RowOperator, ensemble: int) -> tuple[int, ...]:
        """Excitations that an operator adds to each kind of site."""
        centre = row.centre[0] - row.centre[1] if self.alphabet.centre is None else _lifts(self.alphabet.centre, row.centre)
        result = [centre]
        for e, (site, word) in enumerate(zip(self.alphabet.ensembles, row.letters, strict=True)):
            shift = sum(n * q for n, q in zip(word, site.shifts[1:], strict=True))
            result.append(shift + (sum(_lifts(site, level) for level in row.ket[0][1]) if e == ensemble else 0))
        return tuple(result)

    def _charge(self, row: RowOperator, ensemble: int) -> tuple[int, ...]:
        shifts = self._shifts(row, ensemble)
        return tuple(sum(w * s for w, s in zip(charge, shifts, strict=True)) for charge in self.alphabet.charges)

    def _block(self, rows: list[RowOperator], ensemble: int, tables: list[Products]) -> Block:
        gauge = self.gauge or (0,) * (1 + len(self.sizes))
        turns = tuple(sum(g * s for g, s in zip(gauge, self._shifts(row, ensemble), strict=True)) for row in rows)
        entries = tuple(self._entry(a, b, ensemble, tables) for i, a in enumerate(rows) for b in rows[: i + 1])
        return Block(tuple(rows), ensemble, turns, entries)

    def _entry(self, a: RowOperator, b: RowOperator, ensemble: int, tables: list[Products]) -> Entry:
        """O_a^dag O_b as numbers times moments."""
        parts = [self._on_centre(a.centre, b.centre)]
        for e, table in enumerate(tables):
            part = table.get((a.letters[e], b.letters[e]), {})
            if e == ensemble:
                part = self._with_kets(e, part, a.ket, b.ket)
            parts.append(part)
        result = parts[0]
        for part in parts[1:]:
            result = {(*m, *n): value * factor for m, value in result.items() for n, factor in part.items()}
        return result

    def _with_kets(self, ensemble: int, part: Entry, a: Ket, b: Ket) -> Entry:
        """Moments with \\|a><b\\| on satellites of their own."""
        result: Entry = {}
        for (x, left), (y, right) in itertools.product(a, b):
            for chosen in itertools.product(*(self._singles[ensemble][pair] for pair in zip(left, right, strict=True))):
                for n, value in part.items():
                    key, number = list(n), value * (x * y)
                    for letter, factor in chosen:
                        number *= factor
                        if letter:
                            key[letter - 1] += 1
                    result[tuple(key)] = result.get(tuple(key), fmpq(0)) + number
        return {key: value for key, value in result.items() if value != 0}

    def _on_centre(self, a: Any, b: Any) -> Entry:
        if self.alphabet.centre is None:
            return {key: fmpq(int(value.real)) for key, value in normal_product({(a[1], a[0]): 1}, {tuple(b): 1 + 0j}).items()}
        units = _unit_pairs(self.alphabet.centre)
        return {self.alphabet.centre.letters(element): factor for element, factor in units[a, b]}

    @cached_property
    def _singles(self) -> list[dict[tuple[int, int], list[tuple[int, fmpq]]]]:
        return [_unit_pairs(site) for site in self.alphabet.ensembles]


def kets(levels: int, singled: int) -> Iterator[tuple[int, Ket]]:
    """(parity under an exchange, state) of the satellites that are singled out, of a complete set."""
    if singled < 2:
        yield from ((0, ((1, level),)) for level in itertools.product(range(levels), repeat=singled))
        return
    for i, j in itertools.combinations_with_replacement(range(levels), 2):
        yield 0, ((1, (i, j)), (1, (j, i))) if i < j else ((1, (i, i)),)
        if i < j:
            yield 1, ((1, (i, j)), (-1, (j, i)))


def _unit_pairs(site: FiniteSite) -> dict[tuple[int, int], list[tuple[int, fmpq]]]:
    """\\|i><j\\| in the site's basis."""
    result = {}
    for i, j in itertools.product(range(site.levels), repeat=2):
        matrix = np.zeros((site.levels, site.levels), dtype=complex)
        matrix[i, j] = 1
        result[i, j] = [(element, on_grid(value)[0]) for element, value in site.expand(matrix)]
    return result


def _lifts(site: FiniteSite, level: int) -> int:
    """Excitations that \\|0><level\\| adds."""
    matrix = np.zeros((site.levels, site.levels), dtype=complex)
    matrix[0, level] = 1
    if level == 0:
        return 0
    return next(site.shifts[i] for i, element in enumerate(site.basis) if np.array_equal(element, matrix))


def _words(letters: int, most: int) -> Iterator[Counts]:
    """Counts of letters with a sum up to ``most``, small sums first."""
    for size in range(most + 1):
        for bars in itertools.combinations(range(size + letters - 1), letters - 1):
            edges = (-1, *bars, size + letters - 1)
            yield tuple(b - a - 1 for a, b in itertools.pairwise(edges))
