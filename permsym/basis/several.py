"""Several ensembles of spins, cut to few coherences between them and to the sites where the probability is.

A label of the full product is (centre, 2j, 2m, 2m' of each ensemble).  In a cut two things are left out:

    coherences   with |m - m'| > order in any ensemble: max |rho| falls about tenfold an order (measured)
    populations  on sites (j, m of every ensemble) that are not listed; a coherence stays where both populations that it couples do

The trace is conserved exactly: populations never feed themselves through what is left out, and an edge reflects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.basis.representations import parts_of
from permsym.basis.sector import combined, differences_of
from permsym.errors import InputError
from permsym.model import Model


@dataclass(frozen=True)
class Cut:
    """How much of several ensembles, or of atoms with several levels, is left out.

    order   largest |m - m'| of any ensemble of spins, or atoms in coherences of any other ensemble; at least 2
    share   of the largest population: sites with less, as far as a smaller system predicts, are left out; 0: none is
    """

    order: int
    share: float = 0.0

    @classmethod
    def read(cls, text: str) -> Cut | None:
        """ORDER/SHARE as files and the command line write it, such as 6/1e-9; None: it is none."""
        order, slash, share = text.partition("/")
        if not slash or not order.strip().isdecimal():
            return None
        try:
            return cls(int(order), float(share))
        except ValueError:
            return None

    @property
    def written(self) -> str:
        """ORDER/SHARE."""
        return f"{self.order}/{self.share:g}"

    def __str__(self) -> str:
        return f"coherences to order {self.order}, populations to {self.share:.0e}"

    def __post_init__(self) -> None:
        if not isinstance(self.order, int) or isinstance(self.order, bool) or self.order < 2:
            raise InputError(f"`order` of a cut must be an integer from 2 on, but is {self.order!r}")
        if not 0 <= self.share < 1:
            raise InputError(f"`share` of a cut must be from 0 to 1, such as 1e-9, but is {self.share!r}")


def all_sites(N: int) -> Labels:
    """(2, n) every site (2j, 2m) of N spins."""
    J = np.arange(N % 2, N + 1, 2)
    return np.concatenate([np.stack([np.full(j + 1, j), np.arange(-j, j + 1, 2)]) for j in J], axis=1)


class Sites:
    """A set of sites (2k, n): 2j and 2m of each of k ensembles."""

    def __init__(self, sizes: tuple[int, ...], sites: Labels) -> None:
        self.sizes = sizes
        order = np.argsort(numbers := self._numbers(sites))
        self.sites, self.numbers = sites[:, order], numbers[order]

    @classmethod
    def all(cls, sizes: tuple[int, ...]) -> Sites:
        return cls(sizes, combined([all_sites(N) for N in sizes]))

    @classmethod
    def none(cls, sizes: tuple[int, ...]) -> Sites:
        return cls(sizes, np.zeros((2 * len(sizes), 0), dtype=np.int64))

    @property
    def count(self) -> int:
        return self.sites.shape[1]

    def _numbers(self, sites: Labels) -> NDArray[np.int64]:
        number = np.zeros(sites.shape[1], dtype=np.int64)
        for i, N in enumerate(self.sizes):
            number = (number * (N // 2 + 1) + sites[2 * i] // 2) * (N + 1) + (sites[2 * i + 1] + N) // 2
        return number

    def contain(self, sites: Labels) -> NDArray[np.bool_]:
        """Whether each of these sites (2k, n), which may not even exist, is in the set."""
        exist = np.logical_and.reduce([np.abs(sites[2 * i + 1]) <= sites[2 * i] for i in range(len(self.sizes))])
        numbers = np.where(exist, self._numbers(sites), -1)
        at = np.minimum(np.searchsorted(self.numbers, numbers), max(self.count - 1, 0))
        return np.asarray(exist & (self.numbers[at] == numbers)) if self.count else np.zeros(len(exist), dtype=bool)


class CutBasis(Basis):
    """The neutral sector of several ensembles of spins, cut.

    cut     what is left out
    sites   the populations that are not
    """

    def __init__(self, model: Model, cut: Cut, sites: Sites) -> None:
        super().__init__(model, parts_of(model, "dicke"), "dicke")
        self.cut = cut
        self.sites = sites
        self.boundary = "reflecting"

    @cached_property
    def labels(self) -> Labels:
        blocks = []
        site = self.sites.sites
        for centre, *differences in self.combinations:
            bras = self._bras(differences)
            both = self.sites.contain(bras)
            rows = [row for i in range(len(differences)) for row in (site[2 * i, both], site[2 * i + 1, both], bras[2 * i + 1, both])]
            levels = self.parts[0].labels(centre)
            pairs = combined([levels, np.stack(rows)])
            blocks.append(pairs[:, self._first(pairs)])
        return np.concatenate(blocks, axis=1)

    def _bras(self, differences: Sequence[int]) -> Labels:
        """(2k, n) the bra's site of every ket's site, which may not be listed, or not exist."""
        bras = self.sites.sites.copy()
        for i, difference in enumerate(differences):
            bras[2 * i + 1] -= 2 * difference
        return bras

    def count(self) -> int:
        """The number of unknowns, counted without making their labels: both labels of a conjugate pair are as many."""
        return sum(
            int(np.count_nonzero(self.sites.contain(self._bras(differences)))) * self.parts[0].count(centre)
            for centre, *differences in self.combinations
        )

    @cached_property
    def combinations(self) -> list[tuple[int, ...]]:
        """Differences of the centre and of each ensemble that are not left out."""
        every = differences_of(self.parts, self.model.charges, self.charge)
        return [each for each in every if max(map(abs, each[1:])) <= self.cut.order]  # type: ignore[arg-type,misc]

    @property
    def labels_a_site(self) -> int:
        """Labels that a site has at most; those of both of a conjugate pair are as many as unknowns."""
        return sum(self.parts[0].count(each[0]) for each in self.combinations)
