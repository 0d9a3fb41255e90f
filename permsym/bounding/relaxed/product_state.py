"""Moments of product states, exactly: matrices that are positive for certain, with which the search for a point inside begins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from flint import fmpq

from permsym.bounding.relaxed.equations import Gaussian, gaussian, times
from permsym.bounding.relaxed.unknowns import Unknowns, phase
from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.cumulants.mean_field import mean_field
from permsym.errors import PermsymError
from permsym.model import Model
from permsym.operators import ComplexArray

_MIXED = 0.125  # weight of the state without any order, so that no site is pure


@dataclass(frozen=True)
class ProductState:
    """A displaced thermal mode, where there is one, beside sites without correlations.

    amplitude  <a>
    quanta     <a^dag a> - |<a>|^2
    letters    mean value of each letter of each site, in the order of the alphabet's slices
    """

    alphabet: Alphabet
    amplitude: Gaussian
    quanta: fmpq
    letters: tuple[tuple[Gaussian, ...], ...]

    def moment(self, counts: Counts) -> Gaussian:
        """<O> of a moment's operator O."""
        a = self.alphabet
        number = self._mode(*counts[:2]) if a.centre is None else (fmpq(1), fmpq(0))
        slices = a.slices[1:] if a.centre is None else a.slices
        for mine, values in zip(slices, self.letters, strict=True):
            for n, value in zip(counts[mine], values, strict=True):
                for _ in range(n):
                    number = times(number, value)
        return number

    def _mode(self, p: int, q: int) -> Gaussian:
        """<a^dag^p a^q> = sum_k C(p, k) C(q, k) k! quanta^k conj(amplitude)^(p-k) amplitude^(q-k)."""
        total = (fmpq(0), fmpq(0))
        for k in range(min(p, q) + 1):
            number = (self.quanta**k * (math.comb(p, k) * math.comb(q, k) * math.factorial(k)), fmpq(0))
            for factor in [(self.amplitude[0], -self.amplitude[1])] * (p - k) + [self.amplitude] * (q - k):
                number = times(number, factor)
            total = (total[0] + number[0], total[1] + number[1])
        return total

    def values(self, unknowns: Unknowns) -> list[fmpq]:
        """Value of every unknown."""
        return [times(self.moment(moment), phase(unknowns.turns(moment)))[part] for moment, part in unknowns.index]


def without_order(alphabet: Alphabet, sizes: tuple[int, ...]) -> ProductState:
    """Every state of a site alike; of a mode, thermal with as many quanta as there are satellites."""
    sites = [*([] if alphabet.centre is None else [alphabet.centre]), *alphabet.ensembles]
    states = [(np.eye(site.levels) / site.levels).astype(np.complex128) for site in sites]
    return _of(alphabet, states, 0j, fmpq(max(1, sum(sizes))))


def near(model: Model, alphabet: Alphabet) -> ProductState | None:
    """About the mean field, a little mixed; None where there is none."""
    try:
        field = mean_field(model)
        amplitude = field.moment("a") if alphabet.centre is None else 0j
    except PermsymError:
        return None
    states = [(1 - _MIXED) * state + _MIXED * np.eye(len(state)) / len(state) for state in field.states]
    return _of(alphabet, states, amplitude, fmpq(1))


def _of(alphabet: Alphabet, states: list[ComplexArray], amplitude: complex, quanta: fmpq) -> ProductState:
    sites = [*([] if alphabet.centre is None else [alphabet.centre]), *alphabet.ensembles]
    letters = tuple(
        tuple(gaussian(complex(np.trace(state @ matrix))) for matrix in site.basis[1:]) for site, state in zip(sites, states, strict=True)
    )
    return ProductState(alphabet, gaussian(amplitude), quanta, letters)
