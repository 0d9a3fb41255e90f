r"""One step of du/dt = L(t) u,  L(t) = sum_c f_c(t) L_c, as a Taylor polynomial whose defect is known.

With t = t0 + h s and f_c(s) = sum_i f_ci s^i, a polynomial of degree 8, the terms of u(s) = sum_k u_k s^k are

    (k + 1) u_(k+1) = h sum_c sum_i f_ci L_c u_(k-i),       k < K

The sum of the first K + 1 obeys  du/ds = h L(s) u - d(s)  with the polynomial

    d(s) = sum_(o=K)^(K+8) d_o s^o,      d_o = h sum_c sum_(i >= o-K) f_ci L_c u_(o-i)

so that it is off by no more than the integral of |d| in a norm in which the flow contracts (the trace norm), and where the functions
are off by df_c from their polynomials:

    error <= sum_o |d_o| / (o + 1)  +  h sum_c df_c sum_k |L_c u_k| / (k + 1)

A shorter step has the same polynomial: its bound costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.krylov import EPS, SAMPLES, Vector
from permsym.modulation.functions import DEGREE

Array = NDArray[np.float64]
Apply = Callable[[Vector], Vector]

MOST = 40  # terms beyond the first; more lose digits, for the largest of them grows as exp(h |L|)
_FEWEST = 6  # terms after which convergence is looked at: the first ones may vanish
_CONVERGED = 0.05  # of what a step may be off by: the share of the first term left out at which no more are made
_GRAIN = 4.0  # rounding of one term, in units of EPS and of the term: 0.3 to 2 in driven cavities and central spins


@dataclass(frozen=True)
class Fit:
    """What stands for the functions f_c on one step.

    length        h
    coefficients  (channels, 9) f_ci
    off           (channels,) df_c: by how much the fits are off
    rounding      (channels,) by how much functions are off for rounding of their values and of the time
    """

    length: float
    coefficients: Array
    off: Array
    rounding: Array


@dataclass(frozen=True)
class TaylorPolynomial:
    """u(s) of the equation above, s from 0 to 1.

    vectors    (n, K + 1) the terms u_k
    fit        the functions
    defect     (9,) |d_o| for o = K ... K + 8
    products   (channels, K + 1) |L_c u_k|
    terms      (K + 1,) |u_k|
    norm       the contracting norm of a vector is at most this times its Euclidean norm
    """

    vectors: Vector
    fit: Fit
    defect: Array
    products: Array
    terms: Array
    norm: float
    size: float = 1.0

    def weights(self, t: float) -> Array:
        """u = vectors @ weights(t) at a time t after the start."""
        return np.asarray((t / self.fit.length) ** np.arange(len(self.terms)))

    def path(self, t: float) -> Array:
        """Weights at equal distances up to t, (K + 1, times)."""
        return np.array([self.weights(t * (k + 1) / SAMPLES) for k in range(SAMPLES)]).T

    def error(self, t: float) -> float:
        """Bound of the error at t without rounding."""
        s, first = t / self.fit.length, len(self.terms) - 1
        order = np.arange(first, first + len(self.defect)) + 1
        left_out = float(self.defect @ (s**order / order))
        return float(self.norm * (left_out + self.fit.length * (self.fit.off @ self._passed(s))))

    def rounding(self, t: float) -> float:
        """Estimate of what rounding adds until t."""
        terms = _GRAIN * EPS * float(self.terms @ self.weights(t))
        return float(self.norm * (terms + t * (self.fit.rounding @ self.products[:, 0])))

    def _passed(self, s: float) -> Array:
        """sum_k |L_c u_k| s^(k+1) / (k+1) of each channel."""
        order = np.arange(len(self.terms)) + 1
        return np.asarray(self.products @ (s**order / order))


def taylor_polynomial(channels: Sequence[Apply], fit: Fit, start: Vector, norm: float, allowed: float) -> TaylorPolynomial:
    """The polynomial of one step, with as many terms as make it converge to ``allowed``, and MOST at most.

    channels   v -> L_c v
    """
    n, width = len(start), DEGREE + 1
    u: Any = np.empty((n, MOST + 2), dtype=start.dtype, order="F")
    # the last nine L_c u_k of channels that change, each in column k modulo nine
    recent = {c: np.zeros((n, width), dtype=start.dtype, order="F") for c, f in enumerate(fit.coefficients) if f[1:].any()}
    u[:, 0] = start
    terms, products = np.zeros(MOST + 2), np.zeros((len(channels), MOST + 1))
    terms[0] = np.linalg.norm(start)
    for k in range(MOST + 1):
        following = np.zeros(n, dtype=start.dtype)
        turned = (k - np.arange(width)) % width
        for c, apply in enumerate(channels):
            product = apply(u[:, k])
            products[c, k] = np.linalg.norm(product)
            if c in recent:
                recent[c][:, k % width] = product
                following += recent[c] @ fit.coefficients[c, turned]
            else:
                following += fit.coefficients[c, 0] * product
        u[:, k + 1] = fit.length / (k + 1) * following
        terms[k + 1] = np.linalg.norm(u[:, k + 1])
        if k >= _FEWEST and norm * terms[k - 1 : k + 2].max() <= _CONVERGED * allowed:
            break
    return TaylorPolynomial(u[:, : k + 1], fit, _defect(fit, products, terms, k), products[:, : k + 1], terms[: k + 1], norm)


def _defect(fit: Fit, products: Array, terms: Array, last: int) -> Array:
    """|d_o| for o = last ... last + 8: exactly of the first, which is the first term left out, of the others at most."""
    sizes = np.zeros(DEGREE + 1)
    sizes[0] = (last + 1) * terms[last + 1]
    for beyond in range(1, DEGREE + 1):
        i = np.arange(beyond, DEGREE + 1)
        k = last + beyond - i
        sizes[beyond] = fit.length * float((np.abs(fit.coefficients[:, i[k >= 0]]) * products[:, k[k >= 0]]).sum())
    return sizes
