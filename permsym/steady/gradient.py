"""Derivatives of steady-state moments with respect to every parameter, from the certificate's transposed solve.

With L x = 0, tr x = 1 and L^T y = c - <c> tr:      d<c>/d theta = -y . (dL/d theta) x

One solve for all parameters.  dL/d theta is a sum over terms of d(coefficient)/d theta times the term's own matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model, Term
from permsym.models.registry import LIBRARY
from permsym.steady.lattice.null_vector import NullVector

if TYPE_CHECKING:
    from permsym.steady.state import State

# derivative stencils of fourth order, central and to the right; exact for polynomials up to degree 4
_CENTRAL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
_RIGHT = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}
_STEP = 1e-3

Family = Callable[..., Model]


def moment_gradient(state: State, covector: NDArray[np.complex128], family: Family | None = None) -> dict[str, complex]:
    """d<c>/d parameter for every real parameter of the model.

    covector   (basis.dimension,) of the observable c
    family     the function that makes the model from its parameters; a library model knows its own
    """
    function = LIBRARY.get(state.model.name) if family is None else family
    if function is None or not state.model.parameters:
        raise InputError(
            "the gradient needs the function that makes this model from its parameters; pass it as gradient(label, family=...)"
        )
    liouvillian = Liouvillian(state.basis)
    dual = _dual(state, covector, liouvillian)
    sensitivities: dict[Any, complex] = {}

    def sensitivity(term: Term) -> complex:
        if term.key not in sensitivities:
            sensitivities[term.key] = complex(-(dual.T @ (liouvillian.term_matrix(term) @ state.vector)))
        return sensitivities[term.key]

    found = {}
    for name, value in state.model.parameters.items():
        if isinstance(value, int):  # a number of satellites: no derivative
            continue
        slopes = _coefficient_slopes(function, state.model.parameters, name)
        found[name] = sum((sensitivity(term) * slope for term, slope in slopes), 0j)
    return found


def _dual(state: State, covector: NDArray[np.complex128], liouvillian: Liouvillian) -> NDArray[np.complex128]:
    """L^T y = c - <c> tr on all unknowns, also those that vanish in the state itself (on resonance)."""
    null = state.null
    if not isinstance(null, NullVector):
        raise InputError("a gradient needs the factors of a direct solver; solve with solver='superlu'")
    active = null.problem.active
    y = np.zeros(state.basis.dimension, dtype=complex)
    parts = np.stack([covector[active].real, covector[active].imag], axis=1)
    solved = null.dual(parts)
    y[active] = solved[:, 0] + 1j * solved[:, 1]
    resting = np.setdiff1d(np.arange(state.basis.dimension), active)
    if covector[resting].any():
        block = liouvillian.matrix(state.model)[resting][:, resting].tocsc()
        factor = SuperLU().factor(block, state.basis.coordinates[:, resting])
        y[resting] = factor.solve_transposed(covector[resting].real.copy()) + 1j * factor.solve_transposed(covector[resting].imag.copy())
    return y


def _coefficient_slopes(function: Family, parameters: Mapping[str, float], name: str) -> list[tuple[Term, complex]]:
    """d(coefficient)/d parameter of every term that depends on the parameter."""
    centre = parameters[name]
    step = _STEP * max(abs(centre), 1.0)

    def terms(offset: int) -> dict[Any, Term]:
        model = function(**{**parameters, name: centre + offset * step})
        return {term.key: term for term in model.terms}

    try:
        sampled = {offset: terms(offset) for offset in _CENTRAL}
        weights = _CENTRAL
    except InputError:  # a rate at or near zero has no left side
        sampled = {offset: terms(offset) for offset in _RIGHT}
        weights = _RIGHT
    known = {key: term for table in sampled.values() for key, term in table.items()}
    slopes = []
    for key, term in known.items():
        values = [weight * (sampled[offset][key].coefficient if key in sampled[offset] else 0) for offset, weight in weights.items()]
        slope = sum(values) / step
        if abs(slope) * step > 1e-13 * sum(map(abs, values)):
            slopes.append((term, slope))
    return slopes
