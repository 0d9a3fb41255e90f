"""The letters that moments are spelled with, and the algebra of one site.

A moment is a multiset of letters, written as a tuple of counts: first the centre's letters, then those of each ensemble.
A letter of an ensemble counted n times stands for n distinct satellites.  A finite centre has at most one letter.  A boson has the
letters ad and a, and its counts (p, q) stand for the normal-ordered a^dag^p a^q.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray, as_array
from permsym.several_sites import refuse_several
from permsym.sites import SPIN_OPERATORS, unit

Counts = tuple[int, ...]
"""How often each letter occurs in a moment."""
Expansion = tuple[tuple[Any, complex], ...]
"""An operator of one site in that site's basis: (basis element, coefficient)."""


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


@lru_cache(maxsize=64)
def finite_site(kind: str, levels: int) -> FiniteSite:
    """The algebra of a spin or of a site with ``levels`` states."""
    return FiniteSite(kind, levels)


class Alphabet:
    """All letters of a model, and what moments spelled with them mean."""

    def __init__(self, model: Model) -> None:
        refuse_several(model.centre, "an expansion in moments")
        self.boson = model.centre.kind == "boson"
        self.centre = None if self.boson else finite_site(model.centre.kind, model.centre.levels)
        self.ensembles = tuple(finite_site(ensemble.kind, ensemble.levels) for ensemble in model.ensembles)
        self.names = tuple(ensemble.name for ensemble in model.ensembles)
        self.charges = model.charges
        sizes = [2 if self.centre is None else len(self.centre.symbols), *(len(site.symbols) for site in self.ensembles)]
        ends = [0, *itertools.accumulate(sizes)]
        self.slices = tuple(slice(a, b) for a, b in itertools.pairwise(ends))
        self.size = ends[-1]
        self.symbols = [*(("ad", "a") if self.centre is None else self.centre.symbols), *(s for e in self.ensembles for s in e.symbols)]

    @property
    def empty(self) -> Counts:
        """The identity."""
        return (0,) * self.size

    @cached_property
    def letter_charges(self) -> list[tuple[int, ...]]:
        """For each letter its U(1) charges."""
        shifts: list[tuple[int, int]] = [(0, 1), (0, -1)] if self.centre is None else [(0, q) for q in self.centre.shifts[1:]]
        shifts += [(1 + e, q) for e, site in enumerate(self.ensembles) for q in site.shifts[1:]]
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
        return sum(counts[self.slices[0]]) if self.boson else 0

    @cached_property
    def _conjugates(self) -> list[int]:
        order = [1, 0] if self.centre is None else [c - 1 for c in self.centre.conjugates[1:]]
        for mine, site in zip(self.slices[1:], self.ensembles, strict=True):
            order += [mine.start + c - 1 for c in site.conjugates[1:]]
        return order

    def conjugate(self, counts: Counts) -> Counts:
        """The moment of the adjoint operator."""
        return tuple(counts[i] for i in self._conjugates)

    # -- the centre's part ----------------------------------------------------------------------------------------------

    def centre_of(self, counts: Counts) -> Any:
        """Basis element of the centre: an index, or (p, q) for a boson."""
        mine = counts[self.slices[0]]
        return mine if self.boson else next((i + 1 for i, n in enumerate(mine) if n), 0)

    def with_centre(self, element: Any) -> Counts:
        """The centre's counts for a basis element."""
        if self.boson:
            return (int(element[0]), int(element[1]))
        assert self.centre is not None
        return tuple(int(i + 1 == element) for i in range(len(self.centre.symbols)))

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
        letters = self.size - self.slices[0].stop
        if self.boson:
            return math.comb(budget + letters + 2, letters + 2)
        return math.comb(budget + letters, letters) + (self.slices[0].stop) * math.comb(budget - 1 + letters, letters)

    def all_counts(self, budget: int) -> Iterator[Counts]:
        """All moments with up to ``budget`` operators but the identity."""
        if self.centre is None:
            centres: Sequence[Counts] = [(p, q) for p in range(budget + 1) for q in range(budget + 1 - p)]
        else:
            centres = [self.with_centre(i) for i in range(len(self.centre.basis))]
        letters = self.size - self.slices[0].stop
        for centre in centres:
            left = budget - sum(centre)
            for rest in _compositions(letters, left):
                if any(centre) or any(rest):
                    yield (*centre, *rest)


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
