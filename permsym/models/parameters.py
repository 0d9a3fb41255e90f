"""Checking a model function's parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from permsym import expressions
from permsym.errors import InputError
from permsym.sites import as_size, is_real


def resolved(parameters: Mapping[str, float | str], rates: Sequence[str] = (), sizes: Sequence[str] = ("N",)) -> dict[str, float]:
    """Finite numbers for all parameters: expressions evaluated, rates >= 0, sizes whole numbers >= 1."""
    for name, value in parameters.items():
        if not isinstance(value, str) and not is_real(value):
            raise InputError(f"`{name}` must be a number or an expression, but is {value!r}")
        if name in sizes and not isinstance(value, str) and math.isfinite(value):
            as_size(name, value)  # before the expressions that a wrong size would spoil
    values = expressions.resolve(parameters)
    for name, value in values.items():
        if not math.isfinite(value):
            raise InputError(f"`{name}` must be finite, but is {float(value)!r}; give a number such as {name}=1")
        if name in rates and value < 0:
            raise InputError(
                f"`{name}` must be a rate >= 0, but is {float(value)!r}; rates multiply L[x], directions have parameters of their own"
            )
    return {name: as_size(name, value) if name in sizes else float(value) for name, value in values.items()}
