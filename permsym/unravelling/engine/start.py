"""Kets that chains start from: a product state, drawn where it is a mixture, or a state far from the lowest one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from permsym.dynamics.initial import InitialState, SiteState, parse_initial
from permsym.factorials import log_factorial
from permsym.model import Model
from permsym.operators import ComplexArray
from permsym.sites import Boson


@dataclass(frozen=True)
class Ket:
    """A pure state of the centre and one copy of a collective spin.

    J        twice the collective spin
    first    level of the centre and number of spins up at psi[0, 0]
    psi      (levels, numbers of spins up) amplitudes
    alpha    frame of the mode
    """

    J: int
    first: tuple[int, int]
    psi: ComplexArray
    alpha: complex = 0j


def product_ket(model: Model, state: InitialState, displaced: bool, rng: np.random.Generator) -> Ket:
    """A ket of a product state; of a mixture, one of its pure states with that probability."""
    N = model.ensembles[0].N
    level, centre, alpha = _centre(model, state.centre, displaced, rng)
    J, up, spins = _spins(N, state.satellites[0], rng)
    return Ket(J, (level, up), np.outer(centre, spins).astype(complex), alpha)


def upper_state(model: Model) -> InitialState:
    """A product state far from the lowest one.

    A driven mode has the amplitude that it would have without spins, which are mixed then; else all sites are up.  Spins that no
    individual jump moves stay as a collective spin, that of the lowest state.
    """
    centre = SiteState("up") if model.centre.kind == "spin" else SiteState("level", (model.centre.levels - 1,))
    mixed = any(jump.kind == "individual" for jump in model.jumps)
    lowest = parse_initial("", model).satellites[0]
    spins = SiteState("dicke", (lowest.values[0], lowest.values[0])) if lowest.kind == "dicke" else SiteState("up")
    if isinstance(model.centre, Boson):
        amplitude = 0j if any(charge[0] for charge in model.charges) else empty_amplitude(model)
        centre = SiteState("coherent", (amplitude,)) if amplitude else SiteState("vacuum")
        spins = SiteState("up", (0.5,)) if amplitude and mixed else spins
    return InitialState(centre, (spins,), (model.ensembles[0].name,))


def empty_amplitude(model: Model) -> complex:
    """Where d<a>/dt = c + x <a> + y <ad>, its part without spins and higher powers, vanishes; 0 where it does not settle there."""
    assert isinstance(model.centre, Boson)
    c = x = y = 0j
    for key, value in model.heisenberg(model.centre.a).terms.items():
        if key.satellites:
            continue
        if key.centre is None:
            c += value
        elif key.centre == (0, 1):
            x += value
        elif key.centre == (1, 0):
            y += value
    matrix = np.array([[x, y], [y.conjugate(), x.conjugate()]])
    if np.linalg.eigvals(matrix).real.max() >= 0:
        return 0j
    return complex(-np.linalg.solve(matrix, [c, c.conjugate()])[0])


def _centre(model: Model, state: SiteState, displaced: bool, rng: np.random.Generator) -> tuple[int, ComplexArray, complex]:
    """First level, amplitudes and frame of the centre."""
    if isinstance(model.centre, Boson):
        if state.kind == "coherent" and displaced:
            return 0, np.ones(1, dtype=complex), state.values[0]
        if state.kind == "coherent":
            n = np.arange(state.levels)
            size = abs(state.values[0])
            amplitudes = np.exp(xlogy(n, size) - size**2 / 2 - log_factorial(n) / 2) * np.exp(1j * np.angle(state.values[0]) * n)
            return 0, amplitudes, 0j
        photons = state.values[0].real if state.values else 0.0
        if state.kind == "thermal":
            photons = rng.geometric(1 / (1 + photons)) - 1.0
        return int(photons), np.ones(1, dtype=complex), 0j
    if state.kind == "bloch":
        return 0, _bloch(1, state), 0j
    if state.kind == "up" and state.values:
        return int(rng.random() >= state.values[0].real), np.ones(1, dtype=complex), 0j
    level = int(state.values[0].real) if state.kind == "level" else int(state.kind == "down")
    return level, np.ones(1, dtype=complex), 0j


def _spins(N: int, state: SiteState, rng: np.random.Generator) -> tuple[int, int, ComplexArray]:
    """2j, the first number of spins up, and amplitudes."""
    if state.kind == "bloch":
        return N, 0, _bloch(N, state)[::-1]
    if state.kind == "dicke":
        j, m = (value.real for value in state.values)
        return round(2 * j), round(N / 2 + m), np.ones(1, dtype=complex)
    if state.kind == "up" and state.values and 0 < state.values[0].real < 1:
        up = int(rng.binomial(N, state.values[0].real))
        J = np.arange(abs(2 * up - N), N + 1, 2)  # each copy of each j has the same share of the states with so many spins up
        copies = np.log(J + 1) - log_factorial((N + J) // 2 + 1) - log_factorial((N - J) // 2)
        shares = np.exp(copies - copies.max())
        return int(rng.choice(J, p=shares / shares.sum())), up, np.ones(1, dtype=complex)
    all_up = state.kind == "up" and (not state.values or state.values[0].real > 0)
    return N, N if all_up else 0, np.ones(1, dtype=complex)


def _bloch(N: int, state: SiteState) -> ComplexArray:
    """Amplitudes of N spins along one direction by the number of spins down."""
    theta, phi = (value.real for value in state.values)
    k = np.arange(N + 1)
    up, down = math.cos(theta / 2), math.sin(theta / 2)
    size = (log_factorial(k[-1]) - log_factorial(k) - log_factorial(N - k)) / 2 + xlogy(N - k, abs(up)) + xlogy(k, abs(down))
    return np.asarray(np.exp(size) * np.sign(up) ** (N - k) * (np.sign(down) * np.exp(1j * phi)) ** k)
