"""Solves with an assembled matrix by BiCGStab(l): what :class:`permsym.linear.assembled.solver.BiCGStab` makes in place of factors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.linear import bicgstab
from permsym.linear.assembled.operator import Operator
from permsym.linear.assembled.solver import BiCGStab, Outer, Vector
from permsym.linear.superlu import in_two_parts

EPS = float(np.finfo(float).eps)
_ROUGH = 1e-7  # of a right side: residual of an estimate; two of them make a dual vector as good as rounding allows
_APPROACH = 1e-7  # of a right side: from there the size of the solution is known, and the tolerance relative to it
_ROUNDS = 4


def doubled(matrix: sparse.csc_array) -> sparse.csc_array:
    """A complex matrix on real and imaginary parts, one below the other."""
    return sparse.block_array([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]], format="csc")


class Iteration:
    """A :class:`permsym.linear.contract.Factor` that iterates.

    last   how the last solve ended; None: there was none
    """

    refined = True

    def __init__(self, settings: BiCGStab, matrix: sparse.csc_array, outer: Outer | None = None) -> None:
        self.settings = settings
        self.operator = Operator(matrix, outer)
        self.fill = int(matrix.nnz)
        self.last: bicgstab.Outcome | None = None
        self.floor = max(settings.tolerance, EPS * matrix.shape[0] ** 0.5)

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, lambda b: self.solved(b, np.zeros(len(b))))

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(
            right, lambda c: self._precisely(self.operator.transposed, self.operator.scale_transposed * c, np.zeros(len(c)))
        )

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, lambda b: self._roughly(self.operator.product, self.operator.scale * b))

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, lambda c: self._roughly(self.operator.transposed, self.operator.scale_transposed * c))

    def solved(self, right: Vector, start: Vector, watch: bicgstab.Watch | None = None) -> Vector:
        """The solution from a start, which is overwritten; :attr:`last` says how it went."""
        return self._precisely(self.operator.product, self.operator.scale * right, start, watch)

    def relative_residual(self, x: Vector) -> float:
        """Of the last solution x: of the scaled equations, relative to x (2-norms)."""
        size = float(np.linalg.norm(x))
        return self.last.residual / size if self.last is not None and size else 0.0

    def _columns(self, right: NDArray[Any], solve: Callable[[Vector], Vector]) -> NDArray[Any]:
        def every(real: NDArray[Any]) -> NDArray[Any]:
            columns = real.astype(float, copy=False).reshape(len(real), math.prod(real.shape[1:]))
            result = np.zeros(columns.shape)
            for k, column in enumerate(columns.T):
                result[:, k] = solve(np.ascontiguousarray(column))
            return result.reshape(real.shape)

        return in_two_parts(every, right)

    def _precisely(self, product: bicgstab.Product, right: Vector, x: Vector, watch: bicgstab.Watch | None = None) -> Vector:
        """Until |right - A x| is below the floor times |x|: of the answer, which may be far larger or smaller than where it began."""
        budget, spent = self.settings.products, 0
        goal = max(_APPROACH * float(np.linalg.norm(right)), self.floor * float(np.linalg.norm(x)))
        for _ in range(_ROUNDS):
            outcome = bicgstab.bicgstab(product, right, x, self.settings.l, goal, max(budget - spent, 1), watch)
            spent += outcome.products
            goal = self.floor * float(np.linalg.norm(x))
            if not outcome.converged or outcome.residual <= goal:
                break
        self.last = bicgstab.Outcome(spent, outcome.residual, outcome.halt)
        return x

    def _roughly(self, product: bicgstab.Product, right: Vector) -> Vector:
        x = np.zeros(len(right))
        size = float(np.linalg.norm(right))
        if size:
            self.last = bicgstab.bicgstab(product, right, x, self.settings.l, _ROUGH * size, self.settings.products)
        return x


class Doubled:
    """The same of a complex matrix, by an iteration with its real and imaginary parts."""

    refined = True

    def __init__(self, iteration: Iteration) -> None:
        self.iteration = iteration
        self.fill = iteration.fill

    @property
    def last(self) -> bicgstab.Outcome | None:
        return self.iteration.last

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return _as_one(self.iteration.solve, right, 1)

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return _as_one(self.iteration.solve_transposed, right, -1)

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        return _as_one(self.iteration.estimate, right, 1)

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return _as_one(self.iteration.estimate_transposed, right, -1)


def _as_one(solve: Callable[[NDArray[Any]], NDArray[Any]], right: NDArray[Any], sign: int) -> NDArray[Any]:
    """Complex from real parts; the transpose of the doubled matrix is that of the conjugate: sign = -1."""
    both = solve(np.concatenate([right.real, sign * right.imag]).astype(float, copy=False))
    half = len(right)
    return np.asarray(both[:half] + sign * 1j * both[half:])
