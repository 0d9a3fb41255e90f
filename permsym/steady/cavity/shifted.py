"""The Liouvillian with its zero moved away, and its rows scaled: what iterations on blocks solve with.

    M = L - s v tr,   tr v = 1

has no zero: M Y = -s v has the steady state, normalised, as its only solution, no row is replaced and no population pinned;
and M x = L x wherever tr x = 0, as for every mode that decays.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.matrixfree import BlockLiouvillian
from permsym.operators import Product
from permsym.sites import Boson


class ShiftedProblem:
    """(L - s v tr) Y = -s v with rows scaled by their 2-norm, and its transpose with the columns' norms.

    rows, columns   factors of the equations; the rows' norms are the wrong choice for the transpose (957 products for 554)
    """

    def __init__(self, operator: BlockLiouvillian) -> None:
        self.operator = operator
        blocks = operator.blocks
        self.populations, _, level = blocks.populations
        self.trace = blocks.population_traces
        start = self.trace * 0.5**level
        self.v = start / (self.trace @ start)
        self.rows = operator.row_scale()
        self.strength = float(np.abs(operator.diagonal[self.populations]) @ (self.v * self.trace)) or 1.0
        self.own = np.flatnonzero(blocks.own_conjugate)
        self._flows: dict[Product, complex] | None = None

    @cached_property
    def columns(self) -> NDArray[Any]:
        return self.operator.column_scale()

    @cached_property
    def _moved(self) -> NDArray[np.float64]:
        """-s v, scaled: where the zero goes."""
        return -self.strength * self.v * self.rows[self.populations].real

    @cached_property
    def _moved_back(self) -> NDArray[np.float64]:
        return -self.strength * self.trace * self.columns[self.populations].real

    @property
    def start(self) -> NDArray[Any]:
        y = np.zeros(self.operator.shape[0], dtype=self.operator.dtype)
        y[self.populations] = self.v
        return y

    @property
    def right(self) -> NDArray[np.float64]:
        y = np.zeros(self.operator.shape[0], dtype=self.operator.dtype)
        y[self.populations] = self._moved
        return reals(y)

    def product(self, x: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        y, result = self.as_elements(x), self.as_elements(out)
        self.operator.matvec(y, result, self.rows)
        kernels.add_rank_one(y, result, self.populations, self.trace, self._moved)
        self.symmetrise(result)

    def transposed(self, z: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        y, result = self.as_elements(z), self.as_elements(out)
        self.operator.rmatvec(y, result, self.columns)
        kernels.add_rank_one(y, result, self.populations, self.v, self._moved_back)
        self.symmetrise(result)

    def balance(self, y: NDArray[Any]) -> float:
        """d<n>/dt of the centre's excitations over <n>, from correlators: zero in the steady state."""
        blocks, model = self.operator.blocks, self.operator.model
        if self._flows is None:
            n = model.centre.n if isinstance(model.centre, Boson) else model.centre.operator(np.diag(model.centre.excitations))
            self._flows = model.heisenberg(n).terms
        flows = [blocks.expected(y, {key: value}) for key, value in self._flows.items()]
        return abs(sum(flows)) / (sum(map(abs, flows)) or 1.0)

    def scaled(self, right: NDArray[Any]) -> NDArray[np.float64]:
        """A right side of the transposed equation, scaled like its rows."""
        return reals(right * self.columns)

    def symmetrise(self, y: NDArray[Any]) -> None:
        """Keep the hermitian part: on the rest, which rounding brings in, the stored form of L is singular."""
        if y.dtype.kind == "c":
            kernels.real_parts(y, self.own, self.operator.blocks.offset)

    def as_elements(self, x: NDArray[np.float64]) -> NDArray[Any]:
        """Reals as the operator's numbers; the inverse of :func:`reals`."""
        return x if self.operator.dtype.kind == "f" else x.view(self.operator.dtype)


def reals(y: NDArray[Any]) -> NDArray[np.float64]:
    """The same numbers as reals, real and imaginary parts in turn."""
    return y if y.dtype.kind == "f" else y.view(y.real.dtype)
