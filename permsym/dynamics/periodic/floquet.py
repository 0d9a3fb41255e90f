"""The exact periodic state of a model whose coefficients repeat themselves: ``permsym.floquet``.

The map M of a density operator over one period T has one fixed point, to which every state goes:

    M rho = rho,    tr rho = 1

GMRES finds it from products with M.  The eigenvalues mu of M, Floquet's multipliers, say how fast: a disturbance falls by |mu| in a
period.  An error of the map, e, and the residual r of the fixed point move it by |(1 - M)^-1| (e + r), which the Krylov spaces estimate.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.basis.representations import choose
from permsym.dynamics.evolve import evolve
from permsym.dynamics.evolved.certificate import EvolutionCertificate
from permsym.dynamics.evolved.evolution import Evolution
from permsym.dynamics.evolved.keeping import Keep
from permsym.dynamics.evolved.state import EvolvedState, Origin
from permsym.dynamics.initial_density import as_initial
from permsym.dynamics.periodic.search import Search, Solved
from permsym.dynamics.taylor.steps import Clock
from permsym.errors import DegenerateSteadyState, InputError
from permsym.linear.fixed_point import amplified, largest_eigenvalues
from permsym.model import Model
from permsym.modulation.dependence import Family
from permsym.modulation.functions import Rule
from permsym.modulation.periodic import check_periodic, checked_period
from permsym.moments.labels import MomentLabel, select_labels
from permsym.progress import Progress, silent
from permsym.several_sites import modes_of_centre
from permsym.sites import is_real
from permsym.states.derived import derived_labels
from permsym.steady.state import DEFAULT_TOLERANCE

_MOST = 50  # multipliers
POINTS = 65  # times of a period, both ends included, unless they are given
_MULTIPLIER = 1e-9  # absolute, at which no more products are made
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Floquet:
    """The periodic state over one period.

    evolution          from the fixed point on: moments, derived quantities, states, with errors that hold for all periods
    period             T
    multipliers        (k,) eigenvalues of the map over a period, largest modulus first: 1, and how disturbances decay in a period;
                       repeated ones stand once
    multiplier_errors  (k,) estimates
    residual           |M x - x| of the fixed point
    amplification      estimate of |(1 - M)^-1| on operators without trace
    solver             products with L_c, maps over a period, unknowns
    """

    evolution: Evolution
    period: float
    multipliers: NDArray[np.complex128]
    multiplier_errors: NDArray[np.float64]
    residual: float
    amplification: float
    solver: Mapping[str, Any]

    @property
    def times(self) -> NDArray[np.float64]:
        """Times of the period, (T,)."""
        return self.evolution.times

    @property
    def moments(self) -> dict[str, NDArray[np.complex128]]:
        """The requested moments by canonical label, each (T,)."""
        return self.evolution.moments

    def moment(self, label: str | MomentLabel) -> NDArray[np.complex128]:
        """A requested moment over the period, (T,)."""
        return self.evolution.moment(label)

    @property
    def derived(self) -> dict[str, NDArray[np.float64]]:
        """Populations, photon numbers and g2 over the period, each (T,)."""
        return self.evolution.derived

    def state(self, t: float) -> EvolvedState:
        """rho(t) at one of the times."""
        return self.evolution.state(t)

    @property
    def certificate(self) -> EvolutionCertificate:
        """Certificate of the requested moments, the error of the fixed point included."""
        return self.evolution.certificate

    @property
    def rates(self) -> NDArray[np.float64]:
        """-log|mu| / T, (k,): how fast disturbances decay, in the model's unit of frequency."""
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log(np.abs(self.multipliers)) / self.period)


def floquet(
    model: Model,
    *,
    modulate: Mapping[str, Rule],
    period: float,
    times: ArrayLike | None = None,
    moments: int | str | Iterable[str | MomentLabel] = 2,
    multipliers: int = 6,
    tolerance: float = DEFAULT_TOLERANCE,
    basis: str = "auto",
    kinks: Iterable[float] = (),
    family: Family | None = None,
    progress: Progress | None = None,
) -> Floquet:
    """The periodic state under a periodic modulation, and Floquet multipliers; its arguments are those of ``permsym.evolve``, and:

    period       T, after which every function of ``modulate`` repeats itself
    times        within the period, 0 to T; None: 65 equally spaced ones
    multipliers  how many, the 1 of the periodic state included; those of the neutral sector
    tolerance    absolute error of every moment that is aimed at, and that counts as certified

    Raises InputError for a function that has another value a period later, TooLarge before allocating more than is free.
    """
    started, period = time.perf_counter(), checked_period(period)
    grid = np.linspace(0, period, POINTS) if times is None else _within(times, period)
    _check(multipliers, tolerance)
    labels = select_labels(model, moments)
    every = list(dict.fromkeys([*labels, *derived_labels(model)]))
    clock = Clock.of(model, modulate, 0.0, period, kinks, family)
    check_periodic(clock.modulation.functions, period)
    representation = choose(clock.modulation.model) if basis == "auto" else basis

    def followed(at: ArrayLike, initial: str | EvolvedState, moments: Sequence[MomentLabel], keep: Keep = "auto") -> Evolution:
        return evolve(
            model, at, initial=initial, moments=moments, tolerance=tolerance, basis=representation, keep=keep, modulate=modulate,
            kinks=kinks, start=0.0, family=family,
        )  # fmt: skip

    driven, initial = clock.modulation.model, as_initial("", model)
    open_cuts = [mode.automatic for _, mode in modes_of_centre(model.centre)]
    if (grows := any(open_cuts)) and not all(open_cuts):
        raise InputError("a periodic state takes the levels of all modes, or of none; give the others, or leave all out")
    if grows:  # an automatic cut-off begins with the Fock states that the first period takes
        first = followed([period], "", every, keep="all")
        initial, driven = as_initial(first.state(period), model), first.model
    search = Search(clock, period, every, float(tolerance), representation, initial, grows, progress or silent)
    solved = search.solved(driven)
    values, errors, amplification = _multipliers(solved, multipliers)
    solved = replace(solved, amplification=max(amplification, solved.amplification))
    evolution = followed(grid, EvolvedState(Origin(model, tuple(labels), float(tolerance), True), 0.0, [solved.part]), labels)
    evolution.timings["total"] = time.perf_counter() - started
    return Floquet(evolution, period, values, errors, solved.residual, solved.amplification, search.spent(solved))


def _check(multipliers: int, tolerance: float) -> None:
    if isinstance(multipliers, bool) or not isinstance(multipliers, int) or not 1 <= multipliers <= _MOST:
        raise InputError(f"`multipliers` must be a whole number from 1 to {_MOST}, but is {multipliers!r}", parameter="multipliers")
    if not is_real(tolerance) or not 0 < tolerance < np.inf:
        raise InputError(f"`tolerance` must be a positive number, but is {tolerance!r}")


def _within(times: ArrayLike, period: float) -> NDArray[np.float64]:
    try:
        grid = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        raise InputError(f"`times` must be numbers, but are {times!r}", parameter="times") from None
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) < 0).any():
        raise InputError("`times` must be finite, ascending and >= 0, such as np.linspace(0, period, 65)", parameter="times")
    if grid[-1] > period * (1 + 4 * _EPS):
        raise InputError(f"`times` must be within the period, from 0 to {period:.6g}, but go to {grid[-1]:.6g}", parameter="times")
    return np.minimum(grid, period)


def _multipliers(solved: Solved, count: int) -> tuple[NDArray[np.complex128], NDArray[np.float64], float]:
    """The largest multipliers with errors, and |(1 - M)^-1| as their Krylov space has it.

    Raises DegenerateSteadyState where another one is 1.
    """
    mapped, point = solved.mapped.whole, solved.mapped.lifted(solved.x)
    if count == 1 or mapped.basis.dimension == 1:
        return np.ones(1, dtype=complex), np.array([solved.bound + _EPS]), 1.0
    values, errors, space = largest_eigenvalues(mapped, mapped.random, mapped.total, point, count - 1, _MULTIPLIER)
    errors = errors + mapped.rate * mapped.period * space.ritz[2][: len(values)]
    nearest = int(np.argmin(np.abs(values - 1)))
    if abs(values[nearest] - 1) <= errors[nearest] + 1e-10:
        raise DegenerateSteadyState(
            f"there is more than one periodic state: a second Floquet multiplier is {values[nearest]:.12g}; start an evolution from a state"
        )
    return np.append(1, values), np.append(solved.bound + _EPS, errors), amplified(space)
