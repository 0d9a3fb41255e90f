"""One evolution or steady state by any approach, with what the gallery's curves need: moments and an outcome."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import permsym as ps
from permsym.dataset.status import Outcome, Status, judged, physical
from permsym.errors import UncertifiedWarning
from permsym.steady.state import DEFAULT_TOLERANCE

if TYPE_CHECKING:
    from permsym.model import Model

ORDERS = {"mf": 1, "c2": 2, "c3": 3, "c4": 4}
TWA = "twa"
SEED = 1


@dataclass(frozen=True)
class Followed:
    """A result of any approach.

    moment   label -> its values, (T,) complex, or one number of a steady state
    outcome  status and reason
    error    label -> estimate of a moment's absolute error; nan of an approximation
    result   as the approach returned it
    """

    moment: Callable[[str], NDArray[np.complex128] | complex]
    outcome: Outcome
    error: Callable[[str], float]
    result: Any

    @property
    def exact(self) -> bool:
        """Whether it is no approximation."""
        return isinstance(self.result, ps.State | ps.Evolution)

    def real(self, label: str) -> NDArray[np.float64]:
        """The real part of a moment."""
        return np.asarray(self.moment(label)).real


def evolution(approach: str, model: Model, times: ArrayLike, initial: str, moments: int | list[str] = 2) -> Followed:
    """Moments in time by an approach: "exact", "mf", "c2", "c3", "c4" or "twa"."""
    if approach == TWA:
        sampled = ps.twa.evolve(model, times, initial, moments, seed=SEED)
        return Followed(sampled.moment, _sampled(sampled.sampling.doubts.values()), lambda _: np.nan, sampled)
    if approach in ORDERS:
        expanded = ps.cumulants.evolve(model, times, initial, order=ORDERS[approach], errors=False)
        return Followed(expanded.moment, physical(expanded.unphysical), lambda _: np.nan, expanded)
    exact = ps.evolve(model, times, initial=initial, moments=moments, keep="none")
    return Followed(exact.moment, judged(exact.certificate), _error(exact.certificate.errors), exact)


def steady(approach: str, model: Model, moments: int | list[str] = 2, tolerance: float = DEFAULT_TOLERANCE) -> Followed:
    """Moments of the steady state by an approach."""
    if approach == TWA:
        sampled = ps.twa.steady_state(model, moments, seed=SEED)
        return Followed(sampled.moment, _sampled(sampled.sampling.doubts.values()), lambda _: np.nan, sampled)
    if approach in ORDERS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)  # the outcome says so
            state = ps.cumulants.steady_state(model, order=ORDERS[approach])
        return Followed(state.moment, physical(state.unphysical, state.stable), lambda _: np.nan, state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)
        exact = ps.steady_state(model, moments=moments, tolerance=tolerance)
    return Followed(exact.moment, judged(exact.certificate), _error(exact.certificate.errors), exact)


def pairs_coherence(followed: Followed, N: int) -> tuple[NDArray[np.float64], float]:
    """<J+ J+ J- J-> of moments up to order 4, and a bound of its error.

    With p_up = (1 + sz)/2, the pairs of emitters that absorb and emit are the same two, share one, or are four different ones:

        2 N(N-1) <p1 p2>  +  4 N(N-1)(N-2) <p1 s2+ s3->  +  N(N-1)(N-2)(N-3) <s1+ s2+ s3- s4->
    """
    parts = [(N * (N - 1) / 2, "z1", 2.0), (N * (N - 1) / 2, "z1 z2", 1.0)]
    if N > 2:
        parts += [(2.0 * N * (N - 1) * (N - 2), "+1 -2", 1.0), (2.0 * N * (N - 1) * (N - 2), "+1 -2 z3", 1.0)]
    if N > 3:
        parts += [(float(N * (N - 1) * (N - 2) * (N - 3)), "+1 +2 -3 -4", 1.0)]
    value = N * (N - 1) / 2 + sum(weight * factor * followed.real(label) for weight, label, factor in parts)
    return np.asarray(value), sum(weight * factor * followed.error(label) for weight, label, factor in parts)


def _error(errors: Any) -> Callable[[str], float]:
    return lambda label: float(errors.get(label, np.nan))


def _sampled(doubts: Collection[str]) -> Outcome:
    return (Status.UNCERTIFIED, "; ".join(doubts)) if doubts else (Status.OK, "")


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The first that is not in order, for a curve of many states."""
    return next((outcome for outcome in outcomes if outcome[0] is not Status.OK), (Status.OK, ""))


def flux(followed: Followed, N: int) -> NDArray[np.float64]:
    """<J+ J-> = N p_up + N (N - 1) <s1+ s2->: what N emitters radiate together, for a collective rate of 1."""
    alone = N * (1 + followed.real("z1")) / 2
    return np.asarray(alone + (N * (N - 1) * followed.real("+1 -2") if N > 1 else 0))


def flux_error(followed: Followed, N: int) -> float:
    """A bound of the error of :func:`flux` by those of its moments."""
    return N * followed.error("z1") / 2 + (N * (N - 1) * followed.error("+1 -2") if N > 1 else 0)
