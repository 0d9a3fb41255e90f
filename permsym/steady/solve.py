"""The steady state of a model: request, plan, route, certificate, verification."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import import_module
from typing import Literal

from permsym.basis.basis import Basis
from permsym.basis.representations import REPRESENTATIONS
from permsym.basis.several import Cut
from permsym.basis.window import Window
from permsym.errors import InputError, NotApplicable, PermsymError, TooLarge, UncertifiedWarning, UnsuitedModel
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.progress import Progress, silent
from permsym.several_sites import SeveralSites
from permsym.steady import fock_cutoff, modes, planning
from permsym.steady.cavity.checkpoint import Checkpoint
from permsym.steady.plan import Plan, Request, Route, Solver
from permsym.steady.scaling.wells import survey
from permsym.steady.state import DEFAULT_TOLERANCE, State

ROUTES = {route: f"permsym.steady.{route}.solve" for route in Route}
"""The door of each route, ``solve(plan, request, say, answer) -> State``; it is opened when it is needed: one loads a compiler."""


def steady_state(
    model: Model,
    *,
    basis: str | Basis = "auto",
    solver: Solver | str = "auto",
    moments: int | str | Iterable[str | MomentLabel] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
    verify: bool = False,
    liouvillian: Liouvillian | None = None,
    window: Literal["auto", "full"] | float | Window | Cut = "auto",
    progress: Progress | None = None,
    checkpoint: Checkpoint | str | None = None,
) -> State:
    """The exact steady state rho with L rho = 0, tr rho = 1, in the neutral charge sector.  (Ten parameters: each a wish of its own.)

    basis        "auto", "dicke", "occupation", "full", or a Basis
    solver       "auto", "superlu", "shift-invert", "single", "ilu", "pardiso", "bicgstab", "matrix-free", "hermite", "quick", or a
                 solver value such as SuperLU(ordering="COLAMD"); "auto" checks large windows with the Hermite solver, and uses it
                 past their reach;
                 "quick" takes the Hermite solver from N = 20,000 on, where it applies and certifies itself, else "auto"
    moments      what the certificate covers: an order, a label, or several
    tolerance    error of a moment, relative to max(1, |value|), that counts as certified
    verify       solve in the other representation too and enter the largest difference of those moments
    liouvillian  reuse one of another model with the same structure (sweeps)
    window       sites (j, m) to solve on, for one ensemble in the Dicke representation: "auto" (all up to N = 300, then an
                 adaptive level set), "full", a number of standard deviations around the mean, or a Window; of several ensembles
                 a Cut(order, share) of coherences and populations, of atoms with several levels a Cut(order) of coherent ones;
                 beside a boson with automatic levels "auto" cuts the blocks of large systems, and "full" does not
    checkpoint   a file to which the matrix-free solver writes its iterate, and from which it goes on
    progress     called with a line of text now and then, such as ``permsym.progress.on_stderr()``

    ``state.plan`` says how the state was computed.  Raises DegenerateSteadyState where the steady state is not unique, TooLarge
    before allocating more than is free.  Warns with UncertifiedWarning where the certificate falls short.
    """
    request = Request.of(
        model, moments, solver, checkpoint, basis=basis, tolerance=tolerance, verify=verify, liouvillian=liouvillian, window=window
    )
    state = _answer(request, progress or silent)
    if not state.certificate.certified:
        warnings.warn("the certificate fell short: " + "; ".join(state.certificate.reasons), UncertifiedWarning, stacklevel=2)
    return state


def plan_of(
    model: Model, *, basis: str = "auto", window: Literal["auto", "full"] | float | Cut = "auto", solver: Solver | str = "auto"
) -> Plan:
    """How :func:`steady_state` would compute it; TooLarge where nothing fits.  Predictions may solve smaller systems."""
    request = Request.of(model, [], solver, basis=basis, window=window)
    return planning.plan_for(request, silent, answer, ahead=True).outcome()


def answer(request: Request) -> State:
    """The certified state of a system along the way, without a word."""
    return _answer(request, silent)


def on_displaced_states(model: Model, say: Progress) -> tuple[Model, int | None]:
    """A model with an open cut-off on displaced Fock states where that saves levels, and a cut-off to start from."""
    return planning.displaced(model, say, answer)


def _answer(request: Request, say: Progress) -> State:
    """Plan, solve, certify, verify."""
    started = time.perf_counter()
    plan = planning.plan_for(request, say, answer)
    plan, state = _carried_out(plan, request, say)
    state.plan = state.plan or plan.outcome()
    state.timings["total"] = time.perf_counter() - started
    if request.verify:
        _verify(state, request)
    elif plan.cross_check:
        _cross_check(state, request)
    return state


def _carried_out(plan: Plan, request: Request, say: Progress) -> tuple[Plan, State]:
    """The state by the first plan that works and, where it was a guess, settles the question."""
    if plan.open_levels and isinstance(plan.model.centre, SeveralSites):
        return plan, modes.search(plan.model, request, say, answer)
    if plan.open_levels and plan.window != "blocks":
        return plan, fock_cutoff.search(plan.model, request, say, answer, lambda cut: planning.iterates(request, cut), plan.start)
    solve: Callable[..., State] = import_module(ROUTES[plan.route]).solve
    state: State | None = None
    failure: PermsymError | None = None
    try:
        state = solve(plan, request, say, answer)
        if plan.open_levels:
            _survey(state, request)
        if planning.settled(plan, state):
            return plan, state
    except (NotApplicable, TooLarge, UnsuitedModel) as error:
        failure = error
    other = planning.instead(plan, request, say, failure, answer)
    if other is None:
        assert state is not None
        return plan, state
    del state  # its memory, for the other plan
    return _carried_out(other, request, say)


def _survey(state: State, request: Request) -> None:
    """Look above the levels of a window, which no other attempt widens."""
    state.above_levels = survey(state.model, state.model.centre.levels).survey
    state.adopt(state.certify(request.labels))


def _verify(state: State, request: Request) -> None:
    """Enter the difference to the same moments in another representation; of the Hermite series, on the lattice."""
    assert state.plan is not None
    if state.plan.route is Route.HERMITE:
        other = Request.of(state.model, [], basis="dicke", tolerance=request.tolerance)
        state.adopt(state.verified(answer(other), request.labels, "lattice"))
        return
    solver = state.plan.solver or "auto"
    if any(each.fixed for each in state.model.ensembles):
        raise InputError(
            "a fixed total spin, or symmetric satellites, have one representation, so that no other can verify it; leave verify out"
        )
    other = Request.of(state.model, [], solver, basis=_other(state.basis), window="full", tolerance=request.tolerance)
    state.adopt(state.verified(answer(other), request.labels))


def _cross_check(state: State, request: Request) -> None:
    """Enter the difference to the independent Hermite solver, where that applies and certifies itself."""
    try:
        other = answer(replace(request, solver="hermite"))
    except (NotApplicable, UnsuitedModel):
        return
    if other.certificate.certified:
        state.adopt(state.verified(other, request.labels, "hermite"))


def _other(basis: Basis) -> str:
    """The representation to verify in."""
    if basis.representation == "occupation":
        return "dicke" if all(ensemble.levels == 2 for ensemble in basis.model.ensembles) else "full"
    return "occupation" if basis.representation in REPRESENTATIONS else "full"
