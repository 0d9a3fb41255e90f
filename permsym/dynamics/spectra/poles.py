"""A two-sided Krylov space that chooses its poles, and has as many vectors as some frequencies need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.dynamics.spectra.resolvent import Complex, Reduced
from permsym.linear.contract import DirectSolver, Factor

_MOST = 120  # vectors of each side
_STEP, _OF_A_POLE = 4, 24  # vectors between two looks, and of one pole
_POLES = 6
_ENOUGH = 1e-14  # of the largest |G|: what the last steps may change
_LOOKED_AT = 48  # frequencies that decide whether there are enough vectors
_BACK = 2  # steps: G without the last ones is compared with G


@dataclass(frozen=True)
class Projection:
    """L x without the trace, L^T a without <a>: the neutral sector without what never decays."""

    trace: NDArray[np.float64]
    steady: NDArray[np.float64]

    def state(self, x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(x - self.steady * (self.trace @ x))

    def observable(self, a: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(a - self.trace * (self.steady @ a))


@dataclass
class Space:
    """Bases of X and of a for (i w - L)^{-1}, from factors of pole - L.

    matrix        L, real where it can be
    solver        real factors or not -> the solver for them
    coordinates   lattice positions of the unknowns
    projection    None in a charged sector
    middle        frequency where a first pole is to be
    poles, fill   at which L was factored, in the order of use; nonzeros of the largest factors
    """

    matrix: sparse.csc_array
    x: NDArray[Any]
    a: NDArray[Any]
    solver: Callable[[bool], DirectSolver]
    coordinates: NDArray[np.int64]
    projection: Projection | None
    middle: float
    poles: list[complex] = field(default_factory=list)
    fill: int = 0

    def __post_init__(self) -> None:
        self.reduced = Reduced(self.x, self.a, min(_MOST, len(self.x)))
        self.real = not np.iscomplexobj(self.matrix)
        self._factor: Factor | None = None

    @property
    def empty(self) -> bool:
        """Whether G is zero."""
        return not (self.reduced.right.start and self.reduced.left.start)

    @property
    def finished(self) -> bool:
        """Whether no vector can be added."""
        return all(side.exhausted or side.size == side.most for side in (self.reduced.right, self.reduced.left))

    @property
    def nearly_whole(self) -> bool:
        """Whether there are few unknowns more than vectors: then the rest is added, too, after which nothing need be estimated."""
        return not self.finished and self.reduced.right.most <= 2 * self.reduced.right.size

    @property
    def spent(self) -> bool:
        """Whether no pole can be added."""
        return len(self.poles) >= _POLES

    @property
    def fastest(self) -> float:
        """The largest |L_ii|."""
        return float(np.abs(self.matrix.diagonal()).max(initial=0.0)) or 1.0

    def factor(self, pole: complex) -> None:
        """Factors of pole - L, real where they can be, for the vectors to come."""
        real = self.real and not pole.imag
        self._factor = None  # before the next one
        identity = sparse.eye_array(self.matrix.shape[0], format="csc")
        self._shifted = ((pole.real if real else pole) * identity - self.matrix).tocsc()
        self._factor = self.solver(real).factor(self._shifted, self.coordinates)
        self.fill = max(self.fill, self._factor.fill)
        self.poles.append(complex(pole))

    def extend(self, count: int = _STEP) -> None:
        """More vectors at the last pole."""
        factor, projection = self._factor, self.projection
        assert factor is not None

        def solve(vector: NDArray[Any]) -> NDArray[Any]:
            solved = _solved(factor.estimate, self._shifted, vector, factor.refined)
            return solved if projection is None else projection.state(solved)

        def solve_transposed(vector: NDArray[Any]) -> NDArray[Any]:
            solved = _solved(factor.estimate_transposed, self._shifted.T, vector, factor.refined)
            return solved if projection is None else projection.observable(solved)

        self.reduced.extend(solve, solve_transposed, self.poles[-1], count)

    def prepare(self, w: NDArray[np.float64]) -> None:
        """Enough poles and vectors for these frequencies; what more of them would change, :meth:`changed` says."""
        if self.empty:
            return
        w = w[np.unique(np.linspace(0, len(w) - 1, _LOOKED_AT).round().astype(int))]
        if not self.poles:
            self.factor(self._first_pole(w))
        while True:
            for _ in range(_OF_A_POLE // _STEP):
                if self.reduced.right.size and self._enough(w):
                    return
                self.extend()
            if self._enough(w) or self.spent:
                return
            self.factor(self._next_pole(float(w[np.argmax(self.changed(w)[1])])))

    def _enough(self, w: NDArray[np.float64]) -> bool:
        values, change = self.changed(w)
        return self.finished or bool(change.max() <= _ENOUGH * np.abs(values).max())

    def changed(self, w: NDArray[np.float64]) -> tuple[Complex, NDArray[np.float64]]:
        """G and what its last steps changed."""
        values = self.reduced.values(w)[0]
        if self.reduced.right.exhausted and self.reduced.left.exhausted:  # nothing is left
            return values, np.zeros(len(w))
        return values, np.abs(values - self.reduced.values(w, _BACK)[0])

    def _first_pole(self, w: NDArray[np.float64]) -> complex:
        """A quarter of the frequencies' span to the right of their middle, as far as rates reach."""
        low, high = float(w.min()), float(w.max())
        distance = min(high - low, self.fastest) / 4 or 1e-3 * self.fastest
        return complex(distance, 0.0 if self.real else min(max(self.middle, low), high))

    def _next_pole(self, worst: float) -> complex:
        """Real as long as another distance is what is missing, then beside the frequency that converges worst."""
        last = self.poles[-1]
        distance = abs(worst - last.imag)
        if len(self.poles) == 1 and not 0.3 < distance / last.real < 3:
            return complex(max(distance, last.real / 10), last.imag)
        return complex(min(pole.real for pole in self.poles) / 2, worst)


def _solved(solve: Callable[[NDArray[Any]], NDArray[Any]], matrix: Any, vector: NDArray[Any], again: bool) -> NDArray[Any]:
    """A solve; ``again``: corrected once, where factors are in single precision.

    What that leaves is in the residual, from which the result is corrected with the dual vector.
    """
    result = solve(vector)
    return np.asarray(result + solve(vector - matrix @ result) if again else result)
