"""A model's generator, Kraus operators and observables as arrays for :mod:`permsym.unravelling.engine.kernel`.

A ket is psi[r, c] of the centre's level n = first + r and k = N/2 + m = c + shear n spins up.  With a U(1) charge the shear follows it:
a ket of one charge is one column.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class Tables(NamedTuple):
    """The arrays.

    N, shear, levels        of the ket's labels
    follows                 whether alpha follows the field
    reach, room, kick       (2,): how far a product with G, the room around a ket, and a jump extend over rows and columns
    centre                  (C, 3): kind, i, k of operators of the centre
    words, seen_words       (W, L), (V, L): letters that the dynamics and the observables need, -1 beyond the end
    bands                   (B, 2): rows and columns by which G moves
    groups                  (S, 2): band and operator of the centre that terms of G share
    g_index, g_value        (T, 4), (T,): group, word, u, v; their factor
    kraus                   (Q, 4): step of 2j, first and last of its terms, place of its jump
    k_index, k_value        (U, 6), (U,): operator of the centre, word, rows, columns, u, v
    pairs                   (X, 3): operator of the centre, rows, columns that observables need
    seen                    (P, 2): pair and word
    o_index, o_value        (E, 4), (E,): observable, place in ``seen``, u, v
    """

    N: int
    shear: int
    levels: int
    follows: bool
    reach: IntArray
    room: IntArray
    kick: IntArray
    centre: IntArray
    words: IntArray
    seen_words: IntArray
    bands: IntArray
    groups: IntArray
    g_index: IntArray
    g_value: ComplexArray
    kraus: IntArray
    k_index: IntArray
    k_value: ComplexArray
    pairs: IntArray
    seen: IntArray
    o_index: IntArray
    o_value: ComplexArray


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
    band_array, kicks = _array(bands, 2), _array([row[2:4] for row in k_rows], 2)
    reach = np.abs(band_array).max(axis=0, initial=0)
    return Tables(
        N=expansion.N,
        shear=shear,
        levels=NO_CUT if expansion.boson else model.centre.levels,
        follows=displaced,
        reach=reach,
        room=reach * np.array([_ROWS_AHEAD, _COLUMNS_AHEAD]),
        kick=np.abs(kicks).max(axis=0, initial=0),
        centre=_array(centre, 3),
        words=_letters(words),
        seen_words=_letters(seen_words),
        bands=band_array,
        groups=_array(groups, 2),
        g_index=_array([row[:4] for row in g_rows], 4),
        g_value=np.array([row[4] for row in g_rows], dtype=complex),
        kraus=_array(kraus, 4),
        k_index=_array([row[:6] for row in k_rows], 6),
        k_value=np.array([row[6] for row in k_rows], dtype=complex),
        pairs=_array(pairs, 3),
        seen=_array(seen, 2),
        o_index=_array([row[:4] for row in o_rows], 4),
        o_value=np.array([row[4] for row in o_rows], dtype=complex),
    )


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
