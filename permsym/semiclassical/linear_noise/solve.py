"""The steady state by linear noise: mean field, fluctuations, diagnosis."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from permsym.cumulants.mean_field import mean_field
from permsym.cumulants.newton import UNSTABLE, FixedPoint
from permsym.cumulants.physical import unphysical
from permsym.errors import InputError, NotApplicable, SolverFailed
from permsym.model import Model
from permsym.semiclassical.linear_noise.branches import stable_states
from permsym.semiclassical.linear_noise.diagnosis import Diagnosis
from permsym.semiclassical.linear_noise.fluctuations import Fluctuations, correlations, fluctuations
from permsym.semiclassical.linear_noise.large_centre import grown, in_the_limit, needs_limit
from permsym.semiclassical.linear_noise.state import A, Expansion, LinearNoise
from permsym.several_sites import refuse_several


def linear_noise(model: Model) -> LinearNoise:
    """Mean field and its Gaussian fluctuations: moments to first order in 1/N, and the linewidth of a broken phase.

        A C + C A^T + D = 0,   A m + H:K/2 = 0

    with the Jacobian A and the second derivative H of the mean-field equations and the diffusion D of the jumps; docs/cumulants.md derives
    them.  Any model is accepted: several ensembles, satellites and centres of any number of levels, individual, central and collective
    jumps.  Rates and widths have the units of the model's rates.

    The result judges itself: where ``diagnosis`` finds the fluctuations too large, or several stable states, its moments raise
    NotApplicable.  Raises NotApplicable where mean field is only marginally stable or an ensemble has a single satellite, NoFixedPoint
    where mean field has no stationary state, InputError for what is no model.

    >>> from permsym.models import tavis_cummings
    >>> laser = linear_noise(tavis_cummings(N=200))
    >>> round(laser.moment("ad a").real, 4)
    16.9802
    """
    if not isinstance(model, Model):
        raise InputError(f"linear noise needs a Model, but is given {model!r}")
    refuse_several(model.centre, "linear noise")
    started = time.perf_counter()
    alone = [ensemble.name for ensemble in model.ensembles if ensemble.size < 2]
    if alone:
        raise NotApplicable(f"linear noise is not applicable: ensemble {alone[0]!r} has a single satellite; use exact solutions")
    point = mean_field(model).point
    if point.stability > -UNSTABLE * max(abs(c) for c in point.equations.coefficients):
        raise NotApplicable("linear noise is not applicable: mean field is only marginally stable here; use exact solutions or cumulants")
    solved = time.perf_counter()
    noise = in_the_limit(point) if needs_limit(model) else fluctuations(point)
    expansion = Expansion(model, point, noise)
    spread = time.perf_counter()
    diagnosis = _diagnosed(expansion)
    seconds = {"mean_field": solved - started, "noise": spread - solved, "diagnosis": time.perf_counter() - spread}
    return LinearNoise(model, expansion, diagnosis, seconds)


def _diagnosed(expansion: Expansion) -> Diagnosis:
    model, point, noise = expansion.model, expansion.point, expansion.noise
    return Diagnosis(
        symmetry_broken=bool(point.broken),
        stable_states=len(stable_states(point)),
        relative_variance=expansion.relative_variance,
        shift=_shift(expansion),
        dark=model.centre.kind == "boson" and not expansion.bright,
        feedback=None if point.broken else _feedback(point, noise, needs_limit(model)),
        unphysical=unphysical(model, expansion.moment),
        defect=noise.defect,
    )


def _shift(expansion: Expansion) -> float:
    """Largest change of a population, or relative change of the photon number of a bright mode."""
    alphabet, m, shifts = expansion.point.equations.hierarchy.alphabet, expansion.noise.m, [0.0]
    if expansion.bright:
        amplitude = float(abs(expansion.noise.y[A])) ** 2
        shifts.append(abs(expansion.photons / amplitude - 1))
    for mine, site in zip(alphabet.slices, [alphabet.centre, *alphabet.ensembles], strict=True):
        if site is not None:
            ranges = np.array([np.ptp(np.diagonal(matrix).real) for matrix in site.basis[1:]])  # z has two, a projector one
            shifts += (np.abs(m[mine])[ranges > 0] / ranges[ranges > 0]).tolist()
    return max(shifts)


def _feedback(point: FixedPoint, noise: Fluctuations, limit: bool) -> float:
    """Change of the correlations where they are taken around the shifted means; infinite where these are not stable.

    Relative to what fluctuates anyway: the photons that are not coherent, and each satellite's own variance over N.
    """
    start, factor = grown(point) if limit else (point, 1.0)
    moved = replace(start, x=start.x + noise.m / start.equations.scale)
    if moved.stability > 0:
        return float("inf")
    try:
        before, after = correlations(start), correlations(moved)
    except SolverFailed:
        return float("inf")
    hierarchy = point.equations.hierarchy
    alphabet, unknowns = hierarchy.alphabet, np.arange(len(point.x))
    variances = np.abs(before.C[unknowns, hierarchy.conjugates]) * factor
    change = np.abs(after.K - before.K) * factor
    for kind, mine in enumerate(alphabet.slices):
        variances[mine] = variances[mine].max(initial=0.0)
        if kind == 0 and alphabet.boson:
            variances[mine] = np.abs(before.K[unknowns, hierarchy.conjugates][mine]).max()
        elif kind == 0:  # a centre of few levels fluctuates by one, and has no correlations with itself
            variances[mine], change[mine, mine] = 1.0, 0.0
    variances = np.maximum(variances, 1e-9 * variances.max())
    return float((change / np.sqrt(np.outer(variances, variances))).max())
