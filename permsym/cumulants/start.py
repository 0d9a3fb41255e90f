"""A first fixed point, where the hierarchy is exact or nearly so: the smallest system."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import scipy.linalg as la

from permsym.cumulants.attractor import relaxed
from permsym.cumulants.equations.closed import Equations, as_complex
from permsym.cumulants.in_time.initial import ground_state
from permsym.cumulants.newton import FixedPoint, existing, newton
from permsym.cumulants.physical import unphysical
from permsym.errors import NoFixedPoint, UnsuitedModel
from permsym.model import Model
from permsym.operators import ComplexArray, Monomial, Product, as_array


def first_point(equations: Equations) -> FixedPoint | None:
    """A fixed point of a small system, for the moments that so few satellites have: a stable and physical one where there is one.

    With a finite centre these moments solve linear equations, and Newton's method comes first; with a boson evolution does.
    """
    fallback: FixedPoint | None = None
    for way in [relaxed, _solved] if equations.hierarchy.alphabet.boson else [_solved, relaxed]:
        for x in _guesses(equations):
            point = way(equations, x)
            if point is None:
                continue
            if point.stability < 0 and not unphysical(equations.model, partial(equations.moment, point.y)):
                return point
            fallback = fallback or point
    return fallback


def _solved(equations: Equations, x: ComplexArray) -> FixedPoint | None:
    return newton(equations, x, subset=existing(equations))


def _guesses(equations: Equations) -> Iterator[ComplexArray]:
    model = equations.counted_model
    yield equations.product_state(uncoupled(model)) / equations.scale
    sites = [site for site in model.sites if site.kind != "boson"]
    yield equations.product_state([as_complex(np.eye(site.levels) / site.levels) for site in sites]) / equations.scale


def refuse_fixed_spin(model: Model) -> None:
    """UnsuitedModel where a steady state is asked for that the equations know for every total spin together."""
    for each in model.ensembles:
        if each.fixed:
            spin = "symmetric satellites" if each.j is None else f"j={each.j:g}"
            raise UnsuitedModel(
                f"cumulant equations have a steady state for every total spin, and none for {spin} of ensemble {each.name!r} alone; "
                "use permsym.steady_state, or cumulants.evolve from a state with this spin"
            )


def uncoupled(model: Model) -> list[ComplexArray]:
    """Steady states of the sites on their own, under the jumps and Hamiltonians that act on one site alone.

    A site without a unique steady state gets the maximally mixed one.
    """
    states: list[ComplexArray] = []
    for position, site in enumerate(model.sites):
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
        states.append(as_complex(rho / np.trace(rho)))
    return states


def _local(key: Product, position: int, model: Model) -> ComplexArray | None:
    """The matrix of a product that acts on one kind of site alone, by its position among the model's sites."""
    ones = model.on_centre_sites(key)
    acted = [k for k, one in enumerate(ones) if one is not None] + [len(ones) + model.ensemble(name) for name, _ in key.satellites]
    if acted != [position]:
        return None
    one = ones[position] if position < len(ones) else key.satellites[0][1]
    assert one is not None
    assert not isinstance(one, Monomial)
    return as_array(one)


def tilted(equations: Equations) -> ComplexArray:
    """Scaled moments of a product state whose sites have transverse components; modes are in coherent states."""
    model = equations.counted_model
    sites = [site for site in model.sites if site.kind != "boson"]
    states: list[ComplexArray] = []
    for site in sites:
        amplitudes = np.exp(-0.4 * np.arange(site.levels)) * np.exp(0.3j * np.arange(site.levels))
        amplitudes /= np.linalg.norm(amplitudes)
        states.append(as_complex(0.8 * np.outer(amplitudes, amplitudes.conj()) + 0.2 * np.eye(site.levels) / site.levels))
    root = max(sum(equations.sizes), 1.0) ** 0.5
    return equations.product_state(states, alpha=0.3 * root) / equations.scale


def relaxed_from_product(equations: Equations) -> FixedPoint:
    """The stable state that a product state relaxes to.

    Where there is a U(1) symmetry the product state breaks it; where there is none it is that of the lowest levels.  These may keep a
    discrete symmetry, such as the parity of the Dicke model, and lead nowhere beyond its transition: then one that breaks it follows.
    """
    if not equations.model.jumps:
        raise NoFixedPoint("mean field has no attractor without dissipation; give at least one rate a positive value")
    starts = [tilted(equations)]
    if not equations.hierarchy.alphabet.charges:
        starts.insert(0, ground_state(equations) / equations.scale)
    for start in starts:
        point = relaxed(equations, start)
        if point is not None:
            return point
    raise NoFixedPoint(
        "no stationary mean-field state was reached; the attractor is a limit cycle, or relaxation is slower than the rates suggest"
    )
