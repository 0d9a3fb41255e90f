"""<C(0) A(tau) B(0)> of a steady state: sources, their paths, and the shares of the error.

The errors of a value are those of its path (see regression.py), of what B and C took beyond a cut, and of rho itself: the covector
a exp(tau L) is pulled back through the moves of B and C to an observable of rho, whose error the state's own certificate estimates.
That is done at a few of the times; in between the larger of the neighbours stands.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.blocks import Blocks
from permsym.basis.representations import dimension
from permsym.dynamics.propagator import check_memory
from permsym.dynamics.two_time.asked import SHARE, Asked, Real, Shares
from permsym.dynamics.two_time.marked import charges, collective
from permsym.dynamics.two_time.regression import Sector
from permsym.dynamics.two_time.result import Correlation
from permsym.dynamics.two_time.source import sources
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import Monomial
from permsym.progress import Progress
from permsym.sites import Boson
from permsym.steady.state import State

_SAMPLES = 5  # delays at which the state's own error is pulled back


@dataclass
class _Followed:
    """All sources of a function, followed.

    shares    values and their errors but for the state's own, not yet over a unit
    pulled    observables of rho that the values are at the sampled delays
    """

    shares: Shares
    pulled: list[NDArray[np.complex128]]
    coherent: complex

    @property
    def beyond(self) -> float:
        """What leaves a window or a cut-off, at most."""
        return float(self.shares.cut.max())


def of_steady_state(state: State, asked: Asked, say: Progress) -> Correlation:
    """A two-time function of a steady state."""
    started = time.perf_counter()
    n = 1.0 if asked.number is None else state.expect(asked.number).real
    if not n > 0:
        raise InputError(f"g{asked.order} is over <n>, which is {n:.1e} in this state; ask for the function itself with correlation(...)")
    unit, samples = n**asked.order, _samples(asked.times)
    for more in _margins(state):
        followed = _followed(state, asked, unit, samples, more, say)
        if followed.beyond <= SHARE * asked.tolerance * max(unit, float(np.abs(followed.shares.values).max())):
            break
    shares = followed.shares
    shares.over(unit)
    for sum_, k in zip(followed.pulled, samples, strict=True):
        sum_ /= unit
        if asked.number is not None:
            sum_ -= asked.order * shares.values[k] / n * state.basis.expectation(asked.number.terms)
    shares.state = _interpolated(_pulled_errors(state, followed.pulled), samples, len(asked.times))
    shares.cut += state.above_the_cutoff(_ladders(asked, state.model), 0) / unit
    errors, certificate = shares.certificate(asked.certain, state.certificate.reasons)
    return Correlation(
        model=state.model,
        of=asked.of,
        right=asked.right,
        left=asked.left,
        times=asked.times,
        values=shares.values,
        errors=errors,
        coherent=followed.coherent / unit,
        certificate=certificate,
        representation=state.basis.representation,
        dimension=shares.dimension,
        solver={"name": "krylov", "products": shares.products},
        timings={"total": time.perf_counter() - started},
        order=asked.order,
        plan=state.plan,
    )


def _margins(state: State) -> tuple[int, ...]:
    """Levels beyond the state's to try: X reaches higher than rho, and the state's own levels are enough for rho where it is certified."""
    levels = state.model.centre.levels
    whole = isinstance(state.basis, Blocks) or state.basis.boundary == "closed"
    if not (isinstance(state.model.centre, Boson) and whole and state.certificate.certified):
        return (0,)
    return 0, 4 + levels // 4, 8 + levels // 2


def _followed(state: State, asked: Asked, unit: float, samples: NDArray[np.int64], more: int, say: Progress) -> _Followed:
    """Every source's path on so many levels more."""
    _check_sizes(state.basis, asked, more)
    found = sources(state, asked.of, asked.right, asked.left, more)
    result = _Followed(Shares(len(asked.times)), [np.zeros(state.basis.dimension, dtype=complex) for _ in samples], 0j)
    size = max(unit, abs(sum(source.value for source in found)))
    allowed = SHARE * asked.tolerance * size / max(len(found), 1)
    for source in found:
        sector, x, limit = Sector(source.basis), source.x, 0j
        if source.steady is not None:
            x, limit = x - source.trace * source.steady, source.trace * complex(source.observed @ source.steady)
        result.shares.follow(source, sector, x, asked, allowed)
        result.shares.values += limit
        result.coherent += limit
        for sum_, seen in zip(result.pulled, sector.seen_from(source.observed, asked.times[samples]), strict=True):
            sum_ += source.pulled_back(seen)
            if source.own is not None:  # the limit's own <A>
                sum_ += source.trace * (source.own.T @ (source.observed - seen))
        say(f"charge {source.basis.charge}: {source.basis.dimension:,} unknowns, {result.shares.products} products")
    return result


def _samples(times: Real) -> NDArray[np.int64]:
    """Positions of a few times, the first two and the last among them."""
    last = len(times) - 1
    return np.unique([0, min(1, last), *np.linspace(0, last, _SAMPLES - 1).round().astype(int)])


def _interpolated(values: Real, samples: NDArray[np.int64], count: int) -> Real:
    """At every position the larger of the two values around it."""
    after = np.minimum(np.searchsorted(samples, np.arange(count)), len(samples) - 1)
    before = np.maximum(np.searchsorted(samples, np.arange(count), side="right") - 1, 0)
    return np.maximum(values[before], values[after])


def _pulled_errors(state: State, covectors: Sequence[NDArray[np.complex128]]) -> Real:
    """Error estimate of the state's value of each covector of its unknowns."""
    estimates = state.solution.covector_estimates(covectors)
    return np.array([math.hypot(*(sum(part) for part in parts)) for parts in estimates])


def _check_sizes(basis: Basis, asked: Asked, more: int) -> None:
    """TooLarge before the labels of a charged sector are made; the sectors of a window, or near the vacuum, are as large as itself."""
    cut = not isinstance(basis, Blocks) and basis.boundary != "closed"
    model = basis.model.with_levels(basis.model.centre.levels + more) if more else basis.model
    for charge in () if cut else charges(model, asked.of):
        check_memory(model, dimension(model, basis.representation, tuple(-q for q in charge)), assembled=True)


def _ladders(asked: Asked, model: Model) -> int:
    """Ladder operators in A, B and C together."""
    operators = [collective(model, each) for each in asked.operators]
    return sum(max((sum(key.centre) for key in each.terms if isinstance(key.centre, Monomial)), default=0) for each in operators)
