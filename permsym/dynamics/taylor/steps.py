"""Taylor steps along functions of time: how long each is, where they end, and what stands for the functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from permsym.dynamics.krylov import Step, Vector
from permsym.dynamics.taylor.polynomial import MOST, Apply, Array, Fit, TaylorPolynomial, taylor_polynomial
from permsym.errors import SolverFailed
from permsym.model import Model
from permsym.modulation.dependence import Family
from permsym.modulation.functions import DEGREE, Rule, deviations, fitted, roundings, sample_times
from permsym.modulation.modulation import Modulation

_TARGET = 30  # terms that a step should need: then products a unit of time are few, and the largest term has lost two digits
_OFFSET = 10  # terms that any step needs, beside those in proportion to its length
_LONGER, _SHORTER = 2.0, 0.3  # how much a step's length may change from one to the next
_SHARE = 0.25  # of what a step may be off by: that of the functions' fits
_SAFE = 2.0  # deviations between the nodes count twice: their maximum may be beside the points that are looked at
_SHORTEST = 1e-13  # of the whole time, or of the time on the clock
_SHORT, _PASSED = 1e-10, 60  # steps as short as that, of the whole time: a jump that nothing names takes about 25


@dataclass(frozen=True)
class Clock:
    """Functions of time and where an evolution's t = 0 stands on theirs.

    zero   that time
    """

    modulation: Modulation
    zero: float = 0.0

    @classmethod
    def of(cls, model: Model, rules: Mapping[str, Rule], zero: float, last: float, kinks: Iterable[float], family: Family | None) -> Clock:
        """The clock of :meth:`Modulation.of`, from ``zero`` to ``last``."""
        return cls(Modulation.of(model, rules, (zero, last), kinks, family), zero)

    @property
    def spelled(self) -> str:
        """The functions, for messages."""
        names = " or ".join(f"`{name}`" for name in self.modulation.functions)
        return f"the function of {names}" if names else "the Liouvillian"

    def ends(self, start: float, end: float) -> list[float]:
        """Times at which steps from ``start`` to ``end`` must end: kinks, one of those that are roundings apart, and the last."""
        ends, apart = [start], 10 * _SHORTEST * max(end - start, abs(self.zero + end))
        for t in self.modulation.kinks:
            if ends[-1] + apart < t - self.zero < end - apart:
                ends.append(t - self.zero)
        return [*ends[1:], end]

    def fit(self, start: float, length: float) -> Fit:
        """What stands for the functions from ``start`` on."""
        first = self.zero + start
        times = sample_times(first, length)
        values = self.modulation.values(times)
        coefficients, off, rounding = fitted(values), _SAFE * deviations(values, times, first, length), roundings(values, times)
        same = np.ptp(values, axis=1) == 0  # a constant, such as that of the first channel
        coefficients[same, 1:], coefficients[same, 0] = 0.0, values[same, 0]
        return Fit(length, coefficients, np.where(same, 0.0, np.maximum(off - rounding, 0)), np.where(same, 0.0, rounding))


def taylor_steps(
    channels: Sequence[Apply], clock: Clock, state: Vector, span: tuple[float, float], rate: float, norm: float, first: float = 0.0
) -> Iterator[Step]:
    """Steps that carry ``state`` over a span of time, each with a bound of its error.

    channels   v -> L_c v
    rate       what the error may be, per unit of time
    norm       the contracting norm of a vector is at most this times its Euclidean norm
    first      length to try first; 0: one unit of time as the state changes

    Raises SolverFailed where no step is short enough.
    """
    (now, end), short = span, 0
    whole = max(end - now, abs(clock.zero + end))  # what roundings of the time are a part of
    least = _SHORTEST * whole
    length = first or _first(channels, clock, state, now, end)
    for goal in clock.ends(*span):
        while now < goal:
            length = min(length, goal - now)
            fit = _resolved(channels, clock, state, now, length, rate / norm, least)
            short += fit.length <= _SHORT * whole
            if short > _PASSED * (1 + len(clock.modulation.kinks)):
                raise SolverFailed(f"{clock.spelled} changes too fast near t = {clock.zero + now:.6g} for steps to follow it")
            polynomial = taylor_polynomial(channels, fit, state, norm, rate * fit.length)
            step = _longest(polynomial, rate)
            if not step and fit.off.any():
                if fit.length > _SHORT * whole:  # functions whose channels do nothing to the state yet
                    length = fit.length / 10
                    continue
                step = fit.length  # over a jump
            if step < min(least, goal - now):
                raise SolverFailed(
                    f"no step is short enough for the tolerance at t = {clock.zero + now:.6g}; raise the tolerance, or see whether "
                    f"{clock.spelled} is too large there"
                )
            reached = now + step if now + step < goal - least else goal
            step = reached - now
            state = polynomial.vectors @ polynomial.weights(step)
            length = _next(polynomial, step)
            yield Step(now, step, polynomial, polynomial.error(step), polynomial.rounding(step), state, (length,))
            now = reached


def _first(channels: Sequence[Apply], clock: Clock, state: Vector, now: float, end: float) -> float:
    """A length to begin with: of one unit of time as the state changes first."""
    values = np.abs(clock.modulation.values(clock.zero + np.linspace(now, end, 9)[:-1] + (end - now) / 16)).max(axis=1)
    speed = sum(value * float(np.linalg.norm(apply(state))) for value, apply in zip(values, channels, strict=True))
    size = float(np.linalg.norm(state))
    return min(end - now, size / speed) if speed > 0 else end - now


def _resolved(channels: Sequence[Apply], clock: Clock, state: Vector, now: float, length: float, rate: float, shortest: float) -> Fit:
    """The fit of a step as short as the functions need; seven parameters, each a different thing."""
    sizes: Array | None = None
    while True:
        fit = clock.fit(now, length)
        if not fit.off.any() or length <= shortest:
            return fit
        if sizes is None:
            sizes = np.array([np.linalg.norm(apply(state)) for apply in channels])
        off = float(fit.off @ sizes)
        if off <= _SHARE * rate:
            return fit
        length = max(length * min(0.7, max(_SHORTER, (0.5 * _SHARE * rate / off) ** (1 / (DEGREE + 1)))), shortest)


def _longest(polynomial: TaylorPolynomial, rate: float) -> float:
    """The longest step whose error is within ``rate`` times its length, to five per cent; 0 where none is."""
    length = polynomial.fit.length
    if polynomial.error(length) <= rate * length:
        return length
    bad, good = length, length / 2
    while polynomial.error(good) > rate * good:
        bad, good = good, good / 2
        if good < 1e-4 * length:
            return 0.0
    while bad > 1.05 * good:
        middle = float(np.sqrt(bad * good))
        bad, good = (bad, middle) if polynomial.error(middle) <= rate * middle else (middle, good)
    return good


def _next(polynomial: TaylorPolynomial, step: float) -> float:
    """The length that should take the terms aimed at: their number grows in proportion to it, beyond an offset."""
    used = len(polynomial.terms) - 1
    if used >= MOST:
        return 0.8 * step
    return step * float(np.clip((_TARGET - _OFFSET) / max(used - _OFFSET, 1), _SHORTER, _LONGER))
