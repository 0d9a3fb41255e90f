"""Steady states of cumulant equations: the fixed point on the branch that starts where the hierarchy is exact."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from permsym.cumulants.attractor import relaxed
from permsym.cumulants.branch import Branch, BranchPoint
from permsym.cumulants.continuation import follow
from permsym.cumulants.equations import Counting, Equations, Truncation
from permsym.cumulants.followed.sizes import Branches, Recipe, SizeBranch, smallest_size
from permsym.cumulants.newton import UNSTABLE, FixedPoint, existing, newton
from permsym.cumulants.path import ParameterPath, over_parameter, over_size
from permsym.cumulants.start import refuse_fixed_spin, relaxed_from_product
from permsym.cumulants.state import CumulantState
from permsym.errors import InputError, NoFixedPoint, SolverFailed, UncertifiedWarning
from permsym.model import Model
from permsym.models import registry
from permsym.models.registry import ModelSource
from permsym.states.derived import mode_labels

LEVELS = (4, 6, 9, 13, 18, 24, 32)
"""Fock states tried where a boson counts as one site and its cut-off is left to the solver."""


def steady_state(
    model: Model,
    order: int = 2,
    *,
    counting: str = "operators",
    closure: str = "full",
    break_symmetry: bool = False,
    source: Recipe | None = None,
    branches: Branches | None = None,
) -> CumulantState:
    """The fixed point on the branch continued from the smallest number of satellites, where the order is exact.

    order               1: the stable mean-field state that a product state relaxes to, symmetry broken where there is one
    break_symmetry      the symmetric state where it is stable against breaking, else the broken one that replaces it
    source              a model function and its parameters: expressions in N are evaluated along the branch.  Without it coefficients
                        are scaled with N as :func:`~permsym.cumulants.path.over_size` says
    branches            those followed before, which are not followed again; the numbers have the same bits without them
    counting, closure   see :func:`permsym.cumulants.equations`

    The state may be unstable: ``stable``, ``stability``, ``attractor`` and ``folds`` say so.  Warns with UncertifiedWarning where no
    density matrix has its moments (``unphysical``).

    Raises NoFixedPoint where the branch ends before it reaches N, with the place; InputError for other options;
    TooLarge for orders that do not fit into memory.
    """
    truncation = Truncation.of(order, counting, closure, break_symmetry)
    state = _solved(model, truncation, source, branches)
    if state.unphysical:
        warnings.warn("no density matrix has these moments: " + "; ".join(state.unphysical), UncertifiedWarning, stacklevel=2)
    return state


def _solved(model: Model, truncation: Truncation, source: Recipe | None, branches: Branches | None = None) -> CumulantState:
    """The same without a warning."""
    refuse_fixed_spin(model)
    if truncation.counting is Counting.SITES and model.centre.automatic:
        return _with_enough_levels(model, truncation, source, branches)
    return _steady_state(model, truncation, source, branches)


def _steady_state(model: Model, truncation: Truncation, source: Recipe | None, branches: Branches | None) -> CumulantState:
    started = time.perf_counter()
    order, symmetric = truncation.order, replace(truncation, break_symmetry=False)
    charged = Equations.of(model, truncation) if truncation.break_symmetry and order > 1 and model.charges else None
    built = Equations.of(model, symmetric)
    seconds = {"build": built.hierarchy.seconds}
    if order == 1:
        point = relaxed_from_product(built)
        return CumulantState(point, model, seconds=seconds | {"solve": time.perf_counter() - started})
    N = sum(built.sizes)
    branch = SizeBranch(over_size(built), order) if source is None else (branches or Branches()).over_size(source, symmetric)
    point, folds = branch.at(N)
    if charged is not None:
        broken = over_size(charged) if source is None else over_parameter(*source, "N", truncation)
        point = _broken_on_path(branch, broken, charged, point, N)
    return CumulantState(point, model, folds, branch.path.name, seconds | {"solve": time.perf_counter() - started})


def _with_enough_levels(model: Model, truncation: Truncation, source: Recipe | None, branches: Branches | None) -> CumulantState:
    """The steady state with so many levels that photon numbers do not change any more; all modes have the same."""
    last: list[float] = []
    for levels in LEVELS:
        recipe = None if source is None or "levels" not in source[0].defaults else (source[0], {**source[1], "levels": levels})
        state = _steady_state(model.with_levels(levels), truncation, recipe, branches)
        photons = [state.derived[f"photons{mode.at}"] for mode in mode_labels(model)]
        if last and all(abs(n - before) < 1e-9 * max(1.0, abs(n)) for n, before in zip(photons, last, strict=True)):
            return state
        last = photons
    raise SolverFailed(
        f"the photon number still changes at {LEVELS[-1]} levels (order {truncation.order}, counting by sites); count operators, or give "
        "levels"
    )


def _embedded(charged: Equations, symmetric: FixedPoint) -> FixedPoint:
    """The symmetric state as a fixed point of the equations with charged moments, which vanish in it."""
    h, neutral = charged.hierarchy, symmetric.equations.hierarchy
    x = np.array([symmetric.x[neutral.index[c]] if c in neutral.index else 0 for c in h.unknowns], dtype=complex)
    return FixedPoint(charged, x, (0.0,) * len(h.alphabet.charges))


def charged_growth(charged: Equations, symmetric: FixedPoint) -> float:
    """Largest growth rate of charged moments around a symmetric state: positive where its symmetry breaks."""
    sectors = _embedded(charged, symmetric).stability_by_charge
    return max((value for charge, value in sectors.items() if any(charge)), default=-math.inf)


def _broken_on_path(neutral: SizeBranch, broken: ParameterPath, charged: Equations, symmetric: FixedPoint, target: float) -> FixedPoint:
    """The state with broken symmetry at N = target: relaxed there, or followed from a smaller system whose evolution comes to rest."""
    try:
        return _broken(charged, symmetric)
    except NoFixedPoint as failure:
        reason = failure
    for share in (0.1, 0.01, 1e-3, 1e-4):
        size = target * share
        if size < smallest_size(neutral.order, charged.model):
            break
        try:
            point = _broken(broken.at(broken.position(size)), neutral.at(size)[0])
            branch = follow(broken, point, size, target, points=20, watch=False) if point.broken else None
        except NoFixedPoint:
            continue
        if branch is not None and branch.reached:
            return branch.points[-1].point
    raise reason


def _broken(charged: Equations, symmetric: FixedPoint) -> FixedPoint:
    """The state with broken symmetry where the symmetric one is unstable against it, else the symmetric one."""
    h, embedded = charged.hierarchy, _embedded(charged, symmetric)
    growing = {q: value for q, value in embedded.stability_by_charge.items() if any(q) and value > UNSTABLE}
    if not growing:
        return embedded
    # amplitudes first: higher charges may grow faster, but lead nowhere
    for sector in sorted(growing, key=lambda q: (sum(map(abs, q)), -growing[q])):
        mine = [i for i in np.flatnonzero(existing(charged)) if tuple(h.charge[:, i]) == sector]
        values, vectors = np.linalg.eig(embedded.jacobian[np.ix_(mine, mine)])
        fastest = int(np.argmax(values.real))
        # in a frame that turns with the growing mode nothing has to oscillate
        q = np.array(sector, dtype=float)
        frame = tuple(float(f) for f in values[fastest].imag * q / (q @ q))
        direction = np.zeros(len(embedded.x), dtype=complex)
        direction[mine] = vectors[:, fastest] / np.abs(vectors[:, fastest]).max()
        direction = direction + direction[h.conjugates].conj()
        point = relaxed(charged, embedded.x + 0.1 * direction, frame)
        if point is not None:
            return point
    raise NoFixedPoint(
        f"the symmetric state is unstable against breaking its symmetry (growth rate {max(growing.values()):.4g}), but the evolution from "
        "there settles at no fixed point; use `evolve` to follow it"
    )


def continuation(
    model: str | Callable[..., Model] | ModelSource,
    *,
    over: str,
    start: float,
    stop: float,
    order: int = 2,
    points: int = 50,
    counting: str = "operators",
    closure: str = "full",
    break_symmetry: bool = False,
    initial: FixedPoint | None = None,
    most_folds: int | None = None,
    **fixed: float | str,
) -> Branch:
    """The branch of fixed points over a parameter, with folds and Hopf points; as many arguments as equations and walk have options.

    model       a library name, a model function, a file, or a ModelSource
    over        the parameter; N may be real, and N is followed in its logarithm
    points      least number of points on the branch
    initial     a fixed point at ``start`` (equations of the same options), default: the one on the branch from the smallest N
    most_folds  folds after which to stop; None: only when the branch returns to where it started
    fixed       other parameters; expressions such as kappa="N/16" are evaluated along the branch
    counting, closure, break_symmetry   see :func:`permsym.cumulants.equations`

    Raises NoFixedPoint where there is none to start from; InputError for other options and for limits of the parameter
    that are equal, not finite or, of N, below 1.  A branch that does not get to ``stop`` says so in ``reached`` and ``ended``.
    """
    source = registry.source(model)
    _check_range(over, start, stop, fixed)
    path = over_parameter(source, fixed, over, Truncation.of(order, counting, closure, break_symmetry))

    def steady_at(value: float, model: Model) -> FixedPoint:
        origin = (source, {**fixed, over: value}) if "N" in source.defaults else None
        return _solved(model, Truncation.of(order, counting, closure, break_symmetry), origin).point

    # below the size at which all moments exist every whole N is a solution of its own, and the branch begins at that size
    smallest = smallest_size(order, path.at(path.pinned(start)).model)
    whole = [] if over != "N" or initial is not None else _whole_sizes(smallest, start, stop)
    begin = smallest if whole else start
    first = path.at(path.pinned(begin))
    point = newton(first, initial.x, initial.frequencies) if initial is not None else newton(first, steady_at(begin, first.model).x)
    if point is None:
        raise NoFixedPoint(f"Newton's method finds no fixed point of order {order} at {over}={begin:g}, where the branch should start")
    branch = follow(path, point, begin, stop, points, most_folds=most_folds)
    branch.points[:0] = [BranchPoint(value, steady_at(value, path.at(path.position(value)).model)) for value in whole]
    return branch


def _check_range(over: str, start: float, stop: float, fixed: Mapping[str, float | str]) -> None:
    if over in fixed:
        raise InputError(f"{over!r} is both followed and fixed; leave one of them out")
    if not (math.isfinite(start) and math.isfinite(stop)) or start == stop:
        raise InputError(f"a branch needs two different numbers to run between, but is given {start!r} and {stop!r}")
    if over == "N" and min(start, stop) < 1:
        raise InputError(f"`N` must be >= 1 all along a branch, but is to run from {start:g} to {stop:g}")


def _whole_sizes(smallest: float, start: float, stop: float) -> list[float]:
    """Whole numbers of satellites from ``start`` on that are too few for all moments of an order, which ``smallest`` have."""
    if not start < smallest < stop:
        return []
    return [float(n) for n in range(math.ceil(start), int(smallest))]
