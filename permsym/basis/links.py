"""A Liouvillian on blocks as links: all moves by one shift of labels, as tables over blocks and over levels.

Every summand is a superoperator of the centre times one of the ensembles, so that the moves by one shift, onto the elements
[e, n, n'] of blocks e, have the weight

    sum_k A_k[e] u_k[n - s] v_k[n' - t],      (s, t) the shift of (n, n')

A link is one summand k.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.blocks import Blocks
from permsym.basis.moves import Moves, Shift, Values
from permsym.terms import Term

EPS = float(np.finfo(float).eps)
Table = NDArray[np.complex128]
_TURNS = np.array([1, 1j, -1, -1j])


@dataclass
class Link:
    """A[block reached] u[n left] v[n' left].

    outer     shift of blocks' labels
    centre    shift of (n, n')
    u, v      (levels,)
    factor    A, (blocks,)
    size      (blocks,) sum of the moduli of what A is the sum of
    """

    outer: Shift
    centre: tuple[int, int]
    u: Table
    v: Table
    factor: Table
    size: NDArray[np.float64]

    @property
    def rests(self) -> bool:
        """Whether it moves nothing: a part of the diagonal."""
        return not any(self.outer) and not any(self.centre)

    def table(self, differences: Sequence[int]) -> Table:
        """u v by the element that is reached, (differences, levels): for each n - n', by the smaller of n and n'."""
        (s, t), levels = self.centre, len(self.u)
        n = np.arange(levels)

        def moved(table: Table, at: NDArray[np.int64]) -> Table:
            return np.where((at >= 0) & (at < levels), table[np.clip(at, 0, levels - 1)], 0.0)

        return np.stack([moved(self.u, n + max(d, 0) - s) * moved(self.v, n + max(-d, 0) - t) for d in differences])

    def turned(self, turn: complex) -> tuple[Table, Table, Table]:
        """(A, u, v) times ``turn``, with the phases of u and v moved into A."""
        u, v = _unit(self.u), _unit(self.v)
        return self.factor * turn * u * v, self.u / u, self.v / v


def links_of(terms: Sequence[Term], blocks: Blocks) -> list[Link]:
    """Links of some terms."""
    merged: dict[tuple[Shift, tuple[int, int]], list[Link]] = {}
    for term in terms:
        for value, (first, *rest) in blocks.factored(term):
            moves = blocks.outer_moves(rest)
            for (s, t), u, v in _centre_factors(first, blocks.model.centre.levels):
                for shift, weights, sizes in _outer_factors(moves, s - t, blocks):
                    factor = value * term.coefficient
                    _merge(merged.setdefault((shift, (s, t)), []), Link(shift, (s, t), u, v, factor * weights, abs(factor) * sizes))
    return [link for links in merged.values() for link in links if np.abs(link.factor).max(initial=0.0) > 0]


def magnitudes(links: Sequence[Link]) -> list[Link]:
    """Links with the moduli of all tables, and for A what it is the sum of: what products round to is a part of these."""
    return [replace(link, u=_moduli(link.u), v=_moduli(link.v), factor=_moduli(link.size)) for link in links]


def _moduli(table: NDArray[Any]) -> Table:
    return np.abs(table).astype(complex)


def _outer_factors(moves: Moves, change: int, blocks: Blocks) -> Iterator[tuple[Shift, Values, Values]]:
    """(shift, weights (blocks,), moduli of their summands) by the block that is reached; zero where no block is left.

    change   of n - n', which goes with these moves
    """
    by_shift: dict[Shift, list[Any]] = {}
    for step in moves.steps:
        by_shift.setdefault(step.shift, []).append(step)
    for shift, steps in by_shift.items():
        whole = (change, *shift[1:])
        start = blocks.outer - np.array(whole)[:, None]
        there = blocks.find(start)[0] >= 0
        weights, sizes = np.zeros(len(there), dtype=complex), np.zeros(len(there))
        weights[there], summands = Moves(tuple(steps)).sums(start[:, there])[shift]
        sizes[there] = np.abs(summands)
        yield whole, weights, sizes


def _centre_factors(moves: Moves | None, levels: int) -> Iterator[tuple[tuple[int, int], Table, Table]]:
    """(shift, u, v) of every move of the centre: its weight on (n, n') is u[n] v[n']."""
    if moves is None:
        yield (0, 0), np.ones(levels, dtype=complex), np.ones(levels, dtype=complex)
        return
    grid = np.stack(np.divmod(np.arange(levels**2), levels))
    for step in moves.steps:
        table = step.factor * np.asarray(step.weight(grid), dtype=complex).reshape(levels, levels)
        row, column = np.unravel_index(int(np.argmax(np.abs(table))), table.shape)
        if table[row, column] != 0:
            yield (step.shift[0], step.shift[1]), table[:, column] / table[row, column], table[row].copy()


def _merge(links: list[Link], link: Link) -> None:
    """Add to links of the same shift: to one with proportional tables, or as another one."""
    for other in links:
        scale_u, scale_v = _proportion(link.u, other.u), _proportion(link.v, other.v)
        if scale_u is not None and scale_v is not None:
            other.factor = other.factor + scale_u * scale_v * link.factor
            other.size = other.size + abs(scale_u * scale_v) * link.size
            return
    links.append(link)


def make_real(links: Sequence[Link], diagonal: Table, blocks: Blocks, only: tuple[int, ...] | None = None) -> tuple[tuple[int, ...], bool]:
    """Phases k_p of the parts that make every weight real, and True; the links become real in place.

    (0, ...) and False where no phases do.  ``only``: the phases to try.
    """
    none = (0,) * len(blocks.parts)
    scale = float(np.abs(diagonal).max(initial=0.0))
    if np.abs(diagonal.imag).max(initial=0.0) > 64 * EPS * scale:
        return none, False
    for phases in itertools.product((0, 1), repeat=len(blocks.parts)) if only is None else [only]:  # no phase first
        if all(_is_real(link.turned(_turn(link, phases, blocks))) for link in links):
            take_phases(links, phases, blocks)
            return phases, True
    return none, False


def take_phases(links: Sequence[Link], phases: Sequence[int], blocks: Blocks, real: bool = True) -> None:
    """Turn links in place by phases; ``real``: that make them so."""
    for link in links:
        turned = link.turned(_turn(link, phases, blocks))
        link.factor, link.u, link.v = (array.real.astype(complex) if real else array for array in turned)


def _turn(link: Link, phases: Sequence[int], blocks: Blocks) -> complex:
    """Phase of the label that is left / phase of the label that is reached."""
    changes = [link.outer[0], *blocks.shift_differences(link.outer)]
    return complex(_TURNS[-sum(k * d for k, d in zip(phases, changes, strict=True)) % 4])


def _is_real(arrays: Sequence[Table]) -> bool:
    return all(np.abs(array.imag).max() <= 16 * EPS * np.abs(array).max() for array in arrays)


def _proportion(table: Table, other: Table) -> complex | None:
    """The factor f with table = f other, or None."""
    at = int(np.argmax(np.abs(other)))
    factor = complex(table[at] / other[at])
    return factor if np.abs(table - factor * other).max() <= 4 * EPS * np.abs(table).max() else None


def _unit(table: Table) -> complex:
    """The phase of a table's largest entry."""
    largest = complex(table[int(np.argmax(np.abs(table)))])
    return largest / abs(largest)
