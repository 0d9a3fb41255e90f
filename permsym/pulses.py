r"""Pulses: plain functions of time for ``modulate``, which name their own kinks.

    ps.evolve(model, times, modulate={"eta": ps.pulses.gaussian(area=pi, centre=4, width=0.5)})

A pulse is called with a time and returns a number.  Sums, differences and products of pulses and numbers are pulses:
``0.1 + 2 * square(1, 2)``.  Times and heights have the units of the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from permsym.errors import InputError
from permsym.sites import is_real

__all__ = ["Pulse", "chirp", "echo", "gaussian", "ramp", "square"]

_TAILS = (-6.0, -3.0, 0.0, 3.0, 6.0)  # standard deviations from a Gaussian's centre at which steps end, so that none misses it


@dataclass(frozen=True)
class Pulse:
    """A function of time.

    rule     t -> value
    kinks    times at which it is not smooth, or at which a step should end for not missing it
    spelled  as it was made
    """

    rule: Callable[[float], float]
    kinks: tuple[float, ...] = ()
    spelled: str = "pulse"

    def __call__(self, t: float) -> float:
        """The value at time t."""
        return self.rule(t)

    @property
    def __name__(self) -> str:
        return self.spelled

    def __repr__(self) -> str:
        return self.spelled

    def __add__(self, other: Pulse | float) -> Pulse:
        one, kinks, spelled = _operand(other)
        return Pulse(lambda t: self.rule(t) + one(t), _merged(self.kinks, kinks), f"{self.spelled} + {spelled}")

    def __mul__(self, other: Pulse | float) -> Pulse:
        one, kinks, spelled = _operand(other)
        return Pulse(lambda t: self.rule(t) * one(t), _merged(self.kinks, kinks), f"({self.spelled}) * ({spelled})")

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Pulse:
        return self * -1

    def __sub__(self, other: Pulse | float) -> Pulse:
        return self + -1 * other

    def __rsub__(self, other: float) -> Pulse:
        return -self + other

    def shifted(self, delay: float) -> Pulse:
        """The same pulse, later by ``delay``."""
        _check(delay=delay)
        return Pulse(lambda t: self.rule(t - delay), tuple(t + delay for t in self.kinks), f"{self.spelled} later by {delay:g}")


def gaussian(centre: float, width: float, height: float | None = None, area: float | None = None) -> Pulse:
    r"""height exp(-(t - centre)^2 / (2 width^2)), with ``width`` the standard deviation.

    height, area   one of them: the area is height width sqrt(2 pi)

    >>> gaussian(centre=4, width=0.5, height=2)(4.0)
    2.0

    Raises InputError for a width that is not positive, and unless one of height and area is given.
    """
    if (height is None) == (area is None):
        raise InputError("a Gaussian pulse has a height or an area; give one of them", parameter="height")
    _check(centre=centre, width=width, height=height if area is None else area)
    _positive(width=width)
    top = height if area is None else area / (width * math.sqrt(2 * math.pi))
    assert top is not None
    kinks = tuple(centre + k * width for k in _TAILS)
    return Pulse(lambda t: top * math.exp(-((t - centre) ** 2) / (2 * width**2)), kinks, f"gaussian({centre:g}, {width:g}, height={top:g})")


def square(start: float, end: float, height: float = 1.0) -> Pulse:
    """``height`` for start <= t < end, else 0.

    >>> [square(1, 2, 3.0)(t) for t in (0.5, 1, 2)]
    [0.0, 3.0, 0.0]
    """
    _check(start=start, end=end, height=height)
    _ascending(start, end)
    return Pulse(lambda t: float(height) if start <= t < end else 0.0, (start, end), f"square({start:g}, {end:g}, {height:g})")


def ramp(times: Iterable[float], values: Iterable[float]) -> Pulse:
    """Straight lines through values at ascending times; before the first and after the last time their values.

    >>> ramp([0, 1, 3], [0, 2, 0])(2.0)
    1.0
    """
    at, height = tuple(times), tuple(values)
    if len(at) != len(height) or len(at) < 2:
        raise InputError(f"a ramp has as many times as values, two at least, but has {len(at)} and {len(height)}")
    _check(**{f"times[{k}]": t for k, t in enumerate(at)}, **{f"values[{k}]": value for k, value in enumerate(height)})
    _ascending(*at)

    def rule(t: float) -> float:
        if t <= at[0]:
            return float(height[0])
        for (left, right), (one, other) in zip(pairwise(at), pairwise(height), strict=True):
            if t < right:
                return float(one + (other - one) * (t - left) / (right - left))
        return float(height[-1])

    return Pulse(rule, at, f"ramp({list(at)}, {list(height)})")


def chirp(centre: float, frequency: float, rate: float, phase: float = 0.0) -> Pulse:
    """cos(phase + frequency s + rate s^2 / 2) with s = t - centre: the angular frequency is ``frequency`` there and grows by ``rate``.

    Times an envelope it is a chirped pulse: ``gaussian(4, 1, height=2) * chirp(4, 10, 3)``.

    >>> chirp(0, 1, 0)(0.0)
    1.0
    """
    _check(centre=centre, frequency=frequency, rate=rate, phase=phase)

    def rule(t: float) -> float:
        s = t - centre
        return math.cos(phase + frequency * s + rate * s**2 / 2)

    return Pulse(rule, (), f"chirp({centre:g}, {frequency:g}, {rate:g}, {phase:g})")


def echo(start: float, wait: float, length: float, angle: float = math.pi / 2, pulses: int = 1) -> Pulse:
    """Square pulses of an echo sequence: ``angle``, then ``pulses`` times 2 ``angle``, then ``angle``.

    start    when the first begins
    wait     free time between the first and the next; twice as long between those of 2 ``angle``
    length   of the first and the last; the others take as long and are twice as high
    angle    area of the first: pi/2 where the driven term is f(t) (s+ + s-)/2

    >>> p = echo(start=0, wait=10, length=0.1)
    >>> p(0.05) == p(20.25) == p(10.15) / 2
    True
    """
    _check(start=start, wait=wait, length=length, angle=angle, pulses=pulses)
    _positive(wait=wait, length=length, pulses=pulses)
    if pulses != int(pulses):
        raise InputError(f"`pulses` must be a whole number, but is {pulses!r}", parameter="pulses")
    height, begin = angle / length, start + length + wait
    sequence = square(start, start + length, height)
    for k in range(int(pulses)):
        sequence = sequence + square(begin, begin + length, 2 * height)
        begin += length + (2 * wait if k + 1 < pulses else wait)
    sequence = sequence + square(begin, begin + length, height)
    return Pulse(sequence.rule, sequence.kinks, f"echo({start:g}, {wait:g}, {length:g}, {angle:g}, {int(pulses)})")


def _operand(other: Pulse | float) -> tuple[Callable[[float], float], tuple[float, ...], str]:
    if isinstance(other, Pulse):
        return other.rule, other.kinks, other.spelled
    if not is_real(other) or not math.isfinite(other):
        raise InputError(f"a pulse is added to and multiplied by pulses and finite numbers, but not {other!r}")
    return lambda t: other, (), f"{other:g}"


def _merged(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted({*one, *other}))


def _check(**numbers: float | None) -> None:
    for name, value in numbers.items():
        if not is_real(value) or not math.isfinite(value):  # type: ignore[arg-type]
            raise InputError(f"`{name}` of a pulse must be a finite number, but is {value!r}", parameter=name)


def _positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not value > 0:
            raise InputError(f"`{name}` of a pulse must be positive, but is {value!r}", parameter=name)


def _ascending(*times: float) -> None:
    if any(not left < right for left, right in pairwise(times)):
        raise InputError(f"the times of a pulse must ascend, but are {', '.join(f'{t:g}' for t in times)}")
