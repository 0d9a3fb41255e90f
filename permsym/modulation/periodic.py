"""Whether functions of time repeat themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from permsym.errors import InputError
from permsym.modulation.functions import TimeFunction
from permsym.sites import is_real

_LOOKS, _PERIODS = 257, 2  # times of the first period, and how many later ones they are compared with
_ALIKE = 1e-9  # of the largest value: a difference below this is that of rounded arguments


def checked_period(period: Any) -> float:
    """A period; InputError unless it is a positive number."""
    if not is_real(period) or not 0 < period < math.inf:
        raise InputError(f"`period` must be a positive number, but is {period!r}", parameter="period")
    return float(period)


def check_periodic(functions: Mapping[str, TimeFunction], period: float) -> None:
    """InputError for the first function that has another value a period later, with both values and the times."""
    first = period * (np.arange(_LOOKS) + 0.5 + 0.1 * math.sqrt(2)) / (_LOOKS + 1)  # no simple fraction of a period, where jumps are
    for name, function in functions.items():
        values = function(first)
        for later in range(1, _PERIODS + 1):
            again = function(first + later * period)
            difference = np.abs(again - values)
            worst = int(np.argmax(difference))
            if difference[worst] > _ALIKE * max(float(np.abs(values).max()), float(np.abs(again).max())):
                t, then = first[worst], first[worst] + later * period
                raise InputError(
                    f"the function of `{name}` does not repeat itself after {period!r}: it is {values[worst]:.9g} at t = {t:.6g}, but "
                    f"{again[worst]:.9g} at t = {then:.6g}; give its period, such as 2*pi/w, to all digits",
                    parameter=name,
                )
