"""The map of a density operator over one period, x(0) -> x(T), on the whole neutral sector."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.representations import build, dimension
from permsym.dynamics.initial_density import Initial, InitialDensity
from permsym.dynamics.propagator import check_memory
from permsym.dynamics.taylor.polynomial import MOST, Apply
from permsym.dynamics.taylor.steps import Clock, taylor_steps
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.modulation.functions import DEGREE
from permsym.several_sites import modes_of_centre
from permsym.states.density import DensityOperator

Vector = NDArray[Any]
RANDOM = 0  # seed of the vector that has a part of every mode
KRYLOV = 40  # vectors of the spaces that the map is asked for: 6 to 30 with six multipliers


class PeriodMap(ABC):
    """x -> x(T) of dx/dt = sum_c f_c(t) L_c x.

    basis    of the neutral sector
    rate     what the trace norm may be off by, per unit of time and for a state of norm one
    applied  v -> L_c v; norm: the trace norm is at most this times the Euclidean norm of x
    products with the L_c so far; bound: of the trace norm that the last image is off by
    """

    basis: Basis
    applied: Sequence[Apply]
    norm: float
    dtype: np.dtype[Any]

    def __init__(self, clock: Clock, period: float, rate: float) -> None:
        self.clock, self.period, self.rate = clock, period, rate
        self.products = 0
        self.bound = self.top = 0.0

    def __call__(self, x: Vector, watched: int = 0) -> Vector:
        """x(T); ``watched``: how many of the last Fock states to look at, for :attr:`top`."""
        self.bound, self.top = 0.0, 0.0
        size = float(np.linalg.norm(x)) or 1.0
        for step in taylor_steps(self.applied, self.clock, x / size, (0.0, self.period), self.rate, self.norm):
            self.bound += size * (step.error + step.rounding)
            self.products += step.space.vectors.shape[1]
            x = step.final
            if watched:
                self.top = max(self.top, self._last_levels(size * x, watched, step.length / self.period))
        return x * size

    @property
    def spent(self) -> int:
        """Products, those of :attr:`whole` included."""
        return self.products

    @property
    def whole(self) -> PeriodMap:
        """The map of every state of the sector, for its multipliers."""
        return self

    def lifted(self, x: Vector) -> Vector:
        """A state of this map as :attr:`whole` has it."""
        return x

    @property
    @abstractmethod
    def total(self) -> NDArray[np.float64]:
        """The trace as a covector (n,)."""

    @property
    @abstractmethod
    def random(self) -> Vector:
        """A vector that has a part of every mode: the same one each time."""

    @abstractmethod
    def started(self, initial: Initial) -> Vector:
        """A state as this map has it."""

    @abstractmethod
    def state_of(self, x: Vector) -> Vector:
        """A state as :attr:`basis` has it."""

    @abstractmethod
    def grown(self, small: float) -> Model:
        """The model on Fock states that leave less than ``small`` of the orbit out that was watched last."""

    @abstractmethod
    def _last_levels(self, x: Vector, count: int, share: float) -> float:
        """Population of the last Fock states; share: of the period that the state stands for."""


class MatrixMap(PeriodMap):
    """By matrices that are written out."""

    def __init__(self, model: Model, representation: str, clock: Clock, period: float, rate: float) -> None:
        super().__init__(clock, period, rate)
        neutral = (0,) * len(model.charges)
        vectors = MOST + (DEGREE + 1) * len(clock.modulation.channels) + KRYLOV
        check_memory(model, dimension(model, representation, neutral), assembled=True, vectors=vectors, what="the periodic state")
        self.basis = build(model, representation, neutral)
        liouvillian = Liouvillian(self.basis)
        channels = [liouvillian.matrix_of(channel.terms).tocsr() for channel in clock.modulation.channels]
        self.applied = [channel.__matmul__ for channel in channels]
        self.dtype = np.result_type(*channels)
        self._tops: dict[int, float] = {}  # the largest population of the last levels of each mode so far
        self.norm = self.basis.trace_norm * (math.sqrt(2) if self.dtype == complex else 1.0)

    @cached_property
    def _diagonal(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Positions of the populations, the trace of each, and the level of each site of the centre (sites, n)."""
        population = np.flatnonzero(self.basis.population)
        labels = self.basis.labels[:, population]
        return population, np.asarray(self.basis.trace(labels), dtype=float), labels[: 2 * self.basis.width : 2]

    @cached_property
    def total(self) -> NDArray[np.float64]:
        index, trace, _ = self._diagonal
        covector = np.zeros(self.basis.dimension)
        covector[index] = trace
        return covector

    @property
    def random(self) -> Vector:
        generator = np.random.default_rng(RANDOM)
        x = generator.normal(size=self.basis.dimension)
        return x + 1j * generator.normal(size=len(x)) if self.dtype == complex else x

    def started(self, initial: Initial) -> Vector:
        return initial.vector(self.basis).astype(self.dtype)

    def state_of(self, x: Vector) -> Vector:
        return x

    def grown(self, small: float) -> Model:
        model = self.basis.model
        modes = modes_of_centre(model.centre)
        allowed = min(small, max(self._tops.values())) / len(modes)  # of each, so that one grows at least
        return model.with_more_levels({at: max(4, mode.levels // 4) for at, mode in modes if self._tops[at] >= allowed})

    def _last_levels(self, x: Vector, count: int, share: float) -> float:
        index, trace, level = self._diagonal
        population, top = np.abs(trace * x[index].real), 0.0
        for at, mode in modes_of_centre(self.basis.model.centre):
            own = float(population[level[at] >= mode.levels - count].sum())
            self._tops[at] = max(self._tops.get(at, 0.0), own)
            top += own
        return top


def continued(before: PeriodMap, x: Vector, larger: PeriodMap) -> Vector:
    """A state of one map as another has it, on more Fock states or on displaced ones."""
    return larger.started(InitialDensity(DensityOperator(before.basis.model, before.basis, before.state_of(x))))
