"""Heisenberg equations of any model: one row a moment, one coefficient a term of the model and a power of N.

A term of the Liouvillian acts on a moment's operator from the left and from the right, on the centre and on *distinct* satellites.
Such a satellite is one that the moment already has, or a new one out of N - m.  Products of collective operators are first written
as sums over distinct satellites.  Hence every coefficient is a number times

    (term's coefficient) * prod over ensembles (N - m) (N - m - 1) ... (f factors),

m the satellites of the row's moment, f the new ones.  The numbers depend neither on parameters nor on N.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from permsym.cumulants.equations.alphabet import Alphabet, Counts, Expansion, Images
from permsym.operators import ComplexArray, Monomial, Operator, Product, as_array
from permsym.terms import Term

Word = tuple[tuple[tuple[int, Any], ...], tuple[tuple[int, ComplexArray], ...]]
"""A product: the centre's factors (site, matrix or monomial) and the satellites' (ensemble, matrix), each in order."""


def falling(sizes: Sequence[float], taken: Sequence[int], new: Sequence[int]) -> float:
    """prod over ensembles of (N - m) (N - m - 1) ... with as many factors as there are new satellites."""
    return math.prod(n - m - i for n, m, f in zip(sizes, taken, new, strict=True) for i in range(f))


@dataclass(frozen=True)
class SatelliteAction:
    """What happens on one distinct satellite: ``images[s]`` is  left s right  in the site's basis."""

    ensemble: int
    images: tuple[Expansion, ...]


@dataclass
class Action:
    """``factor`` * sum over distinct satellites of  L O R  for one observable O.

    centre   what happens on each site of the centre
    """

    alphabet: Alphabet
    factor: complex
    centre: tuple[Images, ...]
    satellites: tuple[SatelliteAction, ...]

    def on_centre(self, counts: Counts) -> Expansion:
        """Image of the centre's letters: (letters, coefficient)."""
        if len(self.centre) == 1:
            return self.centre[0](counts)
        images: Expansion = (((), 1.0),)
        for mine, one in zip(self.alphabet.own_slices, self.centre, strict=True):
            image = one(counts[mine])
            images = tuple(((*letters, *more), value * factor) for letters, value in images for more, factor in image)
        return images


class Rows:
    """What actions make of moments: entries (moment, new satellites of each ensemble) -> number."""

    def __init__(self, alphabet: Alphabet, actions: Iterable[Action]) -> None:
        self.alphabet = alphabet
        self.actions = list(actions)

    @classmethod
    def of_term(cls, alphabet: Alphabet, term: Term) -> Rows:
        """d<O>/dt by a term with coefficient 1."""
        return cls(alphabet, _actions(alphabet, term))

    @classmethod
    def between(cls, alphabet: Alphabet, left: Operator, right: Operator) -> Rows:
        """<L O R> for operators L and R of the model."""
        pairs = itertools.product(left.terms.items(), right.terms.items())
        return cls(
            alphabet,
            itertools.chain.from_iterable(_spread(alphabet, a * b, _word(alphabet, p), _word(alphabet, q)) for (p, a), (q, b) in pairs),
        )

    def of(self, counts: Counts) -> dict[tuple[Counts, tuple[int, ...]], complex]:
        """The image of a moment's operator: (moment, new satellites) -> number."""
        row: dict[tuple[Counts, tuple[int, ...]], complex] = {}
        sizes: dict[tuple[Counts, tuple[int, ...]], float] = {}
        alphabet = self.alphabet
        end = alphabet.slices[0].stop
        centre, satellites = counts[:end], counts[end:]
        for action in self.actions:
            images = action.on_centre(centre)
            if not images:
                continue
            for rest, fresh, number in self._distributed(action.satellites, satellites, satellites):
                for letters, value in images:
                    key = ((*letters, *rest), fresh)
                    contribution = action.factor * value * number
                    row[key] = row.get(key, 0) + contribution
                    sizes[key] = sizes.get(key, 0.0) + abs(contribution)
        # what cancels between  x^dag O x  and  {x^dag x, O}/2  leaves rounding behind
        return {key: value for key, value in row.items() if abs(value) > 1e-13 * sizes[key]}

    def _distributed(
        self, actions: Sequence[SatelliteAction], untouched: Counts, now: Counts
    ) -> Iterator[tuple[Counts, tuple[int, ...], complex]]:
        """All ways to put actions on distinct satellites: (satellites' counts afterwards, new satellites, number).

        untouched    the moment's satellites that no action has taken yet
        now          the moment's satellites as they are by now
        """
        alphabet = self.alphabet
        if not actions:
            yield now, (0,) * len(alphabet.ensembles), 1.0
            return
        first, rest = actions[0], actions[1:]
        start = alphabet.slices[1 + first.ensemble].start - alphabet.slices[0].stop
        for s, images in enumerate(first.images):
            choices = 1 if s == 0 else untouched[start + s - 1]  # the identity: a new satellite
            if not choices or not images:
                continue
            left = untouched if s == 0 else _changed(untouched, start + s - 1, -1)
            without = now if s == 0 else _changed(now, start + s - 1, -1)
            for t, value in images:
                after = without if t == 0 else _changed(without, start + t - 1, 1)
                for counts, fresh, number in self._distributed(rest, left, after):
                    more = tuple(f + (s == 0 and e == first.ensemble) for e, f in enumerate(fresh))
                    yield counts, more, choices * value * number


def _changed(counts: Counts, position: int, by: int) -> Counts:
    return (*counts[:position], counts[position] + by, *counts[position + 1 :])


def _actions(alphabet: Alphabet, term: Term) -> Iterator[Action]:
    """i [P, O] for a product of the Hamiltonian; x^dag O x - {x^dag x, O}/2 for a jump."""
    if term.kind == "hamiltonian":
        for key, value in term.structure:
            yield from _spread(alphabet, 1j * value, _word(alphabet, key), NOTHING)
            yield from _spread(alphabet, -1j * value, NOTHING, _word(alphabet, key))
        return
    spread = _on_one_satellite if term.kind == "individual" else _spread
    for p, a in term.structure:
        dagger = _adjoint(_word(alphabet, p))
        for q, b in term.structure:
            word, value = _word(alphabet, q), complex(a).conjugate() * b
            both = (dagger[0] + word[0], dagger[1] + word[1])
            yield from spread(alphabet, value, dagger, word)
            yield from spread(alphabet, -0.5 * value, both, NOTHING)
            yield from spread(alphabet, -0.5 * value, NOTHING, both)


NOTHING: Word = ((), ())


def _word(alphabet: Alphabet, key: Product) -> Word:
    return alphabet.factors(key), tuple((alphabet.names.index(name), as_array(matrix)) for name, matrix in key.satellites)


def _adjoint(word: Word) -> Word:
    def dagger(factor: Any) -> Any:
        return Monomial(factor.q, factor.p) if isinstance(factor, Monomial) else factor.conj().T

    return tuple((k, dagger(factor)) for k, factor in reversed(word[0])), tuple((e, matrix.conj().T) for e, matrix in reversed(word[1]))


def _centre(alphabet: Alphabet, left: Word, right: Word) -> tuple[Images, ...]:
    """What both sides do on each site of the centre."""
    sides = [[site.product([factor for at, factor in word[0] if at == k]) for k, site in enumerate(alphabet.own)] for word in (left, right)]
    return tuple(site.images(before, after) for site, before, after in zip(alphabet.own, *sides, strict=True))


def _spread(alphabet: Alphabet, factor: complex, left: Word, right: Word) -> Iterator[Action]:
    """Collective factors over distinct satellites: each joins one that is taken already, or takes a new one."""
    groups: list[list[tuple[int, ComplexArray, ComplexArray]]] = [[]]
    for side, (ensemble, matrix) in [(0, pair) for pair in left[1]] + [(1, pair) for pair in right[1]]:
        one = np.eye(len(matrix), dtype=complex)
        grown = []
        for taken in groups:
            grown.append([*taken, (ensemble, matrix, one) if side == 0 else (ensemble, one, matrix)])
            for i, (other, before, after) in enumerate(taken):
                if other == ensemble:
                    joined = (other, before @ matrix, after) if side == 0 else (other, before, after @ matrix)
                    grown.append([*taken[:i], joined, *taken[i + 1 :]])
        groups = grown
    centre = _centre(alphabet, left, right)
    for taken in groups:
        satellites = tuple(SatelliteAction(e, alphabet.ensembles[e].between(before, after)) for e, before, after in taken)
        yield Action(alphabet, factor, centre, satellites)


def _on_one_satellite(alphabet: Alphabet, factor: complex, left: Word, right: Word) -> Iterator[Action]:
    """All factors on the same satellite."""
    ensemble = (left[1] or right[1])[0][0]
    before = after = np.eye(alphabet.ensembles[ensemble].levels, dtype=complex)
    for _, matrix in left[1]:
        before = before @ matrix
    for _, matrix in right[1]:
        after = after @ matrix
    one = (SatelliteAction(ensemble, alphabet.ensembles[ensemble].between(before, after)),)
    yield Action(alphabet, factor, _centre(alphabet, left, right), one)
