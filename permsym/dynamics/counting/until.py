"""The number of times that a jump has happened until t, along an evolution: its mean, its counting Fano factor, its cumulants."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from permsym import machine
from permsym.dynamics.counting.follower import Follower
from permsym.dynamics.counting.numbers import Numbers
from permsym.dynamics.counting.on_blocks import followed
from permsym.dynamics.evolved.evolution import Evolution
from permsym.errors import InputError, UncertifiedWarning
from permsym.sites import is_real
from permsym.steady.certificate import derived_tolerance
from permsym.terms import Term
from permsym.text import finite

Real = NDArray[np.float64]


@dataclass(frozen=True)
class CountedNumber:
    """The number n of times that a jump has happened until t.

    jump, efficiency   its name, and the probability that it is counted
    times              (T,)
    current            (T,) tr J rho(t), how often it happens at t
    mean, variance     (T,) of n
    fano               (T,) counting Fano factor, variance over mean; nan where it is not certain to max(tolerance, 1e-6), as at t = 0
    noise              (T,) variance over t: in the end the steady state's zero-frequency noise; the current at t = 0
    cumulants          (2, T) third and fourth cumulant of n over t, nan where they are not certain; empty unless order=4
    errors             (T,) bounds of each: "current", "mean", "variance", "fano", "noise", and "c3", "c4" where they are asked for; of a
                       boson's cut-off an estimate
    own_reasons        why it is not certified, beside the evolution
    shortfall          what the evolution's own certificate falls short of
    """

    jump: str
    efficiency: float
    times: Real
    current: Real
    mean: Real
    variance: Real
    fano: Real
    noise: Real
    cumulants: Real
    errors: dict[str, Real]
    own_reasons: tuple[str, ...] = ()
    shortfall: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def reasons(self) -> tuple[str, ...]:
        return (*self.own_reasons, *(f"of the evolution: {reason}" for reason in self.shortfall))

    @property
    def certified(self) -> bool:
        """Whether every value that is there is certain enough, and the evolution certified."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready lists over the times: numbers that are not finite become None."""
        numbers: dict[str, Any] = {
            name: [finite(x) for x in getattr(self, name)] for name in ("current", "mean", "variance", "fano", "noise")
        }
        if len(self.cumulants):
            numbers["cumulants"] = [[finite(x) for x in series] for series in self.cumulants]
        errors = {name: [finite(x) for x in series] for name, series in self.errors.items()}
        verdict = {"certified": self.certified, "reasons": list(self.reasons)}
        return {"jump": self.jump, **numbers, "errors": errors, "efficiency": self.efficiency, **verdict}

    def __repr__(self) -> str:
        verdict = "certified" if self.certified else "not certified"
        return f"CountedNumber({self.jump!r}, t = {self.times[0]:g} to {self.times[-1]:g}, mean={self.mean[-1]:.10g}, {verdict})"


def counted_number(evolution: Evolution, jump: str, *, efficiency: float = 1.0, order: Literal[2, 4] = 2) -> CountedNumber:
    """Mean, variance and counting Fano factor of the number of jumps until each time of an evolution.

    jump         its name or a part that is unique, such as ``"a"``
    efficiency   probability that a jump is counted
    order        the largest cumulant; 4 takes vectors that are twice as long

    Follows derivatives of the generating function from the evolution's initial state: :mod:`permsym.dynamics.counting.follower`.
    Coefficients may change in time; large driven modes are followed block by block.  Raises InputError for another name, TooLarge before
    allocating more than is free.  Warns with UncertifiedWarning where the mean is not certain to the evolution's tolerance, or the Fano
    factor of the last time not at all.
    """
    if not is_real(efficiency) or not 0 < efficiency <= 1:
        raise InputError(f"`efficiency` must be a probability above 0 and at most 1, but is {efficiency!r}")
    if order not in (2, 4):
        raise InputError(f"`order` must be 2 or 4, but is {order!r}")
    if evolution.modulation and evolution.clock is None:
        raise InputError("functions of time do not go into files, so that this evolution is not followed again; count before it is saved")
    started = time.perf_counter()
    with machine.one_blas_thread():
        follower, rows, bounds = followed(evolution, _jump(evolution, jump), order)
    result = _number(evolution, follower, float(efficiency), rows, bounds)
    result.timings["total"] = time.perf_counter() - started
    if not result.certified:
        warnings.warn(f"counting {result.jump!r} is not certified: {'; '.join(result.reasons)}", UncertifiedWarning, stacklevel=2)
    return result


def _jump(evolution: Evolution, name: str) -> Term:
    """The jump, as the model that was asked for spells it; InputError where a modulation does not tell it from another."""
    if evolution.clock is None:
        return evolution.model.jump(name)
    static = evolution.clock.modulation.static
    term = static.jump(name)
    alike = [other.name for other in static.terms if other.key == term.key]
    if len(alike) > 1:
        words = " and ".join(map(repr, alike))
        raise InputError(f"{words} have the same operator, and are one jump where coefficients change in time; make them one in the model")
    return term


def _number(evolution: Evolution, follower: Follower, eta: float, rows: list[Real], bounds: Real) -> CountedNumber:
    """Mean, variance, their ratio and cumulants, with errors."""
    thinned = np.array([eta, *(eta**k for k in range(1, follower.order + 1))])[:, None]
    (current, *moments), (of_current, *off) = np.array(rows).T * thinned, bounds.T * thinned
    numbers = Numbers(evolution.times, current, moments, of_current, off)
    allowed = derived_tolerance(evolution.certificate.tolerance)
    fano, of_fano = numbers.fano
    fano = np.where(of_fano <= allowed * np.maximum(1.0, np.abs(fano)), fano, np.nan)
    mean, of_mean = numbers.mean
    ratio = float(np.max(of_mean / np.maximum(1.0, mean)))
    reasons = [] if ratio <= allowed else [f"the mean is certain to {ratio:.0e} only"]
    if np.isnan(fano[-1]) and evolution.times[-1] > 0:
        reasons.append(f"the counting Fano factor of the last time is certain to {of_fano[-1]:.0e} only")
    variance, of_variance = numbers.variance
    noise, of_noise = numbers.a_unit_of_time(variance, of_variance)
    errors = {"current": of_current, "mean": of_mean, "variance": of_variance, "fano": of_fano, "noise": of_noise}
    cumulants = []
    for name, pair in zip(("c3", "c4"), numbers.higher, strict=False):
        values, errors[name] = numbers.a_unit_of_time(*pair)
        cumulants.append(np.where(errors[name] <= allowed * np.maximum(1.0, np.abs(values)), values, np.nan))
    return CountedNumber(
        follower.jump.name, eta, evolution.times, current, mean, variance, fano, noise, np.array(cumulants), errors, tuple(reasons),
        evolution.certificate.reasons,
    )  # fmt: skip
