"""Ensembles of a fixed total spin: <(J^2 - j(j+1)) P_l> = 0 for every sum P_l over distinct satellites.

J^2 - j(j+1) = 3N/4 - j(j+1) + S_zz / 4 + S_{+-}        with sums over ordered pairs of distinct satellites
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flint import fmpq

from permsym.bounding.relaxed.equations import Gaussian, rational
from permsym.bounding.relaxed.products import Products, products
from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.sites import Ensemble

_LIFTS, _LOWERS = 0, 1  # positions of + and - among a spin's letters


@dataclass(frozen=True)
class Casimir:
    """What a fixed total spin of one ensemble makes vanish.

    position   of the ensemble
    degree     highest number of its satellites in P_l
    """

    alphabet: Alphabet
    position: int
    ensemble: Ensemble
    degree: int

    @cached_property
    def _products(self) -> Products:
        return products(self.alphabet.ensembles[self.position], self.ensemble.N, max(self.degree, 2))

    def of(self, moment: Counts) -> dict[Counts, Gaussian]:
        """(J^2 - j(j+1)) O of a moment's operator O."""
        assert self.ensemble.j is not None
        mine = self.alphabet.slices[1 + self.position]
        n, j, word = self.ensemble.N, rational(self.ensemble.j), moment[mine]
        terms = {word: fmpq(3 * n, 4) - j * (j + 1)}
        for pair, weight in (((0, 0, 2), fmpq(n * (n - 1), 4)), ((1, 1, 0), fmpq(n * (n - 1)))):
            for other, value in self._products.get((pair, word), {}).items():
                terms[other] = terms.get(other, fmpq(0)) + weight * value
        before, after = moment[: mine.start], moment[mine.stop :]
        return {(*before, *other, *after): (value, fmpq(0)) for other, value in terms.items() if value != 0}


def redundant(word: Counts) -> bool:
    """Whether J^2 expresses a sum over distinct satellites by others with fewer letters: it has + and -."""
    return word[_LIFTS] > 0 and word[_LOWERS] > 0
