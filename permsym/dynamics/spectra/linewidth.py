"""The width of a spectral line: of an eigenvalue of the Liouvillian, and of S at half of its maximum.

    lambda = i frequency - fwhm / 2:      S(w) has the term  2 Re [ share <A B> / (i w - lambda) ]

The two widths agree where the line is alone.  Poles that overlap share a maximum; a share that is not real tilts it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from permsym.dynamics.spectra.response import Response, operators, responses, state_of
from permsym.dynamics.spectra.spectrum import with_more_levels
from permsym.dynamics.two_time.marked import why_zero
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import Operator
from permsym.progress import Progress, silent
from permsym.steady.state import State
from permsym.text import finite, pair

_ALONE = 0.01  # difference of the two widths up to which a line is alone
_CERTAIN = 1e-6  # of the width: the error that counts as certified
_SHARE = 0.5  # of that: what a cut-off may cost
_BESIDE = 1e-4  # of the width: distance at which the slope at an edge is taken
_REACH, _POINTS = 10, 1601  # half the range that is searched for half the maximum, in widths; an odd number of points


@dataclass(frozen=True)
class Linewidth:
    """A line of a steady state's power spectrum.

    eigenvalue    lambda = i frequency - fwhm / 2
    error         estimate of what rounding, the window and the cut-off move it by
    weight        real part of its share of <A B>, without the coherent part; ``weight_error`` estimates its error
    half_maximum  full width of S at half of its maximum at this line; None where S does not fall to half on both sides, or in a cavity so
                  large that a curve would take longer than the line
    half_maximum_error   estimate of its error: that of S at the edges and the peak over the slope at the edges
    peak          frequency of that maximum; None where S has none there, or is not looked at
    note          where the widths differ, why
    cutoff        what of ``error`` more levels would mend
    state         whose line it is
    """

    eigenvalue: complex
    error: float
    weight: float
    weight_error: float
    half_maximum: float | None
    half_maximum_error: float | None
    peak: float | None
    note: str
    cutoff: float
    state: State
    timings: dict[str, float]

    @property
    def fwhm(self) -> float:
        """Full width at half maximum of a line that is alone, -2 Re lambda."""
        return -2 * self.eigenvalue.real

    @property
    def frequency(self) -> float:
        """Im lambda."""
        return self.eigenvalue.imag

    @property
    def lacks_levels(self) -> bool:
        """Whether a cut-off is what the certificate lacks."""
        return 2 * self.cutoff > _SHARE * _CERTAIN * self.fwhm

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified."""
        reasons = [f"of the steady state, {each}" for each in self.state.certificate.reasons]
        if not 2 * self.error <= _CERTAIN * self.fwhm:
            reasons.append(f"the error of the eigenvalue is {self.error:.1e}, above {_CERTAIN / 2:.0e} of the width {self.fwhm:.3g}")
        return tuple(reasons)

    def certificate(self) -> dict[str, Any]:
        """What certifies it, JSON-ready."""
        return {"certified": self.certified, "error_estimate": finite(self.error), "reasons": list(self.reasons)}

    @property
    def certified(self) -> bool:
        """Whether the width is certain to a millionth, and the steady state certified."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        return {
            "eigenvalue": pair(self.eigenvalue),
            "error": finite(self.error),
            "fwhm": self.fwhm,
            "weight": finite(self.weight),
            "weight_error": finite(self.weight_error),
            "half_maximum": self.half_maximum,
            "half_maximum_error": None if self.half_maximum_error is None else finite(self.half_maximum_error),
            "peak": self.peak,
            "note": self.note,
        }


def linewidth(
    system: Model | State,
    near: float | None = None,
    of: Operator | str | None = None,
    right: Operator | str | None = None,
    progress: Progress | None = None,
) -> Linewidth:
    """The line of a steady state's power spectrum nearest to a frequency, or the one with the highest peak.

    system      a model, or its steady state as it was solved for
    near        frequency, in the model's unit; None: the highest peak
    of, right   A and B as in :func:`permsym.spectrum`

    A model's automatic cut-off grows until it suffices for the eigenvalue.
    Only eigenvalues that <A(tau) B(0)> sees are lines: those whose share is exactly zero are none.  Raises InputError where the
    function is zero, TooLarge where factors of the charge sector do not fit.
    """
    started, say = time.perf_counter(), progress or silent
    if near is not None and not (isinstance(near, int | float | np.number) and np.isfinite(near)):
        raise InputError(f"`near` must be a frequency, or None for the highest peak, but is {near!r}")
    model = system.model if isinstance(system, State) else system
    of, right = operators(model, of, right)
    state = state_of(system, say)
    answer = _of_state(state, near, of, right, say)
    while isinstance(system, Model) and (wider := with_more_levels(system, answer)) is not None:
        say(f"{wider.centre!r}: the cut-off costs the line {answer.cutoff:.1e} with {state.model.centre!r}")
        state = state_of(wider, say)
        answer = _of_state(state, near, of, right, say)
    answer.timings["total"] = time.perf_counter() - started
    return answer


def _of_state(state: State, near: float | None, of: Operator | str, right: Operator | str, say: Progress) -> Linewidth:
    every = responses(state, of, right, say)
    lines = [line for line in (response.line(near) for response in every) if line is not None]
    if not lines:
        why = why_zero(state.model, [of, right])
        raise InputError(f"<A(tau) B(0)> with of={str(of)!r} and right={str(right)!r} is {why}; it has no line")
    if near is not None:
        best = min(lines, key=lambda line: abs(line.value - 1j * near))
    else:
        best = max(lines, key=lambda line: (line.share * line.start).real / -line.value.real)
    whole = sum(line.start for line in lines)
    curve = all(response.curves for response in every)
    half = _half_maximum(every, best.value) if curve else HalfMaximum(None, None)
    part = best.start / whole if whole else complex("nan")
    return Linewidth(
        eigenvalue=best.value,
        error=best.error,
        weight=(best.share * part).real,
        weight_error=best.share_error * abs(part),
        half_maximum=half.width,
        half_maximum_error=None if half.width is None else _half_maximum_error(every, half),
        peak=half.peak,
        note=_note(best.value, half.width, half.peak) if curve else _NO_CURVE,
        cutoff=best.cutoff,
        state=state,
        timings={},
    )


_NO_CURVE = "the width of S itself takes a curve, and longer than the line: ps.spectrum has it, at frequencies around this one"


def _note(value: complex, half: float | None, peak: float | None) -> str:
    width = -2 * value.real
    if peak is None:
        return "S has no maximum near this eigenvalue: other poles hide it"
    if half is None:
        return "S does not fall to half of its maximum before another line rises: poles overlap, and -2 Re lambda is that of one"
    if abs(half / width - 1) > _ALONE:
        return f"S is {half:.6g} wide at half maximum, the eigenvalue alone {width:.6g}: poles overlap"
    return ""


class HalfMaximum(NamedTuple):
    """Full width of S at half maximum, frequency of the maximum, and those of the edges."""

    width: float | None
    peak: float | None
    edges: tuple[float, float] | None = None


def _half_maximum(every: Sequence[Response], value: complex) -> HalfMaximum:
    """The shape of S at an eigenvalue."""
    for response in every:
        response.prepare(_around(value))
    return half_maximum(lambda frequencies: _quick(every, frequencies), value)


def _quick(every: Sequence[Response], frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sum([response.quick(frequencies) for response in every], axis=0))


def _half_maximum_error(every: Sequence[Response], half: HalfMaximum) -> float:
    """sum over the edges of  (|S_edge - S_peak / 2| + their errors) / |dS / dw|,  with S as it is certified."""
    assert half.edges is not None
    assert half.width is not None
    assert half.peak is not None
    low, high = half.edges
    at, step = np.array([low, half.peak, high]), _BESIDE * half.width
    beside = _quick(every, np.array([low - step, low + step, high - step, high + step]))
    slopes = np.abs([beside[1] - beside[0], beside[3] - beside[2]]) / (2 * step)
    powers = [response.power(at) for response in every]
    s = np.sum([each.power for each in powers], axis=0)
    errors = np.sum([np.sum(list(each.parts.values()), axis=0) for each in powers], axis=0)
    off = np.abs(s[[0, 2]] - s[1] / 2) + errors[[0, 2]] + errors[1] / 2
    return float((off / slopes).sum()) if slopes.all() else math.inf


def _around(value: complex) -> NDArray[np.float64]:
    return value.imag - 2 * value.real * np.linspace(-_REACH, _REACH, _POINTS)


def half_maximum(power: Callable[[NDArray[np.float64]], NDArray[np.float64]], value: complex) -> HalfMaximum:
    """Full width at half maximum, and where that is, of S where an eigenvalue ``value`` with Re < 0 has its line.

    power   frequencies (F,) -> S (F,)

    The maximum is the first one uphill from Im ``value``.  The width is None where S does not fall to half of it on both sides within
    ten widths of the eigenvalue, or first rises above it; both are None where there is no maximum.
    """
    width, w = -2 * value.real, _around(value)
    s = power(w)
    top = _POINTS // 2
    while 0 < top < len(s) - 1 and max(s[top - 1], s[top + 1]) > s[top]:
        top += 1 if s[top + 1] > s[top - 1] else -1
    if not (0 < top < len(s) - 1 and s[top] > 0):
        return HalfMaximum(None, None)
    step = w[1] - w[0]
    at = optimize.minimize_scalar(
        lambda v: -power(np.array([v]))[0], bounds=(w[top] - step, w[top] + step), method="bounded", options={"xatol": 1e-9 * width}
    )
    peak, half = float(at.x), -float(at.fun) / 2
    left, right = _fall(s[top::-1], half), _fall(s[top:], half)
    if left is None or right is None:
        return HalfMaximum(None, peak)
    edges = _crossing(power, w[top - left], w[top - left + 1], half), _crossing(power, w[top + right - 1], w[top + right], half)
    return HalfMaximum(edges[1] - edges[0], peak, edges)


def _fall(s: NDArray[np.float64], half: float) -> int | None:
    """Steps from a maximum until S is below half of it; None where it first rises above it, or never falls so far."""
    below = np.flatnonzero(s < half)
    if not len(below) or (s[: below[0]] > 2.000001 * half).any():
        return None
    return int(below[0])


def _crossing(power: Callable[[NDArray[np.float64]], NDArray[np.float64]], low: float, high: float, half: float) -> float:
    return float(optimize.brentq(lambda v: power(np.array([v]))[0] - half, low, high, xtol=1e-12 * max(abs(low), abs(high), high - low)))
