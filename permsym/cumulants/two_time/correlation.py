"""Two-time functions in any cumulant order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg as la
from numpy.typing import NDArray

from permsym.cumulants.state import CumulantState
from permsym.cumulants.two_time.regression import Failure, SourceEquations, source_equations, warn
from permsym.errors import InputError
from permsym.operators import ComplexArray, Operator

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class CumulantCorrelation:
    """<C(0) A(tau) B(0)> of a cumulant expansion.

    times       tau, (T,), not negative
    values      (T,), the coherent part included
    coherent    <A> <C B> at tau = 0: what remains for tau -> infinity; it turns where a symmetry is broken
    failures    {failure: reason}; empty where nothing speaks against the approximation
    equations   the linear equations behind it
    """

    times: Vector
    values: ComplexArray
    coherent: complex
    failures: Mapping[Failure, str]
    equations: SourceEquations


def correlation(
    state: CumulantState,
    of: str | Operator,
    right: str | Operator,
    times: Sequence[float] | Vector,
    *,
    left: str | Operator | None = None,
    regression: str = "operators",
) -> CumulantCorrelation:
    """<C(0) A(tau) B(0)> with A = ``of``, B = ``right``, C = ``left`` in a steady state of cumulant equations.

    of, right, left   operators of the state's model, or texts: "+0", "ad a", "-@B" for the sum over an ensemble, "+1" for one satellite,
                      the same one in all of them
    times             tau >= 0, increasing
    regression        "operators": the earlier operators together count as one, exact for N <= M - 2 with a finite centre;
                      "jacobian": as none, exact for N <= M - 1

    Warns with UncertifiedWarning where the approximation fails (``failures``).

    Raises InputError for other words, operators and times; BeyondOrder where the order does not retain A; TooLarge.
    """
    grid = np.asarray(times, dtype=float)
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise InputError("`times` must be increasing numbers >= 0, such as 0, 1, 2")
    system = source_equations(state, of, right, left, regression)
    values = np.zeros(len(grid), dtype=complex)
    moments = _evolved(system, grid)
    for frequency, observed in system.frames.items():
        values += np.exp(1j * frequency * grid) * (moments @ observed)
    for frequency, value in system.coherent.items():
        values += value * np.exp(1j * frequency * grid)
    warn(system.failures)
    return CumulantCorrelation(grid, values, complex(sum(system.coherent.values())), system.failures, system)


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
