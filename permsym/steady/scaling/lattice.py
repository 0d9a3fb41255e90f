"""The cloud of a large ensemble on the Dicke lattice, by continuation in N from a small full basis.

solve N_0 = 40 ... 160 on the full basis;  predict the level set of 4 N_0;  solve;  ...;  the last one predicts N
"""

from __future__ import annotations

import numpy as np

from permsym import machine
from permsym.basis.representations import build
from permsym.basis.window import Window
from permsym.errors import SolverFailed
from permsym.linear.superlu import SuperLU
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.progress import Progress, silent
from permsym.rotating import in_rotating_frame
from permsym.steady import needs
from permsym.steady.lattice.direct import solve_on, solve_window
from permsym.steady.scaling.cloud import Cloud

THRESHOLD = float(np.log(1e-14)) - 1.5  # of ln P on the last level
_SMALLEST, _RATIO = 40, 4  # the first level has _SMALLEST to _RATIO * _SMALLEST satellites
_LEVEL_THRESHOLD = 1.2 * THRESHOLD / _RATIO - 3  # on the levels before: enough to predict THRESHOLD of the next
_ATTEMPTS = 6


def predict_peak(model: Model) -> tuple[int, int]:
    """(2j, 2m) near the most probable site, from smaller systems."""
    return predict_cloud(model, silent).peak_for(model.sizes[0])


def _refuse_early(model: Model, before: Cloud, cloud: Cloud) -> None:
    """Refuse what two small systems show to be hopeless, instead of after solving larger and larger ones."""
    counts = before.count(_LEVEL_THRESHOLD), cloud.count(_LEVEL_THRESHOLD)
    growth = float(np.log(counts[1] / counts[0]) / np.log(cloud.N / before.N))
    # for a Gaussian cloud the sites above a threshold are proportional to it
    sites = counts[1] * (THRESHOLD / _LEVEL_THRESHOLD) * (model.sizes[0] / cloud.N) ** growth
    longest = max(cloud.log.shape) * (sites / np.isfinite(cloud.log).sum()) ** 0.5
    size, sides = round(cloud.unknowns * sites), (round(longest), round(sites / longest))
    hoped = needs.factored(size, sides, None)
    if hoped.bytes > 1.5 * machine.available_bytes():
        raise needs.window_refusal(model, hoped, sides, None, growth, 2.5)


def predict_cloud(model: Model, progress: Progress) -> Cloud:
    """The cloud of a smaller system (of this one where it is small), by continuation in N."""
    N = model.sizes[0]
    sizes = [N]
    while sizes[-1] >= _RATIO * _SMALLEST:
        sizes.append(round(sizes[-1] / _RATIO))
    smaller = in_rotating_frame(model)
    first, *rest = reversed(sizes[1:] or sizes)
    state = solve_on(Liouvillian(build(smaller.rescaled(first / N), "dicke")), smaller.rescaled(first / N), SuperLU(), 1.0)
    cloud = Cloud.of(state, state.dimension)
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
        factors = needs.on_window(model, window, cloud.unknowns)
        state = solve_window(model, window, factors.solver, 1.0, cloud.peak_for(N))
        reached = Cloud.of(state, state.dimension)
        progress(f"N={N:,}: {window.size:,} sites, {state.basis.dimension:,} unknowns")
        highest = _edge_level(reached, window)
        if window.is_full or highest < THRESHOLD / _RATIO:
            return reached
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
