"""Fisher information of states on their way: d rho(t) / d theta from evolutions at neighbouring values of the parameter.

    D(h) = [8 (rho(theta + h) - rho(theta - h)) - (rho(theta + 2h) - rho(theta - 2h))] / 12 h

is off by |D(h) - D(2h)| / 15 to leading order, of which twice is counted, and by 3 e / 2h where each state is off by e.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.evolve import evolve
from permsym.dynamics.evolved.evolution import Evolution
from permsym.errors import InputError
from permsym.information.forms import Information, classical, quantum
from permsym.information.results import QUANTITIES, ParameterFisher, matrices
from permsym.models.registry import LIBRARY
from permsym.operators import ComplexArray
from permsym.progress import Progress
from permsym.several_sites import modes_of_centre
from permsym.sites import Boson
from permsym.states.density import DensityOperator
from permsym.steady.certificate import derived_tolerance
from permsym.steady.gradient import Family, parameter_slopes
from permsym.text import finite

_STEP = 2e-3  # of max(1, |theta|): the fifth derivative costs 1e-12 of it, and states that are off by 1e-13 cost 1e-10
_TOLERANCE = 1e-12  # of the moments of evolutions that are subtracted from one another
_OFFSETS = (-4, -2, -1, 0, 1, 2, 4)
_NEAR = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}
_FAR = {2 * offset: weight / 2 for offset, weight in _NEAR.items()}
_NO_RATE = "an evolution has no long time; the rate is that of steady states"


@dataclass(frozen=True)
class FisherSeries:
    """Fisher information about a parameter over time, with the names that steady states have; nan where there is none.

    rows   one for each time
    """

    name: str
    times: NDArray[np.float64]
    rows: tuple[ParameterFisher, ...]

    @property
    def steady(self) -> NDArray[np.float64]:
        """(T,) quantum Fisher information of rho(t)."""
        return self._values("steady")

    @property
    def photon_counting(self) -> NDArray[np.float64]:
        """(T,) classical Fisher information of P(n) at t."""
        return self._values("photon_counting")

    @property
    def errors(self) -> dict[str, NDArray[np.float64]]:
        """Estimates of the errors, (T,)."""
        return {name: np.array([row.errors[name] for row in self.rows]) for name in self.rows[0].errors}

    @property
    def missing(self) -> dict[str, str]:
        """Why there is no other."""
        return self.rows[0].missing

    def _values(self, name: str) -> NDArray[np.float64]:
        return np.array([np.nan if getattr(row, name) is None else getattr(row, name) for row in self.rows])

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified, of the first time that is not."""
        return next((row.reasons for row in self.rows if row.reasons), ())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the keys of one, each a list over the times; null where there is none."""
        rows = [row.to_dict() for row in self.rows]
        lists: dict[str, Any] = {name: [row[name] for row in rows] if name in rows[0]["errors"] else None for name in QUANTITIES}
        errors = {name: [finite(x) for x in values.tolist()] for name, values in self.errors.items()}
        return {**lists, "errors": errors, "missing": self.missing}


def of_evolution(evolution: Evolution, name: str, family: Family | None, progress: Progress | None) -> FisherSeries:
    """About a parameter at all times of an evolution; the initial state does not depend on it.  Six more evolutions."""
    if evolution.modulation:
        raise InputError("the Fisher information of evolutions is that of constant coefficients, but this one has some that change in time")
    parameter_slopes(evolution.model, name, family)  # refuses what is no parameter
    states = _neighbours(evolution, name, family, progress)
    theta = evolution.model.parameters[name]
    rows = [_row(name, theta, {k: some[n] for k, some in states.items()}, evolution) for n in range(len(evolution.times))]
    return FisherSeries(name, evolution.times, tuple(rows))


def _neighbours(evolution: Evolution, name: str, family: Family | None, progress: Progress | None) -> dict[int, list[Any]]:
    """States at all times, at theta + k h."""
    model, function = evolution.model, family or LIBRARY[evolution.model.name]
    if getattr(model.centre, "displacement", 0):
        raise InputError("the Fisher information of evolutions on displaced Fock states is not there; give fixed levels")
    step = _STEP * max(1.0, abs(model.parameters[name]))
    levels = {"levels": model.centre.levels} if "levels" in model.parameters and isinstance(model.centre, Boson) else {}
    cut = {mode.name: mode.levels for _, mode in modes_of_centre(model.centre)} if len(model.centre_sites) > 1 else {}
    states = {}
    for k in _OFFSETS:
        try:
            near = function(**{**model.parameters, **levels, name: model.parameters[name] + k * step})
            near = near.with_levels(**cut) if cut else near
        except InputError as error:
            raise InputError(f"{name!r} needs values on both sides of {model.parameters[name]:g}: {error}") from None
        other = evolve(
            near, evolution.times, initial=evolution.initial, moments=1, tolerance=_TOLERANCE, basis=evolution.representation,
            keep="all", progress=progress,
        )  # fmt: skip
        states[k] = [other.state(t) for t in evolution.times]
    return states


def _row(name: str, theta: float, states: dict[int, Any], evolution: Evolution) -> ParameterFisher:
    """At one time."""
    step = _STEP * max(1.0, abs(theta))
    error = max(state.trace_norm_error for state in states.values())
    blocks = {k: matrices(state) for k, state in states.items()}
    slope, far = _derivative(blocks, _NEAR, step), _derivative(blocks, _FAR, step)
    off = sum(float(np.linalg.norm(a - b, "nuc")) for a, b in zip(slope, far, strict=True)) * 2 / 15 + 1.5 * error / step
    results = {"steady": quantum(zip(blocks[0], slope, strict=True), error, off)}
    missing = {"rate": _NO_RATE}
    if isinstance(evolution.model.centre, Boson):
        results["photon_counting"] = _photons(states, step, error, off)
    else:
        missing["photon_counting"] = f"photons are counted of a bosonic centre, but the centre is {evolution.model.centre!r}"
    return ParameterFisher.of(name, results, missing, derived_tolerance(evolution.certificate.tolerance), theta)


def _derivative(blocks: dict[int, list[ComplexArray]], weights: dict[int, float], step: float) -> list[ComplexArray]:
    return [sum(weight * blocks[k][j] for k, weight in weights.items()) / step for j in range(len(blocks[0]))]  # type: ignore[misc]


def _photons(states: dict[int, DensityOperator], step: float, error: float, off: float) -> Information:
    p = {k: np.asarray(state.reduced().diagonal().real) for k, state in states.items()}
    slope = np.sum([weight * p[k] for k, weight in _NEAR.items()], axis=0) / step
    return classical(p[0], slope, np.full(len(slope), error), np.full(len(slope), off))
