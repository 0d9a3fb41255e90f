"""Rows of moment matrices in terms of products of sums over all satellites, which anybody can multiply.

A row <levels| P_l singles out some satellites, and P_l is a sum over distinct ones of the others.  With J_a = sum_n (s_a)_n over all,

    <levels| S_l J_a  =  <levels| S_{l+a}  +  sum_b l_b <levels| S_{l-b} (s_b s_a)  +  sum_k <levels| (s_a)_k S_l

where s_b s_a is one of the letters of S or a number, times the satellites that are left.  Solved for S_{l+a}, all rows become words, letter
by letter: what follows has fewer letters.  A word is a tuple of letters (site, i, j), sum_n |i><j|_n; of the mode, site 0, (0, 0, 1) is
a^dag and (0, 1, 0) is a.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from flint import fmpq

from permsym.bounding.relaxed.equations import on_grid
from permsym.bounding.relaxed.matrices import Block, RowOperator
from permsym.cumulants.equations.alphabet import Alphabet, Counts, FiniteSite

Letter = tuple[int, int, int]
Word = tuple[Letter, ...]
Levels = tuple[int, ...]
Sums = dict[tuple[Levels, Counts], fmpq]
"""(levels of the satellites that are singled out, letters) -> number: sum of number <levels| S_l of one ensemble."""
Words = dict[tuple[Levels, Word], fmpq]
"""(levels, word) -> number."""


def first_site(a: Alphabet) -> int:
    """Site of the first ensemble."""
    return 1 if a.centre is None else 2


@dataclass
class Ensemble:
    """Words of one ensemble.

    s        its number as a site
    number   of satellites
    singled  how many of them are singled out
    """

    site: FiniteSite
    s: int
    number: int
    singled: int
    cache: dict[tuple[Levels, Counts], Words] = field(default_factory=dict)

    def of(self, levels: Levels, letters: Counts) -> Words:
        """<levels| S_l in terms of words."""
        key = levels, letters
        if key not in self.cache:
            word = tuple(itertools.chain.from_iterable([self._unit(g)] * n for g, n in enumerate(letters)))
            sums: Sums = {(levels, (0,) * len(letters)): fmpq(1)}
            for _, i, j in word:
                sums = self._multiplied(sums, i, j)
            leading = sums.pop(key)
            result = {(levels, word): 1 / leading}
            for other, value in sums.items():
                for each, number in self.of(*other).items():
                    result[each] = result.get(each, fmpq(0)) - value * number / leading
            self.cache[key] = {each: number for each, number in result.items() if number != 0}
        return self.cache[key]

    def _unit(self, g: int) -> Letter:
        """The matrix unit of a letter: of z that of the state 1."""
        matrix = self.site.basis[g + 1]
        i, j = next((int(i), int(j)) for i, j in np.argwhere(matrix) if i + j)
        return self.s, i, j

    def _multiplied(self, sums: Sums, i: int, j: int) -> Sums:
        """Sums times that of |i><j| over all satellites."""
        matrix = np.zeros((self.site.levels,) * 2, dtype=complex)
        matrix[i, j] = 1
        total: Sums = {}
        for g, value in self.site.expand(matrix):
            for (levels, letters), number in sums.items():
                for key, factor in self._times(levels, letters, g):
                    total[key] = total.get(key, fmpq(0)) + number * factor * on_grid(value)[0]
        return {key: number for key, number in total.items() if number != 0}

    def _times(self, levels: Levels, letters: Counts, g: int) -> Iterator[tuple[tuple[Levels, Counts], fmpq]]:
        """<levels| S_l times the sum of an element of the basis over all satellites; element 0 is the unit."""
        if g == 0:
            yield (levels, letters), fmpq(self.number)
            return
        matrix = self.site.basis[g]
        yield (levels, _with(letters, g, 1)), fmpq(1)
        for b, n in enumerate(letters):
            fewer = _with(letters, b + 1, -1)
            for other, value in self.site.expand(self.site.basis[b + 1] @ matrix) if n else ():
                ways = 1 if other else self.number - self.singled - sum(fewer)
                yield (levels, _with(fewer, other, 1) if other else fewer), on_grid(value)[0] * n * ways
        for k, level in enumerate(levels):
            for other in range(self.site.levels):
                if matrix[level, other]:
                    yield ((*levels[:k], other, *levels[k + 1 :]), letters), on_grid(complex(matrix[level, other]))[0]


@dataclass
class BlockWords:
    """A block's rows as sums over pairs (levels, word), which are numbered.

    distinct  sites of the levels
    rows      all pairs that occur
    """

    alphabet: Alphabet
    block: Block
    sizes: tuple[int, ...]
    distinct: list[int] = field(init=False)
    rows: dict[tuple[Levels, Word], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        a, e = self.alphabet, self.block.ensemble
        singled = [len(self.block.rows[0].ket[0][1]) * (k == e) for k in range(len(self.sizes))]
        self.ensembles = [
            Ensemble(site, s, n, r) for s, (site, n, r) in enumerate(zip(a.ensembles, self.sizes, singled, strict=True), first_site(a))
        ]
        self.distinct = [1] * (a.centre is not None) + [first_site(a) + e] * singled[e]
        self.vectors = [self._vector(row) for row in self.block.rows]

    def _vector(self, row: RowOperator) -> dict[int, fmpq]:
        """A row of the block in terms of the numbered pairs."""
        boson, result = self.alphabet.centre is None, dict[int, fmpq]()
        start: Word = ((0, 0, 1),) * row.centre[0] + ((0, 1, 0),) * row.centre[1] if boson else ()
        mine: Levels = () if boson else (int(row.centre),)
        for coefficient, levels in row.ket:
            factors = []
            for e, (ensemble, letters) in enumerate(zip(self.ensembles, row.letters, strict=True)):
                words = ensemble.of(levels if e == self.block.ensemble else (), letters)
                factors.append(
                    [(key, number / math.perm(ensemble.number - ensemble.singled, sum(letters))) for key, number in words.items()]
                )
            for chosen in itertools.product(*factors):
                kets = itertools.chain.from_iterable(key[0] for key, _ in chosen)
                word = itertools.chain.from_iterable(key[1] for key, _ in chosen)
                number = math.prod((number for _, number in chosen), start=fmpq(coefficient))
                index = self.rows.setdefault(((*mine, *kets), (*start, *word)), len(self.rows))
                result[index] = result.get(index, fmpq(0)) + number
        return {index: number for index, number in result.items() if number != 0}


def _with(letters: Counts, g: int, number: int) -> Counts:
    """Letters with more of the one of element g."""
    return (*letters[: g - 1], letters[g - 1] + number, *letters[g:])
