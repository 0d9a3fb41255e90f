"""Arguments of everything that samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.errors import InputError
from permsym.sites import is_real


def check_positive(name: str, value: float | None) -> None:
    """InputError unless a value is left out or a positive number."""
    if value is not None and not (is_real(value) and math.isfinite(value) and value > 0):
        raise InputError(f"`{name}` must be a positive number, but is {value!r}", parameter=name)


def check_times(times: ArrayLike) -> NDArray[np.float64]:
    """Times of an evolution; InputError unless they are finite, ascending and >= 0."""
    try:
        at = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`times` must be numbers, but are {times!r}", parameter="times") from None
    if at.ndim != 1 or not len(at) or not np.isfinite(at).all() or at[0] < 0 or (np.diff(at) < 0).any():
        raise InputError("`times` must be finite, ascending and >= 0, such as np.linspace(0, 10, 101)", parameter="times")
    return at
