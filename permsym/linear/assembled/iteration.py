"""Solves with an assembled matrix by BiCGStab(l): what :class:`permsym.linear.assembled.solver.BiCGStab` makes in place of factors."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.linear import bicgstab
from permsym.linear.assembled.operator import Operator
from permsym.linear.assembled.settings import NOTHING, Outer, Settings, Vector
from permsym.linear.superlu import in_two_parts

EPS = float(np.finfo(float).eps)
_ROUGH = 1e-7  # of a right side: residual of an estimate; two of them make a dual vector as good as rounding allows
_APPROACH = 1e-7  # of a right side: from there the size of the solution is known, and the tolerance relative to it
_ROUNDS = 4


class Iteration:
    """A :class:`permsym.linear.contract.Factor` that iterates, in real numbers: those of a complex vector are twice as many.

    last   how the last solve ended; None: there was none
    """

    refined = True

    def __init__(self, settings: Settings, matrix: sparse.csc_array, outer: Outer = NOTHING) -> None:
        self.settings = settings
        self.matrix = matrix
        self.outer = outer
        self.fill = int(matrix.nnz)
        self.last: bicgstab.Outcome | None = None
        self.floor = max(settings.tolerance, EPS * matrix.shape[0] ** 0.5)
        self._made: dict[tuple[bool, bool], Operator] = {}

    def solve(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, lambda b: self.solved(b, np.zeros_like(b)))

    def solve_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, lambda c: self._precisely(c, np.zeros_like(c), transposed=True))

    def estimate(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, lambda b: self._roughly(b, transposed=False))

    def estimate_transposed(self, right: NDArray[Any]) -> NDArray[Any]:
        return self._columns(right, lambda c: self._roughly(c, transposed=True))

    def solved(self, right: NDArray[Any], start: NDArray[Any], watch: bicgstab.Watch | None = None) -> NDArray[Any]:
        """The solution from a start; :attr:`last` says how it went."""
        return self._precisely(right, start, transposed=False, watch=watch)

    def relative_residual(self, x: NDArray[Any]) -> float:
        """Of the last solution x: of the equations between the triangles, relative to x (2-norms)."""
        size = float(np.linalg.norm(x))
        return self.last.residual / size if self.last is not None and size else 0.0

    def _columns(self, right: NDArray[Any], solve: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
        kind = self.matrix.dtype

        def every(right: NDArray[Any]) -> NDArray[Any]:
            columns = right.astype(kind, copy=False).reshape(len(right), math.prod(right.shape[1:]))
            result = np.zeros(columns.shape, dtype=kind)
            for k, column in enumerate(columns.T):
                result[:, k] = solve(np.ascontiguousarray(column))
            return result.reshape(right.shape)

        return every(right) if kind.kind == "c" else in_two_parts(every, right)

    def _operator(self, transposed: bool, damped: bool) -> Operator:
        if (transposed, damped) not in self._made:
            rows, outer = (self.matrix, self.outer.transposed) if transposed else (self._rows, self.outer)
            self._made[transposed, damped] = Operator.of(rows, outer, damped)
        return self._made[transposed, damped]

    @cached_property
    def _rows(self) -> sparse.csr_array:
        return self.matrix.tocsr()

    def _precisely(self, right: NDArray[Any], x: NDArray[Any], transposed: bool, watch: bicgstab.Watch | None = None) -> NDArray[Any]:
        """Until the residual is below the floor times |x|: of the answer, which may be far larger or smaller than where it began.

        Where that fails, once more with damped pivots, with as many products again.
        """
        spent, start = 0, x
        for damped in (False, True):
            operator = self._operator(transposed, damped)
            forward, y, product = operator.forward(right), operator.begun(x), _in_reals(operator)
            budget = self.settings.products
            goal = max(_APPROACH * float(np.linalg.norm(forward)), self.floor * float(np.linalg.norm(y)))
            for _ in range(_ROUNDS):
                outcome = bicgstab.bicgstab(product, _reals(forward), _reals(y), self.settings.l, goal, max(budget, 1), watch)
                spent, budget = spent + outcome.products, budget - outcome.products
                goal = self.floor * float(np.linalg.norm(y))
                if not outcome.converged or outcome.residual <= goal:
                    break
            self.last = bicgstab.Outcome(spent, outcome.residual, outcome.halt)
            if outcome.converged:
                break
            x = operator.ended(y) if outcome.residual < float(np.linalg.norm(forward)) else start  # not a number, too, begins again
        return operator.ended(y)

    def _roughly(self, right: NDArray[Any], transposed: bool) -> NDArray[Any]:
        spent = 0
        for damped in (False, True):
            operator = self._operator(transposed, damped)
            forward, y = operator.forward(right), np.zeros_like(right)
            size = float(np.linalg.norm(forward))
            if not size:
                return y
            product = _in_reals(operator)
            outcome = bicgstab.bicgstab(product, _reals(forward), _reals(y), self.settings.l, _ROUGH * size, self.settings.products)
            spent += outcome.products
            self.last = bicgstab.Outcome(spent, outcome.residual, outcome.halt)
            if outcome.converged:
                break
        return operator.ended(y)


def _reals(vector: NDArray[Any]) -> Vector:
    """The same numbers, real and imaginary parts one after the other."""
    return vector.view(float)


def _in_reals(operator: Operator) -> bicgstab.Product:
    """The operator's product on real numbers."""
    work = np.empty(len(operator.inverse), dtype=operator.inverse.dtype)

    def product(y: Vector, out: Vector) -> None:
        operator.product(y.view(work.dtype), out.view(work.dtype), work)

    return product
