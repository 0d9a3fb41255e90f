"""Gaussian fluctuations around a fixed point of a drift, free phases included: matrices in, matrices out.

    A C + C A^T + D = P v v^T,      A m + H:K/2 = P-terms

where A is the Jacobian, D the diffusion, H the second derivative of the drift.  A phase that is free is a direction v with A v = 0; with
w A = 0 and w v = 1 it diffuses at the rate P = w D w, and everything else is stationary.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg as la

from permsym.errors import SolverFailed
from permsym.operators import ComplexArray


@dataclass(frozen=True)
class Linearised:
    """The drift near a fixed point.

    A            Jacobian (n, n)
    directions   v: columns (n, k) with A v = 0, one a free phase
    """

    A: ComplexArray
    directions: ComplexArray

    @cached_property
    def duals(self) -> ComplexArray:
        """w: rows (k, n) with w A = 0 and w v = 1."""
        k = self.directions.shape[1]
        if not k:
            return np.zeros((0, len(self.A)), dtype=complex)
        left, _, _ = np.linalg.svd(self.A)
        rows = left[:, -k:].conj().T
        return np.asarray(np.linalg.solve(rows @ self.directions, rows))

    @cached_property
    def projector(self) -> ComplexArray:
        """1 - v w: takes the free phases out."""
        return np.eye(len(self.A)) - self.directions @ self.duals

    @cached_property
    def pinned(self) -> ComplexArray:
        """A - s v w: the same matrix with phases that return at a rate s, and no zero eigenvalue."""
        rate = float(np.abs(self.A).max())
        return self.A - rate * self.directions @ self.duals

    def solve(self, right: ComplexArray) -> ComplexArray:
        """z with A z = right and w z = 0, for a right-hand side without a part along the phases."""
        return np.asarray(la.solve(self.pinned, self.projector @ right))

    def phase_diffusion(self, D: ComplexArray) -> ComplexArray:
        """P = w D w, (k, k)."""
        return self.duals @ D @ self.duals.T

    def covariance(self, D: ComplexArray) -> ComplexArray:
        """C with A C + C A^T + D = v P v^T and w C w = 0, (n, n).

        Its part without phases solves the equation with the pinned matrix; c = C w solves A c + D w = v P.
        """
        free = self.projector @ D @ self.projector.T
        try:
            inner = la.solve_sylvester(self.pinned, self.pinned.T, -free)
        except la.LinAlgError as error:  # eigenvalues that cancel in pairs: not stable
            raise SolverFailed(f"the covariance has no solution ({error}); the fixed point is not stable") from error
        mixed = self.solve(-D @ self.duals.T)
        outer = mixed @ self.directions.T
        C = inner + outer + outer.T
        return np.asarray((C + C.T) / 2)

    def defect(self, C: ComplexArray, D: ComplexArray) -> float:
        """Largest entry of what is left of the covariance's equation, relative to D."""
        left = self.A @ C + C @ self.A.T + D - self.directions @ self.phase_diffusion(D) @ self.directions.T
        return float(np.abs(left).max() / max(float(np.abs(D).max()), 1e-300))
