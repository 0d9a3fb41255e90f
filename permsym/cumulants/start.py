"""A first fixed point, where the hierarchy is exact or nearly so: the smallest system."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg as la

from permsym.cumulants.equations import Equations
from permsym.cumulants.evolve import relaxed
from permsym.cumulants.newton import Point, newton, physical
from permsym.model import Model
from permsym.operators import ComplexArray, Product, as_array


def first_point(equations: Equations) -> Point | None:
    """A fixed point of a small system, found from product states; stable ones first, then any."""
    keep = physical(equations)
    fallback: Point | None = None
    for x in _guesses(equations):
        for candidate in (x, None):
            guess = x if candidate is not None else relaxed(equations, x)
            if guess is None:
                continue
            exact = newton(equations, guess, keep=keep) if not keep.all() else None
            point = newton(equations, exact.x if exact is not None else guess)
            if point is None:
                continue
            if point.stability < 0:
                return point
            fallback = fallback or point
    return fallback


def exact_point(equations: Equations) -> Point | None:
    """As :func:`first_point`, for the moments alone that so few satellites have."""
    keep = physical(equations)
    for x in _guesses(equations):
        point = newton(equations, x, keep=keep)
        if point is not None:
            return point
    return None


def _guesses(equations: Equations) -> Iterator[ComplexArray]:
    model = equations.model
    yield equations.product_state(uncoupled(model)) / equations.scale
    sites = [*([] if model.centre.kind == "boson" else [model.centre]), *model.ensembles]
    yield equations.product_state([np.eye(site.levels) / site.levels for site in sites]) / equations.scale


def uncoupled(model: Model) -> list[ComplexArray]:
    """Steady states of the sites on their own, under the jumps and Hamiltonians that act on one site alone.

    Where such a site has no unique steady state: the maximally mixed one.
    """
    found = []
    for position, site in enumerate([model.centre, *model.ensembles]):
        if site.kind == "boson":
            continue
        one = np.eye(site.levels)
        matrix = np.zeros((site.levels**2,) * 2, dtype=complex)
        for key, value in model.hamiltonian.terms.items():
            local = _local(key, position, model)
            if local is not None:
                matrix += -1j * value * (np.kron(local, one) - np.kron(one, local.T))
        for jump in model.jumps:
            parts = [(_local(key, position, model), value) for key, value in jump.operator.terms.items()]
            if jump.kind == "collective" or any(local is None for local, _ in parts):
                continue
            x = sum((value * local for local, value in parts if local is not None), np.zeros_like(one, dtype=complex))
            square = x.conj().T @ x
            matrix += jump.rate * (np.kron(x, x.conj()) - 0.5 * (np.kron(square, one) + np.kron(one, square.T)))
        space = la.null_space(matrix, rcond=1e-12)
        rho = space[:, 0].reshape(site.levels, site.levels) if space.shape[1] == 1 else one / site.levels
        found.append(np.asarray(rho / np.trace(rho), dtype=complex))
    return found


def _local(key: Product, position: int, model: Model) -> ComplexArray | None:
    """The matrix of a product that acts on one kind of site alone."""
    if position == 0:
        return None if key.satellites or key.centre is None else as_array(key.centre)
    alone = key.centre is None and len(key.satellites) == 1 and model.ensemble(key.satellites[0][0]) == position - 1
    return as_array(key.satellites[0][1]) if alone else None


def tilted(equations: Equations) -> ComplexArray:
    """Scaled moments of a product state whose sites have transverse components; a boson is in a coherent state."""
    sites = [*([] if equations.model.centre.kind == "boson" else [equations.model.centre]), *equations.model.ensembles]
    states = []
    for site in sites:
        amplitudes = np.exp(-0.4 * np.arange(site.levels)) * np.exp(0.3j * np.arange(site.levels))
        amplitudes /= np.linalg.norm(amplitudes)
        states.append(0.8 * np.outer(amplitudes, amplitudes.conj()) + 0.2 * np.eye(site.levels) / site.levels)
    root = max(sum(equations.sizes), 1.0) ** 0.5
    return equations.product_state(states, alpha=0.3 * root) / equations.scale
