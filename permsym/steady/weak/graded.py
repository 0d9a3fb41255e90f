"""The steady state near the vacuum in graded numbers, with relative error bounds.

    x = s^(k + k') y,    L y = 0 on every row but the vacuum's,    y_vacuum = 1 until the trace normalises

All y are of order one however weak the excitation is, and so are residuals, dual vectors and bounds: a moment of order s^p is
bounded relative to s^p.  s is a power of two, so that grading rounds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.basis.moves import ENTRY_ROUNDING
from permsym.errors import NotApplicable, SolverFailed
from permsym.linear.contract import Factor
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import Matrix, Monomial, as_matrix
from permsym.rotating import in_rotating_frame
from permsym.states.collective_spin import SpinDistribution
from permsym.states.derived import Observable
from permsym.steady.state import ErrorParts
from permsym.steady.weak.basis import WeakBasis, from_vacuum

EPS = float(np.finfo(float).eps)
SOLVER = SuperLU(ordering="MMD_AT_PLUS_A", pivot_threshold=0.1)
_REFINEMENTS = 2  # corrections of a solution of at most some thousand unknowns; the second one changes nothing in all cases tried
Vector = NDArray[np.float64]


class Graded(NamedTuple):
    """A value s^order * number, and a bound |error| <= s^order * bound."""

    number: complex
    bound: float
    order: int


class WeakSolution:
    """A :class:`permsym.steady.state.Solution` on the elements with k, k' <= K.

    exponent   log2 s
    smaller    the same for fewer excitations; the difference of a moment is its error estimate for the edge
    """

    converged = True
    many_duals = False
    noise = 0.0
    rigorous = False
    spin: SpinDistribution | None = None

    def __init__(self, model: Model, most: int, exponent: int, smaller: WeakSolution | None = None) -> None:
        self.basis = WeakBasis(model, most)
        self.exponent = exponent
        self.smaller = smaller
        self._values: dict[MomentLabel | Observable, Graded] = {}
        ket, bra = self.basis.excitations
        assembly = Liouvillian(self.basis).assembled(from_vacuum(in_rotating_frame(model)))
        degree = ket + bra

        def graded(matrix: sparse.csc_array) -> sparse.csc_array:
            entries = matrix.tocoo()
            values = np.ldexp(entries.data, exponent * (degree[entries.col] - degree[entries.row]))
            return sparse.csc_array((values, (entries.row, entries.col)), shape=matrix.shape)

        whole = graded(assembly.matrix)
        vacuum = self.basis.vacuum
        _, component = csgraph.connected_components(whole, directed=False)
        self.active = np.flatnonzero((component == component[vacuum]) & (np.arange(len(component)) != vacuum))
        self.degree = degree
        self.matrix = whole[self.active][:, self.active].tocsc()
        self.cancelled = graded(assembly.cancelled)[self.active]
        self.source = whole[self.active][:, [vacuum]].toarray()[:, 0]
        self.y = np.zeros(len(degree))
        self.y[vacuum] = 1.0
        if len(self.active):
            self.y[self.active] = self._solved(-self.source)
        self.y /= self._trace @ self.y

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_factor"}  # made again where it is asked for

    @cached_property
    def _trace(self) -> Vector:
        basis = self.basis
        diagonal = np.asarray(basis.trace(basis.labels), dtype=float)
        return np.ldexp(np.concatenate([diagonal, np.zeros(basis.dimension - basis.size)]), self.exponent * self.degree)

    # -- equations ------------------------------------------------------------------------------------------------------

    @cached_property
    def _factor(self) -> Factor:
        try:
            return SOLVER.factor(self.matrix)
        except SolverFailed as error:
            raise NotApplicable(f"the elements near the vacuum have no unique steady state: {error}") from error

    def _solved(self, right: Vector) -> Vector:
        solution = self._factor.solve(right)
        for _ in range(_REFINEMENTS):
            solution += self._factor.solve(right - self.matrix @ solution)
        if not np.isfinite(solution).all():
            raise NotApplicable("the elements near the vacuum have no unique steady state")
        return solution

    @cached_property
    def _residual_vector(self) -> Vector:
        return np.asarray(self.matrix @ self.y[self.active] + self.source * self.y[self.basis.vacuum])

    @cached_property
    def _magnitude(self) -> Vector:
        return np.asarray(abs(self.matrix) @ np.abs(self.y[self.active]) + np.abs(self.source) * self.y[self.basis.vacuum])

    @cached_property
    def _uncertainty(self) -> Vector:
        """|r| + eps/2 ( (entries of a row + 1 + k) |L| |y| + k C |y| ) with what cancelled in L's entries, C, and their k roundings."""
        count = np.bincount(self.matrix.indices, minlength=len(self.active)) + 1 + ENTRY_ROUNDING
        return np.abs(self._residual_vector) + EPS / 2 * (count * self._magnitude + ENTRY_ROUNDING * (self.cancelled @ np.abs(self.y)))

    # -- values ---------------------------------------------------------------------------------------------------------

    def value(self, key: MomentLabel | Observable) -> Graded:
        """A moment with the bound of its rounding, real and imaginary part together."""
        if key not in self._values:
            order, covector = self._graded(self._covector(key))
            parts = [part for part in (covector.real, covector.imag) if part.any()]
            bound = float(np.hypot.reduce([self._bound(part) for part in parts], initial=0.0))
            self._values[key] = Graded(complex(covector @ self.y), bound, order)
        return self._values[key]

    def change(self, key: MomentLabel | Observable) -> float:
        """|number - number of the smaller basis|, in units of s^order."""
        if self.smaller is None:
            return 0.0
        mine, (order, covector) = self.value(key), self.smaller._graded(self.smaller._covector(key))
        before = complex(covector @ self.smaller.y) * float(np.ldexp(1.0, self.exponent * (order - mine.order)))
        return abs(mine.number - before)

    def _covector(self, key: MomentLabel | Observable) -> NDArray[np.complex128]:
        centre, satellites = key.operators(self.basis.model)
        levels = self.basis.model.centre.levels  # an observable of a larger basis has more
        cut = [each if isinstance(each, Monomial) else as_matrix(np.array(each)[:levels, :levels]) for each in centre]
        return self.basis.covector(cut, satellites)

    def _graded(self, covector: NDArray[np.complex128]) -> tuple[int, NDArray[np.complex128]]:
        """(order, c) of a value s^order c @ y; nothing of it in the basis: the order of what comes next."""
        support = np.flatnonzero(covector)
        order = int(self.degree[support].min()) if len(support) else self.basis.most + 1
        grades = self.exponent * (self.degree - order)
        return order, np.ldexp(covector.real, grades) + 1j * np.ldexp(covector.imag, grades)

    def _bound(self, covector: Vector) -> float:
        """|z| . uncertainty + |L^T z - c + <c> tr| . |y| + 4 eps |c| . |y|,    L^T z = c - <c> tr without the vacuum."""
        y = np.abs(self.y)
        floor = 4 * EPS * float(np.abs(covector) @ y)
        if not len(self.active):
            return floor
        right = (covector - (covector @ self.y) * self._trace)[self.active]
        z = self._factor.solve_transposed(right)
        z -= self._factor.solve_transposed(self.matrix.T @ z - right)
        defect = self.matrix.T @ z - right
        return float(np.abs(z) @ self._uncertainty + np.abs(defect) @ y[self.active]) + floor

    # -- the protocol ---------------------------------------------------------------------------------------------------

    @cached_property
    def x(self) -> Vector:
        return np.ldexp(self.y, self.exponent * self.degree)

    @property
    def size(self) -> int:
        return len(self.active) + 1

    @property
    def residual(self) -> float:
        scale = float(self._magnitude.max(initial=0.0))
        return float(np.abs(self._residual_vector).max(initial=0.0)) / scale if scale else 0.0

    @property
    def edge_mass(self) -> float:
        ket, bra = self.basis.excitations
        edge = (ket == self.basis.most) & (bra == self.basis.most)
        return float(np.abs((self._trace * self.y)[edge]).sum())

    def estimates(self, keys: Sequence[MomentLabel | Observable]) -> list[list[ErrorParts]]:
        return [[self._estimate(key)] for key in keys]

    def _estimate(self, key: MomentLabel | Observable) -> ErrorParts:
        mine = self.value(key)
        scale = float(np.ldexp(1.0, self.exponent * mine.order))
        unseen = 0.0 if mine.number or mine.bound else scale * float(mine.order > self.basis.most)
        return ErrorParts(mine.bound * scale, self.change(key) * scale, 0.0, unseen)

    def covector_estimates(self, covectors: Sequence[NDArray[np.complex128]]) -> list[list[ErrorParts]]:
        """As of moments; what the edge holds, times the largest of c, stands for the change with the last excitation."""
        estimates = []
        for covector in covectors:
            order, graded = self._graded(covector)
            bound = float(np.hypot.reduce([self._bound(part) for part in (graded.real, graded.imag) if part.any()], initial=0.0))
            outside = self.edge_mass * float(np.abs(covector).max(initial=0.0))
            estimates.append([ErrorParts(bound * float(np.ldexp(1.0, self.exponent * order)), outside)])
        return estimates

    def fock_estimates(self, position: int = 0) -> Vector:
        """Of P(n): as for moments; what the edge holds stands for the change with the last excitation, which is less."""
        nothing: list[tuple[Matrix, ...]] = [()] * len(self.basis.model.ensembles)
        estimates = []
        for n in range(self.basis.centre_levels):
            order, covector = self._graded(self.basis.correlator([self.basis.centre_projector(n)], nothing))
            estimates.append(self._bound(covector.real) * float(np.ldexp(1.0, self.exponent * order)) + self.edge_mass)
        return np.array(estimates)
