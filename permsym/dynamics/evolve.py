"""Exact time evolution, d rho/dt = L(t) rho, of any model, in any representation and every charge sector that is asked for."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym import machine
from permsym.basis.representations import choose
from permsym.dynamics.evolved.checkpoint import EvolutionCheckpoint, owner_of
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.evolved.keeping import Keep, Keeping
from permsym.dynamics.evolved.request import Request
from permsym.dynamics.evolved.run import Run
from permsym.dynamics.initial_density import Initial, as_initial
from permsym.dynamics.propagator import Integrator
from permsym.dynamics.taylor.steps import Clock
from permsym.errors import InputError
from permsym.model import Model
from permsym.modulation.dependence import Family
from permsym.modulation.functions import Rule
from permsym.moments.labels import MomentLabel, select_labels
from permsym.progress import Progress, silent
from permsym.several_sites import refuse_several
from permsym.sites import is_real
from permsym.states.density import DensityOperator
from permsym.states.derived import derived_labels
from permsym.steady.state import DEFAULT_TOLERANCE

if TYPE_CHECKING:
    import qutip


def evolve(
    model: Model,
    times: ArrayLike,
    *,
    initial: str | Initial | DensityOperator | qutip.Qobj = "",
    moments: int | str | Iterable[str | MomentLabel] = 2,
    tolerance: float = DEFAULT_TOLERANCE,
    basis: str = "auto",
    method: str = "auto",
    keep: Keep = "auto",
    modulate: Mapping[str, Rule] | None = None,
    kinks: Iterable[float] = (),
    start: float | None = None,
    family: Family | None = None,
    checkpoint: EvolutionCheckpoint | str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Evolution:
    """Moments of rho(t) at given times, and rho(t) itself; its fourteen arguments are independent choices of a user.

    times       >= 0, ascending; the initial state stands at t = 0
    initial     a label such as ``"coherent=2.0 up"`` (see :mod:`permsym.dynamics.initial`); "": every site in its lowest state;
                or a state of the same sites (a steady state before a quench, or one of an evolution, which goes on from it), or a QuTiP
                object of all sites, one by one
    moments     an order, a label, or several labels
    tolerance   absolute error of every moment at every time that is aimed at, and that counts as certified
    basis       "auto", "dicke", "occupation" or "full"
    method      "krylov" (products with L only), "shift-invert" (factors, for stiff systems), "taylor" (for coefficients in time), "auto"
    keep        states that ``evolution.state(t)`` has afterwards: "auto" (all, where they take little memory), "all" with every charge
                sector, the times in a list, or "none"; see :mod:`permsym.dynamics.evolved.keeping`
    modulate    what changes in time, ``{"eta": "0.5*step(t - 1)", "L[a]": f}``: a parameter's value is replaced, the coefficient of a named
                term or jump is multiplied, by a function of t or an expression in t and the parameters' static values
    kinks       times at which those functions are not smooth, beside those that are found; a pulse of ``ps.pulses`` names its own
    start       where the initial state stands on the clock of those functions: 0, or where the evolution that it comes from has ended
    family      the function that makes the model from its parameters, where ``modulate`` names one and the model is not the library's
    checkpoint  a file that all there is so far is written to every 30 s, and from which the same evolution goes on after it was killed
    progress    called with a line of text now and then

    Raises InputError for times, labels, states and functions that make no sense, TooLarge before allocating more than is free; the
    certificate says whether the tolerance was reached.
    """
    started, integrator = time.perf_counter(), _integrator(method, tolerance, bool(modulate))
    refuse_several(model.centre, "an evolution")
    at, first = _times(times), as_initial(initial, model)
    zero, clock = first.time if start is None else _clock(start), None
    if integrator is Integrator.TAYLOR:
        clock = Clock.of(model, modulate or {}, zero, zero + float(at[-1]), kinks, family)
        model = clock.modulation.model
    representation = choose(model) if basis == "auto" else basis
    request = Request(at, first, tolerance, integrator, Keeping(keep, at, representation, first), zero, clock)
    labels = tuple(select_labels(model, moments))
    followed = list(dict.fromkeys([*labels, *derived_labels(model)]))
    written = EvolutionCheckpoint(checkpoint) if isinstance(checkpoint, str | os.PathLike) else checkpoint
    if written is not None:
        written.owner = owner_of(model, representation, followed, request)
    run = Run(model, representation, request, progress or silent, written)
    with machine.one_blas_thread():
        values = run.moments(followed)
    return run.evolution(model, labels, values, started).judged()


def _integrator(method: str, tolerance: float, modulated: bool) -> Integrator:
    """The method, Taylor's where coefficients change in time; InputError for one that there is not, and for a tolerance that is none."""
    if not is_real(tolerance) or not 0 < tolerance < np.inf:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")
    if method not in list(Integrator):
        raise InputError(f"`method` must be one of {', '.join(Integrator)}, but is {method!r}")
    if modulated and method not in (Integrator.AUTO, Integrator.TAYLOR):
        raise InputError(f"with `modulate` the method is 'taylor', but {method!r} was asked for; leave it out")
    return Integrator.TAYLOR if modulated else Integrator(method)


def _clock(start: float) -> float:
    if not is_real(start) or not abs(start) < np.inf:
        raise InputError(f"`start` must be a time, but is {start!r}")
    return float(start)


def _times(times: ArrayLike) -> NDArray[np.float64]:
    try:
        at = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`times` must be numbers, but are {times!r}") from None
    if at.ndim != 1 or not len(at) or not np.isfinite(at).all() or at[0] < 0 or (np.diff(at) < 0).any():
        raise InputError("`times` must be finite, ascending and >= 0, such as np.linspace(0, 10, 101); the initial state stands at t = 0")
    return at
