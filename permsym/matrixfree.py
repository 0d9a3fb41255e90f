"""Model + Blocks -> the Liouvillian as an operator that is never written out.

A block is a label e of the ensembles and of n - n', and a run of places c of the centre.  Every summand of the Liouvillian is a
superoperator of the centre times one of the ensembles, so that all moves by one shift have the weight

    sum_k A_k[e] u_k[n] v_k[n']

and a product with a vector is, for every block, a sum over a dozen or two others of a number times a short table times
a contiguous run.  These are listed block by block, so that a product reads its lists and runs in order; the diagonal is the only
array of a vector's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import BlockRanges, Blocks, combinations
from permsym.basis.moves import Labels, Moves, Values
from permsym.errors import InputError, NotApplicable
from permsym.model import Model

EPS = float(np.finfo(float).eps)
Shift = tuple[int, ...]
Integers = NDArray[np.int64]
_TURNS = np.array([1, 1j, -1, -1j])


@dataclass
class _Link:
    """All moves by one shift with one pair of tables: A[target block] u[source n] v[source n']."""

    outer: Shift
    centre: tuple[int, int]
    u: NDArray[np.complex128]
    v: NDArray[np.complex128]
    factor: NDArray[np.complex128]  # (blocks,), by the block that is reached


class Lists(NamedTuple):
    """What a product adds to each block: for entries first[e] .. first[e+1]-1, ``factor`` times a table times a run.

    Entries from middle[e] on take the conjugate of the run.  begin: where the run starts among the stored numbers;
    target: where it goes in the block; length: its own; table: where the table starts in the flat array of all.
    """

    first: Integers
    middle: Integers
    factor: NDArray[Any]
    begin: NDArray[Any]
    target: NDArray[np.int32]
    length: NDArray[np.int32]
    table: NDArray[np.int32]


class BlockLiouvillian:
    """The Liouvillian of a model on blocks: a real-linear operator on their stored numbers.

    blocks    where; their ``phases`` are chosen here
    dtype     float64 where phases make every weight real (on resonance), else complex128
    diagonal  (n,) the weight with which each number acts on itself
    """

    def __init__(self, blocks: Blocks, model: Model | None = None) -> None:
        self.blocks = blocks
        self.model = blocks.model if model is None else model
        if (self.model.centre, self.model.ensembles, self.model.charges) != (
            blocks.model.centre,
            blocks.model.ensembles,
            blocks.model.charges,
        ):
            raise InputError("these blocks belong to a model with other sites or symmetry; make new ones")
        links = self._links()
        resting = [link for link in links if not any(link.outer) and not any(link.centre)]
        moving = [link for link in links if any(link.outer) or any(link.centre)]
        diagonal = self._diagonal(resting)
        # what cancels between the terms of displaced Fock states is no weight, and nothing to divide by
        diagonal[np.abs(diagonal) <= 64 * EPS * np.abs(diagonal).max(initial=0.0)] = 0
        blocks.phases, real = self._gauge(moving, diagonal)
        self.dtype = np.dtype(float if real else complex)
        self.diagonal: NDArray[Any] = diagonal.real.copy() if real else diagonal
        del diagonal
        self._tabulate(moving)
        if blocks.boundary == "reflecting":
            self._reflect()

    @property
    def shape(self) -> tuple[int, int]:
        return self.blocks.numbers, self.blocks.numbers

    # -- products -------------------------------------------------------------------------------------------------------

    def matvec(self, x: NDArray[Any], out: NDArray[Any] | None = None, scaled: bool = False) -> NDArray[Any]:
        """L x (n,); ``scaled``: L x / diagonal, the row-scaled operator of a Jacobi preconditioner."""
        result = np.empty_like(x) if out is None else out
        kernels.apply(x, result, self.diagonal, scaled, self.blocks.offset, self._shares, *self._lists, self._tables, self._tables)
        return result

    def rmatvec(self, z: NDArray[Any], out: NDArray[Any] | None = None, scaled: bool = False) -> NDArray[Any]:
        """The adjoint under the real inner product Re sum conj(z) x; for real numbers L^T z."""
        result = np.empty_like(z) if out is None else out
        diagonal, tables = (self.diagonal, self._tables) if self.dtype == float else (self.diagonal.conj(), self._tables.conj())
        kernels.apply(z, result, diagonal, scaled, self.blocks.offset, self._shares, *self._transposed, tables, self._tables)
        return result

    @property
    def trace(self) -> NDArray[Any]:
        """Covector (n,) with Re sum trace x = tr rho."""
        covector = np.zeros(self.blocks.numbers, dtype=self.dtype)
        covector[self.blocks.populations[0]] = self.blocks.population_traces
        return covector

    @property
    def bytes(self) -> int:
        """Memory of the operator."""
        return sum(array.nbytes for array in [self.diagonal, self._tables, *self._lists])

    @property
    def links(self) -> int:
        """Most terms in one row of a product."""
        return int(np.diff(self._lists.first).max(initial=0)) + 1

    def reached(self, whole: Blocks) -> Blocks:
        """What one move of the stored numbers reaches, as a cut of a basis with more levels and all blocks."""
        b = self.blocks
        low, high = np.full(len(whole.low), np.iinfo(np.int64).max), np.zeros(len(whole.low), dtype=np.int64)
        for outer, centre in [((0,) * len(b.outer), (0, 0)), *self._shifts]:
            block, _ = b.find(whole.outer - np.array(outer)[:, None])
            to = np.flatnonzero(block >= 0)
            source, shift = block[to], _run_shift(centre, whole.difference[to])
            low[to], high[to] = np.minimum(low[to], b.low[source] + shift), np.maximum(high[to], b.high[source] + shift)
        low, high = np.maximum(low, 0), np.minimum(high, whole.high)
        some = high > low
        return Blocks.of(whole.model, whole.representation, BlockRanges(whole.outer[:, some], low[some], high[some]), "closed")

    def neighbour(self, outer: Labels) -> Integers:
        """A block that one move takes to each label or to its conjugate, or -1."""
        block = np.full(outer.shape[1], -1)
        for shift, _ in self._shifts:
            source, _ = self.blocks.find(outer - np.array(shift)[:, None])
            block = np.where(block < 0, source, block)
        return block

    # -- construction ---------------------------------------------------------------------------------------------------

    def _links(self) -> list[_Link]:
        merged: dict[tuple[Shift, tuple[int, int]], list[_Link]] = {}
        for term in self.model.terms:
            for value, (first, *rest) in self.blocks.factored(term):
                moves = self.blocks.outer_moves(rest)
                for (s, t), u, v in self._centre_factors(first):
                    for shift, weights in self._outer_factors(moves, s - t):
                        self._merge(merged.setdefault((shift, (s, t)), []), _Link(shift, (s, t), u, v, value * term.coefficient * weights))
        return [link for links in merged.values() for link in links if np.abs(link.factor).max(initial=0.0) > 0]

    def _outer_factors(self, moves: Moves, change: int) -> Iterator[tuple[Shift, Values]]:
        """(shift, weight at the block that is left) of every shift, by the block that is reached; zero where none is left.

        change   of n - n', which goes with these moves
        """
        by_shift: dict[Shift, list[Any]] = {}
        for step in moves.steps:
            by_shift.setdefault(step.shift, []).append(step)
        for shift, steps in by_shift.items():
            whole = (change, *shift[1:])
            start = self.blocks.outer - np.array(whole)[:, None]
            there = self.blocks.find(start)[0] >= 0
            weights = np.zeros(len(there), dtype=complex)
            weights[there] = Moves(tuple(steps)).weights(start[:, there])[shift]
            yield whole, weights

    def _centre_factors(self, moves: Moves | None) -> Iterator[tuple[tuple[int, int], NDArray[np.complex128], NDArray[np.complex128]]]:
        """(shift, u, v) of every move of the centre: its weight on (n, n') is u[n] v[n']."""
        levels = self.model.centre.levels
        if moves is None:
            yield (0, 0), np.ones(levels, dtype=complex), np.ones(levels, dtype=complex)
            return
        grid = np.stack(np.divmod(np.arange(levels**2), levels))
        for step in moves.steps:
            table = step.factor * np.asarray(step.weight(grid), dtype=complex).reshape(levels, levels)
            row, column = np.unravel_index(int(np.argmax(np.abs(table))), table.shape)
            if table[row, column] != 0:
                yield (step.shift[0], step.shift[1]), table[:, column] / table[row, column], table[row].copy()

    @staticmethod
    def _merge(links: list[_Link], link: _Link) -> None:
        """Add to links of the same shift: to one with proportional tables, or as another one."""
        for other in links:
            scale_u, scale_v = _proportion(link.u, other.u), _proportion(link.v, other.v)
            if scale_u is not None and scale_v is not None:
                other.factor = other.factor + scale_u * scale_v * link.factor
                return
        links.append(link)

    def _diagonal(self, links: list[_Link]) -> NDArray[np.complex128]:
        b = self.blocks
        diagonal = np.zeros(b.numbers, dtype=complex)
        for link in links:
            kernels.spread(diagonal, b.offset, b.low, b.kind, link.factor, self._table(link))
        return diagonal

    def _gauge(self, links: list[_Link], diagonal: NDArray[np.complex128]) -> tuple[tuple[int, ...], bool]:
        """Phases that make every weight real, and whether there are any."""
        scale = float(np.abs(diagonal).max(initial=0.0))
        if np.abs(diagonal.imag).max(initial=0.0) > 64 * EPS * scale:
            return (0,) * len(self.blocks.parts), False
        for phases in combinations(len(self.blocks.parts)):
            if all(_is_real(link, self._turn(link, phases)) for link in links):
                for link in links:
                    turn = self._turn(link, phases)
                    link.factor = (link.factor * turn * _unit(link.u) * _unit(link.v)).real.astype(complex)
                    link.u, link.v = (link.u / _unit(link.u)).real.astype(complex), (link.v / _unit(link.v)).real.astype(complex)
                return phases, True
        return (0,) * len(self.blocks.parts), False

    def _turn(self, link: _Link, phases: tuple[int, ...]) -> complex:
        """phase of the label that is left / phase of the label that is reached."""
        changes = [link.outer[0], *self.blocks.shift_differences(link.outer)]
        return complex(_TURNS[-sum(k * d for k, d in zip(phases, changes, strict=True)) % 4])

    def _tabulate(self, links: list[_Link]) -> None:
        b = self.blocks
        self._shifts = list(dict.fromkeys((link.outer, link.centre) for link in links))
        tables = np.stack([self._table(link) for link in links]) if links else np.zeros((0, len(b.kinds), self.model.centre.levels))
        self._tables = np.ascontiguousarray(tables.real if self.dtype == float else tables).ravel()
        count = np.zeros(2 * len(b.low), dtype=np.int64)
        for code, *_ in self._entries(links):
            count[code] += 1
        lists = self._empty(count)
        cursor = np.concatenate([[0], np.cumsum(count)[:-1]])
        for code, *values in self._entries(links):
            at = cursor[code]
            cursor[code] += 1
            for array, value in zip(lists[2:], values, strict=True):
                array[at] = value
        self._lists = lists
        # threads take equal shares of the numbers
        self._shares = np.unique(np.searchsorted(b.offset, np.linspace(0, b.numbers, kernels.SHARES + 1)))

    def _entries(self, links: list[_Link]) -> Iterator[tuple[NDArray[Any], ...]]:
        """For each link: 2 e (+ 1 where by conjugation) of the blocks e that it adds to, and the columns of their lists."""
        b, levels = self.blocks, self.model.centre.levels
        for outer, centre in self._shifts:
            block, conjugated = b.find(b.outer - np.array(outer)[:, None])
            to = np.flatnonzero(block >= 0)
            source, shift = block[to], _run_shift(centre, b.difference[to])
            start, stop = np.maximum(b.low[to], b.low[source] + shift), np.minimum(b.high[to], b.high[source] + shift)
            for number, link in enumerate(links):
                if (link.outer, link.centre) == (outer, centre):
                    some = np.flatnonzero((start < stop) & (link.factor[to] != 0))
                    e, s, a = to[some], source[some], start[some]
                    factor = link.factor[e].real if self.dtype == float else link.factor[e]
                    begin = b.offset[s] - b.low[s] - shift[some] + a
                    yield (
                        2 * e + conjugated[e],
                        factor,
                        begin,
                        a - b.low[e],
                        stop[some] - a,
                        (number * len(b.kinds) + b.kind[e]) * levels + a,
                    )

    def _empty(self, count: Integers) -> Lists:
        """Lists with room for so many entries of each block, taken as they are and by conjugation in turn."""
        bounds = np.concatenate([[0], np.cumsum(count)])
        size = int(bounds[-1])
        begin: NDArray[Any] = np.empty(size, dtype=np.int32 if self.blocks.numbers < 2**31 else np.int64)
        target, length, table = (np.empty(size, dtype=np.int32) for _ in range(3))
        return Lists(bounds[::2].copy(), bounds[1::2].copy(), np.empty(size, dtype=self.dtype), begin, target, length, table)

    @cached_property
    def _transposed(self) -> Lists:
        """The same entries, with what is read and what is added to exchanged."""
        b, own = self.blocks, self._lists
        to = np.repeat(np.arange(len(b.low), dtype=np.int32), np.diff(own.first))
        conjugated = np.arange(len(to)) >= own.middle[to]
        source = (np.searchsorted(b.offset, own.begin, side="right") - 1).astype(np.int32)
        code = 2 * source.astype(np.int64) + conjugated
        lists = self._empty(np.bincount(code, minlength=2 * len(b.low)))
        order = np.argsort(code, kind="stable")
        del code
        factor = own.factor if self.dtype == float else np.where(conjugated, own.factor, own.factor.conj())
        values = factor, b.offset[to] + own.target, own.begin - b.offset[source], own.length, own.table
        for array, value in zip(lists[2:], values, strict=True):
            array[:] = value[order]
        return lists

    def _table(self, link: _Link) -> NDArray[np.complex128]:
        """(kinds, levels) u v by the place that is reached."""
        (s, t), levels = link.centre, self.model.centre.levels
        n = np.arange(levels)

        def moved(table: NDArray[np.complex128], at: Integers) -> NDArray[np.complex128]:
            return np.where((at >= 0) & (at < levels), table[np.clip(at, 0, levels - 1)], 0.0)

        return np.stack([moved(link.u, n + max(d, 0) - s) * moved(link.v, n + max(-d, 0) - t) for d in self.blocks.kinds.tolist()])

    def _reflect(self) -> None:
        """Populations keep what their moves would have taken out of a window: trace @ L = 0 again."""
        populations, traces = self.blocks.populations[0], self.blocks.population_traces
        excess = self.rmatvec(self.trace)
        self.diagonal[populations] -= excess[populations] / traces
        excess[populations] = 0
        if np.abs(excess).max(initial=0.0) > 1e3 * EPS * np.abs(self.diagonal).max(initial=0.0):
            raise NotApplicable(
                "this window cuts jumps that turn coherences into populations, and cannot conserve probability; solve on all blocks"
            )


def _run_shift(centre: tuple[int, int], difference: Integers) -> Integers:
    """How a move of the centre changes the smaller of n and n', by the n - n' that is reached."""
    s, t = centre
    return -np.minimum(np.maximum(difference, 0) - s, np.maximum(-difference, 0) - t)


def _proportion(table: NDArray[np.complex128], other: NDArray[np.complex128]) -> complex | None:
    """The factor f with table = f other, or None."""
    at = int(np.argmax(np.abs(other)))
    factor = complex(table[at] / other[at])
    return factor if np.abs(table - factor * other).max() <= 4 * EPS * np.abs(table).max() else None


def _unit(table: NDArray[np.complex128]) -> complex:
    """The phase of a table's largest entry."""
    largest = complex(table[int(np.argmax(np.abs(table)))])
    return largest / abs(largest)


def _is_real(link: _Link, turn: complex) -> bool:
    u, v = link.u / _unit(link.u), link.v / _unit(link.v)
    factor = link.factor * turn * _unit(link.u) * _unit(link.v)
    return all(np.abs(table.imag).max() <= 16 * EPS * np.abs(table).max() for table in (u, v, factor))
