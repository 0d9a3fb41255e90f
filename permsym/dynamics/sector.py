"""The Liouvillian of one charge sector as a time evolution sees it: unknowns that the initial state reaches, and observables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.representations import build, dimension
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import Propagator, check_memory
from permsym.dynamics.reached import scope_of
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.sites import Boson
from permsym.steady.scaling.levels import reach

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


class Sector(Propagator):
    """The Liouvillian of one charge sector on the unknowns that the initial state reaches, and observables of its states.

    A state is  vectors @ weights,  vectors (size, m) of a step's subspace and weights (m,).
    """

    def __init__(self, model: Model, representation: str, charge: tuple[int, ...], labels: Sequence[MomentLabel], initial: Initial) -> None:
        self.model = model
        self.labels = labels
        self.source = initial
        scope = scope_of(model, representation, charge, initial)
        check_memory(model, dimension(model, representation, charge, scope=scope), assembled=True)
        basis = build(model, representation, charge, scope=scope)
        super().__init__(basis, initial.vector(basis))
        self.cavity = isinstance(model.centre, Boson) and self.basis.hermitian

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

    def lost(self, step: Step) -> float:
        """Trace norm that a step loses beyond a window, at most."""
        return 0.0

    def as_basis_holds(self, state: NDArray[Any]) -> NDArray[Any]:
        """A state's unknowns as its basis holds them."""
        return self._spread(state)

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
