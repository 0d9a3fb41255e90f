"""The sources of a two-time function on blocks, and what the state's own error makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.blocks import Blocks
from permsym.dynamics.two_time.asked import Asked, Real
from permsym.dynamics.two_time.block_sector import BlockSector
from permsym.dynamics.two_time.block_source import BlockSource, block_sources
from permsym.operators import Operator
from permsym.steady.cavity.defect import defect
from permsym.steady.state import State

_ACCURACY = 1e-2  # of what the state's error makes of the values
_SAFETY = 2.0  # of that estimate


class OnBlocks:
    """Sectors of a cavity that are propagated by products alone."""

    def __init__(self, state: State, asked: Asked, operators: Sequence[Operator], more: int) -> None:
        of, right, left = operators
        self.state, self.asked, self.operators = state, asked, (of, right, left)
        self.every = block_sources(state, (of, right, left), more)
        self._changes: NDArray[np.complex128] = np.zeros(len(asked.times), dtype=complex)

    def sectors(self) -> Iterator[tuple[BlockSource, BlockSector]]:
        for source in self.every:
            yield source, source.sector
            x, limit = source.changed(*self._defect)
            if x.any():
                size = source.sector.blocks.trace_norm * float(np.linalg.norm(x))
                self._changes += source.sector.values(x, source.observed, self.asked.times, _ACCURACY * size).values
            self._changes += limit

    @cached_property
    def _defect(self) -> tuple[Blocks, NDArray[Any]]:
        return defect(self.state)

    def errors(self, unit: float, values: NDArray[np.complex128], n: float) -> Real:
        of, right, left = self.operators
        changes, beyond = self._changes / unit, np.full(len(values), self._beyond(left * of * right) / unit)
        if self.asked.number is not None:
            blocks, delta = self._defect
            slopes = self.asked.order * values / n
            changes = changes - slopes * blocks.expected(delta, self.asked.number.terms)
            beyond += np.abs(slopes) * self._beyond(self.asked.number)
        return np.asarray(_SAFETY * np.abs(changes) + beyond)

    def _beyond(self, operator: Operator) -> float:
        """Estimate of what a window of the state, whose coherences delta does not have, costs <C A B>; taken for every delay."""
        if self.state.basis.boundary == "closed":
            return 0.0
        (parts,) = self.state.solution.covector_estimates([self.state.basis.expectation(operator.terms)])
        return math.hypot(*(part.window + part.cutoff for part in parts))
