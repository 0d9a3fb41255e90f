"""Windows of the Dicke lattice: solve on the level set that a smaller system predicts, let the certificate judge, and grow.

while the window's part of the error estimate is too large: grow where it comes from, solve again
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from permsym.basis.window import Window
from permsym.errors import SolverFailed, TooLarge
from permsym.linear.factorisation import LONG, doubtful
from permsym.linear.incomplete_lu import IncompleteLU
from permsym.linear.superlu import SuperLU
from permsym.progress import Progress
from permsym.steady import needs
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.lattice.direct import Site, solve_window
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.plan import Plan, Request
from permsym.steady.scaling.cloud import Cloud
from permsym.steady.scaling.lattice import THRESHOLD
from permsym.steady.state import State, certified

_TARGET = 5e-14  # window estimate that needs no growth
_ATTEMPTS = 6
_MOVED = 0.02  # share of the sites around the mean that were missing: beyond it the window is placed again


def on_level_set(plan: Plan, request: Request, say: Progress) -> State:
    """The certified steady state on the window that its own certificate finds large enough."""
    cloud, N = plan.cloud, plan.model.sizes[0]
    assert cloud is not None
    threshold = THRESHOLD
    window, peak = cloud.level_set(N, threshold), cloud.peak_for(N)
    state: State | None = None
    for attempt in range(_ATTEMPTS):
        state = None  # the factors of the last attempt, before the next ones
        state = _best(plan, request, window, peak, say)
        say(
            f"N={N:,}: {window.size:,} sites, {state.basis.dimension:,} unknowns, error {state.certificate.error_estimate:.1e}, "
            f"of which the window {state.window_error:.1e}"
        )
        enough = max(_TARGET, 0.2 * state.algebraic_error)  # a window cannot mend what rounding does
        if window.is_full or state.window_error <= enough or attempt == _ATTEMPTS - 1:
            break
        threshold -= float(np.log(min(state.window_error, 1.0) / _TARGET)) + 2
        grown = window.united(_grown(state, window)).united(cloud.level_set(N, threshold))
        try:
            needs.on_window(plan.model, grown, cloud.unknowns)
        except TooLarge:
            break  # the certificate says what is missing
        window, peak = grown, Cloud.of(state, state.dimension).peak
    assert state is not None
    return state


def on_sites(plan: Plan, request: Request, say: Progress) -> State:
    """The certified steady state on the sites of the user's window."""
    assert isinstance(plan.window, Window)
    J, M = plan.window.sites()[:, plan.window.size // 2] if plan.window.size else (0, 0)
    return _best(plan, request, plan.window, (int(J), int(M)), say)


def within_deviations(plan: Plan, request: Request, say: Progress) -> State:
    """The certified steady state within a number of standard deviations of the mean: of the predicted one, then of the solution's."""
    cloud, N = plan.cloud, plan.model.sizes[0]
    assert cloud is not None
    assert isinstance(plan.window, float | int)
    window = cloud.rectangle(N, plan.window)
    state = _best(plan, request, window, cloud.peak_for(N), say)
    solved = Cloud.of(state, state.dimension)
    again = solved.rectangle(N, plan.window)
    if not window.is_full and (~window.contains(*again.sites())).mean() > _MOVED:
        del state  # its factors, before the next ones
        state = _best(replace(plan, cloud=solved), request, again, solved.peak, say)
    return state


def _best(plan: Plan, request: Request, window: Window, peak: Site, say: Progress) -> State:
    """The certified state on a window; where single precision was our choice and its bound is poor, in double precision."""
    # incomplete factors are planned where nothing else fits, however long they take
    free = request.solver in ("auto", "quick") and not isinstance(plan.solver, IncompleteLU)
    chosen = None if free else plan.solver
    assert not isinstance(chosen, MatrixFree)
    per_site = None if plan.cloud is None else plan.cloud.unknowns
    N = plan.model.sizes[0]
    factors = needs.on_window(plan.model, window, per_site, chosen)
    if factors.seconds > LONG:
        say(f"N={N:,}: {window.size:,} sites, {factors} ...")
    try:
        state = certified(solve_window(plan.model, window, factors.solver, request.tolerance, peak), request.labels)
        failure = None
    except SolverFailed as error:
        if chosen is not None:
            raise
        failure = error
    if failure is not None or (chosen is None and doubtful(factors.solver, state.algebraic_error)):
        try:
            double = needs.on_window(plan.model, window, per_site, SuperLU())
        except TooLarge:
            if failure is not None:
                raise failure from None
            return state
        say(f"N={N:,}: single precision did not suffice; again: {double} ...")
        state = None  # type: ignore[assignment]  # its factors, before the next ones
        state = certified(solve_window(plan.model, window, double.solver, request.tolerance, peak), request.labels)
    return state


def _grown(state: State, window: Window) -> Window:
    """The window with the surroundings of every site that contributes more than its share of the target."""
    solution = state.solution
    assert isinstance(solution, FactoredSolution)
    basis, active = state.basis, solution.null.active
    labels = active[active < basis.size]
    share = solution.edge[: len(labels)]
    counted = np.count_nonzero(share)
    high = share * counted > 0.1 * _TARGET
    if not high.any():  # the estimate is of what lies beyond the edge, at no site in particular
        return window
    J, M = basis.labels[2, labels[high]], basis.labels[3, labels[high]]
    cloud = Cloud.of(state, state.dimension)
    # ln P falls towards the edge by at least its mean slope from the peak, unless the window is displaced
    excess = np.log(share[high].max(initial=_TARGET) * counted / _TARGET) + 2
    reach = max(2, int(np.ceil(excess / _slope(cloud))))
    return Window.at_sites(window.N, np.stack([J, M])).dilated(min(reach, max(window.mask.shape)))


def _slope(cloud: Cloud) -> float:
    """How much ln P falls a site, on average from the peak to the edge of the box, along the shorter way."""
    from scipy import ndimage

    finite = np.isfinite(cloud.log)
    distance = ndimage.distance_transform_cdt(np.pad(finite, 1), metric="chessboard")[1:-1, 1:-1]
    depth = max(int(distance.max()), 1)
    return max(float(-cloud.log[finite].min()) / depth, 1e-3)
