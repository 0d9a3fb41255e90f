"""Derivatives of a model's terms with respect to its parameters, from which :mod:`permsym.gradients` makes all others.

dL/d theta is a sum over terms of d(coefficient)/d theta times the term's own superoperator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from permsym.errors import InputError
from permsym.model import Model
from permsym.models.registry import LIBRARY
from permsym.terms import Term

# derivative stencils of fourth order, central and to the right; exact for polynomials up to degree 4
CENTRAL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
RIGHT = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}
_STEP = 1e-3

Family = Callable[..., Model]
Slopes = Sequence[tuple[Term, complex]]
"""d(coefficient)/d theta of every term that depends on theta."""


def coefficient_slopes(model: Model, family: Family | None = None) -> dict[str, list[tuple[Term, complex]]]:
    """d(coefficient)/d parameter of every term that depends on a parameter, for every parameter that can have a real value."""
    function = _family(model, family)
    slopes = {}
    for name, value in model.parameters.items():
        try:
            slopes[name] = _coefficient_slopes(function, model.parameters, name)
        except (InputError, TypeError):
            if not isinstance(value, int):  # else a number of satellites or levels, which has no derivative
                raise
    return slopes


def slopes_of(model: Model, family: Family | None = None, parameters: Sequence[str] | None = None) -> dict[str, Slopes]:
    """The same for some parameters; None: for all."""
    if parameters is None:
        return dict(coefficient_slopes(model, family))
    return {name: parameter_slopes(model, name, family) for name in parameters}


def parameter_slopes(model: Model, name: str, family: Family | None = None) -> list[tuple[Term, complex]]:
    """The same for one parameter; InputError where there is no such, or where it counts something."""
    function = _family(model, family)
    if name not in model.parameters:
        raise InputError(f"the model has no parameter {name!r}; it has {', '.join(model.parameters)}", parameter=name)
    try:
        return _coefficient_slopes(function, model.parameters, name)
    except (InputError, TypeError):
        if isinstance(model.parameters[name], int):
            raise InputError(
                f"{name!r} counts something, and has no derivative; name a parameter with real values", parameter=name
            ) from None
        raise


def _family(model: Model, family: Family | None) -> Family:
    """The function that makes a model from its parameters."""
    function = LIBRARY.get(model.name) if family is None else family
    if function is None or not model.parameters:
        raise InputError("a derivative needs the function that makes this model from its parameters; pass it as family=...")
    return function


def _coefficient_slopes(function: Family, parameters: Mapping[str, float], name: str) -> list[tuple[Term, complex]]:
    """d(coefficient)/d parameter of every term that depends on the parameter."""
    centre = parameters[name]
    step = _STEP * max(abs(centre), 1.0)

    def terms(offset: int) -> dict[Any, Term]:
        model = function(**{**parameters, name: centre + offset * step})
        return {term.key: term for term in model.terms}

    try:
        sampled = {offset: terms(offset) for offset in CENTRAL}
        weights = CENTRAL
    except InputError:  # a rate at or near zero has no left side
        sampled = {offset: terms(offset) for offset in RIGHT}
        weights = RIGHT
    every = {key: term for table in sampled.values() for key, term in table.items()}
    slopes = []
    for key, term in every.items():
        values = [weight * (sampled[offset][key].coefficient if key in sampled[offset] else 0) for offset, weight in weights.items()]
        slope = sum(values) / step
        if abs(slope) * step > 1e-13 * sum(map(abs, values)):
            slopes.append((term, slope))
    return slopes
