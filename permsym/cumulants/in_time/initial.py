"""Moments of an initial state, in the order of an expansion's equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from permsym.cumulants.equations import Equations
from permsym.cumulants.newton import existing
from permsym.dynamics.initial import InitialState, SiteState, parse_initial
from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, enumerate_labels
from permsym.operators import ComplexArray, Monomial, as_array

_COHERENT = 1e-14  # a charged moment of size one below this is rounding


class HasMoments(Protocol):
    """A state of any kind: exact, a point of an expansion, mean field."""

    def moment(self, label: str | MomentLabel) -> complex: ...


Moment = Callable[[Model, MomentLabel], complex]
"""(model, label) -> value; the model says what the label's operators are."""


def initial_moment(initial: str | InitialState | HasMoments, model: Model) -> Moment:
    """The moments of what an evolution may start from: a label, a product state, or a state that has moments.

    Raises InputError for a Dicke state, which is no product of states of the satellites, and for objects without moments.
    """
    if isinstance(initial, str):
        initial = parse_initial(initial, model)
    if isinstance(initial, InitialState):
        if any(state.kind == "dicke" for state in initial.satellites):
            raise InputError(
                f"cumulant equations start from a product state or from a state's moments, but {str(initial)!r} is no product; "
                "give a state, such as that of an exact evolution"
            )
        state = initial
        return lambda model, label: _of_product(state, model, label)
    if not callable(getattr(initial, "moment", None)):
        raise InputError(f"the initial state must be a label or a state that has moments, but is {type(initial).__name__}")
    known = initial
    return lambda _, label: complex(known.moment(label))


def _of_product(state: InitialState, model: Model, label: MomentLabel) -> complex:
    """<C> prod <s> of a product of states of the sites."""
    value = 1.0 + 0j
    for own, site in zip(state.of_centre, model.centre_sites, strict=True):
        one = label.site_operator(site)
        if isinstance(one, Monomial):
            value *= _photons(own, one)
        elif one is not None:
            value *= complex(np.trace(as_array(one) @ own.matrix(site.levels)))
    _, on_satellites = label.operators(model)
    for own, ensemble, matrices in zip(state.satellites, model.ensembles, on_satellites, strict=True):
        rho = own.matrix(ensemble.levels)
        for matrix in matrices:
            value *= complex(np.trace(as_array(matrix) @ rho))
    return value


def _photons(state: SiteState, operator: Monomial) -> complex:
    """<a^dag^p a^q> of a mode's state."""
    if state.kind == "coherent":
        alpha = state.values[0]
        return complex(alpha.conjugate() ** operator.p * alpha**operator.q)
    return complex(np.trace(operator.matrix(state.levels) @ state.matrix(state.levels)))


def breaks_symmetry(moment: Moment, model: Model) -> bool:
    """Whether a state has charged moments of up to two operators, which a symmetric hierarchy does not follow."""
    charged = (label for label in enumerate_labels(model, 2) if any(label.charge(model)))
    return any(abs(moment(model, label)) > _COHERENT for label in charged)


def initial_vector(equations: Equations, moment: Moment) -> ComplexArray:
    """The moments (n,) in the order of the equations' labels.

    Those of more satellites than there are have no value; nothing depends on them, and they start from 0.
    """
    model = equations.counted_model
    values: list[Any] = [
        moment(model, label) if exists else 0.0 for label, exists in zip(equations.labels, existing(equations), strict=True)
    ]
    return np.array(values, dtype=complex)


def ground_state(equations: Equations) -> ComplexArray:
    """Moments (n,) of the product of lowest states."""
    return initial_vector(equations, initial_moment("", equations.counted_model))
