"""Leading finite-size correction of the driven cavity: Maxwell-Bloch equations with Gaussian noise around their steady state.

Per-spin variables x = (a, a^*, s_l, s_l^*, z_l) fluctuate with a covariance S / N that solves J S + S J^T + D = 0, with D from the
dissipators alone (symmetric ordering), and the curvature f of the drift displaces the mean by -J^{-1} f : S / N.
"""

import numpy as np
from scipy.linalg import solve_sylvester
from scipy.optimize import brentq

SM = np.array([[0, 0], [1, 0]], dtype=complex)
SP = SM.T
SPINS = (SM, SP, np.diag([1.0, -1.0]).astype(complex))


def homogeneous_drive(C, kappa, gamma):
    """Upper turning point of eq. (18) for C >= 8, the drive where |a| is steepest below, at N = 1."""
    u = (C - 2 - np.sqrt(C * (C - 8))) / 2 if C > 8 else 3.0
    return kappa * np.sqrt(u * gamma / (2 * C * kappa)) * (1 + C / (1 + u))


def correction(C, eta, kappa=1.0, gamma=0.5, Delta=(0.0,), weights=(1.0,)):
    """c in |<a>|^2 = |<a>|^2_MB (1 + c / N) on the branch with the fewest photons; resonant cavity, symmetric detunings."""
    G = np.sqrt(C * kappa * gamma)
    D, p = np.asarray(Delta), np.asarray(weights)
    inversion = lambda n: -1 / (1 + 2 * G**2 * n / (gamma**2 + D**2))  # noqa: E731
    holds = lambda n: np.sqrt(n) * (kappa - np.sum(p * G**2 * inversion(n) * gamma / (gamma**2 + D**2)))  # noqa: E731
    grid = np.geomspace(1e-6, 10, 4000)
    first = next(i for i, n in enumerate(grid) if holds(n) > eta)
    n = brentq(lambda n: holds(n) - eta, grid[first - 1], grid[first], xtol=1e-15)
    a, z = np.sqrt(n), inversion(n)
    s = 1j * G * z * a / (gamma + 1j * D)
    size = 2 + 3 * len(p)
    J, noise = np.zeros((size, size), dtype=complex), np.zeros((size, size), dtype=complex)
    J[0, 0] = J[1, 1] = -kappa
    noise[0, 1] = noise[1, 0] = kappa
    at = [slice(2 + 3 * k, 5 + 3 * k) for k in range(len(p))]
    for k, here in enumerate(at):
        J[:2, here] = G * p[k] * np.array([[-1j, 0, 0], [0, 1j, 0]])
        J[here, :2] = 1j * G * np.array([[z[k], 0], [0, -z[k]], [-2 * s[k].conj(), 2 * s[k]]])
        J[here, here] = [
            [-gamma - 1j * D[k], 0, 1j * G * a],
            [0, -gamma + 1j * D[k], -1j * G * a],
            [2j * G * a, -2j * G * a, -2 * gamma],
        ]
        state = np.array([[(1 + z[k]) / 2, s[k]], [s[k].conj(), (1 - z[k]) / 2]])
        noise[here, here] = [[np.trace(state @ _diffusion(A, B, gamma)) / p[k] for B in SPINS] for A in SPINS]
    S = solve_sylvester(J, J.T, -noise)
    curvature = np.zeros(size, dtype=complex)
    for here in at:
        i, j, m = range(here.start, here.stop)
        curvature[here] = [1j * G * S[m, 0], -1j * G * S[m, 1], 2j * G * (S[i, 1] - S[j, 0])]
    return float(2 * (-np.linalg.solve(J, curvature)[0] / a).real)


def _diffusion(A, B, gamma):
    adjoint = lambda X: gamma * (2 * SP @ X @ SM - SP @ SM @ X - X @ SP @ SM)  # noqa: E731
    product = lambda X, Y: (X @ Y + Y @ X) / 2  # noqa: E731
    return adjoint(product(A, B)) - product(adjoint(A), B) - product(A, adjoint(B))
