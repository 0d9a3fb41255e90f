"""The map over one period block by block, without a matrix: large driven cavities, on Fock states displaced to the middle of the orbit."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import Blocks
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.periodic.period_map import KRYLOV, RANDOM, PeriodMap, Vector
from permsym.dynamics.propagator import check_memory
from permsym.dynamics.taylor.polynomial import MOST
from permsym.dynamics.taylor.sector import Asked, ModulatedBlockSector
from permsym.dynamics.taylor.steps import Clock
from permsym.model import Model
from permsym.modulation.functions import DEGREE


class BlockMap(PeriodMap):
    """On the numbers of the blocks, complex ones as pairs of real ones.

    real   whether to be on real numbers where these hold the periodic state: then the other quadrature's states are missing
    mode   (levels, levels) the mode's state, averaged over the orbit that was watched last
    """

    def __init__(
        self, model: Model, representation: str, asked: Asked, clock: Clock, period: float, rate: float, real: bool = True
    ) -> None:
        """Its eight arguments are what an evolution's sector takes, and the period."""
        super().__init__(clock, period, rate)
        self._made = (model, representation, asked)
        self.sector = ModulatedBlockSector(model, representation, (0,) * len(model.charges), asked, clock, real)
        check_memory(
            model, self.sector.size, vectors=MOST + (DEGREE + 1) * len(clock.modulation.channels) + KRYLOV, what="the periodic state"
        )
        self.basis: Blocks = self.sector.basis
        self.applied, self.norm, self.dtype = self.sector.applied, self.basis.trace_norm, np.dtype(float)
        self._own = np.flatnonzero(self.basis.own_conjugate)
        self.mode: NDArray[Any] = np.zeros((model.centre.levels,) * 2)

    def __call__(self, x: Vector, watched: int = 0) -> Vector:
        self.mode = np.zeros_like(self.mode)
        image = super().__call__(x, watched)
        if self.sector.dtype != float:  # rounding brings in what no density matrix has, whose trace never decays
            kernels.real_parts(image.view(complex), self._own, self.basis.offset)
        return image

    @cached_property
    def whole(self) -> PeriodMap:
        """On complex numbers, which hold both quadratures."""
        if self.sector.dtype != float:
            return self
        model, representation, asked = self._made
        return BlockMap(model, representation, asked, self.clock, self.period, self.rate, real=False)

    @property
    def spent(self) -> int:
        twin = self.__dict__.get("whole", self)
        return self.products + (0 if twin is self else twin.products)

    def lifted(self, x: Vector) -> Vector:
        return x if self.sector.dtype != float else x.astype(complex).view(float)

    @cached_property
    def total(self) -> NDArray[np.float64]:
        return np.ascontiguousarray(self.sector.operator.trace.astype(self.sector.dtype)).view(float)

    @property
    def random(self) -> Vector:
        unknowns = np.random.default_rng(RANDOM).normal(size=self.basis.dimension)
        return np.ascontiguousarray(self.basis.from_unknowns(unknowns, real=self.sector.dtype == float)).view(float)

    def started(self, initial: Initial) -> Vector:
        numbers = self.basis.from_unknowns(initial.vector(self.basis), real=self.sector.dtype == float)
        return np.ascontiguousarray(numbers).view(float)

    def state_of(self, x: Vector) -> Vector:
        return self.sector.as_basis_holds(x)

    def grown(self, small: float) -> Model:
        return self.sector.grown_for(self.mode, 0.1 * small)

    def _last_levels(self, x: Vector, count: int, share: float) -> float:
        rho = self.sector.mode(x)
        self.mode = self.mode + share * rho
        return float(np.abs(rho.diagonal()[-count:]).sum())
