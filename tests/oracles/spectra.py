"""S(omega) and its lines in the whole product space: dense algebra with QuTiP's Liouvillian."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from oracles.two_time import TwoTime


class Dense:
    """S(w) = 2 Re tr[A (i w - L)^-1 (B rho - tr(B rho) rho)] of a model, one solve a frequency."""

    def __init__(self, model):
        self.two_time = TwoTime(model)
        self.rho = self.two_time.rho
        self.liouvillian = self.two_time.space.liouvillian()

    def vectors(self, of, right):
        """(covector of A, vector of B rho without its part that never decays, <A><B>)."""
        a, b = self.two_time.operator(of), self.two_time.operator(right)
        x = b @ self.rho
        x -= np.trace(x) * self.rho
        return a.ravel(), x.ravel(order="F"), np.trace(a @ self.rho) * np.trace(b @ self.rho)

    def power(self, of, right, frequencies):
        a, x, _ = self.vectors(of, right)
        D = len(self.rho)
        never = np.outer(self.rho.ravel(order="F"), np.eye(D).ravel(order="F"))  # rho tr: what it adds to L moves no traceless vector
        return np.array([2 * (a @ np.linalg.solve(1j * w * np.eye(D * D) - self.liouvillian + never, x)).real for w in frequencies])

    def lines(self, of, right):
        """(eigenvalues, shares of <A B> without the coherent part) of those that the function sees, with left and right vectors."""
        a, x, _ = self.vectors(of, right)
        values, left, vectors = linalg.eig(self.liouvillian, left=True)
        left = left.conj()
        shares = (a @ vectors) * (left.T @ x) / (left * vectors).sum(axis=0) / (a @ x)
        seen = np.abs(shares) > 1e-9
        return values[seen], shares[seen]
