"""The door of this room: one lattice, whole or on a window, with the factors of a direct solver."""

from __future__ import annotations

from collections.abc import Callable

from permsym.basis.basis import Basis
from permsym.basis.representations import build
from permsym.basis.several import Cut
from permsym.basis.window import Window
from permsym.errors import SolverFailed
from permsym.linear.factorisation import LONG, PATIENCE, Factorisation, FactorSolver, doubtful, kind_of
from permsym.liouvillian import Liouvillian
from permsym.progress import Progress
from permsym.steady import needs
from permsym.steady.degenerate import refuse_degenerate, refuse_hidden
from permsym.steady.lattice.cut import on_cut
from permsym.steady.lattice.direct import Site, solve_on
from permsym.steady.lattice.window import on_level_set, on_sites, within_deviations
from permsym.steady.plan import Plan, Request
from permsym.steady.planning import CROSSOVER, window_applies
from permsym.steady.scaling.lattice import predict_peak
from permsym.steady.state import State, certified


def solve(plan: Plan, request: Request, say: Progress, answer: Callable[[Request], State]) -> State:
    """The certified steady state."""
    if plan.window == "full":
        return _on_full_basis(plan, request, say)
    if plan.window == "adapted":
        return on_level_set(plan, request, say)
    if isinstance(plan.window, Cut):
        return on_cut(plan, request, say)
    return on_sites(plan, request, say) if isinstance(plan.window, Window) else within_deviations(plan, request, say)


def _on_full_basis(plan: Plan, request: Request, say: Progress) -> State:
    """On every site; where single precision was our choice and its bound is poor, in double precision if that fits."""
    model, liouvillian = plan.model, request.liouvillian
    assert plan.solver is not None
    if liouvillian is None:
        if isinstance(request.basis, str) and plan.seconds > LONG:
            say(f"full basis, {Factorisation(plan.solver, plan.unknowns, plan.bytes, plan.seconds)} ...")  # type: ignore[arg-type]
        liouvillian = Liouvillian(request.basis if isinstance(request.basis, Basis) else build(model, plan.basis, populated=True))
    basis = liouvillian.basis
    if basis.lacks_elements:
        refuse_hidden(model)
    peak = _peak(plan, basis)

    def solved(solver: FactorSolver) -> State:
        return certified(solve_on(liouvillian, model, solver, request.tolerance, peak, say), request.labels)

    ours = request.solver in ("auto", "quick") and kind_of(plan.solver) != "double"  # type: ignore[arg-type]
    double = needs.unrefused(model, basis) if ours else None
    if kind_of(plan.solver) == "iterated":  # type: ignore[arg-type]
        refuse_degenerate(model)  # an iteration finds one of several steady states and does not notice
        double = None if double is None or double.seconds > PATIENCE else double
    try:
        state = solved(plan.solver)  # type: ignore[arg-type]
        if double is None or not double.fits or not doubtful(plan.solver, state.algebraic_error):  # type: ignore[arg-type]
            return state
        del state  # its factors, before the next ones
    except SolverFailed:
        if double is None or not double.fits:
            raise
    assert double is not None
    say(f"that did not suffice; again: {double} ...")
    return solved(double.solver)


def _peak(plan: Plan, basis: Basis) -> Site | None:
    """Where to pin a large full basis: a wrong guess costs a second factorisation."""
    large = window_applies(plan.model, basis.representation) and plan.model.sizes[0] > CROSSOVER
    return predict_peak(plan.model) if large and basis.boundary == "closed" else None
