"""Checking a model function's parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from permsym import expressions
from permsym.errors import InputError
from permsym.sites import as_count, as_size, is_real

Number = float | str
"""A number, or an expression in the other parameters."""

AUTO = "auto"
"""The value of a parameter that is left to the solver, such as a boson's ``levels``."""

COUNTS: Mapping[str, int] = {"N": 1, "levels": 2}


def resolved(parameters: Mapping[str, float | str], rates: Sequence[str] = (), counts: Mapping[str, int] = COUNTS) -> dict[str, float]:
    """Finite numbers for all parameters but those left to the solver: expressions evaluated, rates >= 0.

    counts   parameters that are whole numbers, each with its least value
    """
    parameters = {name: value for name, value in parameters.items() if value != AUTO}
    for name, value in parameters.items():
        if not isinstance(value, str) and not is_real(value):
            raise InputError(f"`{name}` must be a number or an expression, but is {value!r}", parameter=name)
        if name in counts and not isinstance(value, str) and math.isfinite(value):
            _whole(name, value, counts)  # before the expressions that a wrong size would spoil
    values = expressions.resolve(parameters)
    for name, value in values.items():
        if not math.isfinite(value):
            raise InputError(f"`{name}` must be finite, but is {float(value)!r}; give a number such as {name}=1", parameter=name)
        if name in rates and value < 0:
            raise InputError(
                f"`{name}` must be a rate >= 0, but is {float(value)!r}; rates multiply L[x], directions have parameters of their own",
                parameter=name,
            )
    return {name: _whole(name, value, counts) if name in counts else float(value) for name, value in values.items()}


def _whole(name: str, value: float, counts: Mapping[str, int]) -> float:
    return as_size(name, value) if counts[name] == 1 else as_count(name, value, counts[name])
