"""The Liouvillian of one charge sector as a time evolution sees it: unknowns that the initial state reaches, and observables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym import machine
from permsym.basis.basis import Basis
from permsym.basis.representations import build, dimension
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.krylov import Shifted, Step, Subspace, steps, subspace
from permsym.errors import SolverFailed, TooLarge
from permsym.linear import cost
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.sites import Boson
from permsym.steady.needs import lattice
from permsym.steady.scaling.levels import reach
from permsym.text import readable


class Integrator(StrEnum):
    """How steps are made: products with L, factorisations for stiff systems, or what is estimated to be faster."""

    AUTO = "auto"
    KRYLOV = "krylov"
    SHIFT_INVERT = "shift-invert"


_LONGER, _SHIFTS, _RATIONAL_VECTORS = 8.0, 40.0, 40
"""Each factorisation serves a span eight times that of the one before, forty shifts long: fewer shifts than that converge more slowly."""
VECTORS = 30  # of a subspace: more cost their orthogonalisation, fewer make steps short
LARGE, _TYPICAL = 30_000, 24  # unknowns with a typical cut-off from which products without a matrix are faster


def block_by_block(model: Model, representation: str, charge: tuple[int, ...]) -> bool:
    """Whether products without a matrix suit a sector: the neutral one of a mode without a U(1) charge, if it is large."""
    if not isinstance(model.centre, Boson) or any(weights[0] for weights in model.charges) or any(charge):
        return False
    return dimension(model.with_levels(_TYPICAL), representation, charge) >= LARGE


def watched(model: Model, labels: Iterable[MomentLabel]) -> int:
    """How many of the last Fock states show what a cut-off clips.

    A move of r levels is clipped in the last r.  What is missing there comes back as coherences with the r below, of size
    sqrt(P P') <= (P + P') / 2; a moment of k ladder operators of one kind sees coherences of the last k.
    """
    ladders = (max(label.centre.count("a"), label.centre.count("ad")) for label in labels)
    return max(2, 2 * reach(model), *ladders, 0)


class Sector:
    """The Liouvillian of one charge sector on the unknowns that the initial state reaches, and observables of its states.

    A state is  vectors @ weights,  vectors (size, m) of a step's subspace and weights (m,).
    """

    def __init__(self, model: Model, representation: str, charge: tuple[int, ...], labels: Sequence[MomentLabel], initial: Initial) -> None:
        self.model = model
        self.labels = labels
        self.source = initial
        check_memory(model, dimension(model, representation, charge), assembled=True)
        self.basis: Basis = build(model, representation, charge)
        self.whole = initial.vector(self.basis)
        self.cavity = isinstance(model.centre, Boson) and self.basis.hermitian
        self.used = Integrator.KRYLOV

    @cached_property
    def _whole_matrix(self) -> sparse.csr_array:
        return Liouvillian(self.basis).matrix().tocsr()

    @cached_property
    def active(self) -> NDArray[np.int64]:
        """Unknowns that the initial state reaches: half of them on resonance, where every coherence is real or imaginary."""
        matrix = self._whole_matrix
        pattern = sparse.csr_array((np.ones(len(matrix.data), dtype=np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
        reached = self.whole != 0
        fresh = reached
        while fresh.any():
            fresh = (pattern @ fresh.astype(np.float32) > 0) & ~reached
            reached = reached | fresh
        return np.flatnonzero(reached)

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """L on the active unknowns."""
        matrix = self._whole_matrix
        part = matrix if len(self.active) == matrix.shape[0] else matrix[self.active][:, self.active].tocsr()
        del self._whole_matrix
        return part

    @property
    def initial(self) -> NDArray[Any]:
        """Coefficients of the initial state, (size,)."""
        return self.whole[self.active]

    @property
    def size(self) -> int:
        return len(self.active)

    @cached_property
    def _rows(self) -> tuple[sparse.csr_array, NDArray[np.int64]]:
        """Covectors of the moments (labels, k) on those k unknowns that any of them sees."""
        covectors = [sparse.csr_array(self.basis.correlator(*label.operators(self.model))[None, self.active]) for label in self.labels]
        rows = sparse.vstack(covectors, format="csc") if covectors else sparse.csc_array((0, self.size))
        seen = np.flatnonzero(np.diff(rows.indptr))
        return rows[:, seen].tocsr(), seen

    @cached_property
    def _diagonal(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Positions of the populations among the unknowns, the trace of each, and the photons in each."""
        population = np.flatnonzero(self.basis.population)
        mine = np.searchsorted(self.active, population)
        there = self.active[np.minimum(mine, self.size - 1)] == population
        labels = self.basis.labels[:, population[there]]
        return mine[there], np.asarray(self.basis.trace(labels), dtype=float), labels[0]

    def moments(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.complex128]:
        rows, seen = self._rows
        return np.asarray(rows @ (vectors[seen] @ weights), dtype=complex)

    def populations(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        index, trace, _ = self._diagonal
        return trace * (vectors[index] @ weights)

    def level_populations(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """Populations of the centre's levels for each column of weights (m, k), (levels, k)."""
        index, trace, n = self._diagonal
        result = np.zeros((self.model.centre.levels, weights.shape[1]))
        np.add.at(result, n, trace[:, None] * (vectors[index] @ weights))
        return result

    def photons(self, vectors: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """P(n), (levels,)."""
        if not getattr(self.model.centre, "displacement", 0):
            return self.level_populations(vectors, weights[:, None])[:, 0]
        return self.basis.partial(self._spread(vectors @ weights), [()] * len(self.model.ensembles)).diagonal().real

    def grown(self, state: NDArray[Any], small: float) -> Model:
        """The model on more Fock states, of which ``state`` and its next steps leave less than ``small`` out."""
        levels = self.model.centre.levels
        return self.model.with_levels(levels + max(4, levels // 4))

    def improved(self, state: NDArray[Any], small: float) -> Model | None:
        """The model on Fock states of which far fewer are enough, or None."""
        return None

    def _spread(self, state: NDArray[Any]) -> NDArray[Any]:
        """A state's unknowns in the whole sector."""
        spread = np.zeros(self.basis.dimension, dtype=state.dtype)
        spread[self.active] = state
        return spread

    def embedded(self, state: NDArray[Any], larger: Sector) -> NDArray[Any]:
        """A state's coefficients in a larger basis."""
        mine, other = self.basis, larger.basis
        spread = self._spread(state)
        index, _ = other.index(mine.labels)  # both have the same one of each conjugate pair
        result = np.zeros(other.dimension, dtype=state.dtype)
        result[index] = spread[: mine.size]
        if mine.hermitian:
            result[other.imaginary[index[mine.paired]]] = spread[mine.size :]
        return result[larger.active]

    def closed(self) -> bool:
        """Whether the evolution reaches no Fock state beyond the cut-off, which is exact then."""
        levels = self.model.centre.levels
        wider = self.model.with_levels(levels + max(1, reach(self.model)))
        larger = Sector(wider, self.basis.representation, self.basis.charge, (), self.source)
        return not np.any(larger._diagonal[2] >= levels)

    # -- steps ----------------------------------------------------------------------------------------------------------

    def steps(self, state: NDArray[Any], start: float, end: float, rate: float, method: Integrator) -> Iterator[Step]:
        """Accepted steps from ``start`` to ``end``: products with L alone, or through factorisations with growing shifts."""
        fastest = float(abs(self.matrix).sum(axis=0).max()) if self.matrix.nnz else 0.0
        stiff = method is Integrator.SHIFT_INVERT or (method is Integrator.AUTO and self._stiff(fastest * (end - start)))
        self.used = Integrator.SHIFT_INVERT if stiff else Integrator.KRYLOV
        if not stiff or not fastest:
            yield from steps(self._polynomial, state, start, end, rate)
            return
        first = self._polynomial(state)
        if first.closed:  # products' rounding grows with the fastest mode, factors' with its square: undamped modes are for products
            length = end - start
            shifted = first.rounding(length, length / _SHIFTS)
            if first.rounding(length) <= max(shifted, rate * length / 10):
                self.used = Integrator.KRYLOV
                yield from steps(self._polynomial, state, start, end, rate)
                return
        now, span = start, min(end - start, VECTORS / fastest)
        for step in steps(self._polynomial, state, start, start + span, rate):
            yield step
            state, now = step.final, step.start + step.length
        while now < end:
            span = min(end - now, _LONGER * span)
            try:
                for step in steps(self._rational(span), state, now, now + span, rate):
                    yield step
                    state, now = step.final, step.start + step.length
            except SolverFailed:
                span /= 2 * _LONGER**2
                if span < VECTORS / fastest / 100:
                    raise

    def _polynomial(self, state: NDArray[Any]) -> Subspace:
        return subspace(lambda v: self.matrix @ v, state, VECTORS, self.basis.trace_norm)

    def _rational(self, span: float) -> Callable[[NDArray[Any]], Subspace]:
        shift = span / _SHIFTS
        shifted = (sparse.eye_array(self.size, format="csc") - shift * self.matrix).tocsc()
        coordinates = self.basis.coordinates[:, self.active]
        few = len(coordinates) <= 3
        factor = (SuperLU() if few else SuperLU(ordering="MMD_AT_PLUS_A")).factor(shifted, coordinates)
        size = abs(self.matrix)
        operator = Shifted(shift, lambda v: self.matrix @ v, lambda v: size @ np.abs(v))
        return lambda state: subspace(factor.solve, state, _RATIONAL_VECTORS, self.basis.trace_norm, operator)

    def _stiff(self, products: float) -> bool:
        """Whether factorisations will be faster than that many products."""
        size, extents = lattice(self.model, self.basis.representation)
        if cost.solve_bytes(size, extents) > machine.available_bytes():
            return False
        phases = max(1.0, np.log(max(products / VECTORS, 1.0)) / np.log(_LONGER))
        substitution = 4e-9 * cost.fill_estimate(size, extents)
        factored = phases * (cost.solve_seconds(size, extents) + 3 * VECTORS * substitution)
        return products * (3e-9 * self.matrix.nnz + 2e-9 * VECTORS * size + 3e-5) > 2 * factored


def check_memory(model: Model, unknowns: int, assembled: bool = False) -> float:
    """Bytes that an evolution takes; TooLarge where they are not free now.

    assembled   whether the Liouvillian is written out
    """
    needed, available = 6e7 + unknowns * (8.0 * (VECTORS + 6) + (1200.0 if assembled else 0.0)), machine.available_bytes()
    if needed > available:
        raise TooLarge(
            f"this evolution needs about {readable(needed)} ({unknowns:,} unknowns), but {readable(available)} are available; "
            "use fewer satellites or levels",
            needed=needed,
            available=available,
        )
    return needed
