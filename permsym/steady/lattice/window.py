"""The adaptive window: where to solve, found by continuation in N from a small full basis, checked by the certificate.

solve N_0 = 40 ... 160 in the full basis;  predict the level set of 4 N_0;  solve;  ...;  solve N;
while the window's part of the error estimate is too large: grow where it comes from, solve again
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from permsym import machine
from permsym.basis.representations import build, dimension
from permsym.basis.window import Window
from permsym.errors import InputError, SolverFailed, TooLarge
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.operators import Operator
from permsym.progress import Progress, silent
from permsym.steady import choice
from permsym.steady.choice import Plan
from permsym.steady.lattice.cloud import Cloud
from permsym.steady.lattice.direct import certified, solve_on
from permsym.steady.lattice.null_vector import NullVector
from permsym.steady.state import State
from permsym.text import readable

CROSSOVER = 300  # satellites up to which the full basis is as fast
_SMALLEST, _RATIO = 40, 4  # the first level has _SMALLEST to _RATIO * _SMALLEST satellites
_TARGET = 5e-14  # window estimate that needs no growth
_THRESHOLD = float(np.log(1e-14)) - 1.5  # of ln P on the last level
_LEVEL_THRESHOLD = 1.2 * _THRESHOLD / _RATIO - 3  # on the levels before: enough to predict _THRESHOLD of the next
_ATTEMPTS = 6

Solver = choice.Chosen | None
"""None: the quickest that fits."""


def applies(model: Model, representation: str) -> bool:
    """Whether a window can cut this model: one ensemble in the Dicke representation, with a U(1) symmetry that ties m' to m.

    Not beside a boson: its photon number grows with N, so that a window of (j, m) alone gains nothing.
    """
    tied = len(model.ensembles) == 1 and any(charge[1] for charge in model.charges)
    return representation == "dicke" and tied and model.centre.kind != "boson"


def adapted(model: Model, labels: Sequence[MomentLabel], solver: Solver, tolerance: float, progress: Progress) -> State:
    """The certified steady state on the window that its own certificate finds large enough."""
    N = model.sizes[0]
    cloud = _predictor(model, progress)
    threshold = _THRESHOLD
    window = cloud.level_set(N, threshold)
    peak = cloud.peak_for(N)
    state: State | None = None
    for attempt in range(_ATTEMPTS):
        state = None  # the factors of the last attempt, before the next ones
        state = _best(model, window, labels, solver, tolerance, peak, cloud.unknowns, progress)
        progress(
            f"N={N:,}: {window.size:,} sites, {state.basis.dimension:,} unknowns, error {state.certificate.error_estimate:.1e}, "
            f"of which the window {state.window_error:.1e}"
        )
        enough = max(_TARGET, 0.2 * state.algebraic_error)  # a window cannot mend what rounding does
        if window.is_full or state.window_error <= enough or attempt == _ATTEMPTS - 1:
            break
        threshold -= float(np.log(min(state.window_error, 1.0) / _TARGET)) + 2
        grown = window.united(_grown(state, window)).united(cloud.level_set(N, threshold))
        try:
            check_memory(model, grown, cloud.unknowns)
        except TooLarge:
            break  # the certificate says what is missing
        window, peak = grown, Cloud.of(state).peak
    assert state is not None
    return state


def given(
    model: Model, window: Window | float, labels: Sequence[MomentLabel], solver: Solver, tolerance: float, progress: Progress
) -> State:
    """The certified steady state on a window of the user's: a Window, or a number of standard deviations."""
    N = model.sizes[0]
    if isinstance(window, Window):
        J, M = window.sites()[:, window.size // 2]
        return _best(model, window, labels, solver, tolerance, (int(J), int(M)), None, progress)
    cloud = _predictor(model, progress)
    place = cloud.rectangle(N, window)
    state = _best(model, place, labels, solver, tolerance, cloud.peak_for(N), cloud.unknowns, progress)
    cloud = Cloud.of(state)
    again = cloud.rectangle(N, window)  # around the mean and the deviations found
    if not place.is_full and (~place.contains(*again.sites())).mean() > 0.02:
        del state  # its factors, before the next ones
        state = _best(model, again, labels, solver, tolerance, cloud.peak, cloud.unknowns, progress)
    return state


def _best(
    model: Model,
    window: Window,
    labels: Sequence[MomentLabel],
    solver: Solver,
    tolerance: float,
    peak: tuple[int, int],
    unknowns: float | None,
    progress: Progress,
) -> State:
    """The certified state on a window; where single precision was our choice and its bound is poor, in double precision."""
    chosen = check_memory(model, window, unknowns, solver)
    if chosen.seconds > choice.LONG:
        progress(f"N={model.sizes[0]:,}: {window.size:,} sites, {chosen.describe()} ...")
    state = certified(_solved(model, window, chosen.solver, tolerance, peak), labels)
    if solver is None and choice.doubtful(chosen.solver, state.algebraic_error):
        try:
            again = check_memory(model, window, unknowns, SuperLU())
        except TooLarge:
            return state
        progress(f"N={model.sizes[0]:,}: error {state.certificate.error_estimate:.1e}; again: {again.describe()} ...")
        del state  # its factors, before the next ones
        state = certified(_solved(model, window, again.solver, tolerance, peak), labels)
    return state


def predicted(model: Model, window: Window | float | None, progress: Progress = silent) -> tuple[Window, float | None]:
    """The window that a solve would start from, and unknowns a site, without solving the model itself (the dearest level)."""
    if isinstance(window, Window):
        return window, None
    cloud = _predictor(model, progress)
    N = model.sizes[0]
    return cloud.level_set(N, _THRESHOLD) if window is None else cloud.rectangle(N, window), cloud.unknowns


def likely_peak(model: Model) -> tuple[int, int]:
    """(2j, 2m) near the most probable site, from smaller systems."""
    return _predictor(model, silent).peak_for(model.sizes[0])


def check_memory(model: Model, window: Window, unknowns: float | None = None, solver: Solver = None) -> Plan:
    """How a window is solved and what that needs; TooLarge where it is more than is free now.

    unknowns   how many a site take part in the solve, where a smaller system has shown it
    """
    size = dimension(model, "dicke", window=window)
    active = size if unknowns is None else min(size, round(unknowns * window.size))
    found = _plan(active, window.sides, solver)
    if not found.fits:
        _refuse(model, found, window.sides, solver)
    return found


def _plan(size: int, sides: Sequence[int], solver: Solver) -> Plan:
    return choice.automatic(size, sides) if solver is None else choice.plan(size, sides, solver)


def _refuse(model: Model, plan: Plan, sides: tuple[int, int], solver: Solver, growth: float = 1.0, slack: float = 1.0) -> None:
    """TooLarge with the N that would fit, given that sites grow as N^growth; ``slack``: how rough the estimate is."""
    free = machine.available_bytes()

    def needed(share: float) -> float:
        sites = share**growth
        return _plan(round(plan.size * sites), [round(side * sites**0.5) for side in sides], solver).bytes_

    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if slack * needed(middle) <= free else (low, middle)
    fits = int(model.sizes[0] * low)
    advice = f"N={fits} would fit, or a smaller window such as window=6, or" if fits else "free some memory, or"
    raise TooLarge(
        f"this needs about {readable(plan.bytes_)} ({plan.size:,} unknowns on the window), but {readable(free)} are "
        f"available; {advice} raise PERMSYM_MEMORY if there is more"
    )


def _refuse_early(model: Model, before: Cloud, cloud: Cloud) -> None:
    """Refuse what two small systems show to be hopeless, instead of after solving larger and larger ones."""
    counts = before.count(_LEVEL_THRESHOLD), cloud.count(_LEVEL_THRESHOLD)
    growth = float(np.log(counts[1] / counts[0]) / np.log(cloud.N / before.N))
    # for a Gaussian cloud the sites above a threshold are proportional to it
    sites = counts[1] * (_THRESHOLD / _LEVEL_THRESHOLD) * (model.sizes[0] / cloud.N) ** growth
    longest = max(cloud.log.shape) * (sites / np.isfinite(cloud.log).sum()) ** 0.5
    size, sides = round(cloud.unknowns * sites), (round(longest), round(sites / longest))
    hoped = _plan(size, sides, None)
    if hoped.bytes_ > 1.5 * machine.available_bytes():
        _refuse(model, hoped, sides, None, growth, 2.5)


def _predictor(model: Model, progress: Progress) -> Cloud:
    """The cloud of a smaller system (of this one where it is small), by continuation in N."""
    N = model.sizes[0]
    sizes = [N]
    while sizes[-1] >= _RATIO * _SMALLEST:
        sizes.append(round(sizes[-1] / _RATIO))
    smaller = in_rotating_frame(model)
    first, *rest = reversed(sizes[1:] or sizes)
    state = solve_on(Liouvillian(build(smaller.rescaled(first / N), "dicke")), smaller.rescaled(first / N), SuperLU(), 1.0)
    cloud = Cloud.of(state)
    progress(f"N={first:,}: full basis, {state.basis.dimension:,} unknowns")
    for size in rest:
        before, cloud = cloud, _level(smaller.rescaled(size / N), cloud, progress)
        if before.N >= _RATIO * _SMALLEST:  # the first level is too small to show how the cloud grows
            _refuse_early(model, before, cloud)
    return cloud


def _level(model: Model, cloud: Cloud, progress: Progress) -> Cloud:
    """The next cloud: of a model with more satellites, on the window that the last cloud predicts."""
    N = model.sizes[0]
    threshold = _LEVEL_THRESHOLD
    for _ in range(_ATTEMPTS):
        window = cloud.level_set(N, threshold)
        chosen = check_memory(model, window, cloud.unknowns)
        state = _solved(model, window, chosen.solver, 1.0, cloud.peak_for(N))
        found = Cloud.of(state)
        progress(f"N={N:,}: {window.size:,} sites, {state.basis.dimension:,} unknowns")
        highest = _edge_level(found, window)
        if window.is_full or highest < _THRESHOLD / _RATIO:
            return found
        threshold += _LEVEL_THRESHOLD / 2  # the prediction was off: more room
    raise SolverFailed(
        f"the window of N={N:,} does not hold the steady state (ln P at its edge is still {highest:.1f}); the state does not "
        "narrow as N grows: use window='full', or a model whose rates scale with N"
    )


def _edge_level(cloud: Cloud, window: Window) -> float:
    """The highest ln P on the window's edge."""
    J, M = window.dilated(1).sites()
    outside = ~window.contains(J, M)
    if not outside.any():
        return -np.inf
    rim = Window.at_sites(window.N, np.stack([J[outside], M[outside]])).dilated(1)
    J, M = window.sites()
    at = rim.contains(J, M)
    return float(cloud.log[(J[at] - cloud.corner[0]) // 2, (M[at] - cloud.corner[1]) // 2].max())


def _solved(model: Model, window: Window, solver: choice.Chosen, tolerance: float, peak: tuple[int, int]) -> State:
    if window.size == 0:
        raise InputError("the window holds no site of the triangle |m| <= j <= N/2; make it larger or move it")
    basis = build(model, "dicke", window=None if window.is_full else window)
    return solve_on(Liouvillian(basis), model, solver, tolerance, peak)


def _grown(state: State, window: Window) -> Window:
    """The window with the surroundings of every site that contributes more than its share of the target."""
    assert isinstance(state.null, NullVector)
    basis, active = state.basis, state.null.problem.active
    labels = active[active < basis.size]
    share = state.edge[: len(labels)]
    counted = np.count_nonzero(share)
    high = share * counted > 0.1 * _TARGET
    J, M = basis.labels[2, labels[high]], basis.labels[3, labels[high]]
    cloud = Cloud.of(state)
    # ln P falls towards the edge by at least its mean slope from the peak, unless the window is displaced
    excess = np.log(share[high].max(initial=_TARGET) * counted / _TARGET) + 2
    reach = max(2, int(np.ceil(excess / _slope(cloud))))
    return Window.at_sites(window.N, np.stack([J, M])).dilated(min(reach, max(window.mask.shape)))


def _slope(cloud: Cloud) -> float:
    """How much ln P falls a site, on average from the peak to the edge of the box, along the shorter way."""
    finite = np.isfinite(cloud.log)
    distance = ndimage.distance_transform_cdt(np.pad(finite, 1), metric="chessboard")[1:-1, 1:-1]
    depth = max(int(distance.max()), 1)
    return max(float(-cloud.log[finite].min()) / depth, 1e-3)


def in_rotating_frame(model: Model) -> Model:
    """The same neutral sector, with the ensemble's own level splitting removed.

    H - lambda Q with the conserved charge Q: only detunings remain.  Without this, rescaling would turn resonance into
    detuning, because the centre's frequency scales with N and the satellites' does not.
    """
    charge = next(w for w in model.charges if w[1])
    ensemble = model.ensembles[0]
    terms, splitting = {}, 0.0
    for key, value in model.hamiltonian.terms.items():
        matrix = key.satellites[0][1] if key.centre is None and len(key.satellites) == 1 else None
        if matrix is None or matrix[0][1] != 0 or matrix[1][0] != 0:
            terms[key] = value
            continue
        step = ensemble.excitations[0] - ensemble.excitations[1]
        splitting += ((matrix[0][0] - matrix[1][1]) * value).real / step
    q = np.diag(model.centre.excitations)
    hamiltonian = Operator(terms) - model.centre.operator(q) * (splitting * charge[0] / charge[1])
    return Model(model.centre, model.ensembles, hamiltonian, model.jumps, name=model.name, parameters=model.parameters)
