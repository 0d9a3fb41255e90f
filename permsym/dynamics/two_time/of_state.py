"""What the error of a steady state makes of a two-time function: by either route, sector after sector.

written out     the covector a exp(tau L), pulled back through the moves of B and C, is an observable of rho; the state's own
                certificate estimates its error.  That is done at a few of the delays; in between the larger of the neighbours stands
on blocks       delta, what rho is off by, is estimated once; B delta C moves like B rho C
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.representations import dimension
from permsym.dynamics.two_time.asked import IDENTITY, Asked, Moving, Real
from permsym.dynamics.two_time.marked import charges, marked
from permsym.dynamics.two_time.regression import Evolving, Sector
from permsym.dynamics.two_time.source import Source, sources
from permsym.steady.plan import Route
from permsym.steady.state import State

_SAMPLES = 5  # delays at which the state's own error is pulled back
_WRITTEN = 8_000  # unknowns of the largest sector up to which it is written out: seconds, and factors serve long delays


class Way(Protocol):
    """How the sources of a function move, and how the state's own error does."""

    @property
    def every(self) -> Sequence[Moving]:
        """All sources."""

    def sectors(self) -> Iterator[tuple[Moving, Evolving]]:
        """Each source with its sector, one after another; once."""

    def errors(self, unit: float, values: NDArray[np.complex128], n: float) -> Real:
        """(T,) estimates of what the state's error makes of the values, which are over a unit = n^order."""


def way(state: State, asked: Asked, more: int) -> Way:
    """By products alone where a state on blocks has large sectors, and every satellite in them is like the others."""
    system = marked(state.model, [asked.of, asked.right, IDENTITY if asked.left is None else asked.left])
    by_products = state.plan is not None and state.plan.route is Route.CAVITY and system.model is state.model
    by_products &= all(ensemble.levels == 2 for ensemble in state.model.ensembles)  # blocks of others have types that never appear
    model, representation = state.model, state.basis.representation
    if by_products and max(dimension(model, representation, tuple(-q for q in c)) for c in charges(model, asked.of)) > _WRITTEN:
        from permsym.dynamics.two_time.on_blocks import OnBlocks  # it loads the compiler

        return OnBlocks(state, asked, system.operators, more)
    return WrittenOut(state, asked, more)


class WrittenOut:
    """Sectors whose Liouvillian is written out."""

    def __init__(self, state: State, asked: Asked, more: int) -> None:
        self.state, self.asked = state, asked
        self.every = sources(state, asked.of, asked.right, asked.left, more)
        self._samples = _samples(asked.times)
        self._pulled = [np.zeros(state.basis.dimension, dtype=complex) for _ in self._samples]

    def sectors(self) -> Iterator[tuple[Source, Sector]]:
        for source in self.every:
            sector = Sector(source.basis)
            yield source, sector
            for sum_, seen in zip(self._pulled, sector.seen_from(source.observed, self.asked.times[self._samples]), strict=True):
                sum_ += source.pulled_back(seen)
                if source.own is not None:  # the limit's own <A>
                    sum_ += source.trace * (source.own.T @ (source.observed - seen))

    def errors(self, unit: float, values: NDArray[np.complex128], n: float) -> Real:
        number, order = self.asked.number, self.asked.order
        for sum_, k in zip(self._pulled, self._samples, strict=True):
            sum_ /= unit
            if number is not None:
                sum_ -= order * values[k] / n * self.state.basis.expectation(number.terms)
        estimates = self.state.solution.covector_estimates(self._pulled)
        return _interpolated(np.array([math.hypot(*(sum(part) for part in parts)) for parts in estimates]), self._samples, len(values))


def _samples(times: Real) -> NDArray[np.int64]:
    """Positions of a few times, the first two and the last among them."""
    last = len(times) - 1
    return np.unique([0, min(1, last), *np.linspace(0, last, _SAMPLES - 1).round().astype(int)])


def _interpolated(values: Real, samples: NDArray[np.int64], count: int) -> Real:
    """At every position the larger of the two values around it."""
    after = np.minimum(np.searchsorted(samples, np.arange(count)), len(samples) - 1)
    before = np.maximum(np.searchsorted(samples, np.arange(count), side="right") - 1, 0)
    return np.maximum(values[before], values[after])
