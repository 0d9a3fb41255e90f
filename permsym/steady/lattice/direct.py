"""One solve on one basis: assemble, pin, factor, and hand back a State that can be certified."""

from __future__ import annotations

import time

import numpy as np

from permsym.basis.basis import Basis
from permsym.basis.representations import build
from permsym.basis.window import Window
from permsym.errors import InputError
from permsym.linear.assembled.solver import BiCGStab
from permsym.linear.factorisation import FactorSolver
from permsym.linear.shift_invert import ShiftInvert
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.progress import Progress, silent
from permsym.rotating import in_rotating_frame
from permsym.several_sites import modes_of_centre
from permsym.steady import fock_cutoff
from permsym.steady.lattice import iterated, null_vector, rates
from permsym.steady.lattice.null_vector import EPS, NullProblem, NullVector, Vector
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.lattice.uniqueness import refuse_conserved
from permsym.steady.scaling.pin import predict_pin
from permsym.steady.state import State

Site = tuple[int, int]


def solve_on(
    liouvillian: Liouvillian,
    model: Model,
    solver: FactorSolver,
    tolerance: float,
    peak: Site | None = None,
    progress: Progress = silent,
) -> State:
    """The steady state on the Liouvillian's basis, not yet certified.

    peak       (2j, 2m) near the most probable site, where it is known
    progress   told of an iteration now and then
    """
    started = time.perf_counter()
    basis = liouvillian.basis
    resting = in_rotating_frame(model)
    assembly = liouvillian.with_digits(resting, liouvillian.assembled(resting))
    assembled = time.perf_counter()
    problem = null_vector.reduce(assembly, liouvillian.trace(), basis.coordinates)
    iterates = isinstance(solver, BiCGStab)
    refuse_conserved(assembly.matrix, liouvillian.trace(), problem.active, basis.coordinates, solver if iterates else SuperLU())  # type: ignore[arg-type]
    del assembly
    null, used = rates.solve(problem), {}
    if null is None and isinstance(solver, BiCGStab):
        null, used["used"] = iterated.solve(problem, solver, iterated.mixed_state(basis), progress)
    elif null is None:
        pin = predict_pin(problem, basis, model) if peak is None else _pin_at(problem, basis, peak)
        null = _solved(problem, pin, solver)
    null.beyond, null.lost = beyond_levels(null, basis, resting, null.vector)
    timings = {"assemble": assembled - started, "solve": time.perf_counter() - assembled}
    solution = FactoredSolution(basis, null, many_duals=True, noise=EPS if null.pin is None else 0.0)
    return State(model, basis, solution, {**solver.describe(), "fill": null.factor.fill, **used}, timings, tolerance)


def beyond_levels(null: NullVector, basis: Basis, model: Model, v: Vector, right: Vector | None = None) -> tuple[Vector, float]:
    """What a boson's cut-off dropped from the solution v (n,) of L v = ``right``: :attr:`NullVector.beyond`, :attr:`NullVector.lost`."""
    if not modes_of_centre(basis.model.centre):
        return np.zeros(len(v)), 0.0
    problem = null.problem
    whole = [None if part is None else problem.expanded(part, basis.dimension) for part in (v, right)]
    beyond = fock_cutoff.dropped(basis, model, *whole)  # type: ignore[arg-type]
    return beyond.weight[problem.active], beyond.elsewhere + float(np.delete(beyond.weight, problem.active).sum())


def solve_window(model: Model, window: Window, solver: FactorSolver, tolerance: float, peak: Site) -> State:
    """The steady state on the sites of a window, not yet certified."""
    if window.size == 0:
        raise InputError("the window holds no site of the triangle |m| <= j <= N/2; make it larger or move it")
    basis = build(model, "dicke", window=None if window.is_full else window, populated=True)
    return solve_on(Liouvillian(basis), model, solver, tolerance, peak)


def _solved(problem: NullProblem, pin: int, solver: FactorSolver) -> NullVector:
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
    candidates = np.flatnonzero(problem.trace)
    J, M = labels[2:4, candidates]
    return int(candidates[int(np.argmin(np.abs(J - peak[0]) + np.abs(M - peak[1])))])
