"""A solution with factors: error estimates of moments from transposed solves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.moments.labels import MomentLabel
from permsym.operators import Matrix
from permsym.several_sites import modes_of_centre
from permsym.states.collective_spin import SpinDistribution
from permsym.states.derived import Observable
from permsym.steady.lattice.iterated import IteratedNull
from permsym.steady.lattice.null_vector import Bounds, NullVector
from permsym.steady.state import ErrorParts

_BLOCK, _BLOCK_NUMBERS = 8, 2**23  # covectors, and numbers in them, solved for at once; bounds the memory of a certificate


class Factored(Protocol):
    """A solved vector with factors, which solve for dual vectors, too.

    size          unknowns that were solved for
    edge_mass     probability next to a window's edge; outside_mass: estimate of that beyond it
    """

    @property
    def size(self) -> int: ...

    @property
    def residual(self) -> float: ...

    @property
    def edge_mass(self) -> float: ...

    @property
    def outside_mass(self) -> float: ...

    def unknowns(self, dimension: int) -> NDArray[np.float64]:
        """Every unknown of the basis (dimension,), in its order."""

    def restricted(self, covector: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """A covector of the basis on the unknowns that were solved for (size,)."""

    def bounds(self, covectors: NDArray[np.float64]) -> Bounds:
        """Error bounds of the values of covectors (size, k)."""


F = TypeVar("F", bound=Factored)


@dataclass
class FactoredSolution(Generic[F]):
    """A :class:`permsym.steady.state.Solution` from factors.

    null        the solved vector with its factors
    many_duals  whether a dual vector costs little
    coarser     (basis.dimension,) the same state with more left out: its difference stands for a cut's cost, in the place of clipped moves
    edge        (size,) what each unknown's clipped moves contribute to the error estimates made so far
    """

    basis: Basis
    null: F
    many_duals: bool = False
    spin: SpinDistribution | None = None
    converged: bool = True
    noise: float = 0.0
    coarser: NDArray[np.float64] | None = None

    @cached_property
    def x(self) -> NDArray[np.float64]:
        return self.null.unknowns(self.basis.dimension)

    @cached_property
    def edge(self) -> NDArray[np.float64]:
        return np.zeros(self.size)

    @property
    def rigorous(self) -> bool:
        """On a closed lattice: nothing is estimated of what lies beyond it, and no dual vector stood for several observables."""
        shared = isinstance(self.null, IteratedNull) and self.null.shared
        lattice = isinstance(self.null, NullVector) and self.basis.boundary == "closed"
        return lattice and not shared and not modes_of_centre(self.basis.model.centre)

    @property
    def size(self) -> int:
        return self.null.size

    @property
    def residual(self) -> float:
        return self.null.residual

    @property
    def edge_mass(self) -> float:
        return self.null.edge_mass

    def estimates(self, keys: Sequence[MomentLabel | Observable]) -> list[list[ErrorParts]]:
        # what only this state asks for is not remembered
        makers = [self.basis.covector if isinstance(key, MomentLabel) else self.basis.correlator for key in keys]
        operators = [key.operators(self.basis.model) for key in keys]
        estimates = self.covector_estimates(make(*each) for make, each in zip(makers, operators, strict=True))
        roundings = [self.basis.rounding(self.x, *each) for each in operators]
        return [
            [part._replace(algebraic=part.algebraic + rounding) for part in parts]
            for parts, rounding in zip(estimates, roundings, strict=True)
        ]

    def covector_estimates(self, covectors: Iterable[NDArray[np.complex128]]) -> list[list[ErrorParts]]:
        columns: list[tuple[int, NDArray[np.float64]]] = []
        estimates: list[list[ErrorParts]] = []
        for position, whole in enumerate(covectors):
            estimates.append([])
            covector = self.null.restricted(whole)
            parts = [part for part in (covector.real, covector.imag) if part.any()]
            columns += [(position, part) for part in parts]
            if not parts and self.null.edge_mass > 0:  # a window without any site that this moment lives on says nothing of it
                estimates[position].append(ErrorParts(unseen=self.null.outside_mass))
        for (position, _), parts_ in zip(columns, self._bounds([part for _, part in columns]), strict=True):
            estimates[position].append(parts_)
        return estimates

    def fock_estimates(self, position: int = 0) -> NDArray[np.float64]:
        nothing: list[tuple[Matrix, ...]] = [()] * len(self.basis.model.ensembles)
        covectors = (
            self.basis.correlator([self.basis.centre_projector(n, position)], nothing) for n in range(self.basis.levels_of(position))
        )
        return np.array([sum(parts) for parts in self._bounds([self.null.restricted(each).real for each in covectors])])

    def _bounds(self, covectors: Sequence[NDArray[np.float64]]) -> Iterator[ErrorParts]:
        """Error estimate of each covector's value, over the unknowns that were solved for, in blocks."""
        step = max(1, min(_BLOCK, _BLOCK_NUMBERS // self.size))
        if isinstance(self.null, IteratedNull):
            step = len(covectors)  # which it may take together
        for start in range(0, len(covectors), max(step, 1)):
            columns = np.stack(covectors[start : start + step], axis=1)
            bounds = self.null.bounds(columns)
            np.maximum(self.edge, bounds.edge, out=self.edge)
            cutoff = np.broadcast_to(bounds.cutoff, bounds.algebraic.shape)
            windows = bounds.window
            if self.coarser is not None:
                windows = np.abs(self.null.restricted((self.x - self.coarser).astype(complex)) @ columns)
            for algebraic, window, cut in zip(bounds.algebraic.tolist(), windows.tolist(), cutoff.tolist(), strict=True):
                yield ErrorParts(algebraic, window, cut)
