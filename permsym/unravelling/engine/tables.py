"""A model's generator, Kraus operators and observables as arrays for :mod:`permsym.unravelling.engine.kernel`.

A ket is psi[r, c] of the centre's level n = first + r and k = N/2 + m = c + shear n spins up.  With a U(1) charge the shear follows it:
a ket of one charge is one column.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.operators import ComplexArray
from permsym.unravelling.engine.kraus import generator, kraus_operators
from permsym.unravelling.engine.terms import MINUS, PLUS, CentreKey, Expansion, Terms, Word

IntArray = NDArray[np.int64]

NO_CUT = 2**62  # levels of a mode: the window follows the state
_ROWS_AHEAD, _COLUMNS_AHEAD = 4, 8  # room around a ket in units of a product's reach


# numbers of ``limits``; REACH, ROOM and KICK are two each: rows, columns
SPINS, SHEAR, LEVELS, FOLLOWS, REACH, ROOM, KICK = 0, 1, 2, 3, 4, 6, 8


class Generator(NamedTuple):
    """G.

    bands           (B, 2): rows and columns by which it moves
    groups          (S, 2): band and operator of the centre that terms share
    numbers, value  (T, 4), (T,): group, word, u, v; their factor
    """

    bands: IntArray
    groups: IntArray
    numbers: IntArray
    value: ComplexArray


class Jumps(NamedTuple):
    """Kraus operators.

    operators       (Q, 4): step of 2j, first and last of its terms, place of its jump
    numbers, value  (U, 6), (U,): operator of the centre, word, rows, columns, u, v; their factor
    """

    operators: IntArray
    numbers: IntArray
    value: ComplexArray


class Observed(NamedTuple):
    """Observables, as sums of products of a pair and a word.

    pairs           (X, 3): operator of the centre, rows, columns
    words           (V, L): letters, -1 beyond the end
    seen            (P, 2): pair and word
    numbers, value  (E, 4), (E,): observable, place in ``seen``, u, v; in order of ``seen``
    """

    pairs: IntArray
    words: IntArray
    seen: IntArray
    numbers: IntArray
    value: ComplexArray


class Tables(NamedTuple):
    """The arrays.

    limits      numbers: N, shear, levels, whether alpha follows the field, then how far a product with G, the room around a ket, and a jump
                extend over rows and columns
    centre      (C, 3): kind, i, k of operators of the centre
    words       (W, L): letters that the dynamics need, -1 beyond the end
    """

    limits: IntArray
    centre: IntArray
    words: IntArray
    generator: Generator
    jumps: Jumps
    observed: Observed


class _Numbered(dict):  # type: ignore[type-arg]
    """Numbers 0, 1, ... of keys in the order in which they are asked for."""

    def __missing__(self, key: object) -> int:
        self[key] = len(self)
        return self[key]


def shear_of(model: Model) -> int:
    """Change of k with n along a line of one charge; 0 where there is none, or where it is no whole number."""
    rising = -1 if model.centre.kind == "spin" else 1  # excitations of level n
    for charge in model.charges:
        on_centre, on_spins = charge
        if on_centre and on_spins and on_centre % on_spins == 0:
            return -rising * on_centre // on_spins
    return 0


def tables(model: Model, observables: Sequence[Terms], displaced: bool, constants: bool) -> Tables:
    """The arrays.

    observables   terms of each, expanded with the same ``displaced``
    displaced     whether the mode is in a frame alpha that follows its field
    constants     whether jumps have their constant parts: see :mod:`permsym.unravelling.engine.kraus`
    """
    expansion = Expansion(model, displaced)
    shear = 0 if displaced else shear_of(model)
    centre, words, seen_words = _Numbered(), _Numbered(), _Numbered()
    bands, groups, pairs, seen = _Numbered(), _Numbered(), _Numbered(), _Numbered()

    def moved(key: CentreKey, word: Word) -> tuple[int, int]:
        rows = _rows(key)
        return rows, _raised(word) - shear * rows

    g_rows = sorted(
        (groups[bands[moved(key, word)], centre[key]], words[word], u, v, value)
        for (key, word, u, v), value in sorted(generator(expansion, constants).items(), key=repr)
    )
    kraus: list[tuple[int, ...]] = []
    k_rows: list[tuple[Any, ...]] = []
    for each in kraus_operators(expansion, constants):
        first = len(k_rows)
        k_rows += [(centre[key], words[word], *moved(key, word), u, v, value) for (key, word, u, v), value in each.terms.items()]
        kraus.append((2 * each.step, first, len(k_rows), each.jump))
    o_rows = []
    for number, terms in enumerate(observables):
        for (key, word, u, v), value in terms.items():
            at = seen[pairs[(centre[key], *moved(key, word))], seen_words[word]]
            o_rows.append((number, at, u, v, value))
    o_rows.sort(key=itemgetter(1))
    reach = np.abs(_array(bands, 2)).max(axis=0, initial=0)
    kick = np.abs(_array([row[2:4] for row in k_rows], 2)).max(axis=0, initial=0)
    levels = NO_CUT if expansion.boson else model.centre.levels
    return Tables(
        limits=np.array([expansion.N, shear, levels, displaced, *reach, *reach * [_ROWS_AHEAD, _COLUMNS_AHEAD], *kick], dtype=np.int64),
        centre=_array(centre, 3),
        words=_letters(words),
        generator=Generator(_array(bands, 2), _array(groups, 2), *_split(g_rows, 4)),
        jumps=Jumps(_array(kraus, 4), *_split(k_rows, 6)),
        observed=Observed(_array(pairs, 3), _letters(seen_words), _array(seen, 2), *_split(o_rows, 4)),
    )


def _split(rows: Sequence[tuple[Any, ...]], width: int) -> tuple[IntArray, ComplexArray]:
    """Whole numbers (rows, width), and the factor behind them."""
    return _array([row[:width] for row in rows], width), np.array([row[width] for row in rows], dtype=complex)


def _rows(key: CentreKey) -> int:
    """Levels by which an operator of the centre moves: p - q, or i - k."""
    return key[1] - key[2]


def _raised(word: Word) -> int:
    """What a word adds to m; letters of K count like those of J."""
    return sum((letter % 3 == PLUS) - (letter % 3 == MINUS) for letter in word if letter < 12)


def _array(rows: object, width: int) -> IntArray:
    return np.array(list(rows), dtype=np.int64).reshape(-1, width)  # type: ignore[call-overload]


def _letters(words: dict[Word, int]) -> IntArray:
    longest = max(map(len, words), default=1) or 1
    return _array([[*word, *[-1] * (longest - len(word))] for word in words], longest)
