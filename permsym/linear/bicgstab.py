"""BiCGStab(l) in place: 2 l + 4 vectors, no copies.

    A x = b,    r = b - A x

G. L. G. Sleijpen, D. R. Fokkema, Electron. Trans. Numer. Anal. 1, 11 (1993), algorithm 3.1, with the minimal-residual part
from the Gram matrix.  The recurrence is restarted on the true residual, which recovers the digits that it loses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import kernels

Vector = NDArray[Any]
Product = Callable[[Vector, Vector], None]
"""Writes the product with its first argument into the second."""
Watch = Callable[[int, float], None]
"""Called after every cycle with (products, norm of the residual)."""

_BREAKDOWN = 1e-290  # an inner product below which a quotient by it may overflow
# Reduction after which the recurrence is started afresh from the true residual.  Solves of 8,000 to 83,000 unknowns to 1e-13 take
# 14 to 20 % more products with 1e-3, and 2 to 9 % fewer with 1e-9.
_RESTART = 1e-7
_PROGRESS = 0.8  # of the smallest residual so far: a tenth of a digit
_HOPELESS = 3000  # products without that progress after which to give up; the longest pause of those solves was 33
_DIVERGED = 1e8  # growth of the residual that counts as a breakdown
_PEAK, _DESCENT = 1e3, 1e-2  # after such a peak of the residual, and such a fall from it, half of the digits are lost
_STALLED = 6  # restarts in a row that may fail to reduce the residual by a tenth


class Halt(Enum):
    """Why an iteration ended.

    ===========  ==============================================================================
    CONVERGED    |b - A x| <= tolerance
    BUDGET       the products are spent
    STAGNATED    the residual fell no further, within a recurrence or from restart to restart
    BREAKDOWN    the recurrence divided by zero or diverged, again after restarts
    ===========  ==============================================================================
    """

    CONVERGED = "converged"
    BUDGET = "budget"
    STAGNATED = "stagnated"
    BREAKDOWN = "breakdown"


@dataclass(frozen=True)
class Outcome:
    """How an iteration ended: products made, norm |b - A x| of the true residual, and why."""

    products: int
    residual: float
    halt: Halt

    @property
    def converged(self) -> bool:
        return self.halt is Halt.CONVERGED


def bicgstab(
    product: Product,
    right: Vector,
    x: Vector,
    l: int,  # noqa: E741
    tolerance: float,
    products: int,
    watch: Watch | None = None,
) -> Outcome:
    """Solve A x = right, starting from and overwriting x, until |right - A x| <= tolerance or the products are spent.

    In the precision of ``right`` and x, which is one.
    """
    recurrence = _Recurrence(product, right, x, l, products, watch)
    norm, stalled, trouble = recurrence.restart(), 0, None
    while norm > tolerance and recurrence.spent < products and stalled < _STALLED:
        trouble = recurrence.run(norm, max(0.5 * tolerance, _RESTART * norm))
        before, norm = norm, recurrence.restart()
        if trouble is Halt.STAGNATED:
            return Outcome(recurrence.spent, norm, trouble)
        stalled = 0 if norm < 0.9 * before else stalled + 1
    if norm <= tolerance:
        return Outcome(recurrence.spent, norm, Halt.CONVERGED)
    if math.isfinite(norm) and stalled < _STALLED:
        return Outcome(recurrence.spent, norm, Halt.BUDGET)
    return Outcome(recurrence.spent, norm, trouble or Halt.STAGNATED)


class _Recurrence:
    """Residuals r_i = A^i r_0 and directions u_i = A^i u_0, i = 0 ... l, one a row; r_0 is that of x."""

    def __init__(self, product: Product, right: Vector, x: Vector, l: int, products: int, watch: Watch | None) -> None:  # noqa: E741
        self.product, self.right, self.x, self.l = product, right, x, l
        self.products, self.watch = products, watch
        self.r, self.u = np.zeros((l + 1, len(x)), x.dtype), np.zeros((l + 1, len(x)), x.dtype)
        self.shadow = np.empty_like(x)
        self.spent = 0
        self.lowest, self.gained = np.inf, 0  # smallest residual so far, and the products at which it was reached
        self.rho = self.alpha = self.omega = 1.0

    def restart(self) -> float:
        """|right - A x|, with the true residual put into r_0."""
        r = self.r[0]
        self.product(self.x, r)
        self.spent += 1
        np.subtract(self.right, r, out=r)
        return float(np.sqrt(kernels.dot(r, r)))

    def run(self, norm: float, target: float) -> Halt | None:
        """Cycles from the true residual, of this norm, until the recurrence's is below the target; else what ended them early.

        None also where the products are spent, or where the residual has drifted from the true one and a restart will do.
        """
        self.shadow[:] = self.r[0]
        self.u[0] = 0
        self.rho, self.alpha, self.omega = 1.0, 0.0, 1.0
        size = highest = norm
        while size > target and self.spent < self.products:
            regular = self.cycle()
            self.spent += 2 * self.l
            if not regular:
                return Halt.BREAKDOWN
            size = float(np.sqrt(kernels.dot(self.r[0], self.r[0])))
            if self.watch is not None:
                self.watch(self.spent, size)
            if size < _PROGRESS * self.lowest:
                self.lowest, self.gained = size, self.spent
            if self.spent - self.gained > _HOPELESS:
                return Halt.STAGNATED
            if not np.isfinite(size) or size > _DIVERGED * norm or self.omega == 0:
                return Halt.BREAKDOWN
            highest = max(highest, size)
            if highest > _PEAK * norm and size < _DESCENT * highest:
                return None
        return None

    def cycle(self) -> bool:
        """l steps of BiCG, then the smallest residual in the space of r_0 ... r_l; False where a step divides by zero."""
        product, r, u, shadow = self.product, self.r, self.u, self.shadow
        self.rho *= -self.omega
        for j in range(self.l):
            rho = kernels.dot(r[j], shadow)
            if abs(self.rho) < _BREAKDOWN:
                return False
            beta = self.alpha * rho / self.rho
            self.rho = rho
            kernels.directions(r, u, beta, j)
            product(u[j], u[j + 1])
            gamma = kernels.dot(u[j + 1], shadow)
            if abs(gamma) < _BREAKDOWN:
                return False
            self.alpha = rho / gamma
            kernels.residuals(self.x, r, u, self.alpha, j)
            product(r[j], r[j + 1])
        gram = kernels.gram(r)
        g = np.linalg.lstsq(gram[1:, 1:] / gram[0, 0], gram[1:, 0] / gram[0, 0], rcond=None)[0]
        kernels.minimal(self.x, r, u, g)
        self.omega = float(g[-1])
        return True
