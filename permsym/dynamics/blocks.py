"""A driven mode over time, block by block: matrix-free products, and displaced Fock states that follow the field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.blocks import Blocks
from permsym.basis.sector import representative
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.krylov import Step, Subspace, steps, subspace
from permsym.dynamics.propagator import VECTORS, Integrator, check_memory
from permsym.dynamics.sector import Sector, watched
from permsym.matrixfree import BlockLiouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import ComplexArray, displacement
from permsym.sites import Boson
from permsym.steady.scaling.displacement import best_amplitude, needed

_ROOM = 2  # levels beyond those that the state needs on other Fock states and those that are watched
_GAIN = 0.8  # of the present levels: other Fock states must need fewer for a change
_TURNS = np.array([1, 1j, -1, -1j])


class BlockSector(Sector):
    """The neutral sector on blocks; states are arrays of real numbers, two for each complex one.

    dtype   of the states' numbers: that of the operator, unless parts of it need complex ones
    """

    def __init__(self, model: Model, representation: str, charge: tuple[int, ...], labels: Sequence[MomentLabel], initial: Initial) -> None:
        self.model = model
        self.labels = labels
        self.source = initial
        self.basis: Blocks = Blocks.of(model, representation)
        check_memory(model, self.basis.numbers)
        self.cavity = True
        self.used = Integrator.KRYLOV
        self.operator = BlockLiouvillian(self.basis)
        self.dtype = self.operator.dtype

    @cached_property
    def initial(self) -> NDArray[Any]:
        """The initial state (size,); complex numbers are needed where its phases are not those of the Liouvillian."""
        stored = self.basis.from_unknowns(self.source.vector(self.basis), real=False)
        return self._flat(stored.real.copy() if self.dtype == float else stored)

    @property
    def fits(self) -> bool:
        """Whether real numbers, where the Liouvillian has them, hold the initial state."""
        if self.dtype != float:
            return True
        stored = self.basis.from_unknowns(self.source.vector(self.basis), real=False)
        return bool(np.abs(stored.imag).max(initial=0.0) < 1e-15)

    @property
    def size(self) -> int:
        return self.basis.numbers * (1 if self.dtype == float else 2)

    def _flat(self, elements: NDArray[Any]) -> NDArray[np.float64]:
        return np.ascontiguousarray(elements).ravel().view(float)

    def _elements(self, state: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(state).view(self.dtype)

    def as_basis_holds(self, state: NDArray[Any]) -> NDArray[Any]:
        return self._elements(state).copy()

    # -- what is read off ---------------------------------------------------------------------------------------------------

    def moments(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.complex128]:
        rows, seen = self._rows
        real, imaginary = (rows @ (vectors[seen] @ weights)).reshape(2, -1)
        return np.asarray(real + 1j * imaginary)

    @cached_property
    def _rows(self) -> tuple[sparse.csr_array, NDArray[np.int64]]:
        """Covectors (2 labels, k) of the moments' real parts, then of the imaginary ones, on those k real numbers that any of them sees."""
        operators, real = [label.operators(self.model) for label in self.labels], self.operator.dtype == float
        covectors = [
            sparse.csr_array(self._flat(self.basis.block_covector(*each, part, real))[None]) for part in (1, 1j) for each in operators
        ]
        rows = sparse.vstack(covectors, format="csc") if covectors else sparse.csc_array((0, self.size))
        seen = np.flatnonzero(np.diff(rows.indptr))
        return rows[:, seen].tocsr(), seen

    def populations(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        return self.basis.population_traces * (vectors[self._population_index] @ weights)

    @cached_property
    def _population_index(self) -> NDArray[np.int64]:
        return self.basis.populations[0] * (1 if self.dtype == float else 2)

    def level_populations(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        populations = self.basis.population_traces[:, None] * (vectors[self._population_index] @ weights)
        result = np.zeros((self.model.centre.levels, weights.shape[1]))
        np.add.at(result, self.basis.populations[2], populations)
        return result

    def photons(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        turned = self.basis._centre.fock_states
        if turned is None:
            return self.level_populations(vectors, weights[:, None])[:, 0]
        return np.einsum("nm,mk,nk->n", turned, self.mode(vectors @ weights), turned.conj()).real

    def mode(self, state: NDArray[Any]) -> ComplexArray:
        """The mode's density matrix on its levels, displaced or not."""
        return self.basis.centre_matrix(self._elements(state))

    def _squares(self, state: NDArray[Any]) -> NDArray[Any]:
        """A matrix in n, n' for each pair of conjugate labels of the ensembles, (pairs, levels, levels)."""
        y, (index, conjugated, own, mirrored) = self._elements(state), self._square_index
        levels = self.model.centre.levels
        squares = np.zeros((int(index.max()) // levels**2 + 1) * levels**2, dtype=y.dtype)
        squares[index] = np.where(conjugated, y.conj(), y)
        squares[mirrored] = y[own].conj()
        return squares.reshape(-1, levels, levels)

    def _from_squares(self, squares: NDArray[Any]) -> NDArray[Any]:
        index, conjugated, *_ = self._square_index
        y = squares.ravel()[index]
        return np.where(conjugated, y.conj(), y)

    @cached_property
    def _square_index(self) -> tuple[NDArray[Any], ...]:
        """Position of each element in the squares, whether conjugated; elements that stand there twice, their other position."""
        b, levels = self.basis, self.model.centre.levels
        ensembles, mirrored = b.outer[1:], b.conjugate_outer(b.outer)[1:]
        first = representative(ensembles, mirrored)
        _, square = np.unique(np.where(first, ensembles, mirrored), axis=1, return_inverse=True)
        block, n, m = b.places
        start, turned = square.ravel()[block] * levels**2, ~first[block]
        index = start + np.where(turned, m * levels + n, n * levels + m)
        own = np.flatnonzero((ensembles == mirrored).all(axis=0)[block])
        return index, turned, own, (start + m * levels + n)[own]

    # -- other Fock states ----------------------------------------------------------------------------------------------------

    def embedded(self, state: NDArray[Any], larger: Sector) -> NDArray[Any]:
        """The state on the Fock states of another sector, D rho D^dag block by block."""
        assert isinstance(larger, BlockSector)
        mine, other = self.model.centre, larger.model.centre
        assert isinstance(mine, Boson)
        assert isinstance(other, Boson)
        if mine.displacement == other.displacement:
            turn: NDArray[Any] = np.eye(other.levels, mine.levels)
        else:
            turn = displacement(mine.displacement - other.displacement, other.levels, mine.levels)
            n, m = np.arange(other.levels), np.arange(mine.levels)
            turn = _TURNS[(-self.basis.phases[0] * n) % 4][:, None] * turn * _TURNS[(self.basis.phases[0] * m) % 4]
        if self.operator.dtype == float:
            turn = turn.real
        return larger._flat(larger._from_squares(turn @ self._squares(state) @ turn.conj().T))

    def grown(self, state: NDArray[Any], small: float) -> Model:
        """The model on more Fock states, or on others where displacing them differently saves levels."""
        return self.grown_for(self.mode(state), small)

    def grown_for(self, rho: ComplexArray, small: float) -> Model:
        """As :meth:`grown`, for a state of the mode."""
        levels = self.model.centre.levels
        alpha, here, there = self._better(rho, small)
        if there < here - 2:
            return self.model.displaced(alpha)
        return self.model.with_levels(levels + max(4, levels // 4))

    def improved(self, state: NDArray[Any], small: float) -> Model | None:
        """The model on Fock states of which far fewer are enough, or None."""
        return self.improved_for(self.mode(state), small)

    def improved_for(self, rho: ComplexArray, small: float) -> Model | None:
        """As :meth:`improved`, for a state of the mode."""
        alpha, _, there = self._better(rho, small)
        levels = int(there) + watched(self.model, self.labels) + _ROOM + self.model.centre.levels // 8
        return self.model.displaced(alpha).with_levels(levels) if levels < _GAIN * self.model.centre.levels else None

    def _better(self, rho: ComplexArray, small: float) -> tuple[complex, float, float]:
        """The best displacement for a mode's state; the levels that it needs on the present Fock states and on the displaced ones."""
        centre = self.model.centre
        assert isinstance(centre, Boson)
        amplitude = complex(np.sum(np.sqrt(np.arange(1, len(rho))) * rho.diagonal(-1)))
        step = best_amplitude(rho, amplitude, small)
        if self.operator.dtype == float:
            step = complex(step.real)
        return centre.displacement + step, needed(rho, 0, small), needed(rho, step, small)

    def closed(self) -> bool:
        return False

    # -- steps ----------------------------------------------------------------------------------------------------------------

    def steps(
        self, state: NDArray[Any], start: float, end: float, rate: float, method: Integrator, pace: Sequence[float] = ()
    ) -> Iterator[Step]:
        yield from steps(self._polynomial, state, start, end, rate, *pace)

    def _polynomial(self, state: NDArray[Any]) -> Subspace:
        return subspace(lambda v: self._flat(self.operator.matvec(self._elements(v))), state, VECTORS, self.basis.trace_norm)
