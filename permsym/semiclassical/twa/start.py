"""Where trajectories start: points whose averages are the symmetrised moments of a product state, first and second exactly.

A spin whose Bloch vector is b has (along b, and two components across) the values (+-1 with mean |b|, +-1, +-1); a class sums N of
them.  A mode is Gaussian: alpha + sqrt((2 nbar + 1)/4) (xi1 + i xi2).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.initial import InitialState, SiteState
from permsym.errors import UnsuitedModel
from permsym.semiclassical.twa.equations import Equations
from permsym.semiclassical.twa.phase_space import PhaseSpace

RealArray = NDArray[np.float64]
MIXED = SiteState("up", (0.5,))
"""A spin without a direction."""


def product_points(space: PhaseSpace, state: InitialState, number: int, rng: np.random.Generator) -> RealArray:
    """(number, D) points of a product state; UnsuitedModel for a Fock or Dicke state, whose Wigner function is negative somewhere."""
    result = np.zeros((number, space.size))
    for site in (state.centre, *state.satellites):
        if site.kind in ("fock", "dicke") and any(site.values):
            raise UnsuitedModel(
                f"truncated Wigner cannot start from {str(site)!r}, whose Wigner function is negative somewhere; "
                "start from vacuum, coherent=a or thermal=n, and from down, up, up=p or bloch=theta,phi"
            )
    if space.mode:
        alpha = state.centre.values[0] if state.centre.kind == "coherent" else 0j
        photons = state.centre.values[0].real if state.centre.kind == "thermal" else 0.0
        result[:, :2] = _mode(alpha, photons, number, rng)
    states = (state.centre, *state.satellites) if space.classes[0].ensemble is None else state.satellites
    for spins, site in zip(space.classes, states, strict=True):
        result[:, spins.start : spins.start + 3] = _spins(site, spins.N, number, rng)
    return result


def unlike_points(space: PhaseSpace, equations: Equations, idle: list[bool], number: int, rng: np.random.Generator) -> RealArray:
    """(number, D) points far from the lowest states: mixed spins, and the amplitude that an empty mode has with the drive.

    idle   classes that nothing acts on, which stay as they are
    """
    result = np.zeros((number, space.size))
    if space.mode:
        empty = equations.matrix[:2, :2]
        settles = np.linalg.eigvals(empty).real.max() < 0
        x, y = -np.linalg.solve(empty, equations.shift[:2]) if settles else (0.0, 0.0)
        result[:, :2] = _mode(complex(x, y), 0.0, number, rng)
    for spins, still in zip(space.classes, idle, strict=True):
        result[:, spins.start : spins.start + 3] = _spins(SiteState("down") if still else MIXED, spins.N, number, rng)
    return result


def _mode(alpha: complex, photons: float, number: int, rng: np.random.Generator) -> RealArray:
    width = math.sqrt((2 * photons + 1) / 4)
    return np.array([alpha.real, alpha.imag]) + width * rng.standard_normal((number, 2))


def _spins(state: SiteState, N: int, number: int, rng: np.random.Generator) -> RealArray:
    """(number, 3) sums of N spins."""
    theta, phi, up = 0.0, 0.0, state.matrix(2)[0, 0].real
    if state.kind == "bloch":
        (theta, phi), up = (value.real for value in state.values), 1.0
    a, b = (2.0 * rng.binomial(N, 0.5, number) - N for _ in range(2))
    along = 2.0 * rng.binomial(N, up, number) - N
    across = np.array([math.cos(theta) * math.cos(phi), math.cos(theta) * math.sin(phi), -math.sin(theta)])
    around = np.array([-math.sin(phi), math.cos(phi), 0.0])
    axis = np.array([math.sin(theta) * math.cos(phi), math.sin(theta) * math.sin(phi), math.cos(theta)])
    return np.asarray(np.outer(a, across) + np.outer(b, around) + np.outer(along, axis))
