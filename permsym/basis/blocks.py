"""A basis as blocks of labels.  Long because labels, numbers and functionals of a block share their tables.

A block has the elements of one label e of the ensembles and one difference n - n' of the centre's levels, ordered by the smaller
level low .. high-1.  Every superoperator of a model is a sum of products A[e] B[n, n'].  Tables over blocks and over levels are
then all that a Liouvillian on N_e x N_c labels needs (:mod:`permsym.matrixfree`).  A charge that the centre carries ties n - n'
to e; without one every difference is a block of its own.

A state is an array of numbers, block after block:

    y = x / prod_p i^(k_p d_p),      d_p the ket minus bra excitations of part p

On resonance, phases k_p make the Liouvillian and y real; otherwise both are complex.  In the neutral sector a block and its adjoint
have conjugate numbers; only the one with the smaller label is in the array.  In a charged sector both signs of n - n' are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from operator import matmul
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.basis import Basis
from permsym.basis.moves import Labels, Moves, Values, identity
from permsym.basis.part import Part
from permsym.basis.populated import populated_blocks
from permsym.basis.representations import choose, parts_of
from permsym.basis.sector import SectorTable, combined, differences_of, representative
from permsym.basis.window import Boundary
from permsym.model import Model
from permsym.operators import CentreOperator, ComplexArray, Matrix, Product
from permsym.sites import Boson

Integers = NDArray[np.int64]


class BlockRanges(NamedTuple):
    """What a window leaves of a whole set of blocks.

    outer      (columns, blocks) n - n' of the centre and labels of the ensembles
    low, high  (blocks,) the run low .. high-1 of each block, by the smaller of n and n'
    """

    outer: Labels
    low: Integers
    high: Integers


class Blocks(Basis):
    """A charge sector of a model, block by block.

    outer        (1 + columns, blocks) n - n' of the centre's levels, and labels of the ensembles
    low, high    (blocks,) range low .. high-1 of the smaller of n and n'
    offset       (blocks + 1,) where each block starts in the array of numbers
    phases       k_p of each part, centre first; the Liouvillian on the blocks sets them
    """

    def __init__(
        self,
        model: Model,
        parts: Sequence[Part],
        representation: str,
        ranges: BlockRanges | None = None,
        boundary: Boundary = "reflecting",
        charge: tuple[int, ...] | None = None,
        populated: bool = False,
    ) -> None:
        # of a centre with few levels a block has types of several classes
        super().__init__(model, parts, representation, charge, populated and isinstance(model.centre, Boson))
        self.outer = self._outer() if ranges is None else ranges.outer
        self._table_of_blocks = SectorTable(self._outer_key(self.outer))
        self.own_conjugate: NDArray[np.bool_] = (self.outer == self.conjugate_outer(self.outer)).all(axis=0)
        self.difference = self.outer[0]
        self.low = np.zeros(self.outer.shape[1], dtype=np.int64) if ranges is None else ranges.low
        self.high = model.centre.levels - np.abs(self.difference) if ranges is None else ranges.high
        if ranges is not None:
            self.boundary = boundary
        self.offset = np.concatenate([[0], np.cumsum(self.high - self.low)])
        self.kinds, kind = np.unique(self.difference, return_inverse=True)
        self.kind = kind.ravel().astype(np.int32)
        self.phases = (0,) * len(self.parts)

    @classmethod
    def of(
        cls,
        model: Model,
        representation: str = "auto",
        ranges: BlockRanges | None = None,
        boundary: Boundary = "reflecting",
        charge: tuple[int, ...] | None = None,
        populated: bool = False,
    ) -> Blocks:
        """All blocks of a model in one charge sector, or those of a window; None: the neutral one; ``populated``: as of a Basis."""
        name = choose(model) if representation == "auto" else representation
        return cls(model, parts_of(model, name), name, ranges, boundary, charge, populated)

    # -- labels of blocks -----------------------------------------------------------------------------------------------

    @cached_property
    def _outer_slices(self) -> list[slice]:
        width = self.parts[0].columns - 1
        return [slice(mine.start - width, mine.stop - width) for mine in self.slices[1:]]

    def _outer(self) -> Labels:
        if self.populated:
            labels = populated_blocks(self.parts, self.model.symmetry)
            return labels[:, representative(labels, self.conjugate_outer(labels))]
        levels = self.model.centre.levels
        blocks = []
        seen = set()
        for first, *differences in differences_of(self.parts, self.model.charges, self.charge):
            # the ensembles together can change by more than the centre's levels can take up
            if tuple(differences) in seen or (first is not None and first not in self.parts[0].differences()):
                continue
            seen.add(tuple(differences))
            ensembles = combined([part.labels(difference) for part, difference in zip(self.parts[1:], differences, strict=True)])
            for d in self._centre_differences(differences):
                if abs(d) < levels:
                    labels = np.concatenate([np.full((1, ensembles.shape[1]), d), ensembles])
                    blocks.append(labels[:, representative(labels, self.conjugate_outer(labels))] if self.hermitian else labels)
        return np.concatenate(blocks, axis=1)

    def _centre_differences(self, differences: Sequence[int | None]) -> Iterable[int]:
        """The n - n' that go with ket minus bra excitations of the ensembles."""
        pairs = zip(self.model.charges, self.charge, strict=True)
        charge, total = next(((charge, value) for charge, value in pairs if charge[0]), (None, 0))
        if charge is None:
            return range(1 - self.model.centre.levels, self.model.centre.levels)
        carried = sum(w * d for w, d in zip(charge[1:], differences, strict=True) if d is not None)
        q = self.model.centre.excitations
        return [(total - carried) // (charge[0] * (q[1] - q[0]))]  # level 0 of a spin is the excited one

    def conjugate_outer(self, outer: Labels) -> Labels:
        """Labels of the blocks of the adjoint."""
        ensembles = [part.conjugate(outer[mine]) for part, mine in zip(self.parts[1:], self._outer_slices, strict=True)]
        return np.concatenate([-outer[:1], *ensembles])

    def _outer_key(self, outer: Labels) -> Labels:
        return np.concatenate([outer[:1], *(part.key(outer[mine]) for part, mine in zip(self.parts[1:], self._outer_slices, strict=True))])

    def outer_differences(self, outer: Labels) -> list[Integers]:
        """Ket minus bra excitations of each ensemble."""
        return [part.difference(outer[mine]) for part, mine in zip(self.parts[1:], self._outer_slices, strict=True)]

    @cached_property
    def coherences(self) -> tuple[Integers, Integers]:
        """(kinds, parts) ket minus bra quanta of the mode and of each ensemble, up to a common sign; and the kind of each block."""
        quanta = np.stack([self.difference, *self.outer_differences(self.outer)])
        first = np.take_along_axis(quanta, np.argmax(quanta != 0, axis=0)[None], axis=0)
        kinds, kind = np.unique(np.where(first < 0, -quanta, quanta), axis=1, return_inverse=True)
        return kinds.T, kind.ravel()

    def find(self, outer: Labels) -> tuple[Integers, NDArray[np.bool_]]:
        """The block of each label or of its conjugate (-1: none), and whether it is the conjugate's: never in a charged sector."""
        if not self.hermitian:
            return self._table_of_blocks.find(self._outer_key(outer)), np.zeros(outer.shape[1], dtype=bool)
        mirrored = self.conjugate_outer(outer)
        conjugated = ~representative(outer, mirrored)
        return self._table_of_blocks.find(self._outer_key(np.where(conjugated, mirrored, outer))), conjugated

    def index(self, labels: Labels) -> tuple[Integers, NDArray[np.bool_]]:
        """As :meth:`Basis.index`: by the block and the run, without a table of all labels."""
        block, conjugated = self.find(np.concatenate([labels[:1] - labels[1:2], labels[2:]]))
        run = np.minimum(labels[0], labels[1])
        inside = (block >= 0) & (run >= self.low[block]) & (run < self.high[block])
        return np.where(inside, self.offset[block] + run - self.low[block], -1), conjugated

    def outer_moves(self, factors: Sequence[Moves | None]) -> Moves:
        """A product of superoperators of the ensembles as moves of blocks' labels."""
        width = len(self.outer)
        moves = [factor.embedded(mine.start, width) for factor, mine in zip(factors, self._outer_slices, strict=True) if factor is not None]
        return reduce(matmul, moves) if moves else identity(width)

    def shift_differences(self, shift: Sequence[int]) -> list[int]:
        """How a shift of blocks' labels changes ket minus bra excitations of each ensemble."""
        start = self.outer[:, :1]
        moved = start + np.array(shift)[:, None]
        pairs = zip(self.outer_differences(moved), self.outer_differences(start), strict=True)
        return [int(after[0] - before[0]) for after, before in pairs]

    # -- numbers --------------------------------------------------------------------------------------------------------

    @property
    def numbers(self) -> int:
        """How many numbers a state takes."""
        return int(self.offset[-1])

    def _levels_of(self, kind: int) -> tuple[Integers, Integers]:
        """(n, n') by the smaller level, for the difference ``kinds[kind]``."""
        d = int(self.kinds[kind])
        run = np.arange(self.model.centre.levels - abs(d))
        return run + max(d, 0), run + max(-d, 0)

    @cached_property
    def places(self) -> tuple[Integers, Integers, Integers]:
        """(block, n, n') of every number."""
        block = np.repeat(np.arange(len(self.low)), self.high - self.low)
        run = np.arange(self.numbers) - (self.offset[:-1] - self.low)[block]
        d = self.difference[block]
        return block, run + np.maximum(d, 0), run + np.maximum(-d, 0)

    @cached_property
    def labels(self) -> Labels:
        return self.labels_of(0, len(self.low))

    def labels_of(self, first: int, stop: int) -> Labels:
        """Labels of the numbers of the blocks from ``first`` to ``stop`` - 1."""
        count = (self.high - self.low)[first:stop]
        block = np.repeat(np.arange(first, stop), count)
        run = np.arange(self.offset[first], self.offset[stop]) - (self.offset[:-1] - self.low)[block]
        d = self.difference[block]
        return np.concatenate([np.stack([run + np.maximum(d, 0), run + np.maximum(-d, 0)]), self.outer[1:, block]])

    def _first(self, labels: Labels) -> NDArray[np.bool_]:
        outer = np.concatenate([labels[:1] - labels[1:2], labels[2:]])
        return representative(outer, self.conjugate_outer(outer))

    @cached_property
    def phase(self) -> NDArray[np.complex128]:
        """x / y of each block."""
        turns = sum(
            (k * d for k, d in zip(self.phases[1:], self.outer_differences(self.outer), strict=True)), self.phases[0] * self.difference
        )
        return np.array([1, 1j, -1, -1j])[turns % 4]

    def coefficients_of(self, y: NDArray[Any]) -> ComplexArray:
        return np.asarray(y * np.repeat(self.phase, np.diff(self.offset)), dtype=complex)

    def unknowns(self, y: NDArray[Any]) -> NDArray[Any]:
        """The unknowns (dimension,) of :class:`Basis`: real parts of all labels, imaginary parts of pairs; complex in a charged sector."""
        x = self.coefficients_of(y)
        if not self.hermitian:
            return x
        return np.concatenate([x.real, x.imag[self.paired]])

    def from_unknowns(self, unknowns: NDArray[Any], real: bool) -> NDArray[Any]:
        """y (numbers,) of unknowns; the inverse of :meth:`unknowns`.  ``real`` leaves out imaginary parts."""
        y = self.coefficients(unknowns)
        y /= self.phase[self.places[0]]
        return y.real.copy() if real else y

    def embedded(self, y: NDArray[Any], wider: Blocks) -> NDArray[Any]:
        """The same state on blocks with wider ranges, or more levels."""
        wide = np.zeros(wider.numbers, dtype=y.dtype)
        kernels.embed(y, wide, self.low, self.offset, wider.find(self.outer)[0], wider.low, wider.offset)
        return wide

    # -- populations ----------------------------------------------------------------------------------------------------

    @cached_property
    def populations(self) -> tuple[Integers, Integers, Integers]:
        """(index in y, block, level) of every population."""
        return self._runs_of(self.diagonal_in_ensembles & (self.difference == 0))

    def _runs_of(self, which: NDArray[np.bool_]) -> tuple[Integers, Integers, Integers]:
        """(index in y, block, smaller level) of the numbers of some blocks."""
        blocks = np.flatnonzero(which)
        count = (self.high - self.low)[blocks]
        block = np.repeat(blocks, count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return self.offset[block] + within, block, within + self.low[block]

    @cached_property
    def population_traces(self) -> NDArray[np.float64]:
        """Trace of the element of each population."""
        return self.ensemble_traces[self.populations[1]]

    @property
    def ensemble_traces(self) -> NDArray[np.float64]:
        """(blocks,) trace of the ensembles' elements."""
        return np.asarray(self._outer_product(lambda part, labels: part.trace(labels)), dtype=float)

    @property
    def diagonal_in_ensembles(self) -> NDArray[np.bool_]:
        """(blocks,) whether the labels of all ensembles are populations."""
        diagonal = [part.population(self.outer[mine]) for part, mine in zip(self.parts[1:], self._outer_slices, strict=True)]
        return np.asarray(np.logical_and.reduce(diagonal))

    def _outer_product(self, weight: Any, outer: Labels | None = None) -> Values:
        labels = self.outer if outer is None else outer
        return reduce(np.multiply, [weight(part, labels[mine]) for part, mine in zip(self.parts[1:], self._outer_slices, strict=True)])

    # -- functionals ----------------------------------------------------------------------------------------------------

    def contracted(self, y: NDArray[Any], weights: Any) -> tuple[Values, Values]:
        """sum_c w(c) x(e, c) of every block, and sum_c w(conjugate c) conj(x(e, c)), with w a function of labels (2, n)."""
        tables = self._weight_tables(weights)
        first = kernels.contract(y, self.offset, self.low, self.kind, tables[0]) * self.phase
        second = kernels.contract(y, self.offset, self.low, self.kind, tables[1].conj()).conj() * self.phase.conj()
        return first, second

    def _weight_tables(self, weights: Any) -> list[NDArray[np.complex128]]:
        """Weights of the centre's labels and of their conjugates, (kinds, levels) each."""
        direct, mirrored = [], []
        for kind in range(len(self.kinds)):
            n, m = self._levels_of(kind)
            direct.append(weights(np.stack([n, m])))
            mirrored.append(weights(np.stack([m, n])))
        width = max(map(len, direct))
        return [np.stack([np.pad(np.asarray(t, dtype=complex), (0, width - len(t))) for t in tables]) for tables in (direct, mirrored)]

    def value(self, y: NDArray[Any], centre: Any, outer: Any) -> complex:
        """sum over labels of centre(c) outer(e) x(e, c), in the neutral sector with conjugates.

        centre   weight of labels (2, n); outer: weights of labels of the ensembles (columns, blocks)
        """
        direct, mirrored = self.contracted(y, centre)
        others = ~self.own_conjugate
        total = (outer(self.outer) * direct).sum()
        if not self.hermitian:
            return complex(total)
        return complex(total + (outer(self.conjugate_outer(self.outer[:, others])) * mirrored[others]).sum())

    def moment(self, y: NDArray[Any], centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]]) -> complex:
        """The value of :meth:`correlator` without its covector."""
        weights = [part.correlator(ops) for part, ops in zip(self.parts[1:], satellites, strict=True)]
        return self.value(
            y,
            self._centre.correlator([self._centre.matrix(operator) for operator in centre]),
            lambda outer: reduce(np.multiply, [w(outer[mine]) for w, mine in zip(weights, self._outer_slices, strict=True)]),
        )

    def block_covector(
        self, centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]], part: complex, real: bool
    ) -> NDArray[Any]:
        """c (numbers,) with Re sum conj(c) y = Re (moment / part): the real part for part = 1, the imaginary part for 1j.

        In a charged sector, whose moments are complex-linear, and not ``real``: sum conj(c) y = moment / part.
        """
        weights = [part_.correlator(ops) for part_, ops in zip(self.parts[1:], satellites, strict=True)]
        inner = self._centre.correlator([self._centre.matrix(operator) for operator in centre])

        def outer(labels: Labels) -> Values:
            return reduce(np.multiply, [w(labels[mine]) for w, mine in zip(weights, self._outer_slices, strict=True)])

        direct = outer(self.outer) * self.phase
        once = self.own_conjugate if self.hermitian else True
        mirrored = np.where(once, 0, outer(self.conjugate_outer(self.outer))) * self.phase.conj()
        tables = self._weight_tables(inner)
        covector = np.zeros(self.numbers, dtype=float if real else complex)
        # value = sum a y + b conj(y): Re (value / part) = Re sum (a / part + conj(b / part)) y
        for factor, table in ((direct / part, tables[0]), ((mirrored / part).conj(), tables[1].conj())):
            for f, t in ((factor.real, table.real), (-factor.imag, table.imag)) if real else ((factor.conj(), table.conj()),):
                kernels.spread(covector, self.offset, self.low, self.kind, np.ascontiguousarray(f), np.ascontiguousarray(t))
        return covector

    def expected(self, y: NDArray[Any], terms: dict[Product, complex]) -> complex:
        """The value of :meth:`expectation` without its covector."""
        total = 0j
        for key, factor in terms.items():
            first, *rest = self._left(key)

            def centre(labels: Labels, moves: Moves | None = first) -> Values:
                if moves is None:
                    return self._centre.trace(labels)
                return _traced(moves.weights(labels), labels, self._centre.trace)

            def outer(labels: Labels, moves: Sequence[Moves | None] = rest) -> Values:
                return _traced(
                    self.outer_moves(moves).weights(labels), labels, lambda at: self._outer_product(lambda part, own: part.trace(own), at)
                )

            total += factor * self.value(y, centre, outer)
        return total

    def centre_matrix(self, y: NDArray[Any]) -> NDArray[np.complex128]:
        """The centre's density matrix (levels, levels); displaced Fock states are not undone."""
        index, block, run = self._runs_of(self.diagonal_in_ensembles)
        d, levels = self.difference[block], self.model.centre.levels
        values = (self.ensemble_traces * self.phase)[block] * y[index]
        at = (run + np.maximum(d, 0)) * levels + run + np.maximum(-d, 0)
        half = (np.bincount(at, values.real, levels**2) + 1j * np.bincount(at, values.imag, levels**2)).reshape(levels, levels)
        return np.asarray(half + np.tril(half.conj().T, -1) + np.triu(half.conj().T, 1))  # the conjugate blocks

    def partial(self, y: NDArray[Any], satellites: Sequence[Sequence[Matrix]]) -> ComplexArray:
        """As :meth:`Basis.partial`, from the stored numbers."""
        if any(satellites):
            return super().partial(self.unknowns(y), satellites)
        return self.in_fock_states(self.centre_matrix(y))

    def site_populations(self, y: NDArray[Any], position: int) -> NDArray[np.float64]:
        """Populations (levels,) of the mode's states; there is no other site."""
        return self.centre_matrix(y).diagonal().real.copy()

    def least_population(self, y: NDArray[Any]) -> float:
        """The smallest population, times its trace."""
        return float((self.population_traces * y[self.populations[0]].real).min())

    def spin_populations(self, y: NDArray[Any]) -> tuple[Integers, Integers, NDArray[np.float64]]:
        """(2j, 2m, probability) of every population of one ensemble in the Dicke representation."""
        position, block, _ = self.populations
        return self.outer[1, block], self.outer[2, block], y[position].real


def _traced(weights: dict[tuple[int, ...], Values], labels: Labels, trace: Any) -> Values:
    return sum((values * trace(labels + np.array(shift)[:, None]) for shift, values in weights.items()), np.zeros(labels.shape[1]))
