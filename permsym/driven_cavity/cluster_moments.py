"""Moments of a cavity with clusters of spins: their order in the vector of unknowns, and closed values of the others.

A moment is spelled by spin letters (``z``, ``s`` = sigma^-, ``p`` = sigma^+, at most two, of distinct spins) and boson letters
(``d`` = a^dag, ``a``), normal ordered.  One spin makes an array (L,), two make (L, L): element [k, l] belongs to a spin of cluster k
and another spin of cluster l, which may be the same cluster.  Of a moment and its conjugate only one is an unknown.

Other moments are closed by letting the joint cumulant of their operators vanish, eqs. (16) and (17) of paper 2.  Closed values
with two spins are sums of outer products, so that all costs are O(L^2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.complex128]

SCALARS = {1: ("a",), 2: ("aa", "da"), 3: ("daa", "aaa")}
SINGLES = {1: ("s", "z"), 2: ("za", "sd", "sa"), 3: ("zda", "sda", "sdd", "zaa", "saa")}
PAIRS = {1: (), 2: ("zs", "ps", "zz", "ss"), 3: ("zza", "ssd", "psa", "zsd", "zsa", "ssa")}
"""Unknowns that each order adds: those of paper 2's appendix.  Moments of three spins are none of them."""


@dataclass(frozen=True)
class Layout:
    """The order of the unknowns in one complex vector.

    order     1 (Maxwell-Bloch), 2 or 3
    clusters  L
    """

    order: int
    clusters: int

    @cached_property
    def slots(self) -> dict[str, tuple[slice, tuple[int, ...]]]:
        """Name -> (slice of the vector, shape)."""
        slots: dict[str, tuple[slice, tuple[int, ...]]] = {}
        start = 0
        for rank, table in enumerate((SCALARS, SINGLES, PAIRS)):
            for order in range(1, self.order + 1):
                for name in table[order]:
                    count = self.clusters**rank
                    slots[name] = (slice(start, start + count), (self.clusters,) * rank)
                    start += count
        return slots

    @cached_property
    def size(self) -> int:
        """Number of complex unknowns."""
        return max(where.stop for where, _ in self.slots.values())

    def split(self, vector: Array) -> dict[str, Array]:
        """Views of a vector, by name."""
        return {name: vector[where].reshape(shape) for name, (where, shape) in self.slots.items()}

    def scale(self, photons: float) -> NDArray[np.float64]:
        """Natural size of each unknown, max(1, photons)^(number of a and a^dag / 2)."""
        sizes = np.ones(self.size)
        for name, (where, _) in self.slots.items():
            sizes[where] = max(1.0, photons) ** (sum(letter in "ad" for letter in name) / 2)
        return sizes


def conjugate(bosons: str) -> str:
    """Boson letters of the adjoint, normal ordered."""
    return "d" * bosons.count("a") + "a" * bosons.count("d")


class Expectations:
    """Values of moments at one vector of unknowns: unknowns, their conjugates, closed moments; none is computed twice."""

    def __init__(self, layout: Layout, vector: Array) -> None:
        self._values: dict[str, Array] = layout.split(vector)

    def boson(self, letters: str) -> Array:
        """<a^dag^p a^q>, a scalar array."""
        if letters not in self._values:
            self._values[letters] = (
                self._values[conjugate(letters)].conj() if conjugate(letters) in self._values else self._close_boson(letters)
            )
        return self._values[letters]

    def single(self, spin: str, bosons: str = "") -> Array:
        """Moment of one spin and bosons, (L,)."""
        key = spin + bosons
        if key not in self._values:
            adjoint = {"z": "z", "s": "p", "p": "s"}[spin] + conjugate(bosons)
            if spin == "p" or (adjoint in self._values and adjoint != key):
                self._values[key] = self.single(adjoint[0], adjoint[1:]).conj()
            else:
                self._values[key] = self._close_single(spin, bosons)
        return self._values[key]

    def pair(self, first: str, second: str, bosons: str = "") -> Array:
        """Moment of two distinct spins and bosons, (L, L): ``first`` belongs to the row's spin, ``second`` to the column's."""
        key = first + second + bosons
        if key not in self._values:
            turned = conjugate(bosons)
            if (first, second) in (("s", "z"), ("p", "z"), ("s", "p")):
                self._values[key] = self.pair(second, first, bosons).T
            elif (first, second) == ("z", "p"):
                self._values[key] = self.pair("z", "s", turned).conj()
            elif (first, second) == ("p", "s") and "ps" + turned in self._values and turned != bosons:
                self._values[key] = self.pair("p", "s", turned).conj().T
            elif first == second == "z" and "zz" + turned in self._values and turned != bosons:
                self._values[key] = self.pair("z", "z", turned).conj()
            else:
                self._values[key] = self._close_pair(first, second, bosons)
        return self._values[key]

    def _close_boson(self, letters: str) -> Array:
        b = self.boson
        if len(letters) == 2:
            return b(letters[0]) * b(letters[1])
        i, j, k = tuple(letters)
        return b(i + j) * b(k) + b(i + k) * b(j) + b(j + k) * b(i) - 2 * b(i) * b(j) * b(k)

    def _close_single(self, spin: str, bosons: str) -> Array:
        b = self.boson
        v = [self.single(spin)] + [self.single(spin, letter) for letter in bosons if len(bosons) > 1]
        if len(bosons) == 1:
            return v[0] * b(bosons)
        if len(bosons) == 2:
            i, j = bosons[0], bosons[1]
            return v[0] * (b(i + j) - 2 * b(i) * b(j)) + v[1] * b(j) + v[2] * b(i)
        i, j, k = tuple(bosons)
        bi, bj, bk, bij, bik, bjk = b(i), b(j), b(k), b(i + j), b(i + k), b(j + k)
        return (
            v[0] * (b(bosons) - 2 * (bij * bk + bik * bj + bjk * bi) + 6 * bi * bj * bk)
            + v[1] * (bjk - 2 * bj * bk)
            + v[2] * (bik - 2 * bi * bk)
            + v[3] * (bij - 2 * bi * bj)
            + self.single(spin, i + j) * bk
            + self.single(spin, i + k) * bj
            + self.single(spin, j + k) * bi
        )

    def _close_pair(self, first: str, second: str, bosons: str) -> Array:
        b = self.boson
        if not bosons:
            return self._outer((first, second), [("", "", 1.0)])
        if len(bosons) == 1:
            value = b(bosons)
            outer = self._outer((first, second), [("", "", -2 * value), (bosons, "", 1.0), ("", bosons, 1.0)])
            return self.pair(first, second) * value + outer
        i, j = bosons[0], bosons[1]
        bi, bj, bij = b(i), b(j), b(bosons)
        outer = self._outer(
            (first, second),
            [
                ("", "", 6 * bi * bj - 2 * bij),
                ("", i, -2 * bj),
                ("", j, -2 * bi),
                (i, "", -2 * bj),
                (j, "", -2 * bi),
                (i, j, 1.0),
                (j, i, 1.0),
                ("", bosons, 1.0),
                (bosons, "", 1.0),
            ],
        )
        return self.pair(first, second) * (bij - 2 * bi * bj) + self.pair(first, second, i) * bj + self.pair(first, second, j) * bi + outer

    def _outer(self, spins: tuple[str, str], terms: Sequence[tuple[str, str, complex | Array]]) -> Array:
        """sum over (left, right, weight) of weight * <first left>_k <second right>_l, as a product of thin matrices."""
        lefts = list(dict.fromkeys(left for left, _, _ in terms))
        rights = list(dict.fromkeys(right for _, right, _ in terms))
        table = np.zeros((len(lefts), len(rights)), dtype=complex)
        for left, right, weight in terms:
            table[lefts.index(left), rights.index(right)] += weight
        rows = np.array([self.single(spins[0], left) for left in lefts])
        columns = np.array([self.single(spins[1], right) for right in rights])
        return (rows.T @ table) @ columns
