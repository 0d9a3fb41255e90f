"""Derivatives of steady-state moments with respect to every parameter, from the certificate's transposed solve.

With L x = 0, tr x = 1 and L^T y = c - <c> tr:      d<c>/d theta = -y . (dL/d theta) x

One solve for all parameters.  dL/d theta is a sum over terms of d(coefficient)/d theta times the term's own matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.errors import InputError
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.models.registry import LIBRARY
from permsym.rotating import in_rotating_frame
from permsym.terms import Term

# derivative stencils of fourth order, central and to the right; exact for polynomials up to degree 4
_CENTRAL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
_RIGHT = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}
_STEP = 1e-3
_FACTORED = 5_000  # unknowns on a lattice of three dimensions and more up to which factors take less time than an iteration

Family = Callable[..., Model]


class Duals(Protocol):
    """Transposed solves.

    active   positions of the unknowns that were solved for
    """

    @property
    def active(self) -> NDArray[np.int64]: ...

    def dual(self, covectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """y with L^T y = c - <c> tr for each column of covectors (active, k)."""


def moment_gradient(
    model: Model, basis: Basis, x: NDArray[np.float64], duals: Duals, covector: NDArray[np.complex128], family: Family | None = None
) -> dict[str, complex]:
    """d<c>/d parameter for every parameter of the model but sizes and levels.

    x          the steady state's coefficients (basis.dimension,)
    covector   (basis.dimension,) of the observable c
    family     the function that makes the model from its parameters; a library model knows its own
    """
    slopes = coefficient_slopes(model, family)
    for name, term in ((name, term) for name, each in slopes.items() for term, _ in each) if basis.populated else ():
        if not model.symmetry.conserved_by(model, term):
            raise InputError(f"{name!r} changes {term.name!r}, which breaks a symmetry of the state; take a small value of it, not 0")
    liouvillian = Liouvillian(basis)
    y = _dual(model, duals, x, covector, liouvillian)
    sensitivities: dict[Any, complex] = {}

    def sensitivity(term: Term) -> complex:
        if term.key not in sensitivities:
            sensitivities[term.key] = complex(-(y.T @ (liouvillian.term_matrix(term) @ x)))
        return sensitivities[term.key]

    return {name: sum((sensitivity(term) * slope for term, slope in each), 0j) for name, each in slopes.items()}


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


def _dual(
    model: Model, duals: Duals, x: NDArray[np.float64], covector: NDArray[np.complex128], liouvillian: Liouvillian
) -> NDArray[np.complex128]:
    """L^T y = c - <c> tr on all unknowns, also those that vanish in the state itself: on resonance, or beside a dark state."""
    active, dimension = duals.active, liouvillian.basis.dimension
    y = np.zeros(dimension, dtype=complex)
    parts = np.stack([covector[active].real, covector[active].imag], axis=1)
    solved = duals.dual(parts)
    y[active] = solved[:, 0] + 1j * solved[:, 1]
    resting = np.setdiff1d(np.arange(dimension), active)
    if len(resting):
        matrix, trace = liouvillian.matrix(in_rotating_frame(model))[:, resting].tocsc(), liouvillian.trace()
        value = x @ covector
        right = covector[resting] - value * trace[resting] - matrix[active].T @ y[active]
        if right.any():
            many = len(resting) > _FACTORED and len(liouvillian.basis.coordinates) > 2
            solver = BiCGStab() if many else SuperLU()
            factor = solver.factor(matrix[resting].tocsc(), liouvillian.basis.coordinates[:, resting])
            y[resting] = factor.solve_transposed(right.real.copy()) + 1j * factor.solve_transposed(right.imag.copy())
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
    every = {key: term for table in sampled.values() for key, term in table.items()}
    slopes = []
    for key, term in every.items():
        values = [weight * (sampled[offset][key].coefficient if key in sampled[offset] else 0) for offset, weight in weights.items()]
        slope = sum(values) / step
        if abs(slope) * step > 1e-13 * sum(map(abs, values)):
            slopes.append((term, slope))
    return slopes
