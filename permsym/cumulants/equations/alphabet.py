"""The letters that moments are spelled with, and the algebra of one site.

A moment is a multiset of letters, written as a tuple of counts: first the centre's letters, then those of each ensemble.
A letter of an ensemble counted n times stands for n distinct satellites.  A finite site of the centre has at most one letter.  A mode
has the letters ad and a, and its counts (p, q) stand for the normal-ordered a^dag^p a^q.  Letters of a centre of several sites carry the
name of theirs: ``a@x``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray, Monomial, Product, as_array
from permsym.several_sites import on_each_site
from permsym.sites import SPIN_OPERATORS, Site, unit

Counts = tuple[int, ...]
"""How often each letter occurs in a moment."""
Expansion = tuple[tuple[Any, complex], ...]
"""An operator of one site in that site's basis: (basis element, coefficient)."""
Images = Callable[[Counts], Expansion]
"""What an action makes of the letters of one site of the centre: (letters, coefficient)."""


class FiniteSite:
    """The operators of a d-level site: element 0 is the identity, the others are the letters.

    Spins: + - z.  Levels: all |i><j| but |0><0| = 1 - sum of the other projectors.
    """

    def __init__(self, kind: str, levels: int) -> None:
        self.levels = levels
        if kind == "spin":
            named = {"+": SPIN_OPERATORS["p"], "-": SPIN_OPERATORS["m"], "z": SPIN_OPERATORS["z"]}
        else:
            pairs = [pair for pair in itertools.product(range(levels), repeat=2) if pair != (0, 0)]
            named = {f"|{i}><{j}|": unit(levels, i, j) for i, j in pairs}
        self.symbols: tuple[str, ...] = tuple(named)
        self.basis: tuple[ComplexArray, ...] = (np.eye(levels, dtype=complex), *(as_array(matrix) for matrix in named.values()))
        self._dual = np.linalg.inv(np.stack([element.ravel() for element in self.basis], axis=1))
        self.shifts = [0] + [_shift(kind, element) for element in self.basis[1:]]  # excitations that a letter adds
        self.conjugates = [self._index(element.conj().T) for element in self.basis]

    def _index(self, matrix: ComplexArray) -> int:
        return next(i for i, element in enumerate(self.basis) if np.array_equal(element, matrix))

    def expand(self, matrix: ComplexArray) -> Expansion:
        """Coordinates of a matrix in the basis; exact zeros and rounding left out."""
        values = self._dual @ np.asarray(matrix, dtype=complex).ravel()
        floor = 1e-15 * max(float(np.abs(values).max()), 1e-300)
        return tuple((i, complex(value)) for i, value in enumerate(values) if abs(value) > floor)

    def density(self, values: Sequence[complex]) -> ComplexArray:
        """The matrix rho with tr(B rho) = value for every basis element B."""
        rows = np.stack([element.T.ravel() for element in self.basis])
        solved: ComplexArray = np.asarray(np.linalg.solve(rows, np.asarray(values, dtype=complex)), dtype=np.complex128)
        return solved.reshape(self.levels, self.levels)

    def between(self, left: ComplexArray, right: ComplexArray) -> tuple[Expansion, ...]:
        """left B right for every basis element B."""
        return tuple(self.expand(left @ element @ right) for element in self.basis)

    def letters(self, element: int) -> Counts:
        """Counts of a basis element: at most one letter."""
        return tuple(int(i + 1 == element) for i in range(len(self.symbols)))

    def words(self, budget: int) -> list[Counts]:
        """The counts of up to so many letters."""
        return [self.letters(i) for i in range(len(self.basis) if budget else 1)]

    def product(self, factors: Sequence[Any]) -> ComplexArray:
        """The product of matrices."""
        result = np.eye(self.levels, dtype=complex)
        for factor in factors:
            result = result @ factor
        return result

    def images(self, left: ComplexArray, right: ComplexArray) -> Images:
        """left B right for the element B of some letters."""
        between = self.between(left, right)
        table = {self.letters(i): tuple((self.letters(k), value) for k, value in image) for i, image in enumerate(between)}
        return table.__getitem__


Polynomial = Mapping[tuple[int, int], complex]
"""A normal-ordered operator of a boson: (p, q) -> coefficient of a^dag^p a^q."""


def normal_product(left: Polynomial, right: Polynomial) -> dict[tuple[int, int], complex]:
    """Normal order of a product: a^q a^dag^p = sum_k k! C(q, k) C(p, k) a^dag^(p-k) a^(q-k)."""
    result: dict[tuple[int, int], complex] = {}
    for (p1, q1), x in left.items():
        for (p2, q2), y in right.items():
            for k in range(min(q1, p2) + 1):
                key = (p1 + p2 - k, q1 + q2 - k)
                result[key] = result.get(key, 0) + x * y * math.factorial(k) * math.comb(q1, k) * math.comb(p2, k)
    return result


class Mode:
    """The operators of a bosonic mode: normal-ordered polynomials of its letters ad and a."""

    symbols: tuple[str, ...] = ("ad", "a")
    shifts = (0, 1, -1)
    conjugates = (0, 2, 1)

    def words(self, budget: int) -> list[Counts]:
        """The counts of up to so many letters."""
        return [(p, q) for p in range(budget + 1) for q in range(budget + 1 - p)]

    def product(self, factors: Sequence[Monomial]) -> Polynomial:
        """The product of monomials."""
        result: Polynomial = {(0, 0): 1}
        for factor in factors:
            result = normal_product(result, {factor: 1})
        return result

    def images(self, left: Polynomial, right: Polynomial) -> Images:
        """left a^dag^p a^q right for the letters (p, q)."""
        return lambda counts: tuple(normal_product(normal_product(left, {(counts[0], counts[1]): 1}), right).items())


@lru_cache(maxsize=64)
def finite_site(kind: str, levels: int) -> FiniteSite:
    """The algebra of a spin or of a site with ``levels`` states."""
    return FiniteSite(kind, levels)


class Alphabet:
    """All letters of a model, and what moments spelled with them mean."""

    def __init__(self, model: Model) -> None:
        self.site = model.centre
        self.own = tuple(_letters_of(site) for site in model.centre_sites)  # of each site of the centre
        self.ensembles = tuple(finite_site(ensemble.kind, ensemble.levels) for ensemble in model.ensembles)
        self.names = tuple(ensemble.name for ensemble in model.ensembles)
        self.charges = model.charges
        ends = [0, *itertools.accumulate(len(site.symbols) for site in (*self.own, *self.ensembles))]
        every = tuple(slice(a, b) for a, b in itertools.pairwise(ends))
        self.own_slices = every[: len(self.own)]
        self.slices = (slice(0, ends[len(self.own)]), *every[len(self.own) :])
        self.size = ends[-1]
        self.symbols = [
            f"{symbol}@{site.name}" if site.name else symbol
            for site, letters in zip(model.centre_sites, self.own, strict=True)
            for symbol in letters.symbols
        ]
        self.symbols += [symbol for letters in self.ensembles for symbol in letters.symbols]

    @property
    def modes(self) -> list[slice]:
        """Letters of each mode of the centre."""
        return [mine for mine, site in zip(self.own_slices, self.own, strict=True) if isinstance(site, Mode)]

    @property
    def boson(self) -> bool:
        """Whether the centre has a mode."""
        return bool(self.modes)

    @property
    def centre(self) -> FiniteSite | None:
        """The only site of a finite centre; None where the centre is a mode, or several sites."""
        return self.own[0] if len(self.own) == 1 and isinstance(self.own[0], FiniteSite) else None

    @property
    def finite(self) -> list[tuple[slice, FiniteSite]]:
        """Letters of each site that is no mode: of the centre, then of the ensembles."""
        every = zip((*self.own_slices, *self.slices[1:]), (*self.own, *self.ensembles), strict=True)
        return [(mine, site) for mine, site in every if isinstance(site, FiniteSite)]

    @property
    def empty(self) -> Counts:
        """The identity."""
        return (0,) * self.size

    @cached_property
    def letter_charges(self) -> list[tuple[int, ...]]:
        """For each letter its U(1) charges."""
        shifts = [(kind, q) for kind, site in enumerate((*self.own, *self.ensembles)) for q in site.shifts[1:]]
        return [tuple(charge[kind] * q for charge in self.charges) for kind, q in shifts]

    def charge(self, counts: Counts) -> tuple[int, ...]:
        """U(1) charges of a moment; a nonzero one makes it vanish in symmetric states."""
        return tuple(sum(n * q[k] for n, q in zip(counts, self.letter_charges, strict=True)) for k in range(len(self.charges)))

    def satellites(self, counts: Counts) -> tuple[int, ...]:
        """Number of distinct satellites of each ensemble."""
        return tuple(sum(counts[mine]) for mine in self.slices[1:])

    def operators(self, counts: Counts) -> int:
        """Number of operators: every a and ad counts."""
        return sum(counts)

    def photon_operators(self, counts: Counts) -> int:
        """Number of a and ad."""
        return sum(sum(counts[mine]) for mine in self.modes)

    @cached_property
    def _conjugates(self) -> list[int]:
        every = zip((*self.own_slices, *self.slices[1:]), (*self.own, *self.ensembles), strict=True)
        return [mine.start + c - 1 for mine, site in every for c in site.conjugates[1:]]

    def conjugate(self, counts: Counts) -> Counts:
        """The moment of the adjoint operator."""
        return tuple(counts[i] for i in self._conjugates)

    def factors(self, key: Product) -> tuple[tuple[int, Any], ...]:
        """(site of the centre, its matrix or monomial) of a product's operator of the centre."""
        ones = enumerate(on_each_site(self.site, key.centre))
        return tuple((k, one if isinstance(one, Monomial) else as_array(one)) for k, one in ones if one is not None)

    # -- labels ---------------------------------------------------------------------------------------------------------

    def label(self, counts: Counts) -> MomentLabel:
        """The moment's label."""
        parts = [
            tuple(itertools.chain.from_iterable([symbol] * n for symbol, n in zip(self.symbols[mine], counts[mine], strict=True)))
            for mine in self.slices
        ]
        return MomentLabel(parts[0], tuple(parts[1:]), self.names)

    def counts(self, label: MomentLabel) -> Counts:
        """Counts of a label with this alphabet's symbols."""
        result = list(self.empty)
        for kind, symbol in label.factors:
            mine = self.slices[kind]
            try:
                result[mine.start + self.symbols[mine].index(symbol)] += 1
            except ValueError:
                raise InputError(f"the moment {label} is not spelled with the operators {', '.join(self.symbols[mine])}") from None
        return tuple(result)

    def number(self, budget: int) -> int:
        """Number of moments with up to ``budget`` operators."""
        letters = self.size - self.slices[0].stop + 2 * len(self.modes)
        choices = [1]  # of letters of the centre's finite sites, by how many
        for site in self.own:
            if isinstance(site, FiniteSite):
                one = len(site.symbols)
                choices = [a + one * b for a, b in zip([*choices, 0], [0, *choices], strict=True)]
        return sum(n * math.comb(budget - k + letters, letters) for k, n in enumerate(choices) if k <= budget)

    def all_counts(self, budget: int) -> Iterator[Counts]:
        """All moments with up to ``budget`` operators but the identity."""
        letters = self.size - self.slices[0].stop
        for centre in self._centres(self.own, budget):
            for rest in _compositions(letters, budget - sum(centre)):
                if any(centre) or any(rest):
                    yield (*centre, *rest)

    def _centres(self, sites: Sequence[FiniteSite | Mode], budget: int) -> Iterator[Counts]:
        """Counts of some of the centre's sites with up to so many letters."""
        if not sites:
            yield ()
            return
        for word in sites[0].words(budget):
            for others in self._centres(sites[1:], budget - sum(word)):
                yield (*word, *others)


def _letters_of(site: Site) -> FiniteSite | Mode:
    return Mode() if site.kind == "boson" else finite_site(site.kind, site.levels)


def _compositions(length: int, most: int) -> Iterator[Counts]:
    """All tuples of ``length`` whole numbers >= 0 with sum up to ``most``."""
    if length == 0:
        yield ()
        return
    for first in range(most + 1):
        for rest in _compositions(length - 1, most - first):
            yield (first, *rest)


def _shift(kind: str, element: ComplexArray) -> int:
    row, column = (int(i[0]) for i in np.nonzero(element))
    return (column - row) if kind == "spin" else (row - column)
