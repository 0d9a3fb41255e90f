"""A charge sector of a model whose coefficients change in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.dynamics.blocks import BlockSector
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import Integrator, check_memory
from permsym.dynamics.reached import reached_dimension
from permsym.dynamics.sector import Sector
from permsym.dynamics.taylor.polynomial import MOST, Apply
from permsym.dynamics.taylor.steps import Clock, taylor_steps
from permsym.errors import NotApplicable
from permsym.liouvillian import Liouvillian
from permsym.matrixfree import BlockLiouvillian
from permsym.model import Model
from permsym.modulation.functions import DEGREE
from permsym.moments.labels import MomentLabel


@dataclass(frozen=True)
class Asked:
    """What a sector is made for: the moments it shows, and the state it starts from."""

    labels: Sequence[MomentLabel]
    initial: Initial


class ModulatedSector(Sector):
    """A sector whose matrix is a sum of channels, each times a function of time; ``model`` has all terms that may be non-zero."""

    def __init__(self, model: Model, representation: str, charge: tuple[int, ...], asked: Asked, clock: Clock) -> None:
        vectors = MOST + (DEGREE + 1) * len(clock.modulation.channels)
        check_memory(model, reached_dimension(model, representation, charge, asked.initial), assembled=True, vectors=vectors)
        super().__init__(model, representation, charge, asked.labels, asked.initial)
        self.clock = clock
        self.used = Integrator.TAYLOR

    @cached_property
    def _whole_channels(self) -> list[sparse.csr_array]:
        liouvillian = Liouvillian(self.basis)
        return [liouvillian.matrix_of(channel.terms).tocsr() for channel in self.clock.modulation.channels]

    @cached_property
    def _whole_matrix(self) -> sparse.csr_array:
        """Where any channel has entries; it serves to find the unknowns that are reached."""
        total = abs(self._whole_channels[0])
        for channel in self._whole_channels[1:]:
            total = total + abs(channel)
        return total.tocsr()

    @cached_property
    def channels(self) -> list[sparse.csr_array]:
        """L_c on the active unknowns."""
        active, every = self.active, self._whole_channels
        channels = every if len(active) == every[0].shape[0] else [each[active][:, active].tocsr() for each in every]
        del self._whole_channels, self._whole_matrix
        return channels

    def steps(
        self, state: NDArray[Any], start: float, end: float, rate: float, method: Integrator, pace: Sequence[float] = ()
    ) -> Iterator[Step]:
        applied = [channel.__matmul__ for channel in self.channels]
        yield from taylor_steps(applied, self.clock, state, (start, end), rate, self._norm(state), *pace)


class ModulatedBlockSector(BlockSector):
    """The neutral sector of a driven mode, block by block: a matrix-free operator a channel, on Fock states that follow the field.

    real   whether the numbers are to be real where that holds every state that the initial one goes to
    """

    def __init__(self, model: Model, representation: str, charge: tuple[int, ...], asked: Asked, clock: Clock, real: bool = True) -> None:
        super().__init__(model, representation, charge, asked.labels, asked.initial)
        check_memory(model, self.size, vectors=MOST + (DEGREE + 1) * len(clock.modulation.channels))
        self.clock = clock
        self.used = Integrator.TAYLOR
        self.channels = self._channels(real and self.dtype == float)
        """L_c on the numbers of the blocks."""
        self.dtype = self.channels[0].dtype

    def _channels(self, real: bool) -> list[BlockLiouvillian]:
        """On complex numbers also where phases cancel between channels."""
        if real:
            with suppress(NotApplicable):
                return [self.operator.part(channel.terms) for channel in self.clock.modulation.channels]
        return [self.operator.part(channel.terms, real=False) for channel in self.clock.modulation.channels]

    @property
    def applied(self) -> list[Apply]:
        """v -> L_c v."""
        return [partial(self._applied, channel) for channel in self.channels]

    def steps(
        self, state: NDArray[Any], start: float, end: float, rate: float, method: Integrator, pace: Sequence[float] = ()
    ) -> Iterator[Step]:
        yield from taylor_steps(self.applied, self.clock, state, (start, end), rate, self.basis.trace_norm, *pace)

    def _applied(self, channel: BlockLiouvillian, vector: Any) -> NDArray[np.float64]:
        return self._flat(channel.matvec(self._elements(vector)))
