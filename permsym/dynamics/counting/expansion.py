"""The rate lambda(z) at which the generating function of counted jumps grows, expanded around z = 0.

    (L + z J) rho(z) = lambda(z) rho(z),      tr rho(z) = 1,      <(1 + z)^n>_t  ~  exp(lambda(z) t)

with the current superoperator J of the jump, order by order:

    lambda_k = tr J rho_{k-1},      L rho_k = -J rho_{k-1} + sum_{i=1..k} lambda_i rho_{k-i},      tr rho_k = 0

One solve with L an order.  Cumulants are c_n = sum_k k! S(n, k) lambda_k, S of the second kind (C. Flindt et al., Phys. Rev. B 82, 155407).

The error of lambda_k is that of a linear functional of the residuals r_m of these equations, with dual vectors u_d, j = J^T tr:

    L^T u_d = -b_d  but for a multiple of tr,      u_d . rho_0 = 0
    b_0 = j,     b_d = J^T u_{d-1} - sum_{s=1..d} (lambda_s u_{d-s} + (u_{d-s} . rho_{s-1}) j)
    error of lambda_k  =  b_{k-1} . (error of rho_0)  +  sum_{m=1..k-1} u_{k-1-m} . r_m
"""

from __future__ import annotations

from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
EPS = float(np.finfo(float).eps)
_ROUNDINGS = 8  # in entries of j and in a sum over them
STIRLING = {1: (1,), 2: (1, 2), 3: (1, 6, 6), 4: (1, 14, 36, 24)}
"""k! S(n, k) for k = 1 ... n."""


class Dual(Protocol):
    """A dual vector y with <y> = 0, and what a route knows of it."""

    @property
    def y(self) -> Vector: ...


D = TypeVar("D", bound=Dual)


class Solved(NamedTuple):
    """v with L v = right, tr v = 0, where right = -J before + ... ."""

    v: Vector
    before: Vector
    right: Vector


class Responses(Protocol, Generic[D]):
    """What a route to the steady state can solve besides, in real numbers (n,) with the inner product a @ b.

    x      the steady state
    flux   j, with j @ x = tr J x
    """

    @property
    def x(self) -> Vector: ...

    @property
    def flux(self) -> Vector: ...

    def jumped(self, v: Vector) -> Vector:
        """J v."""

    def jumped_back(self, y: Vector) -> Vector:
        """J^T y."""

    def response(self, right: Vector) -> Vector:
        """v with L v = right and tr v = 0."""

    def dual(self, covector: Vector) -> D:
        """y with L^T y = c - <c> tr and <y> = 0."""

    def error(self, covector: Vector, dual: D) -> float:
        """Error estimate of c @ x."""

    def beside(self, v: Vector) -> float:
        """Error estimate of j @ v from what a window or a cut-off leaves out of j."""

    def worth(self, dual: D, solved: Solved) -> float:
        """Error estimate of what the residual of a solution, its rounding and what was cut off are worth to a dual vector."""


class Rates(NamedTuple):
    """lambda_k, k = 1 ... order, and error estimates."""

    values: tuple[float, ...]
    errors: tuple[float, ...]

    def cumulant(self, n: int, efficiency: float = 1.0) -> tuple[float, float]:
        """c_n with its error where every jump is counted with this probability: J becomes efficiency J."""
        weights = [factor * efficiency**k for k, factor in enumerate(STIRLING[n], 1)]
        value = sum(w * x for w, x in zip(weights, self.values, strict=False))
        return value, sum(abs(w) * e for w, e in zip(weights, self.errors, strict=False))


class Expansion(Generic[D]):
    """lambda(z) order by order, as far as it was asked for.

    states   rho_0, rho_1, ...; orders: how rho_1, ... were solved for
    values   lambda_1, lambda_2, ...
    """

    def __init__(self, responses: Responses[D]) -> None:
        j, x = responses.flux, responses.x
        self.responses = responses
        self.states, self.orders, self.values = [x], list[Solved](), [float(j @ x)]
        self.covectors, self.duals = [j], [responses.dual(j)]  # b_0 ..., and -u_0 ...

    def to(self, order: int) -> Rates:
        """lambda_1 ... lambda_order with their errors: order - 1 solves, and order transposed ones."""
        while len(self.values) < order:
            self._solve()
            self._solve_transposed()
        return Rates(tuple(self.values), tuple(self._error(k) for k in range(1, order + 1)))

    def _solve(self) -> None:
        k = len(self.states)
        right = sum((self.values[i - 1] * self.states[k - i] for i in range(1, k + 1)), -self.responses.jumped(self.states[-1]))
        self.orders.append(Solved(self.responses.response(right), self.states[-1], right))
        self.states.append(self.orders[-1].v)
        self.values.append(float(self.responses.flux @ self.states[-1]))

    def _solve_transposed(self) -> None:
        d, u, j = len(self.duals), [-dual.y for dual in self.duals], self.responses.flux
        pulled = self.responses.jumped_back(u[d - 1])
        for s in range(1, d + 1):
            pulled = pulled - self.values[s - 1] * u[d - s] - float(u[d - s] @ self.states[s - 1]) * j
        self.covectors.append(pulled)
        self.duals.append(self.responses.dual(pulled))

    def _error(self, k: int) -> float:
        responses, v = self.responses, self.states[k - 1]
        error = responses.error(self.covectors[k - 1], self.duals[k - 1]) + responses.beside(v)
        error += _ROUNDINGS * EPS * float(np.abs(responses.flux) @ np.abs(v))
        return error + sum(responses.worth(self.duals[k - 1 - m], self.orders[m - 1]) for m in range(1, k))
