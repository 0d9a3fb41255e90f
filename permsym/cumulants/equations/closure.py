"""Closure: joint cumulants of multisets outside a retained set vanish.

With one element d of the multiset n singled out, moments m and cumulants kappa obey

    m(n) = sum over b <= n that contain d of  prod_l C(n_l - d_l, b_l - d_l)  kappa(b) m(n - b)

It turns retained moments into cumulants.  Without the blocks that are not retained it builds a moment outside the set.  The result is
a program of products of two values, quadratic in the number of moments; an expansion into set partitions would grow with the Bell
numbers.  Blocks with a U(1) charge vanish.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.cumulants.equations.truncation import Closure
from permsym.operators import ComplexArray

Predicate = Callable[[Counts], bool]
"""Whether a multiset's joint cumulant is retained."""


@dataclass(frozen=True)
class Retained:
    """The retained set of an order: multisets with up to ``order`` operators, with NO_THREE_SPIN of up to two satellites.

    satellites   how many of these two something else is on already
    """

    alphabet: Alphabet
    order: int
    closure: Closure = Closure.FULL
    satellites: int = 0

    def __call__(self, counts: Counts) -> bool:
        if sum(counts) > self.order:
            return False
        return self.closure is Closure.FULL or sum(self.alphabet.satellites(counts)) <= 2 - self.satellites


def blocks(counts: Counts) -> Iterator[tuple[Counts, Counts, int]]:
    """Blocks b that contain one chosen element of a multiset n, the rest n - b, and the number of such blocks."""
    chosen = min((i for i, n in enumerate(counts) if n), key=lambda i: counts[i])
    for block in itertools.product(*(range(int(i == chosen), n + 1) for i, n in enumerate(counts))):
        number = math.prod(math.comb(n - (i == chosen), b - (i == chosen)) for i, (n, b) in enumerate(zip(counts, block, strict=True)))
        yield block, tuple(n - b for n, b in zip(counts, block, strict=True)), number


@dataclass(frozen=True)
class Level:
    """Nodes that are computed together: value = value of ``base`` (node 0, the number 1, counts as 0) + sum of products.

    The products of target i stand at starts[i] : starts[i + 1]:  factor * value[first] * value[second].
    """

    targets: NDArray[np.intp]
    base: NDArray[np.intp]
    starts: NDArray[np.intp]
    factor: NDArray[np.float64]
    first: NDArray[np.intp]
    second: NDArray[np.intp]

    def products(self, values: ComplexArray) -> ComplexArray:
        terms = self.factor * values[self.first] * values[self.second]
        sums = np.add.reduceat(np.append(terms, 0), self.starts[:-1])
        return np.where(np.diff(self.starts) > 0, sums, 0)


class Program:
    """Moments outside the retained set from those in it.

    Nodes: 0 is the number 1, nodes 1..n the unknowns, the rest cumulants and closed moments.

    unknowns   retained moments, in order
    retains    predicate of the retained set (which may contain more than the unknowns: charged moments that vanish)
    charged    whether moments with a U(1) charge are unknowns too
    """

    def __init__(self, alphabet: Alphabet, unknowns: Sequence[Counts], retains: Predicate, charged: bool) -> None:
        self.alphabet, self.retains, self.charged = alphabet, retains, charged
        self.size = len(unknowns)
        self._moments: dict[Counts, int] = {alphabet.empty: 0} | {counts: i for i, counts in enumerate(unknowns, start=1)}
        self._cumulants: dict[Counts, int] = {}
        self._nodes = 1 + len(unknowns)
        self._rules: dict[int, tuple[int, int, list[tuple[int, int, int]]]] = {}  # node -> (number of operators, base, products)
        self._levels: list[Level] | None = None

    def _vanishes(self, counts: Counts) -> bool:
        return not self.charged and any(self.alphabet.charge(counts))

    def _new(self) -> int:
        self._nodes += 1
        return self._nodes - 1

    def moment(self, counts: Counts) -> int | None:
        """Node of a moment; None where it vanishes by symmetry."""
        if self._vanishes(counts):
            return None
        if counts not in self._moments:
            products = [
                (number, kappa, rest)
                for block, remainder, number in blocks(counts)
                if any(remainder) and (kappa := self.cumulant(block)) is not None and (rest := self.moment(remainder)) is not None
            ]
            self._moments[counts] = self._new()
            self._rules[self._moments[counts]] = (sum(counts), 0, products)
            self._levels = None
        return self._moments[counts]

    def cumulant(self, counts: Counts) -> int | None:
        """Node of a joint cumulant; None where it vanishes, by symmetry or by the closure."""
        if not self.retains(counts) or self._vanishes(counts):
            return None
        if sum(counts) == 1:
            return self._moments[counts]
        if counts not in self._cumulants:
            products = [
                (-number, kappa, rest)
                for block, remainder, number in blocks(counts)
                if any(remainder) and (kappa := self.cumulant(block)) is not None and (rest := self.moment(remainder)) is not None
            ]
            self._cumulants[counts] = self._new()
            self._rules[self._cumulants[counts]] = (sum(counts), self._moments[counts], products)
            self._levels = None
        return self._cumulants[counts]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self._nodes

    @property
    def moments(self) -> Mapping[Counts, int]:
        """Moments that have a node."""
        return self._moments

    def polynomial(self, counts: Counts) -> dict[tuple[int, ...], float]:
        """A moment as a polynomial in the unknowns: sorted positions of the factors -> coefficient."""
        expanded: dict[int, dict[tuple[int, ...], float]] = {0: {(): 1.0}}

        def at(node: int) -> dict[tuple[int, ...], float]:
            if node not in expanded:
                if node <= self.size:
                    expanded[node] = {(node - 1,): 1.0}
                else:
                    _, base, products = self._rules[node]
                    total = dict(at(base)) if base else {}
                    for factor, first, second in products:
                        for left, a in at(first).items():
                            for right, b in at(second).items():
                                key = tuple(sorted(left + right))
                                total[key] = total.get(key, 0.0) + factor * a * b
                    expanded[node] = {key: value for key, value in total.items() if value}
            return expanded[node]

        node = self.moment(counts)
        return {} if node is None else at(node)

    @property
    def levels(self) -> list[Level]:
        """The program, ordered so that each level needs only earlier ones."""
        if self._levels is None:
            ranks = sorted({rank for rank, _, _ in self._rules.values()})
            self._levels = [self._level([node for node, rule in self._rules.items() if rule[0] == rank]) for rank in ranks]
        return self._levels

    def _level(self, targets: Sequence[int]) -> Level:
        rules = [self._rules[node] for node in targets]
        flat = [product for _, _, products in rules for product in products]
        factor, first, second = (np.array(column) for column in zip(*flat, strict=True)) if flat else (np.zeros(0),) * 3
        return Level(
            np.array(targets, dtype=np.intp),
            np.array([base for _, base, _ in rules], dtype=np.intp),
            np.cumsum([0] + [len(products) for _, _, products in rules]).astype(np.intp),
            factor.astype(float),
            first.astype(np.intp),
            second.astype(np.intp),
        )

    def values(self, y: ComplexArray) -> ComplexArray:
        """Values of all nodes, (nodes,), from the retained moments y, (n,)."""
        values = np.zeros(self._nodes, dtype=complex)
        values[0] = 1
        values[1 : 1 + self.size] = y
        for level in self.levels:
            values[level.targets] = np.where(level.base > 0, values[level.base], 0) + level.products(values)
        return values

    def derivatives(self, values: ComplexArray) -> ComplexArray:
        """d node / d y, (nodes, n), by forward mode through the program."""
        result = np.zeros((self._nodes, self.size), dtype=complex)
        result[1 : 1 + self.size] = np.eye(self.size)
        for level in self.levels:
            # d(f v w) = f w dv + f v dw
            data = np.stack([level.factor * values[level.second], level.factor * values[level.first]], axis=1).ravel()
            columns = np.stack([level.first, level.second], axis=1).ravel()
            matrix = sp.csr_matrix((data, columns, 2 * level.starts), shape=(len(level.targets), self._nodes))
            result[level.targets] = matrix @ result
            own = level.base > 0
            result[level.targets[own]] += result[level.base[own]]
        return result

    def coefficient_sum(self, counts: Counts) -> float:
        """Sum of the coefficients of a closed moment's factorisation: its value when every moment is 1."""
        node = self.moment(counts)
        return 0.0 if node is None else float(self.values(np.ones(self.size, dtype=complex))[node].real)
