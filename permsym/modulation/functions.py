"""Functions of time that a user gives, as texts, numbers or Python functions: every value checked, kinks named or searched for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.errors import InputError, PermsymError
from permsym.expressions import TimeExpression
from permsym.sites import is_real

Times = NDArray[np.float64]
Rule = Callable[[float], Any] | str | float
"""What a user gives: a function of t, the text of an expression in t, or a number."""

DEGREE = 8
"""Of the polynomials that stand for a function on an interval: with order 20 of the Taylor steps it costs no step of a smooth pulse."""

_NODES = np.cos(np.pi * (2 * np.arange(DEGREE + 1) + 1) / (2 * DEGREE + 2))
"""Chebyshev's points of the first kind on (-1, 1), through which a fit goes."""

_BETWEEN = np.cos(np.pi * np.arange(DEGREE + 2) / (DEGREE + 1))
"""Points between them, at which it is judged: there the next Chebyshev polynomial has its extrema.  The ends are among them: a jump beside
an end would be seen nowhere else."""

_EPS = float(np.finfo(float).eps)
_ROUNDED = 16.0  # rounding of a fit in units of EPS and of the largest value: the solve loses a digit
_STRETCH = 60.0  # the points are a twentieth of an interval apart: slopes between them, and three roundings of the time
_INSIDE = 16 * _EPS
"""What the ends are moved inwards by, over the time: a kink may be there, and is known to a few roundings."""

_PIECES, _EVALUATIONS = 64, 100_000  # intervals that a search for kinks starts with; function values after which it ends
_SMOOTH = 1e-11  # of the largest value: a fit that is as good as that has no kink that matters
_ODD = 0.3819660112501051  # by which intervals do not end at round times: a jump between two of them would be seen in none
_POLE = 1e4  # of the largest value elsewhere: 1/(t - 1) has 1e6 of it in an interval as narrow as the next line's
_NARROW = 1e-8  # of the whole time: an interval whose fit is still not smooth has a kink in it
_CROSSINGS = 2000  # intervals in which the switches of an expression are looked at for a change of sign


@dataclass(frozen=True)
class TimeFunction:
    """A real function of time.

    name     of the parameter, term or jump that it drives, for messages
    rule     t -> value
    spelled  as it was given, for files and messages
    named    times at which it may have kinks, as far as it says so itself
    """

    name: str
    rule: Callable[[float], Any]
    spelled: str
    named: tuple[float, ...] = ()

    def at(self, t: float) -> float:
        """The value at one time; InputError unless it is a finite real number."""
        try:
            with np.errstate(all="ignore"):
                value = self.rule(float(t))
        except PermsymError as error:
            raise InputError(f"`{self.name}` over time: {error}", parameter=self.name) from None
        except (Exception, SystemExit) as error:
            raise InputError(
                f"the function of `{self.name}` fails with {type(error).__name__}: {error} at t = {t:.6g}; give one that has a value "
                "at every time",
                parameter=self.name,
            ) from error
        if isinstance(value, np.ndarray) and value.ndim == 0:  # of np.where and np.piecewise
            value = value.item()
        if not is_real(value):
            raise InputError(
                f"the function of `{self.name}` must return one real number, but returns {_brief(value)} at t = {t:.6g}",
                parameter=self.name,
            )
        if not abs(value) < math.inf:
            raise InputError(f"the function of `{self.name}` must be finite, but is {float(value)!r} at t = {t:.6g}", parameter=self.name)
        return float(value)

    def __call__(self, times: ArrayLike) -> Times:
        """Values at times (T,), (T,)."""
        return np.array([self.at(t) for t in np.atleast_1d(np.asarray(times, dtype=float))])

    def kinks(self, start: float, end: float) -> list[float]:
        """Times between ``start`` and ``end`` of possible kinks: those it names, zeros of switches, and those searched for."""
        named = [t for t in (*self.named, *self._crossings(start, end)) if start < t < end]
        return sorted({*named, *_searched(self, sorted({start, *named, end}))})

    def _crossings(self, start: float, end: float) -> list[float]:
        """Zeros of an expression's switches."""
        if not isinstance(self.rule, TimeExpression) or not self.rule.switches(start):
            return []
        rule = self.rule
        grid = np.linspace(start, end, _CROSSINGS + 1)
        signs = np.sign(np.array([rule.switches(t) for t in grid]))
        zeros = list(grid[(signs == 0).any(axis=1)])
        for number in range(signs.shape[1]):
            for k in np.flatnonzero(signs[:-1, number] * signs[1:, number] < 0):
                left, right = grid[k], grid[k + 1]
                while (middle := (left + right) / 2) not in (left, right):
                    same = np.sign(rule.switches(middle)[number]) == signs[k, number]
                    left, right = (middle, right) if same else (left, middle)
                zeros.append(right)
        return [float(t) for t in zeros]


def functions_of(rules: Mapping[str, Rule], values: Mapping[str, float]) -> dict[str, TimeFunction]:
    """Checked functions of time.

    rules    name -> a function of t, the text of an expression in t, or a number
    values   what expressions may refer to by name

    Raises InputError for anything else, and for texts that are no expressions.
    """
    functions = {}
    for name, rule in rules.items():
        if isinstance(rule, str):
            if "t" in values:
                raise InputError("this model has a parameter `t`, so that no expression can mean the time; give Python functions")
            try:
                functions[name] = TimeFunction(name, TimeExpression(rule, values), rule)
            except InputError as error:
                raise InputError(f"`{name}` over time: {error}", parameter=name) from None
        elif callable(rule):
            functions[name] = TimeFunction(name, rule, getattr(rule, "__name__", None) or repr(rule), _times_named(name, rule))
        elif is_real(rule):
            functions[name] = TimeFunction(name, partial(_constant, float(rule)), repr(rule))
        else:
            raise InputError(
                f"`{name}` over time must be a function of t, an expression such as 'exp(-t)', or a number, but is {_brief(rule)}",
                parameter=name,
            )
    return functions


def _constant(value: float, t: float) -> float:
    return value


def checked_kinks(kinks: Iterable[float], name: str) -> tuple[float, ...]:
    """Times that somebody names; InputError unless they are finite numbers."""
    times: tuple[Any, ...] = tuple(kinks) if isinstance(kinks, Iterable) else (kinks,)
    if not all(is_real(t) and math.isfinite(t) for t in times):
        raise InputError(f"{name} must be a list of times, such as [1.0, 2.5], but is {_brief(kinks)}")
    return tuple(float(t) for t in times)


def _times_named(name: str, rule: Any) -> tuple[float, ...]:
    return checked_kinks(getattr(rule, "kinks", ()), f"the attribute `kinks` of the function of `{name}`")


def sample_times(start: float, length: float) -> Times:
    """Times of an interval at which functions are evaluated to be :func:`fitted`, and to judge the fit by its :func:`deviations`."""
    times = start + length / 2 * (1 + np.concatenate([_NODES, _BETWEEN]))
    inside = min(_INSIDE * max(abs(start), abs(start + length)), length / 4)
    return np.clip(times, start + inside, start + length - inside)


def fitted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients (functions, DEGREE + 1) in powers of s in (0, 1) of values (functions, k) at :func:`sample_times`.

    By a solve in Chebyshev's basis: the inverse of a Vandermonde matrix would lose digits.
    """
    return np.asarray((_TO_POWERS @ np.linalg.solve(_AT_NODES, values[:, : DEGREE + 1].T)).T)


def deviations(values: NDArray[np.float64], times: Times, start: float, length: float) -> NDArray[np.float64]:
    """(functions,) how far fits are off at the points between, of values (functions, k) at :func:`sample_times`, which are ``times``."""
    between = np.polynomial.chebyshev.chebvander(2 * (times[DEGREE + 1 :] - start) / length - 1, DEGREE)
    through = between @ np.linalg.solve(_AT_NODES, values[:, : DEGREE + 1].T)
    return np.asarray(np.abs(through.T - values[:, DEGREE + 1 :]).max(axis=1))


def roundings(values: NDArray[np.float64], times: Times) -> NDArray[np.float64]:
    """(functions,) what rounding makes of values (functions, k) at :func:`sample_times`, and of the times: of long phases, that is most."""
    order = np.argsort(times)
    apart, largest = times.max() - times.min() or math.inf, np.abs(times).max()
    slopes = np.abs(np.diff(values[:, order], axis=1)).max(axis=1) / apart
    return np.asarray(_EPS * (_ROUNDED * np.abs(values).max(axis=1) + _STRETCH * slopes * largest))


def _powers() -> NDArray[np.float64]:
    """Chebyshev's polynomials of 2 s - 1 in powers of s, one a column: whole numbers."""
    columns = [np.polynomial.chebyshev.cheb2poly(np.eye(DEGREE + 1)[k]) for k in range(DEGREE + 1)]
    shifted = np.polynomial.Polynomial([-1.0, 2.0])
    rows = [np.polynomial.Polynomial(column)(shifted).coef for column in columns]
    return np.array([np.pad(row, (0, DEGREE + 1 - len(row))) for row in rows]).T


_AT_NODES = np.polynomial.chebyshev.chebvander(_NODES, DEGREE)
_TO_POWERS = _powers()


def _roughness(function: TimeFunction, start: float, end: float) -> tuple[float, float]:
    """How far a fit is off on an interval, beyond rounding, and the largest value there."""
    times = sample_times(start, end - start)
    values = function(times)[None]
    off = deviations(values, times, start, end - start)[0] - roundings(values, times)[0]
    return float(off), float(np.abs(values).max())


def _searched(function: TimeFunction, ends: list[float]) -> list[float]:
    """Kinks between times that are no news: intervals that stay rough however often they are halved."""
    span, size, spent = ends[-1] - ends[0], 0.0, 0
    if not span > 0:
        return []
    waiting: list[tuple[float, float]] = []
    for left, right in pairwise(ends):
        count = max(2, round(_PIECES * (right - left) / span))
        edges = left + (right - left) * np.array([0, *((np.arange(1, count) - _ODD) / count), 1])
        waiting += pairwise(edges.tolist())
        size = max(size, float(np.abs(function((edges[:-1] + edges[1:]) / 2)).max()))
    kinks = []
    while waiting and spent < _EVALUATIONS:
        left, right = waiting.pop()
        spent += len(_NODES) + len(_BETWEEN)
        deviation, largest = _roughness(function, left, right)
        if deviation <= _SMOOTH * max(size, largest):
            continue
        if right - left > _NARROW * span:
            waiting += [(left, (left + right) / 2), ((left + right) / 2, right)]
        else:
            kinks.append(_pinned(function, left, right))
            _check_bounded(function, (left, right, kinks[-1]), size)
    return kinks


def _check_bounded(function: TimeFunction, times: Iterable[float], size: float) -> None:
    """Refuse a pole, which steps would approach for ever: values beside what looks like a kink that dwarf all others."""
    for t in times:
        if abs(function.at(t)) > _POLE * size:
            raise InputError(f"the function of `{function.name}` grows without bound near t = {t:.6g}", parameter=function.name)


def _pinned(function: TimeFunction, left: float, right: float) -> float:
    """The kink in a narrow interval: in the half that is rougher, again and again; at last, of a jump, between values unlike each other."""
    while right - left > 8 * _INSIDE * max(abs(left), abs(right)):
        middle = (left + right) / 2
        halves = [(left, middle), (middle, right)]
        left, right = max(halves, key=lambda half: _roughness(function, *half)[0])
    first, last = function.at(left), function.at(right)
    while (middle := (left + right) / 2) not in (left, right):
        value = function.at(middle)
        left, right = (middle, right) if abs(value - first) <= abs(value - last) else (left, middle)
    return float(right)


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + " ..."
