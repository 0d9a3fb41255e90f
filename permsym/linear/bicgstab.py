"""BiCGStab(l) in place: 2 l + 4 vectors, no copies.

G. L. G. Sleijpen, D. R. Fokkema, Electron. Trans. Numer. Anal. 1, 11 (1993), algorithm 3.1, with the minimal-residual part
from the Gram matrix.  Restarted on the true residual, which recovers the digits that the recurrence loses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym import kernels

Vector = NDArray[np.float64]
Product = Callable[[Vector, Vector], None]
"""Writes the product with its first argument into the second."""
Watch = Callable[[int, float], None]
"""Called after every cycle with (products, norm of the residual)."""

_BREAKDOWN = 1e-290
_RESTART = 1e-7  # reduction after which the recurrence is started afresh from the true residual
_HOPELESS = 3000  # products without a tenth of a digit gained after which to give up
_STALLED = 6  # restarts in a row that may fail to reduce the residual


@dataclass(frozen=True)
class Outcome:
    """How an iteration ended: products made, norm of the true residual, and whether that is within the tolerance."""

    products: int
    residual: float
    converged: bool


def bicgstab(
    product: Product,
    right: Vector,
    x: Vector,
    l: int,  # noqa: E741
    tolerance: float,
    products: int,
    watch: Watch | None = None,
) -> Outcome:
    """Solve A x = right, starting from and overwriting x, until |right - A x| <= tolerance or the products are spent."""
    n = len(x)
    r, u = np.zeros((l + 1, n)), np.zeros((l + 1, n))
    shadow = np.empty(n)
    spent, stalled = 0, 0
    lowest, gained = np.inf, 0

    def true_residual() -> float:
        product(x, r[0])
        np.subtract(right, r[0], out=r[0])
        return float(np.sqrt(kernels.dot(r[0], r[0])))

    norm = true_residual()
    spent += 1
    while norm > tolerance and spent < products:
        target = max(0.5 * tolerance, _RESTART * norm)
        shadow[:] = r[0]
        u[0] = 0
        rho0, alpha, omega = 1.0, 0.0, 1.0
        size, broken = norm, False
        highest = norm
        while size > target and spent < products and not broken:
            rho0 *= -omega
            for j in range(l):
                rho1 = kernels.dot(r[j], shadow)
                if abs(rho0) < _BREAKDOWN:
                    broken = True
                    break
                beta = alpha * rho1 / rho0
                rho0 = rho1
                kernels.directions(r, u, beta, j)
                product(u[j], u[j + 1])
                gamma = kernels.dot(u[j + 1], shadow)
                if abs(gamma) < _BREAKDOWN:
                    broken = True
                    break
                alpha = rho0 / gamma
                kernels.residuals(x, r, u, alpha, j)
                product(r[j], r[j + 1])
            spent += 2 * l
            if broken:
                break
            gram = kernels.gram(r)
            g = np.linalg.lstsq(gram[1:, 1:] / gram[0, 0], gram[1:, 0] / gram[0, 0], rcond=None)[0]
            kernels.minimal(x, r, u, g)
            omega = float(g[-1])
            size = float(np.sqrt(kernels.dot(r[0], r[0])))
            if watch is not None:
                watch(spent, size)
            if size < 0.8 * lowest:
                lowest, gained = size, spent
            if spent - gained > _HOPELESS:
                return Outcome(spent + 1, true_residual(), False)
            if not np.isfinite(size) or size > 1e8 * norm or omega == 0:
                broken = True
            highest = max(highest, size)
            if highest > 1e3 * norm and size < 1e-2 * highest:
                break  # the recurrence has drifted from the true residual
        before = norm
        norm = true_residual()
        spent += 1
        stalled = stalled + 1 if not norm < 0.9 * before else 0
        if stalled >= _STALLED:
            break
    return Outcome(spent, norm, bool(norm <= tolerance))
