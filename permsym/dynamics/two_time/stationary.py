"""<C(0) A(tau) B(0)> of a steady state: sources, their paths, and the shares of the error.

The errors of a value are those of its path (see regression.py), of what B and C took beyond a cut, and of rho itself: the covector
a exp(tau L) is pulled back through the moves of B and C to an observable of rho, whose error the state's own certificate estimates.
That is done at a few of the times; in between the larger of the neighbours stands.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

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
from permsym.steady.state import State

_SAMPLES = 5  # delays at which the state's own error is pulled back


def of_steady_state(state: State, asked: Asked, say: Progress) -> Correlation:
    """A two-time function of a steady state."""
    started, model = time.perf_counter(), state.model
    _check_sizes(state.basis, asked)
    n = 1.0 if asked.number is None else state.expect(asked.number).real
    if not n > 0:
        raise InputError(f"g{asked.order} is over <n>, which is {n:.1e} in this state; ask for the function itself with correlation(...)")
    found = sources(state, asked.of, asked.right, asked.left)
    shares, unit, coherent = Shares(len(asked.times)), n**asked.order, 0j
    size = max(1.0, abs(sum(source.value for source in found)) / unit)
    allowed = SHARE * asked.tolerance * size * unit / max(len(found), 1)
    samples = _samples(asked.times)
    pulled = [np.zeros(state.basis.dimension, dtype=complex) for _ in samples]
    for source in found:
        sector, x, limit = Sector(source.basis), source.x, 0j
        if source.steady is not None:
            x, limit = x - source.trace * source.steady, source.trace * complex(source.observed @ source.steady)
        shares.follow(source, sector, x, asked, allowed)
        shares.values += limit
        coherent += limit
        for sum_, seen in zip(pulled, sector.seen_from(source.observed, asked.times[samples]), strict=True):
            sum_ += source.pulled_back(seen)
            if source.own is not None:  # the limit's own <A>
                sum_ += source.trace * (source.own.T @ (source.observed - seen))
        say(f"charge {source.basis.charge}: {source.basis.dimension:,} unknowns, {shares.products} products")
    shares.over(unit)
    for sum_, k in zip(pulled, samples, strict=True):
        sum_ /= unit
        if asked.number is not None:
            sum_ -= asked.order * shares.values[k] / n * state.basis.expectation(asked.number.terms)
    shares.state = _interpolated(_pulled_errors(state, pulled), samples, len(asked.times))
    shares.cut += state.above_the_cutoff(_ladders(asked, model), 0) / unit
    errors, certificate = shares.certificate(asked.tolerance, state.certificate.reasons)
    return Correlation(
        model=model,
        of=asked.of,
        right=asked.right,
        left=asked.left,
        times=asked.times,
        values=shares.values,
        errors=errors,
        coherent=coherent / unit,
        certificate=certificate,
        representation=state.basis.representation,
        dimension=shares.dimension,
        solver={"name": "krylov", "products": shares.products},
        timings={"total": time.perf_counter() - started},
        order=asked.order,
    )


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


def _check_sizes(basis: Basis, asked: Asked) -> None:
    """TooLarge before the labels of a charged sector are made; the sectors of a window, or near the vacuum, are as large as itself."""
    cut = not isinstance(basis, Blocks) and basis.boundary != "closed"
    for charge in () if cut else charges(basis.model, asked.of):
        check_memory(basis.model, dimension(basis.model, basis.representation, tuple(-q for q in charge)), assembled=True)


def _ladders(asked: Asked, model: Model) -> int:
    """Ladder operators in A, B and C together."""
    operators = [collective(model, each) for each in asked.operators]
    return sum(max((sum(key.centre) for key in each.terms if isinstance(key.centre, Monomial)), default=0) for each in operators)
