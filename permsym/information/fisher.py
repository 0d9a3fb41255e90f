"""Fisher information about a parameter of the model: of the steady state, of what light and system gather, of counted photons."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from permsym.errors import InputError, NotApplicable, TooLarge
from permsym.information.forms import Information, classical, quantum
from permsym.information.rate import generator, rate_of
from permsym.information.slopes import StateSlope, state_slope
from permsym.operators import ComplexArray
from permsym.progress import Progress, silent
from permsym.sites import Boson
from permsym.states.density import DensityOperator
from permsym.steady.certificate import derived_tolerance
from permsym.steady.gradient import Family, parameter_slopes
from permsym.steady.state import State
from permsym.text import finite

QUANTITIES = ("steady", "rate", "photon_counting")
_WHOLE = 2**10  # dimension up to which states without blocks of the total spin are written out


@dataclass(frozen=True)
class ParameterFisher:
    """Fisher information F about a parameter theta: no measurement does better than  (delta theta)^2 = 1 / F.

    steady            quantum Fisher information of the steady state itself
    rate              of light and system together in a long time t, F = rate * t; of parameters of the Hamiltonian
    photon_counting   classical one of the photon-number distribution P(n) of the mode
    errors            estimate of the error of each that there is
    missing           why another is None
    allowed           relative error that counts as certified
    scale             max(1, |theta|): what is below ``allowed`` / scale^2 is nothing
    """

    name: str
    steady: float | None
    rate: float | None
    photon_counting: float | None
    errors: dict[str, float]
    missing: dict[str, str] = field(default_factory=dict)
    allowed: float = 1e-6
    scale: float = 1.0

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified."""
        values = {name: getattr(self, name) for name in self.errors}
        return tuple(
            f"the Fisher information {name!r} about {self.name!r}, {value:.6g}, has the error {self.errors[name]:.0e}"
            for name, value in values.items()
            if not self.errors[name] <= self.allowed * max(value, self.allowed / self.scale**2)
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        values = {name: None if getattr(self, name) is None else finite(getattr(self, name)) for name in QUANTITIES}
        errors = {name: finite(error) for name, error in self.errors.items()}
        return {**values, "errors": errors, **({"missing": self.missing} if self.missing else {})}


def fisher(state: State, name: str, family: Family | None = None, progress: Progress | None = None) -> ParameterFisher:
    """Fisher information about a parameter at its value in the model.

    state    a steady state with factors, such as those of solver="superlu"; without them there is the rate alone
    name     of a real parameter
    family   the function that makes the model from its parameters; a library model knows its own

    steady            sum of  2 |<k|d rho|l>|^2 / (l_k + l_l),  d rho from  L d rho = -(dL/d theta) rho  with the state's factors
    rate              4 S(0) of dH/d theta
    photon_counting   sum of  (dP(n))^2 / P(n)

    Small eigenvalues may hold more than anybody sees in their digits: the error of ``steady`` has a part that is proved, given the trace
    norms that rho and d rho are off by, and one that is estimated (see :mod:`permsym.information.forms`).  Raises InputError for names
    that are no parameter, or counts.
    """
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
    values = {quantity: results[quantity].value if quantity in results else None for quantity in QUANTITIES}
    return ParameterFisher(
        name,
        **values,
        errors={quantity: result.error for quantity, result in results.items()},
        missing=missing,
        allowed=derived_tolerance(state.tolerance),
        scale=max(1.0, abs(state.model.parameters[name])),
    )


def of_state(slope: StateSlope) -> Information:
    """Quantum Fisher information of a steady state."""
    return quantum(_blocks(slope.state, slope.rho), slope.state.trace_norm_error, slope.trace_norm_error)


def of_photons(state: State, slope: Callable[[], StateSlope]) -> Information:
    """Classical Fisher information of P(n)."""
    if not isinstance(state.model.centre, Boson):
        raise InputError(f"photons are counted of a bosonic centre, but the centre is {state.model.centre!r}")
    photons = state.mode.photon_distribution()
    error = np.full(len(photons.n), math.nan) if photons.error is None else photons.error
    return classical(photons.probability, slope().fock, error, slope().fock_errors)


def _blocks(state: DensityOperator, slope: DensityOperator) -> Iterator[tuple[ComplexArray, ComplexArray]]:
    """Matching blocks of a state and of its derivative; the whole matrices of small systems that have none."""
    if state.basis.representation == "dicke" and len(state.model.ensembles) == 1:
        for block, change in zip(state.blocks(), slope.blocks(), strict=True):
            yield block.flat, change.flat
        return
    size = state.basis.centre_levels * math.prod(each.levels**each.N for each in state.model.ensembles)
    if size > _WHOLE:
        raise InputError(
            f"the quantum Fisher information needs one ensemble in the Dicke representation, or a whole space of at most {_WHOLE:,} "
            f"dimensions, but this one has {size:,}; solve with basis='dicke'"
        )
    yield state.full(), slope.full()
