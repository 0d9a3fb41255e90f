"""The steady state of a model: choose, refuse what cannot be done, assemble, solve, certify."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import REPRESENTATIONS, Basis, build, choose, dimension, parts_of
from permsym.errors import InputError, TooLarge, UncertifiedWarning
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.steady import memory, nullspace
from permsym.steady.arpack import ShiftInvert
from permsym.steady.direct import DirectSolver, SuperLU
from permsym.steady.iterative import IncompleteLU
from permsym.steady.mixed_precision import SingleLU
from permsym.steady.nullspace import NullProblem, NullVector
from permsym.steady.pardiso import Pardiso
from permsym.steady.state import DEFAULT_TOLERANCE, State

Solver = DirectSolver | ShiftInvert | Literal["auto"]
SOLVERS: dict[str, DirectSolver | ShiftInvert] = {
    "superlu": SuperLU(),
    "shift-invert": ShiftInvert(),
    "single": SingleLU(),
    "ilu": IncompleteLU(),
    "pardiso": Pardiso(),
}
"""Solvers by the name that a command line or a file gives them."""

_COARSE = 10  # satellites of the small model that predicts where the probability sits


def steady_state(
    model: Model,
    *,
    basis: str | Basis = "auto",
    solver: Solver | str = "auto",
    moments: int | str | Iterable[str | MomentLabel] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
    verify: bool = False,
    liouvillian: Liouvillian | None = None,
) -> State:
    """The exact steady state rho with L rho = 0, tr rho = 1, in the neutral charge sector.

    basis        "auto", "dicke", "occupation", "full", or a Basis
    solver       "auto", "superlu", "shift-invert", "single", "ilu", "pardiso", or a solver value such as SuperLU(ordering="COLAMD")
    moments      what the certificate covers: an order, a label, or several
    tolerance    absolute error that counts as certified
    verify       solve in the other representation too and enter the largest difference of those moments
    liouvillian  reuse one of another model with the same structure (sweeps)

    Raises DegenerateSteadyState where the steady state is not unique, TooLarge before allocating more than is free.
    Warns with UncertifiedWarning where the certificate falls short.
    """
    if not np.isfinite(tolerance) or tolerance <= 0:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
    chosen = _solver(solver)
    started = time.perf_counter()
    if liouvillian is None:
        if isinstance(basis, str):
            check_memory(model, basis)
            basis = build(model, basis)
        if not basis.hermitian:
            raise InputError(
                f"the steady state lives in the neutral sector, but the basis has charge {basis.charge}; build it with charge 0"
            )
        liouvillian = Liouvillian(basis)
    elif not liouvillian.fits(model):
        raise InputError("this Liouvillian belongs to a model with other sites or symmetry; make a new one")
    basis = liouvillian.basis
    matrix = liouvillian.matrix(model)
    assembled = time.perf_counter()
    problem = nullspace.reduce(matrix, liouvillian.trace(), basis.coordinates)
    nullspace.refuse_conserved(matrix, problem.active, basis.coordinates, SuperLU())
    null = _solved(problem, basis, model, chosen)
    solved = time.perf_counter()
    timings = {"assemble": assembled - started, "solve": solved - assembled}
    state = State(model, basis, null, {**chosen.describe(), "fill": null.factor.fill}, timings, tolerance)
    labels = select_labels(model, moments)
    state.adopt(state.certify(labels))
    state.timings["moments"] = time.perf_counter() - solved
    if verify:
        other = _other(basis)
        check_memory(model, other)
        state.adopt(state.verified(steady_state(model, basis=other, solver=chosen, moments=[], tolerance=tolerance), labels))
    if not state.certificate.certified:
        warnings.warn("the certificate fell short: " + "; ".join(state.certificate.reasons), UncertifiedWarning, stacklevel=2)
    return state


def check_memory(model: Model, representation: str = "auto") -> tuple[int, float, float]:
    """(dimension, bytes, seconds) of a direct solve; TooLarge where the bytes are not free now."""
    size, extents = lattice(model, representation)
    needed, free = memory.solve_bytes(size, extents), memory.available_bytes()
    if needed > free:
        raise TooLarge(
            f"this needs about {memory.readable(needed)} ({size:,} unknowns), but {memory.readable(free)} are available; "
            f"{_advice(model, representation, free)}"
        )
    return size, needed, memory.solve_seconds(size, extents)


def lattice(model: Model, representation: str = "auto") -> tuple[int, list[int]]:
    """Unknowns of the steady state and the sides of the lattice they live on."""
    name = choose(model) if representation == "auto" else representation
    size = dimension(model, name)
    if name == "full":
        return size, []
    sides: list[int] = []
    for each in model.ensembles:
        if each.levels > 2:
            sides += [each.N + 1] * (each.levels**2 - 1 - bool(model.charges))
        else:
            sides += [each.N // 2 + 1, each.N + 1] if model.charges else [each.N // 2 + 1, each.N + 1, each.N + 1]
    return size, sides


def _advice(model: Model, representation: str, free: float) -> str:
    """The largest system that would fit."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        fits = memory.solve_bytes(*lattice(model.rescaled(middle), representation)) <= free
        low, high = (middle, high) if fits else (low, middle)
    sizes = [int(each.N * low) for each in model.ensembles]
    if min(sizes) < 1:
        return "free some memory or raise PERMSYM_MEMORY"
    return f"N={', '.join(map(str, sizes))} would fit, or raise PERMSYM_MEMORY if there is more"


def _solver(solver: Solver | str) -> DirectSolver | ShiftInvert:
    if isinstance(solver, str):
        if solver == "auto":
            return SuperLU()
        if solver not in SOLVERS:
            raise InputError(f"there is no solver {solver!r}; choose one of auto, {', '.join(SOLVERS)}")
        return SOLVERS[solver]
    return solver


def _solved(problem: NullProblem, basis: Basis, model: Model, solver: DirectSolver | ShiftInvert) -> NullVector:
    pin = _likely_pin(problem, basis, model)
    if not isinstance(solver, ShiftInvert):
        return nullspace.solve(problem, solver, pin)
    _, vectors = solver.eigenpairs(problem.matrix, problem.coordinates, 1)
    # the pinned factorisation carries the certificate; the eigenvector is the answer that it judges
    vector = vectors[:, 0] / (problem.trace @ vectors[:, 0])
    null = nullspace.solve(problem, solver.direct, int(np.argmax(np.abs(problem.trace * vector))))
    return NullVector(problem, null.factor, null.pin, vector.real)


def _likely_pin(problem: NullProblem, basis: Basis, model: Model) -> int:
    """A population near the most probable one, predicted by a small model with the same intensive physics."""
    labels = basis.labels[:, problem.active[problem.active < basis.size]]
    candidates = np.flatnonzero((problem.trace != 0) & problem.recurrent)
    if max(model.sizes) <= 2 * _COARSE or basis.representation == "full" or min(model.sizes) < max(model.sizes) / _COARSE:
        return int(candidates[len(candidates) // 2])
    factor = _COARSE / max(model.sizes)
    small = model.rescaled(factor)
    small_basis = Basis(small, parts_of(small, basis.representation), basis.representation)
    small_liouvillian = Liouvillian(small_basis)
    small_problem = nullspace.reduce(small_liouvillian.matrix(), small_liouvillian.trace(), small_basis.coordinates)
    places = np.flatnonzero((small_problem.trace != 0) & small_problem.recurrent)
    vector = nullspace.solve(small_problem, SuperLU(), int(places[len(places) // 2])).vector
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


def _other(basis: Basis) -> str:
    """The representation to verify in."""
    two_level = all(each.levels == 2 for each in basis.model.ensembles)
    if basis.representation == "occupation":
        return "dicke" if two_level else "full"
    return "occupation" if basis.representation in REPRESENTATIONS else "full"
