"""exp(t L) of a vector in one charge sector: on the unknowns that it reaches, by products with L or through factors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym import machine
from permsym.basis.basis import Basis
from permsym.basis.dicke import DickePart
from permsym.dynamics.krylov import Shifted, Step, Subspace, steps, subspace
from permsym.errors import SolverFailed, TooLarge
from permsym.linear import cost
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.steady.needs import lattice
from permsym.text import readable


class Integrator(StrEnum):
    """How steps are made: products with L in two ways, factorisations for stiff systems, or what is estimated to be faster."""

    AUTO = "auto"
    KRYLOV = "krylov"
    SHIFT_INVERT = "shift-invert"
    TAYLOR = "taylor"


_LONGER, _SHIFTS, _RATIONAL_VECTORS = 8.0, 40.0, 40
"""Each factorisation serves a span eight times that of the one before, forty shifts long: fewer shifts than that converge more slowly."""
VECTORS = 30  # of a subspace: more cost their orthogonalisation, fewer make steps short


class Propagator:
    """exp(t L) of one vector.

    basis    the sector; whole: the vector (basis.dimension,)
    matrix   L on the whole sector where somebody has it already; its transpose propagates covectors
    used     how the steps so far were made
    """

    def __init__(self, basis: Basis, whole: NDArray[Any], matrix: sparse.csr_array | None = None) -> None:
        self.basis = basis
        self.whole = whole
        self.used = Integrator.KRYLOV
        if matrix is not None:
            self._whole_matrix = matrix

    @cached_property
    def _whole_matrix(self) -> sparse.csr_array:
        return Liouvillian(self.basis).matrix().tocsr()

    @cached_property
    def active(self) -> NDArray[np.int64]:
        """Unknowns that the initial state reaches: half of them on resonance, where every coherence is real or imaginary."""
        matrix = self._whole_matrix
        start, size = np.flatnonzero(self.whole), matrix.shape[0]
        rows = np.repeat(np.arange(size), np.diff(matrix.indptr))
        # from column to row, and from one node more to where the state is
        edges = np.concatenate([matrix.indices, np.full(len(start), size)]), np.concatenate([rows, start])
        graph = sparse.csr_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(size + 1, size + 1))
        reached = csgraph.breadth_first_order(graph, size, return_predecessors=False)
        return np.sort(reached[reached < size]).astype(np.int64)

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

    # -- steps ----------------------------------------------------------------------------------------------------------

    def steps(
        self, state: NDArray[Any], start: float, end: float, rate: float, method: Integrator, pace: Sequence[float] = ()
    ) -> Iterator[Step]:
        """Accepted steps from ``start`` to ``end``: products with L alone, or through factorisations with growing shifts.

        pace   of the step before, where these go on from it
        """
        fastest = float(abs(self.matrix).sum(axis=0).max()) if self.matrix.nnz else 0.0
        stiff = method is Integrator.SHIFT_INVERT or (method is Integrator.AUTO and self._stiff(fastest * (end - start)))
        stiff = len(pace) > 1 if pace else stiff and fastest > 0 and not self._for_products(state, end - start, rate)
        self.used = Integrator.SHIFT_INVERT if stiff else Integrator.KRYLOV
        if stiff:
            yield from self._in_spans(state, start, end, rate, fastest, pace)
        else:
            yield from steps(self._polynomial, state, start, end, rate, *pace)

    def _for_products(self, state: NDArray[Any], length: float, rate: float) -> bool:
        """Whether undamped modes are: products' rounding grows with the fastest mode, factors' with its square."""
        first = self._polynomial(state)
        return first.closed and first.rounding(length) <= max(first.rounding(length, length / _SHIFTS), rate * length / 10)

    def _in_spans(
        self, state: NDArray[Any], start: float, end: float, rate: float, fastest: float, pace: Sequence[float]
    ) -> Iterator[Step]:
        """Steps by products until the fastest modes have settled, then on spans, each with a factorisation for a shift of its own.

        pace   last, span, until: of the step before, its length, the span (0: by products) and where that ends
        """
        now = start
        last, span, until = pace or (math.inf, 0.0, start + min(end - start, VECTORS / fastest))
        if not span:
            for step in steps(self._polynomial, state, now, until, rate, last):
                yield replace(step, pace=(step.length, 0.0, until))
                state, now = step.final, step.start + step.length
            span = VECTORS / fastest
        while now < end:
            if now >= until:
                span = min(end - now, _LONGER * span)
                last, until = math.inf, now + span
            try:
                for step in steps(self._rational(span), state, now, until, rate, last):
                    yield replace(step, pace=(step.length, span, until))
                    state, now = step.final, step.start + step.length
            except SolverFailed:
                span, until = span / (2 * _LONGER**2), now
                if span < VECTORS / fastest / 100:
                    raise

    def _polynomial(self, state: NDArray[Any]) -> Subspace:
        return subspace(lambda v: self.matrix @ v, state, VECTORS, self._norm(state))

    def _norm(self, state: NDArray[Any]) -> float:
        """The trace norm of an operator over the Euclidean norm of its unknowns, at most; complex ones in the neutral sector are two."""
        return self.basis.trace_norm * (math.sqrt(2) if self.basis.hermitian and np.iscomplexobj(state) else 1.0)

    def _rational(self, span: float) -> Callable[[NDArray[Any]], Subspace]:
        shift = span / _SHIFTS
        shifted = (sparse.eye_array(self.size, format="csc") - shift * self.matrix).tocsc()
        coordinates = self.basis.coordinates[:, self.active]
        few = len(coordinates) <= 3
        factor = (SuperLU() if few else SuperLU(ordering="MMD_AT_PLUS_A")).factor(shifted, coordinates)
        size = abs(self.matrix)
        operator = Shifted(shift, lambda v: self.matrix @ v, lambda v: size @ np.abs(v))
        return lambda state: subspace(factor.solve, state, _RATIONAL_VECTORS, self._norm(state), operator)

    def _extents(self) -> tuple[int, list[int]]:
        """Unknowns, and sides of the lattice they live on."""
        windows = [part.window for part in self.basis.parts if isinstance(part, DickePart) and part.window is not None]
        if windows:
            return self.size, list(windows[0].sides)
        return lattice(self.basis.model, self.basis.representation)

    def _stiff(self, products: float) -> bool:
        """Whether factorisations will be faster than that many products."""
        size, extents = self._extents()
        if cost.solve_bytes(size, extents) > machine.available_bytes():
            return False
        phases = max(1.0, np.log(max(products / VECTORS, 1.0)) / np.log(_LONGER))
        substitution = 4e-9 * cost.fill_estimate(size, extents)
        factored = phases * (cost.solve_seconds(size, extents) + 3 * VECTORS * substitution)
        return products * (3e-9 * self.matrix.nnz + 2e-9 * VECTORS * size + 3e-5) > 2 * factored


def check_memory(model: Model, unknowns: int, assembled: bool = False, vectors: int = VECTORS, what: str = "this evolution") -> float:
    """Bytes that an evolution takes; TooLarge where they are not free now.

    assembled   whether the Liouvillian is written out
    vectors     of a step
    what        what needs them, for the message
    """
    needed, available = 6e7 + unknowns * (8.0 * (vectors + 6) + (1200.0 if assembled else 0.0)), machine.available_bytes()
    if needed > available:
        raise TooLarge(
            f"{what} needs about {readable(needed)} ({unknowns:,} unknowns), but {readable(available)} are available; "
            "use fewer satellites or levels",
            needed=needed,
            available=available,
        )
    return needed
