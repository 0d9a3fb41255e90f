"""Fisher information about a parameter of the model: of the steady state, of what light and system gather, of counted photons."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import overload

import numpy as np

from permsym.dynamics.evolved.evolution import Evolution
from permsym.errors import InputError, NotApplicable, TooLarge
from permsym.information.evolving import FisherSeries, of_evolution
from permsym.information.forms import Information, classical, quantum
from permsym.information.rate import generator, rate_of
from permsym.information.results import ParameterFisher, matrices
from permsym.information.slopes import StateSlope, state_slope
from permsym.progress import Progress, silent
from permsym.sites import Boson
from permsym.steady.certificate import derived_tolerance
from permsym.steady.gradient import Family, parameter_slopes
from permsym.steady.state import State


@overload
def fisher(system: State, name: str, family: Family | None = None, progress: Progress | None = None) -> ParameterFisher: ...
@overload
def fisher(system: Evolution, name: str, family: Family | None = None, progress: Progress | None = None) -> FisherSeries: ...


def fisher(
    system: State | Evolution, name: str, family: Family | None = None, progress: Progress | None = None
) -> ParameterFisher | FisherSeries:
    """Fisher information about a parameter at its value in the model.

    system   a steady state with factors, such as those of solver="superlu"; without them there is the rate alone.  Or an evolution:
             then at all of its times, d rho from evolutions at six neighbouring values (:mod:`permsym.information.evolving`)
    name     of a real parameter
    family   the function that makes the model from its parameters; a library model knows its own

    steady            sum of  2 |<k|d rho|l>|^2 / (l_k + l_l),  d rho from  L d rho = -(dL/d theta) rho  with the state's factors
    rate              4 S(0) of dH/d theta
    photon_counting   sum of  (dP(n))^2 / P(n)

    Small eigenvalues may hold more than anybody sees in their digits: the error of ``steady`` has a part that is proved, given the trace
    norms that rho and d rho are off by, and one that is estimated (see :mod:`permsym.information.forms`).  Raises InputError for names
    that are no parameter, or counts.
    """
    if isinstance(system, Evolution):
        return of_evolution(system, name, family, progress)
    state = system
    slopes = parameter_slopes(state.model, name, family)
    results: dict[str, Information] = {}
    missing: dict[str, str] = {}

    def attempt(quantity: str, compute: Callable[[], Information]) -> None:
        try:
            results[quantity] = compute()
        except (InputError, NotApplicable, TooLarge) as error:
            missing[quantity] = str(error)

    made: list[StateSlope] = []

    def slope() -> StateSlope:
        if not made:
            made.append(state_slope(state, name, slopes))
        return made[0]

    attempt("steady", lambda: of_state(slope()))
    attempt("rate", lambda: rate_of(state, generator(name, slopes), progress or silent))
    attempt("photon_counting", lambda: of_photons(state, slope))
    allowed = derived_tolerance(state.tolerance)
    return ParameterFisher.of(name, results, missing, allowed, state.model.parameters[name])


def of_state(slope: StateSlope) -> Information:
    """Quantum Fisher information of a steady state."""
    blocks = zip(matrices(slope.state), matrices(slope.rho), strict=True)
    return quantum(blocks, slope.state.trace_norm_error, slope.trace_norm_error)


def of_photons(state: State, slope: Callable[[], StateSlope]) -> Information:
    """Classical Fisher information of P(n)."""
    if not isinstance(state.model.centre, Boson):
        raise InputError(f"photons are counted of a bosonic centre, but the centre is {state.model.centre!r}")
    photons = state.mode.photon_distribution()
    error = np.full(len(photons.n), math.nan) if photons.error is None else photons.error
    return classical(photons.probability, slope().fock, error, slope().fock_errors)
