"""Model + Blocks -> the Liouvillian as an operator that is never written out.

A block is a label e of the ensembles and of n - n', and a run of levels of the centre.  A link (:mod:`permsym.basis.links`) takes a
run of one block, times a short table and a number, to another block.  A product with a vector sums a dozen or two of these for
every block.  They are listed block by block, so that a product reads lists and runs in order; the diagonal is the only array of a
vector's size.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import BlockRanges, Blocks
from permsym.basis.links import Link, links_of, magnitudes, make_real, take_phases
from permsym.basis.moves import ENTRY_ROUNDING, Labels
from permsym.errors import InputError, NotApplicable
from permsym.model import Model
from permsym.terms import Term

EPS = float(np.finfo(float).eps)
Integers = NDArray[np.int64]


class Lists(NamedTuple):
    """What a product adds to each block e: for entries first[e] .. first[e+1]-1, ``factor`` times a table times a run.

    first    (blocks + 1,)
    middle   (blocks,) entry from which on conjugates of the runs are taken
    factor   (entries,)
    begin    where the run starts in the vector
    target   where it goes in the block
    length   of the run
    table    where the table starts in the flat array of all
    """

    first: Integers
    middle: Integers
    factor: NDArray[Any]
    begin: NDArray[Any]
    target: NDArray[np.int32]
    length: NDArray[np.int32]
    table: NDArray[np.int32]


class _Part(NamedTuple):
    """Some superoperators in the phases that the blocks have: whether they are to be real, and an edge gives back what it drops."""

    terms: tuple[Term, ...]
    real: bool
    reflects: bool


class BlockLiouvillian:
    """The Liouvillian of a model on blocks: a real-linear operator on their numbers.

    blocks    basis; the Liouvillian chooses their ``phases``
    part      some superoperators instead of all terms: :meth:`part`, :meth:`counted`
    dtype     real where phases make every weight real (on resonance), else complex
    diagonal  (n,) weight with which each number acts on itself
    """

    def __init__(self, blocks: Blocks, model: Model | None = None, part: _Part | None = None) -> None:
        self.blocks = blocks
        self.model = blocks.model if model is None else model
        if (self.model.centre, self.model.ensembles, self.model.charges) != (
            blocks.model.centre,
            blocks.model.ensembles,
            blocks.model.charges,
        ):
            raise InputError("these blocks belong to a model with other sites or symmetry; make new ones")
        self.terms = self.model.terms if part is None else part.terms
        links = links_of(self.terms, blocks)
        moving = [link for link in links if not link.rests]
        diagonal = self._diagonal([link for link in links if link.rests])
        # terms of displaced Fock states cancel up to rounding: no weight, and nothing to divide by
        small = np.abs(diagonal) <= 64 * EPS * np.abs(diagonal).max(initial=0.0)
        self._dropped = float(np.abs(diagonal[small]).max(initial=0.0))
        diagonal[small] = 0
        if part is None:
            blocks.phases, real = make_real(moving, diagonal, blocks)
        else:
            real = part.real
            if real and not make_real(moving, diagonal, blocks, blocks.phases)[1]:
                names = " and ".join(repr(term.name) for term in part.terms)
                raise NotApplicable(
                    f"phases of {names} cancel in the Liouvillian, which is real; apart they take factors, solver='superlu'"
                )
            if not real and any(blocks.phases):
                take_phases(moving, blocks.phases, blocks, real=False)
        self.dtype: np.dtype[Any] = np.dtype(float if real else complex)
        if real:
            self._dropped += float(np.abs(diagonal.imag).max(initial=0.0))
        self.diagonal: NDArray[Any] = diagonal.real.copy() if real else diagonal
        del diagonal, small
        self._shifts = list(dict.fromkeys((link.outer, link.centre) for link in moving))
        self._lists, self._tables = self._tabulated(moving, self.dtype)
        # threads take equal shares of the numbers
        self._shares = np.unique(np.searchsorted(blocks.offset, np.linspace(0, blocks.numbers, kernels.SHARES + 1)))
        if blocks.boundary == "reflecting" and (part is None or part.reflects):
            self._reflect()

    def counted(self, jump: Term, real: bool | None = None) -> BlockLiouvillian:
        """J rho = rate * x rho x^dag of a jump (:attr:`Term.counted`) on the same numbers; what a window drops of it does not come back.

        real   as for :meth:`part`
        """
        real = self.dtype.kind == "f" if real is None else real
        return BlockLiouvillian(self.blocks, self.model, _Part((jump.counted,), real, reflects=False))

    def part(self, terms: Sequence[Term], real: bool | None = None) -> BlockLiouvillian:
        """The superoperator of some of the model's terms on the same numbers; their coefficients keep density matrices hermitian.

        real   whether it acts on real numbers; None: where the whole does

        Raises NotApplicable where phases make the whole real, but not this part.
        """
        real = self.dtype.kind == "f" if real is None else real
        return BlockLiouvillian(self.blocks, self.model, _Part(tuple(terms), real, reflects=True))

    def single(self) -> BlockLiouvillian:
        """The adjoint's products in single precision: half the memory traffic, for a first approximation."""
        other = copy.copy(self)
        other.dtype = np.dtype(np.float32 if self.dtype.kind == "f" else np.complex64)
        other.diagonal, other._tables = self.diagonal.astype(other.dtype), self._tables.astype(other.dtype)
        other._lists, other._transposed = (
            lists._replace(factor=lists.factor.astype(other.dtype)) for lists in (self._lists, self._transposed)
        )
        return other

    @property
    def shape(self) -> tuple[int, int]:
        return self.blocks.numbers, self.blocks.numbers

    # -- products -------------------------------------------------------------------------------------------------------

    def matvec(self, x: NDArray[Any], out: NDArray[Any] | None = None, rows: NDArray[Any] | None = None) -> NDArray[Any]:
        """L x (n,), each row times a number of ``rows``."""
        result = np.empty_like(x) if out is None else out
        factors = self.diagonal[:0] if rows is None else rows
        kernels.apply(x, result, self.diagonal, factors, self.blocks.offset, self._shares, *self._lists, self._tables, self._tables)
        return result

    def rmatvec(self, z: NDArray[Any], out: NDArray[Any] | None = None, rows: NDArray[Any] | None = None) -> NDArray[Any]:
        """The adjoint under the real inner product Re sum conj(z) x, for real numbers L^T z; each row times a number of ``rows``."""
        result = np.empty_like(z) if out is None else out
        diagonal, tables = (self.diagonal, self._tables) if self.dtype.kind == "f" else (self.diagonal.conj(), self._tables.conj())
        factors = diagonal[:0] if rows is None else rows
        kernels.apply(z, result, diagonal, factors, self.blocks.offset, self._shares, *self._transposed, tables, self._tables)
        return result

    def row_scale(self, shift: complex = 0.0) -> NDArray[Any]:
        """(n,) 1 / D_i with |D_i| the 2-norm of row i of L - shift; see :meth:`_scale`."""
        return self._scale(self._lists, shift)

    def column_scale(self, shift: complex = 0.0) -> NDArray[Any]:
        """(n,) the same of the adjoint's rows, the columns of L - shift."""
        return self._scale(self._transposed, shift).conj()

    def _scale(self, lists: Lists, shift: complex) -> NDArray[Any]:
        """1 / D_i with |D_i|^2 = sum_j |L_ij|^2; D_i along L_ii where that is large, negative where it is small; 1 for an empty row.

        Elements with few excitations have small |L_ii| beside large couplings: over the diagonal their rows would be large.
        """
        squared = lists._replace(factor=(np.abs(lists.factor) ** 2).astype(self.dtype))
        tables = (np.abs(self._tables) ** 2).astype(self.dtype)
        rest = np.empty(self.shape[0], dtype=self.dtype)
        nothing = np.zeros_like(rest)
        kernels.apply(nothing + 1, rest, nothing, nothing[:0], self.blocks.offset, self._shares, *squared, tables, tables)
        diagonal = self.diagonal - shift if shift else self.diagonal
        along = diagonal - np.sqrt(rest.real)
        size = np.abs(along) * np.hypot(np.abs(diagonal), np.sqrt(rest.real))
        return np.where(size > 0, along.conj(), 1) / np.where(size > 0, size, 1)

    def fed_by(self, position: int) -> NDArray[np.bool_]:
        """(n,) whether the number at a position feeds each, through however many entries of L, itself included: L never leaves that set."""
        lists = self._lists._replace(factor=np.abs(self._lists.factor).astype(self.dtype))
        tables = np.abs(self._tables).astype(self.dtype)
        fed = np.zeros(self.shape[0], dtype=self.dtype)
        nothing, next_, count = np.zeros_like(fed), np.empty_like(fed), 0
        fed[position] = 1
        while np.count_nonzero(fed) > count:
            count = int(np.count_nonzero(fed))
            kernels.apply(fed, next_, nothing, nothing[:0], self.blocks.offset, self._shares, *lists, tables, tables)
            fed[next_ != 0] = 1
        return fed != 0

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

    def rounding(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """(n,) bound of what L x may be off by: of the products in it, and of the entries of L, by the sizes that cancel in them.

        It makes L a second time, of moduli; as long as an assembly takes, and as much memory for that time.
        """
        links = magnitudes(links_of(self.terms, self.blocks))
        diagonal = self._diagonal([link for link in links if link.rests]).real.copy()
        lists, tables = self._tabulated([link for link in links if not link.rests], np.dtype(float))
        size, total = np.abs(x), np.empty(len(x))
        kernels.apply(size, total, diagonal, diagonal[:0], self.blocks.offset, self._shares, *lists, tables, tables)
        return np.asarray(EPS / 2 * (self.links + ENTRY_ROUNDING) * total + self._dropped * size)

    def reached(self, whole: Blocks) -> Blocks:
        """The part of ``whole``, all blocks on as many levels or more, that one move of the numbers reaches."""
        b = self.blocks
        low, high = np.full(len(whole.low), np.iinfo(np.int64).max), np.zeros(len(whole.low), dtype=np.int64)
        for outer, centre in [((0,) * len(b.outer), (0, 0)), *self._shifts]:
            block, _ = b.find(whole.outer - np.array(outer)[:, None])
            to = np.flatnonzero(block >= 0)
            source, shift = block[to], _run_shift(centre, whole.difference[to])
            low[to], high[to] = np.minimum(low[to], b.low[source] + shift), np.maximum(high[to], b.high[source] + shift)
        low, high = np.maximum(low, 0), np.minimum(high, whole.high)
        some = high > low
        ranges = BlockRanges(whole.outer[:, some], low[some], high[some])
        return Blocks.of(whole.model, whole.representation, ranges, "closed", whole.charge, whole.populated)

    def neighbour(self, outer: Labels) -> Integers:
        """For each label, a block from which one move leads to it or to its conjugate; -1: none."""
        block = np.full(outer.shape[1], -1)
        for shift, _ in self._shifts:
            source, _ = self.blocks.find(outer - np.array(shift)[:, None])
            block = np.where(block < 0, source, block)
        return block

    # -- construction ---------------------------------------------------------------------------------------------------

    def _diagonal(self, links: list[Link]) -> NDArray[np.complex128]:
        b = self.blocks
        diagonal = np.zeros(b.numbers, dtype=complex)
        for link in links:
            kernels.spread(diagonal, b.offset, b.low, b.kind, link.factor, link.table(b.kinds.tolist()))
        return diagonal

    def _tabulated(self, links: list[Link], dtype: np.dtype[Any]) -> tuple[Lists, NDArray[Any]]:
        b = self.blocks
        tables = (
            np.stack([link.table(b.kinds.tolist()) for link in links]) if links else np.zeros((0, len(b.kinds), self.model.centre.levels))
        )
        count = np.zeros(2 * len(b.low), dtype=np.int64)
        for code, *_ in self._entries(links, dtype):
            count[code] += 1
        lists = self._empty(count, dtype)
        cursor = np.concatenate([[0], np.cumsum(count)[:-1]])
        for code, *values in self._entries(links, dtype):
            at = cursor[code]
            cursor[code] += 1
            for array, value in zip(lists[2:], values, strict=True):
                array[at] = value
        return lists, np.ascontiguousarray(tables.real if dtype.kind == "f" else tables).ravel()

    def _entries(self, links: list[Link], dtype: np.dtype[Any]) -> Iterator[tuple[NDArray[Any], ...]]:
        """For each link: 2 e of the blocks e that it adds to (2 e + 1 by conjugation), and the columns of their lists."""
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
                    factor = link.factor[e].real if dtype.kind == "f" else link.factor[e]
                    begin = b.offset[s] - b.low[s] - shift[some] + a
                    yield (
                        2 * e + conjugated[e],
                        factor,
                        begin,
                        a - b.low[e],
                        stop[some] - a,
                        (number * len(b.kinds) + b.kind[e]) * levels + a,
                    )

    def _empty(self, count: Integers, dtype: np.dtype[Any]) -> Lists:
        """Empty lists for ``count`` (2 blocks,) entries: of each block as they are, then by conjugation."""
        bounds = np.concatenate([[0], np.cumsum(count)])
        size = int(bounds[-1])
        begin: NDArray[Any] = np.empty(size, dtype=np.int32 if self.blocks.numbers < 2**31 else np.int64)
        target, length, table = (np.empty(size, dtype=np.int32) for _ in range(3))
        return Lists(bounds[::2].copy(), bounds[1::2].copy(), np.empty(size, dtype=dtype), begin, target, length, table)

    @cached_property
    def _transposed(self) -> Lists:
        """Lists of the transposed operator: the same entries, with source and target exchanged."""
        b, own = self.blocks, self._lists
        to = np.repeat(np.arange(len(b.low), dtype=np.int32), np.diff(own.first))
        conjugated = np.arange(len(to)) >= own.middle[to]
        source = (np.searchsorted(b.offset, own.begin, side="right") - 1).astype(np.int32)
        code = 2 * source.astype(np.int64) + conjugated
        lists = self._empty(np.bincount(code, minlength=2 * len(b.low)), self.dtype)
        order = np.argsort(code, kind="stable")
        del code
        factor = own.factor if self.dtype.kind == "f" else np.where(conjugated, own.factor, own.factor.conj())
        values = factor, b.offset[to] + own.target, own.begin - b.offset[source], own.length, own.table
        for array, value in zip(lists[2:], values, strict=True):
            array[:] = value[order]
        return lists

    def _reflect(self) -> None:
        """Add to each population's diagonal what its moves would take out of a window, so that trace @ L = 0."""
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
