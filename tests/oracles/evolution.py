"""Time evolution in the whole product space, by the exponential of the dense Liouvillian."""

from __future__ import annotations

import cmath
import math

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from oracles.brute_force import BruteForce


def bloch(theta, phi):
    vector = np.array([math.cos(theta / 2), cmath.exp(1j * phi) * math.sin(theta / 2)])
    return np.outer(vector, vector.conj())


def fock(levels, n):
    matrix = np.zeros((levels, levels), dtype=complex)
    matrix[n, n] = 1
    return matrix


def product(model, centre, *satellites):
    """centre (x) satellites, each ensemble's one-site matrix as often as it has satellites."""
    result = centre
    for each, one in zip(model.ensembles, satellites, strict=True):
        for _ in range(each.N):
            result = np.kron(result, one)
    return result


def dicke(N, m):
    """The symmetric state of N spins with N/2 + m up, (2^N, 2^N)."""
    ups = np.array([N - bin(k).count("1") for k in range(2**N)])  # level 0 is up
    vector = (ups == round(N / 2 + m)) * 1.0
    vector /= np.linalg.norm(vector)
    return np.outer(vector, vector)


def moments(model, rho, times, labels):
    """Moments at ascending times, (labels, T)."""
    oracle = BruteForce(model)
    matrix, state, now, rows = oracle.liouvillian(), rho.ravel(order="F"), 0.0, []
    for t in times:
        state = expm((t - now) * matrix) @ state
        now = t
        rows.append([oracle.moment(state.reshape(oracle.D, oracle.D, order="F"), label) for label in labels])
    return np.array(rows).T


def driven_moments(constant, parts, rho, times, labels):
    """The same where the Liouvillian is that of ``constant`` plus f(t) (that of one model - that of another) for ``parts`` (f, one, other).

    Integrated by an explicit Runge-Kutta method of order 8 in short steps that end at the times and, where f has them, at its ``kinks``.
    """
    oracle = BruteForce(constant)
    base = oracle.liouvillian()
    parts = [(f, BruteForce(one).liouvillian() - BruteForce(other).liouvillian()) for f, one, other in parts]
    ends = sorted({*times, *(t for f, _ in parts for t in getattr(f, "kinks", ()) if t < times[-1])})
    state, now, rows = rho.ravel(order="F"), 0.0, {}
    for t in ends:
        if t > now:
            edge = 1e-13 * (t - now)  # the values just inside, where a function jumps

            def slope(s, x, now=now, t=t, edge=edge):
                inside = min(max(s, now + edge), t - edge)
                return base @ x + sum(f(inside) * (matrix @ x) for f, matrix in parts)

            state = solve_ivp(slope, (now, t), state, method="DOP853", rtol=1e-12, atol=1e-14, max_step=0.05).y[:, -1]
        now = t
        rows[t] = [oracle.moment(state.reshape(oracle.D, oracle.D, order="F"), label) for label in labels]
    return np.array([rows[t] for t in times]).T
