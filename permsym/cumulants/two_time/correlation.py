"""Two-time functions in any cumulant order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as la
from numpy.typing import ArrayLike, NDArray

from permsym.cumulants.state import CumulantState
from permsym.cumulants.two_time.regression import Failure, SourceEquations, source_equations, warn
from permsym.dynamics.two_time.asked import Asked, Spelled
from permsym.dynamics.two_time.correlation import field_operators
from permsym.errors import InputError
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class CumulantCorrelation:
    """<C(0) A(tau) B(0)> of a cumulant expansion.

    times      tau, (T,), not negative
    values     (T,), the coherent part included
    coherent   <A> <C B> at tau = 0: what remains for tau -> infinity; it turns where a symmetry is broken
    failures   {failure: reason}; empty where nothing speaks against the approximation
    equations  the linear equations behind it
    order      0, or of a normalised function: 1 for g1 = C / <n>, 2 for g2 = C / <n>^2
    """

    times: Vector
    values: ComplexArray
    coherent: complex
    failures: Mapping[Failure, str]
    equations: SourceEquations
    order: int = 0


def correlation(
    state: CumulantState,
    of: Spelled,
    right: Spelled,
    times: ArrayLike,
    *,
    left: Spelled | None = None,
    regression: str = "operators",
) -> CumulantCorrelation:
    """<C(0) A(tau) B(0)> with A = ``of``, B = ``right``, C = ``left`` in a steady state of cumulant equations.

    of, right, left   operators of the state's model, or texts: "+0", "ad a", "-@B" for the sum over an ensemble, "+1" for one satellite,
                      the same one in all of them
    times             delays tau >= 0, ascending
    regression        "operators": the earlier operators together count as one, exact for N <= M - 2 with a finite centre;
                      "jacobian": as none, exact for N <= M - 1

    Warns with UncertifiedWarning where the approximation fails (``failures``).

    Raises InputError for other words, operators and times; BeyondOrder where the order does not retain A; TooLarge.
    """
    result = _correlation(state, Asked.checked(of, right, times, left, 1.0), regression)
    warn(result.failures)
    return result


def g1(state: CumulantState, times: ArrayLike, *, regression: str = "operators") -> CumulantCorrelation:
    """g1(tau) = <a^dag(tau) a> / <a^dag a>, of a spin centre with sigma^- for a; warns and raises as :func:`correlation`."""
    return _coherence(1, state, times, regression)


def g2(state: CumulantState, times: ArrayLike, *, regression: str = "operators") -> CumulantCorrelation:
    """g2(tau) = <a^dag (a^dag a)(tau) a> / <a^dag a>^2, of a spin centre with sigma^- for a; warns and raises as :func:`correlation`."""
    return _coherence(2, state, times, regression)


def _coherence(order: int, state: CumulantState, times: ArrayLike, regression: str) -> CumulantCorrelation:
    up, down = field_operators(state.model)
    asked = Asked.checked(up if order == 1 else up * down, down, times, None if order == 1 else up, 1.0)
    result = _correlation(state, asked, regression)
    number = state.moment("ad a").real if state.model.centre.kind == "boson" else (1 + state.moment("z0").real) / 2
    if not number > 0:
        raise InputError(f"g{order} is over <n>, which is {number:.1e} here; ask for the function itself with correlation(...)")
    warn(result.failures)
    return replace(result, values=result.values / number**order, coherent=result.coherent / number**order, order=order)


def _correlation(state: CumulantState, asked: Asked, regression: str) -> CumulantCorrelation:
    system = source_equations(state, asked.of, asked.right, asked.left, regression)
    values = np.zeros(len(asked.times), dtype=complex)
    moments = _evolved(system, asked.times)
    for frequency, observed in system.frames.items():
        values += np.exp(1j * frequency * asked.times) * (moments @ observed)
    for frequency, value in system.coherent.items():
        values += value * np.exp(1j * frequency * asked.times)
    return CumulantCorrelation(asked.times, values, complex(sum(system.coherent.values())), system.failures, system)


def _evolved(system: SourceEquations, times: Vector) -> ComplexArray:
    """exp(J tau) u at each time, (T, n)."""
    triangular, unitary = system.schur
    x, last = unitary.conj().T @ system.initial, 0.0
    propagators: dict[float, ComplexArray] = {}
    states = np.empty((len(times), len(x)), dtype=complex)
    with np.errstate(over="ignore", invalid="ignore"):  # growing modes; they are reported
        for i, time in enumerate(times):
            step = float(f"{time - last:.12e}")  # equal steps differ by rounding, and share a propagator
            if step:
                if step not in propagators:
                    propagators[step] = la.expm(triangular * step)
                x = propagators[step] @ x
            last, states[i] = time, x
        return np.asarray(states @ unitary.T)
