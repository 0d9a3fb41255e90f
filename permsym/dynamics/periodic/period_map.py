"""The map of a density operator over one period, x(0) -> x(T), on the whole neutral sector."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.dynamics.taylor.steps import Clock, taylor_steps
from permsym.liouvillian import Liouvillian
from permsym.sites import Boson

Vector = NDArray[Any]
_RANDOM = 0  # seed of the vector that has a part of every mode


class PeriodMap:
    """x -> x(T) of dx/dt = sum_c f_c(t) L_c x.

    basis    of the neutral sector
    rate     what the trace norm may be off by, per unit of time and for a state of norm one
    products with the L_c so far; bound: of the trace norm that the last image is off by
    """

    def __init__(self, basis: Basis, clock: Clock, period: float, rate: float) -> None:
        self.basis, self.clock, self.period, self.rate = basis, clock, period, rate
        liouvillian = Liouvillian(basis)
        self.channels = [liouvillian.matrix_of(channel.terms).tocsr() for channel in clock.modulation.channels]
        self.dtype = np.result_type(*self.channels)
        self.norm = basis.trace_norm * (math.sqrt(2) if self.dtype == complex else 1.0)
        self.cavity = isinstance(basis.model.centre, Boson)
        self.products = 0
        self.bound = self.top = 0.0

    def __call__(self, x: Vector, watched: int = 0) -> Vector:
        """x(T); ``watched``: how many of the last Fock states to look at, for :attr:`top`."""
        applied = [channel.__matmul__ for channel in self.channels]
        self.bound, self.top = 0.0, 0.0
        size = float(np.linalg.norm(x)) or 1.0
        for step in taylor_steps(applied, self.clock, x / size, (0.0, self.period), self.rate, self.norm):
            self.bound += size * (step.error + step.rounding)
            self.products += step.space.vectors.shape[1]
            x = step.final
            if watched:
                self.top = max(self.top, size * self._last_levels(x, watched))
        return x * size

    @cached_property
    def _diagonal(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Positions of the populations, the trace of each, and the centre's level."""
        population = np.flatnonzero(self.basis.population)
        labels = self.basis.labels[:, population]
        return population, np.asarray(self.basis.trace(labels), dtype=float), labels[0]

    @cached_property
    def total(self) -> NDArray[np.float64]:
        """The trace as a covector (n,)."""
        index, trace, _ = self._diagonal
        covector = np.zeros(self.basis.dimension)
        covector[index] = trace
        return covector

    def _last_levels(self, x: Vector, count: int) -> float:
        """Population of the last Fock states."""
        index, trace, level = self._diagonal
        last = level >= self.basis.model.centre.levels - count
        return float(np.abs((trace * x[index].real)[last]).sum())

    @property
    def random(self) -> Vector:
        """A vector that has a part of every mode: the same one each time."""
        generator = np.random.default_rng(_RANDOM)
        x = generator.normal(size=self.basis.dimension)
        return x + 1j * generator.normal(size=len(x)) if self.dtype == complex else x
