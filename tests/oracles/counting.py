"""Counting in the whole product space: the leading eigenvalue of the tilted Liouvillian, made with QuTiP from the model's data alone."""

from __future__ import annotations

import math

import numpy as np
import qutip
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import expm_multiply

from oracles.brute_force import BruteForce

_POINTS = 24


def collapse_of(model, name):
    """The collapse operators of one jump, by its name."""
    (jump,) = [jump for jump, term in zip(model.jumps, [t for t in model.terms if t.jump], strict=True) if term.name == name]
    alone = BruteForce(type(model)(model.centre, model.ensembles, model.hamiltonian, [jump]))
    return alone.collapse()


def rates(model, name, radius=0.25):
    """lambda_k, k = 1 ... 4, of the eigenvalue of L + z J that is 0 at z = 0, from its values on a circle of this radius.

    Digits of lambda_k are lost to rounding as radius^-k, and to the next singularity, at |z| = s, as (radius / s)^24.
    """
    liouvillian = BruteForce(model).liouvillian()
    current = sum(qutip.sprepost(x, x.dag()) for x in collapse_of(model, name)).full()
    angles = 2 * np.pi * np.arange(_POINTS) / _POINTS
    values = np.array([_leading(liouvillian + radius * np.exp(1j * angle) * current) for angle in angles[: _POINTS // 2 + 1]])
    whole = np.concatenate([values, values[1:-1][::-1].conj()])
    return [float((np.exp(-1j * k * angles) @ whole).real / _POINTS / radius**k) for k in range(1, 5)]


def _leading(matrix):
    eigenvalues = np.linalg.eigvals(matrix)
    return eigenvalues[np.argmax(eigenvalues.real)]


def cumulants(rates_):
    """c_1 ... c_4 of z = exp(s) - 1: derivatives of sum_k lambda_k z^k with respect to s at 0."""
    a, b, c, d = rates_
    return [a, a + 2 * b, a + 6 * b + 6 * c, a + 14 * b + 36 * c + 24 * d]


def number_until(model, name, times, up):
    """Mean and variance of the number of jumps until each time, from tr exp((L + z J) t) rho_0 on a circle.

    up   of each site whether it begins up, or its populations
    """
    oracle = BruteForce(model)
    sites = [np.diag(one if isinstance(one, list) else [1.0, 0.0] if one else [0.0, 1.0]) for one in up]
    start = oracle.at(*enumerate(sites)).full().ravel(order="F")
    current = sum(qutip.sprepost(x, x.dag()) for x in collapse_of(model, name)).full()
    angles = 2 * np.pi * np.arange(_POINTS) / _POINTS
    trace, rows = np.eye(oracle.D).ravel(), []
    for t in times:
        values = np.array([trace @ expm_multiply(t * (oracle.liouvillian() + 0.5 * np.exp(1j * a) * current), start) for a in angles])
        first, second = (float((np.exp(-1j * k * angles) @ values).real / _POINTS / 0.5**k) for k in (1, 2))
        rows.append((first, 2 * second + first - first**2))
    return np.array(rows).T


def cumulants_until(model, name, times, up, function=lambda t: 1.0):
    """c_1 ... c_4 of the number until each time, (4, T): tr rho_z with d rho_z/dt = (L(t) + z f(t) J) rho_z on a circle, by Runge-Kutta.

    function   f(t), which multiplies the rate of the jump that is counted
    """
    oracle = BruteForce(model)
    sites = [np.diag(one if isinstance(one, list) else [1.0, 0.0] if one else [0.0, 1.0]) for one in up]
    start = oracle.at(*enumerate(sites)).full().ravel(order="F")
    operators = collapse_of(model, name)
    gain = sum(qutip.sprepost(x, x.dag()) for x in operators).full()
    jump = sum(qutip.lindblad_dissipator(x) for x in operators).full()
    rest, circle = oracle.liouvillian() - jump, 0.5 * np.exp(2j * np.pi * np.arange(_POINTS) / _POINTS)

    def slope(t, flat):
        rho = flat.reshape(-1, _POINTS)
        return (rest @ rho + function(t) * (jump @ rho + (gain @ rho) * circle)).ravel()

    first = np.repeat(start[:, None], _POINTS, axis=1).astype(complex).ravel()
    solution = solve_ivp(slope, (0, times[-1]), first, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-14)
    traces = np.eye(oracle.D).ravel() @ solution.y.reshape(oracle.D**2, _POINTS, -1).transpose(1, 0, 2)
    a, b, c, d = (math.factorial(k) * ((circle**-k) @ traces).real / _POINTS for k in range(1, 5))  # factorial moments
    m2, m3, m4 = a + b, a + 3 * b + c, a + 7 * b + 6 * c + d
    return np.array([a, m2 - a**2, m3 - 3 * m2 * a + 2 * a**3, m4 - 4 * m3 * a - 3 * m2**2 + 12 * m2 * a**2 - 6 * a**4])
