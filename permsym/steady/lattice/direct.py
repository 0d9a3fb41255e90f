"""One solve on one basis: assemble, pin, factor, and hand back a State that can be certified."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.representations import parts_of
from permsym.linear.contract import DirectSolver
from permsym.linear.shift_invert import ShiftInvert
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.sites import Boson
from permsym.steady import fock_cutoff
from permsym.steady.lattice import null_vector
from permsym.steady.lattice.null_vector import NullProblem, NullVector
from permsym.steady.state import FactoredState, State

_COARSE = 10  # satellites of the small model that predicts where the probability sits
_SMALL = 64  # satellites up to which pinning twice costs less than that prediction

Site = tuple[int, int]


def solve_on(
    liouvillian: Liouvillian, model: Model, solver: DirectSolver | ShiftInvert, tolerance: float, peak: Site | None = None
) -> State:
    """The steady state on the Liouvillian's basis, not yet certified.

    peak   (2j, 2m) near the most probable site, where it is known
    """
    started = time.perf_counter()
    basis = liouvillian.basis
    matrix, leaks = liouvillian.with_leaks(model)
    assembled = time.perf_counter()
    problem = null_vector.reduce(matrix, liouvillian.trace(), basis.coordinates, leaks)
    null_vector.refuse_conserved(matrix, problem.active, basis.coordinates, SuperLU())
    del matrix, leaks
    pin = _likely_pin(problem, basis, model) if peak is None else _pin_at(problem, basis, peak)
    null = _solved(problem, pin, solver)
    if isinstance(basis.model.centre, Boson):
        beyond = fock_cutoff.dropped(basis, model, problem.expanded(null.vector, basis.dimension))
        null.beyond, null.lost = beyond.weight[problem.active], beyond.elsewhere
    timings = {"assemble": assembled - started, "solve": time.perf_counter() - assembled}
    return FactoredState(model, basis, null, {**solver.describe(), "fill": null.factor.fill}, timings, tolerance)


def certified(state: State, labels: Iterable[MomentLabel]) -> State:
    """The state with a certificate for these moments."""
    started = time.perf_counter()
    state.adopt(state.certify(labels))
    state.timings["moments"] = time.perf_counter() - started
    return state


def _solved(problem: NullProblem, pin: int, solver: DirectSolver | ShiftInvert) -> NullVector:
    if not isinstance(solver, ShiftInvert):
        return null_vector.solve(problem, solver, pin)
    _, vectors = solver.eigenpairs(problem.matrix, problem.coordinates, 1)
    # the pinned factorisation carries the certificate; the eigenvector is the answer that it judges
    vector = vectors[:, 0] / (problem.trace @ vectors[:, 0])
    null = null_vector.solve(problem, solver.direct, int(np.argmax(np.abs(problem.trace * vector))))
    return NullVector(problem, null.factor, null.pin, vector.real)


def _pin_at(problem: NullProblem, basis: Basis, peak: Site) -> int:
    """The population nearest to a site of the Dicke lattice."""
    labels = basis.labels[:, problem.active[problem.active < basis.size]]
    candidates = np.flatnonzero((problem.trace != 0) & problem.recurrent)
    J, M = labels[2:4, candidates]
    return int(candidates[int(np.argmin(np.abs(J - peak[0]) + np.abs(M - peak[1])))])


def _likely_pin(problem: NullProblem, basis: Basis, model: Model) -> int:
    """A population near the most probable one, predicted by a small model with the same intensive physics."""
    labels = basis.labels[:, problem.active[problem.active < basis.size]]
    candidates = np.flatnonzero((problem.trace != 0) & problem.recurrent)
    if max(model.sizes) <= _SMALL or basis.representation == "full" or min(model.sizes) < max(model.sizes) / _COARSE:
        return int(candidates[len(candidates) // 2])
    factor = _COARSE / max(model.sizes)
    small = model.rescaled(factor)
    small_basis = Basis(small, parts_of(small, basis.representation), basis.representation)
    small_liouvillian = Liouvillian(small_basis)
    small_problem = null_vector.reduce(small_liouvillian.matrix(), small_liouvillian.trace(), small_basis.coordinates)
    places = np.flatnonzero((small_problem.trace != 0) & small_problem.recurrent)
    vector = null_vector.solve(small_problem, SuperLU(), int(places[len(places) // 2])).vector
    peak = small_basis.labels[:, small_problem.active[int(np.argmax(np.abs(small_problem.trace * vector)))]]
    return int(candidates[_nearest(labels[:, candidates], peak, small.sizes, model.sizes, basis)])


def _nearest(labels: NDArray[np.int64], peak: NDArray[np.int64], small: Sequence[int], large: Sequence[int], basis: Basis) -> int:
    """The label nearest to a small system's, scaled up; the centre's state kept."""
    distance = np.zeros(labels.shape[1])
    for position, mine in enumerate(basis.slices):
        scale = 1e6 if position == 0 else large[position - 1] / small[position - 1]
        target = peak[mine] * (1.0 if position == 0 else scale)
        distance += ((labels[mine] - target[:, None]) ** 2).sum(axis=0) * (scale if position == 0 else 1.0)
    return int(np.argmin(distance))
