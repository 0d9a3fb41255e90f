"""Derivatives on the elements of one charge: those of the state, and those that it has nothing of.

A drive of strength 0 has the derivative d<a>/d eta, though <a> = 0: (dL/d eta) rho has a charge that rho has not.  On all elements of
one charge, of which those of the state itself, a, come first and feed no others, r:

    L = (L_aa  L_ar)        v_r = -L_rr^-1 (dL x)_r,      L_aa v_a = -(dL x)_a - L_ar v_r,    tr v = 0
        (  0   L_rr)        L_aa^T y_a = c_a - <c> tr,    L_rr^T y_r = c_r - L_ar^T y_a,      d<c>/d theta = -y . dL x

One transposed solve answers for all parameters; errors take one with L for each.  In a charged sector there is no a.
Moves of dL are composed before any label is looked up, so that none is lost between sectors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.assembly import Assembly
from permsym.basis.basis import Basis
from permsym.basis.moves import ENTRY_ROUNDING
from permsym.dynamics.factors import factors_of
from permsym.dynamics.spectra.above import Above, above
from permsym.errors import InputError
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.contract import DirectSolver, Factor
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.moments.labels import MomentLabel
from permsym.rotating import in_rotating_frame
from permsym.states.sectors import Charge, paired
from permsym.steady.gradient import Slopes
from permsym.steady.lattice import null_vector
from permsym.steady.lattice.direct import beyond_levels
from permsym.steady.lattice.null_vector import NullVector
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.state import State

Complex = NDArray[np.complex128]
EPS = float(np.finfo(float).eps)
_FACTORED = 5_000  # unknowns on a lattice of three dimensions and more up to which factors take less time than an iteration


def charges_reached(state: State, slopes: Slopes) -> list[Charge]:
    """Charges of the elements to which dL/d theta leads from those of the state: the neutral one first, of opposite ones one."""
    basis = state.basis
    labels, _ = basis.written_out()
    weights = np.array(basis.model.charges, dtype=np.int64).reshape(len(basis.model.charges), len(basis.parts))
    seen = {(0,) * len(weights)}
    for term, _ in slopes:
        for shift, moved in basis.superoperator(term).weights(labels).items():
            target = (labels + np.array(shift)[:, None])[:, moved != 0]
            differences = np.array([part.difference(target[mine]) for part, mine in zip(basis.parts, basis.slices, strict=True)])
            seen |= {paired(tuple(map(int, charge))) for charge in np.unique(weights @ differences, axis=1).T}
    return sorted(seen, key=lambda charge: (any(charge), charge))


def moved(source: Basis, target: Basis, slopes: Slopes) -> sparse.csr_array:
    """(dL/d theta) from the unknowns of one basis to those of another (target.dimension, source.dimension)."""
    labels, rows = source.written_out()
    total = sparse.csr_array((target.dimension, source.dimension), dtype=complex)
    for term, slope in slopes:
        for shift, weights in target.superoperator(term).weights(labels).items():
            some = np.flatnonzero(weights)
            onto = target.collected(labels[:, some] + np.array(shift)[:, None])
            total = total + onto @ sparse.diags_array(slope * weights[some]) @ rows[some]
    return (total.real if target.hermitian and source.hermitian else total).tocsr()


class OnElements:
    """Of one charge, whatever a parameter changes.

    basis   all elements of the charge
    null    the solved vector whose factors serve L_aa; None in a charged sector
    """

    def __init__(self, state: State, slopes: Mapping[str, Slopes], charge: Charge) -> None:
        self.state, self.slopes = state, slopes
        kept = all(state.model.symmetry.conserved_by(state.model, term) for some in slopes.values() for term, _ in some)
        self.within = not any(charge) and (kept or not state.basis.populated)
        """Whether all stays on the elements of the state."""
        self.nothing = kept and any(charge)
        """Whether no parameter leads to this charge."""
        self.basis = state.basis if self.within else state.basis.sector(charge)
        self.null = self._null() if self.basis.hermitian else None
        self._labels, self._rows = state.basis.written_out()
        self._responses: dict[str, Complex] = {}

    def _null(self) -> NullVector:
        """InputError where there are no factors."""
        solution = self.state.solution
        if not isinstance(solution, FactoredSolution) or not isinstance(solution.null, NullVector):
            raise InputError(
                "this derivative needs the factors of a direct solver on the lattice, but this state comes from "
                f"{self.state.solver['name']!r}; solve with solver='superlu'"
            )
        null = solution.null
        if null.entrywise is None:
            return null
        likely = int(np.argmax(null.problem.trace * null.vector))  # rate equations are solved for dual vectors alone
        return null_vector.solve(null.problem, SuperLU(), likely)

    # -- matrices -------------------------------------------------------------------------------------------------------

    @cached_property
    def _changes(self) -> dict[str, sparse.csr_array]:
        if self.within:
            liouvillian = Liouvillian(self.basis)
            return {name: liouvillian.changed(some).matrix.tocsr() for name, some in self.slopes.items()}
        return {name: moved(self.state.basis, self.basis, some) for name, some in self.slopes.items()}

    @cached_property
    def _sources(self) -> dict[str, NDArray[Any]]:
        """(dL/d theta) x."""
        return {name: change @ self.state.vector for name, change in self._changes.items()}

    @cached_property
    def _assembly(self) -> Assembly:
        return Liouvillian(self.basis).assembled(in_rotating_frame(self.state.model) if self.within else None)

    @cached_property
    def _trace(self) -> NDArray[np.float64]:
        return Liouvillian(self.basis).trace()

    @cached_property
    def _own(self) -> NDArray[np.int64]:
        """Positions of the unknowns a here."""
        if self.null is None:
            return np.zeros(0, dtype=np.int64)
        unknowns = (self.basis.collected(self._labels) @ self._rows).real.tocsc()
        unknowns.eliminate_zeros()
        return np.asarray(unknowns.indices[unknowns.indptr[:-1]][self.null.active], dtype=np.int64)

    @cached_property
    def _rest(self) -> NDArray[np.int64]:
        """Positions of the unknowns r: those that (dL/d theta) x reaches, and what these couple to."""
        others = np.setdiff1d(np.arange(self.basis.dimension), self._own)
        matrix = self._assembly.matrix[:, others][others]
        _, component = csgraph.connected_components(matrix != 0, directed=False)
        reached = np.logical_or.reduce([source[others] != 0 for source in self._sources.values()])
        return np.asarray(others[np.isin(component, component[reached])], dtype=np.int64)

    @cached_property
    def _factor(self) -> Factor:
        coordinates = self.basis.coordinates[:, self._rest]
        return self._solver(coordinates).factor(self._assembly.matrix[:, self._rest][self._rest].tocsc(), coordinates)

    def _solver(self, coordinates: NDArray[np.int64]) -> DirectSolver:
        if len(coordinates) > 2 and len(self._rest) > _FACTORED:
            return BiCGStab()
        return factors_of(self.basis.model, self.basis.representation, len(self._rest), self.basis.charge)

    @cached_property
    def _coupling(self) -> sparse.csc_array:
        """L_ar."""
        return self._assembly.matrix[:, self._rest][self._own].tocsc()

    # -- solves ---------------------------------------------------------------------------------------------------------

    def _dual(self, covector: Complex) -> Complex:
        y = np.zeros(self.basis.dimension, dtype=complex)
        right = covector[self._rest]
        if self.null is not None:
            mine = covector[self._own]
            solved = self.null.dual(np.stack([mine.real, mine.imag], axis=1))
            y[self._own] = solved[:, 0] + 1j * solved[:, 1]
            y[self._own] -= self._trace[self._own] * (self.null.vector @ y[self._own])
            right = right - self._coupling.T @ y[self._own] - (self.null.vector @ mine) * self._trace[self._rest]
        if len(self._rest) and right.any():
            y[self._rest] = _refined(self._factor.solve_transposed, self._assembly.matrix[:, self._rest][self._rest].T, right)
        return y

    def response(self, name: str) -> NDArray[Any]:
        """v (basis.dimension,) with L v = -(dL/d theta) x, of this charge."""
        if name not in self._responses:
            source, v = self._sources[name], np.zeros(self.basis.dimension, dtype=complex)
            if len(self._rest) and source[self._rest].any():
                v[self._rest] = _refined(self._factor.solve, self._assembly.matrix[:, self._rest][self._rest], -source[self._rest])
            if self.null is not None:
                right = -source[self._own] - (self._coupling @ v[self._rest]).real
                v[self._own] = self.null.response(right) - self.null.vector * (self._trace @ v)
            self._responses[name] = v
        return self._responses[name]

    # -- derivatives ----------------------------------------------------------------------------------------------------

    def values(self, key: MomentLabel) -> dict[str, complex]:
        """d<key>/d parameter."""
        if self.nothing:
            return dict.fromkeys(self.slopes, 0j)
        y = self._dual(self.basis.correlator(*key.operators(self.state.model)))
        return {name: -complex(y @ source) + 0.0 for name, source in self._sources.items()}

    def errors(self, key: MomentLabel) -> dict[str, float]:
        """Error estimates of these."""
        if self.nothing:
            return dict.fromkeys(self.slopes, 0.0)
        covector = self.basis.correlator(*key.operators(self.state.model))
        y = self._dual(covector)
        return {name: self._error(name, covector, y) for name in self.slopes}

    def error(self, name: str, covector: Complex) -> float:
        """Error estimate of covector @ v, a covector of the elements here."""
        return self._error(name, covector, self._dual(covector))

    def _error(self, name: str, covector: Complex, y: Complex) -> float:
        """|y . dL (error of x)| + |L^T y - c + <c> tr| . |v| + |y| . rounding + what moves across an edge or a cut-off is worth."""
        assembly, change, v, weight = self._assembly, self._changes[name], self.response(name), np.abs(y)
        defect, size = assembly.matrix.T @ y - covector, np.abs(v)
        if self.null is not None:
            defect += (self.null.vector @ covector[self._own]) * self._trace
        lost = weight @ assembly.rounding(size) + np.abs(defect) @ size + 2 * weight @ (assembly.leaks * size)
        lost += EPS * ENTRY_ROUNDING * (weight @ (abs(change) @ np.abs(self.state.vector)))
        lost += self._cut_off(name, v, weight)
        if self.null is not None and assembly.leaks.any():
            populations = self.null.problem.trace != 0
            largest = np.abs((assembly.matrix.T @ y)[self._own][populations]).max()
            lost += 4 * self.null.outside(np.abs(self.null.problem.trace * v[self._own])) * largest
        return float(lost) + self._of_state(change.T @ y)

    def _cut_off(self, name: str, v: NDArray[Any], weight: NDArray[np.float64]) -> float:
        """What a boson's cut-off drops of v, weighed with |y|."""
        if self.null is None or not self.within:
            return float(self._above.cost(v[:, None], weight[:, None])[0])
        right = -self._sources[name][self._own]
        dropped, lost = beyond_levels(self.null, self.basis, in_rotating_frame(self.state.model), v[self._own].real, right)
        return 4 * float(dropped @ weight[self._own] + lost * weight.max())

    @cached_property
    def _above(self) -> Above:
        return above(self.basis)

    def _of_state(self, covector: Complex) -> float:
        """Error estimate of covector @ x."""
        if not covector.any():
            return 0.0
        (parts,) = self.state.solution.covector_estimates([covector])
        return math.hypot(*(sum(part) for part in parts))


def _refined(solve: Any, matrix: Any, right: Complex) -> Complex:
    """A solution with one step of refinement."""
    solution = solve(np.ascontiguousarray(right))
    return np.asarray(solution + solve(np.ascontiguousarray(right - matrix @ solution)))
