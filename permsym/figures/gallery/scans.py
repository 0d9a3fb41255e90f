"""Steady states along a parameter, and spectra, by any approach: what the gallery's rows of cavities and lasers have in common.

An approximation's value that is unstable, unphysical or not there is left out, and the curve's reason says where and why.  An exact value
that is not certified stays, and the whole curve is marked.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

import permsym as ps
from permsym import plot
from permsym.dataset.status import EXACT, Outcome, Status, expanded, failure
from permsym.errors import PermsymError, UncertifiedWarning
from permsym.figures.gallery.followed import ORDERS, Followed, steady
from permsym.figures.gallery.row import Curves
from permsym.steady.state import DEFAULT_TOLERANCE

if TYPE_CHECKING:
    from permsym.model import Model

Quantity = Callable[[Followed], tuple[float, float]]
"""A state's value and, of an exact one, the estimate of its error."""
Family = Callable[[float], "Model"]


def derived(name: str, scale: float = 1.0) -> Quantity:
    """A derived quantity over a number."""

    def read(state: Followed) -> tuple[float, float]:
        error = state.result.derived_errors[name] if state.exact else np.nan
        return float(state.result.derived[name]) / scale, float(error) / scale

    return read


def real(label: str) -> Quantity:
    """The real part of a moment."""
    return lambda state: (float(state.real(label)), state.error(label))


def named(approach: str) -> str:
    """What a legend calls an approach."""
    return str(plot.METHODS[approach]["label"])


def along(
    approach: str,
    family: Family,
    values: ArrayLike,
    panels: Mapping[str, Quantity],
    moments: int | list[str] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
) -> Curves:
    """Quantities of steady states over a parameter.

    family      value -> model
    panels      panel's letter -> what it shows
    tolerance   of exact states
    """
    at = np.asarray(values, dtype=float)
    y, errors = ({letter: np.full(len(at), np.nan) for letter in panels} for _ in range(2))
    short: list[tuple[float, Outcome]] = []
    for i, value in enumerate(at):
        try:
            state = steady(approach, family(float(value)), moments, tolerance)
        except PermsymError as error:
            short.append((float(value), failure(error)))
            continue
        if state.outcome[0] is not Status.OK:
            short.append((float(value), state.outcome))
        if state.outcome[0] is Status.OK or state.exact:
            for letter, quantity in panels.items():
                y[letter][i], errors[letter][i] = quantity(state)
    return Curves({letter: (at, column) for letter, column in y.items()}, _verdict(approach, short, len(at)), errors)


def _verdict(approach: str, short: Sequence[tuple[float, Outcome]], number: int) -> Outcome:
    """Of a curve: that of its first point that fell short, for exact curves and where no point is sound; else what is left out."""
    if not short:
        return Status.OK, ""
    value, (status, reason) = short[0]
    if approach == EXACT or len(short) == number:
        return status, f"at {value:.6g}: {reason}"
    return Status.OK, f"{len(short)} of {number} points are left out, the first at {value:.6g}: {status}, {reason}"


def spectrum(
    approach: str, model: Model, frequencies: ArrayLike, letter: str, of: str | None = None, right: str | None = None, scale: float = 1.0
) -> Curves:
    """S(omega) over a number, without its coherent part; cumulant orders linearise around their steady state."""
    w = np.asarray(frequencies, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # the outcome says so
        if approach == EXACT:
            one = ps.spectrum(model, w, of, right)
            outcome: Outcome = (Status.UNCERTIFIED, "; ".join(one.reasons)) if one.reasons else (Status.OK, "")
            return Curves({letter: (w, one.power / scale)}, outcome, {letter: one.errors / scale})
        state = ps.cumulants.steady_state(model, order=ORDERS[approach])
        other = ps.cumulants.spectrum(state, w, of, right)
    return Curves({letter: (w, other.power / scale)}, expanded(other.failures))


def mirrored(curves: Curves) -> Curves:
    """Curves that are even, from those of abscissae >= 0 that begin with 0."""

    def whole(half: ArrayLike, sign: int = 1) -> NDArray[np.float64]:
        values = np.asarray(half, dtype=float)
        return np.concatenate([sign * values[:0:-1], values])

    xy = {letter: (whole(x, -1), whole(y)) for letter, (x, y) in curves.xy.items()}
    return Curves(xy, curves.outcome, {letter: whole(error) for letter, error in curves.errors.items()})


def scaled(curves: Curves, letter: str, change: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]) -> Curves:
    """A panel's ordinates changed as a linear function of y: y -> change(x, y)."""
    x, y = (np.asarray(part, dtype=float) for part in curves.xy[letter])
    slope = change(x, y + 1) - change(x, y)
    error = np.abs(slope) * np.asarray(curves.errors.get(letter, np.nan), dtype=float)
    return Curves({letter: (x, change(x, y))}, curves.outcome, {letter: error})


def summit(x: ArrayLike, y: ArrayLike, low: float = -np.inf, high: float = np.inf) -> tuple[float, float]:
    """Position and height of the highest point between two abscissae, by the parabola through it and its neighbours in log y."""
    at, values = (np.asarray(part, dtype=float) for part in (x, y))
    inside = np.flatnonzero((at >= low) & (at <= high) & np.isfinite(values))
    k = int(np.clip(inside[np.argmax(values[inside])], 1, len(at) - 2))
    near, logs = at[k - 1 : k + 2], np.log(values[k - 1 : k + 2])
    a, b, c = np.polyfit(near - at[k], logs, 2)
    shift = float(np.clip(-b / (2 * a), near[0] - at[k], near[2] - at[k])) if a < 0 else 0.0
    return float(at[k]) + shift, float(np.exp(np.polyval((a, b, c), shift)))


def crossing(x: ArrayLike, y: ArrayLike, level: float) -> float:
    """The first abscissa at which a curve passes a level, by linear interpolation; nan where it does not."""
    at, values = (np.asarray(part, dtype=float) for part in (x, y))
    change: NDArray[np.int64] = np.flatnonzero(np.diff(np.sign(values - level)) != 0)
    if not len(change):
        return float("nan")
    k = int(change[0])
    return float(at[k] + (level - values[k]) * (at[k + 1] - at[k]) / (values[k + 1] - values[k]))
