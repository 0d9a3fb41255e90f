"""Models whose parameters change in time, in the whole product space: dense Liouvillians, scipy's integrator, harmonic balance by LU."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import csc_array, eye_array, kron
from scipy.sparse.linalg import splu

from oracles.brute_force import BruteForce


class Driven:
    """L(t) = L_0 + sum_k f_k(t) L_k for parameters that enter linearly.

    make        parameters -> model
    functions   parameter -> function of time
    """

    def __init__(self, make, functions):
        still = make(**dict.fromkeys(functions, 0.0))
        self.oracle = BruteForce(still)
        self.constant = self.oracle.liouvillian()
        self.functions = list(functions.values())
        unit = [make(**{**dict.fromkeys(functions, 0.0), name: 1.0}) for name in functions]
        self.parts = [BruteForce(model).liouvillian() - self.constant for model in unit]

    def liouvillian(self, t):
        return self.constant + sum(f(t) * part for f, part in zip(self.functions, self.parts, strict=True))

    def states(self, rho, times, kinks=()):
        """Density matrices at ascending times, (T, D, D); rho stands at t = 0."""
        shape, state, now, found = rho.shape, rho.ravel(order="F").astype(complex), 0.0, []
        for t in times:
            state = self._propagated(state, now, t, kinks)
            now = t
            found.append(state.reshape(shape, order="F"))
        return np.array(found)

    def moments(self, rho, times, labels, kinks=()):
        """(labels, T)."""
        return np.array([[self.oracle.moment(state, label) for state in self.states(rho, times, kinks)] for label in labels])

    def period_map(self, period, kinks=()):
        """The propagator over one period, (D^2, D^2)."""
        identity = np.eye(self.oracle.D**2, dtype=complex)
        return self._propagated(identity, 0.0, period, kinks)

    def _propagated(self, state, start, end, kinks):
        edges = [start, *(t for t in sorted(kinks) if start < t < end), end]
        for a, b in pairwise(edges):
            if a == b:
                continue
            shape, inside = state.shape, (np.nextafter(a, b), np.nextafter(b, a))
            solution = solve_ivp(
                lambda t, y, shape=shape, inside=inside: (self.liouvillian(np.clip(t, *inside)) @ y.reshape(shape)).ravel(),
                (a, b),
                state.ravel(),
                method="DOP853",
                rtol=1e-13,
                atol=1e-14,
            )
            state = solution.y[:, -1].reshape(shape)
        return state


def harmonic_balance(constant, driven, amplitude, omega, total, harmonics):
    """rho_k of the periodic state sum_k rho_k exp(i k omega t), (2 K + 1, n), of L(t) = L_0 + 2 amplitude cos(omega t) L_1.

        (L_0 - i k omega) rho_k + amplitude L_1 (rho_(k-1) + rho_(k+1)) = 0,    total . rho_k = 1 for k = 0, else 0

    by one LU factorisation: the row of the largest entry of ``total`` in block 0 is replaced by the condition.
    """
    n, blocks = len(total), 2 * harmonics + 1
    orders = np.arange(-harmonics, harmonics + 1)
    beside = eye_array(blocks, k=1) + eye_array(blocks, k=-1)
    diagonal = csc_array((1j * omega * orders, (range(blocks), range(blocks))), shape=(blocks, blocks))
    matrix = kron(eye_array(blocks), csc_array(constant)) + amplitude * kron(beside, csc_array(driven)) - kron(diagonal, eye_array(n))
    matrix = matrix.tolil()
    row = harmonics * n + int(np.argmax(np.abs(total)))
    matrix[row, :] = 0
    matrix[row, harmonics * n : (harmonics + 1) * n] = total
    right = np.zeros(blocks * n, dtype=complex)
    right[row] = 1
    matrix = matrix.tocsc()
    factor = splu(matrix)
    x = factor.solve(right)
    x += factor.solve(right - matrix @ x)
    return orders, x.reshape(blocks, n)
