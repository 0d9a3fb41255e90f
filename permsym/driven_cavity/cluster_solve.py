"""Steady states, stability and time evolution of the cumulant equations of clusters.

Newton's method with GMRES on products of the Jacobian with vectors: the 26,500 unknowns of L = 51 at order 3 need no matrix.  The
unknowns are scaled by their natural size, photons^(number of a and a^dag / 2), so that ensembles of 10^6 spins are as easy as small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.driven_cavity.cluster_moments import Array
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.driven_cavity.outcome import EvolutionOutcome
from permsym.errors import InputError, NoFixedPoint

Vector = NDArray[np.float64]

_TOLERANCE = 1e-10
"""Largest |d/dt| of a scaled unknown at a steady state, in the unit of the rates."""
_NEWTON_STEPS = 15
"""Most Newton steps: states of a family over N take up to three."""
_STEP = 1e-4
"""Relative step of the central difference along a direction; the equations are polynomials of degree four."""
_PHYSICAL = 1e-6
"""How far Newton's residual may carry a population or a photon number beyond its range."""


class Side(StrEnum):
    """Which stable branch of a bistable cavity: the one with the fewest photons or that with the most."""

    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True)
class ClusterState:
    """A steady state of the cumulant equations.

    vector     all unknowns; ``moments`` names them
    residual   largest |d/dt| of a scaled unknown
    """

    equations: ClusterEquations
    vector: Array
    residual: float

    @property
    def moments(self) -> dict[str, Array]:
        """Values by name, such as "a", "s" (L,), "zs" (L, L)."""
        return self.equations.layout.split(self.vector)

    @property
    def coherent_photons(self) -> float:
        """|<a>|^2."""
        return float(np.abs(self.moments["a"]) ** 2)

    @property
    def photons(self) -> float:
        """<a^dag a>; |<a>|^2 at order 1."""
        return float(self.moments["da"].real) if "da" in self.moments else self.coherent_photons

    @property
    def physical(self) -> bool:
        """Whether |<sigma^z>| <= 1 and <a^dag a> >= |<a>|^2."""
        return is_physical(self.equations, self.vector)

    @cached_property
    def growth_rate(self) -> float:
        """Largest real part of the linearised equations' spectrum: stable where negative."""
        from scipy.sparse.linalg import LinearOperator, eigs

        tangent = _Tangent(self.equations, self.vector)
        n = 2 * self.vector.size
        if n <= 400:
            return float(np.linalg.eigvals(np.array([tangent(column) for column in np.eye(n)]).T).real.max())
        values = eigs(LinearOperator((n, n), tangent), k=2, which="LR", return_eigenvectors=False, tol=1e-4, v0=np.ones(n))
        return float(values.real.max())

    @property
    def stable(self) -> bool:
        """Whether small deviations decay."""
        return self.growth_rate < 0


class _Tangent:
    """Products of the scaled Jacobian with real vectors (re, im), (2 size,)."""

    def __init__(self, equations: ClusterEquations, vector: Array) -> None:
        self.equations, self.vector = equations, vector
        self.scale = equations.layout.scale(abs(vector[0]) ** 2)

    def __call__(self, direction: Vector) -> Vector:
        flat = np.asarray(direction, dtype=float).ravel()
        largest = float(np.abs(flat).max())
        if largest == 0:
            return np.zeros_like(flat)
        step = _STEP / largest * self.scale * from_real(flat)
        change = self.equations.rhs(self.vector + step) - self.equations.rhs(self.vector - step)
        return as_real(change / self.scale) * (largest / (2 * _STEP))


def as_real(vector: Array) -> Vector:
    """(re, im) of a complex vector, one after the other."""
    return np.concatenate([vector.real, vector.imag])


def from_real(vector: Vector) -> Array:
    """The inverse of ``as_real``."""
    half = vector.size // 2
    return np.asarray(vector[:half] + 1j * vector[half:], dtype=np.complex128)


def is_physical(equations: ClusterEquations, vector: Array) -> bool:
    """Whether |<sigma^z>| <= 1 and <a^dag a> >= |<a>|^2, to rounding."""
    moments = equations.layout.split(vector)
    coherent = float(np.abs(moments["a"]) ** 2)
    photons = float(moments["da"].real) if "da" in moments else coherent
    return bool(np.abs(moments["z"].real).max() <= 1 + _PHYSICAL and photons >= coherent * (1 - _PHYSICAL))


def semiclassical_start(equations: ClusterEquations, branch: str = Side.LOWER) -> Array:
    """The Maxwell-Bloch state of a stable branch, as a product state.

    branch    "lower" or "upper"

    Raises NoFixedPoint where no branch is stable.
    """
    states = [state for state in equations.curve.steady_states(equations.eta) if state.stable]
    if not states:
        raise NoFixedPoint("the Maxwell-Bloch equations have no stable steady state at this drive")
    chosen = states[0 if branch == Side.LOWER else -1]
    return equations.product_state(chosen.amplitude, chosen.lowering, chosen.inversion)


def steady_state(equations: ClusterEquations, start: Array | None = None, branch: str = Side.LOWER) -> ClusterState:
    """The steady state near a start, by default the Maxwell-Bloch state of a branch; it may be unstable (``growth_rate``).

    Raises NoFixedPoint where Newton's method does not converge: near such a start there is no steady state of this order.
    """
    from scipy.sparse.linalg import LinearOperator, gmres

    vector = semiclassical_start(equations, branch) if start is None else start.copy()
    n = 2 * vector.size
    residual = np.inf
    for _ in range(_NEWTON_STEPS):
        tangent = _Tangent(equations, vector)
        defect = equations.rhs(vector) / tangent.scale
        last, residual = residual, float(np.abs(defect).max())
        if not np.isfinite(residual) or residual > 1e3 * max(1.0, abs(equations.eta)):
            break
        if residual < 0.1 * _TOLERANCE or (residual < _TOLERANCE and residual > 0.1 * last):  # no further fall: rounding
            return ClusterState(equations, vector, residual)
        operator = LinearOperator((n, n), tangent)
        step, _ = gmres(operator, -as_real(defect), rtol=1e-2 if residual > 1e-4 else 1e-4, restart=80, maxiter=12)
        vector = vector + tangent.scale * from_real(step)
    if residual < _TOLERANCE:
        return ClusterState(equations, vector, residual)
    raise NoFixedPoint(
        f"no steady state of order {equations.order} near the start: Newton's method stopped at a residual of {residual:.1e}; "
        "start from another state or follow the branch in smaller steps"
    )


@dataclass(frozen=True)
class Transient:
    """Time evolution of the cumulant equations.

    times     (T,)
    vectors   unknowns at each time, (T, size); ``times`` and these end where the solution diverged
    outcome   what the end looks like
    """

    equations: ClusterEquations
    times: Vector
    vectors: Array
    outcome: EvolutionOutcome

    @property
    def coherent_photons(self) -> Vector:
        """|<a>|^2 at each time."""
        return np.abs(self.vectors[:, 0]) ** 2


def evolve(equations: ClusterEquations, times: Sequence[float] | Vector, start: Array | None = None) -> Transient:
    """Moments at given times, from the empty cavity with all spins down or from another start at times[0].

    A solution is cut and called diverging where |<sigma^z>| > 10, or |<a>|^2 exceeds the empty cavity's (eta/kappa)^2 a hundredfold.

    Raises InputError for times that are not ascending.
    """
    from scipy.integrate import solve_ivp

    at = np.asarray(times, dtype=float)
    if at.ndim != 1 or len(at) < 2 or not np.isfinite(at).all() or not (np.diff(at) > 0).all():
        raise InputError("`times` must be at least two ascending finite numbers")
    first = equations.empty_cavity() if start is None else start
    ceiling = 100 * max(1.0, (equations.eta / equations.curve.kappa) ** 2)
    inversion = equations.layout.slots["z"][0]
    scale = equations.layout.scale(max(1.0, (equations.eta / equations.curve.kappa) ** 2))

    def escape(_: float, u: Array) -> float:
        return float(min(10 - np.abs(u[inversion].real).max(), 1 - abs(scale[0] * u[0]) ** 2 / ceiling))

    escape.terminal = True  # type: ignore[attr-defined]
    solution = solve_ivp(
        lambda _, u: equations.rhs(scale * u) / scale,
        (at[0], at[-1]),
        first / scale,
        method="DOP853",
        t_eval=at,
        rtol=1e-8,
        atol=1e-10,
        events=escape,
    )
    vectors = scale * solution.y.T
    return Transient(
        equations, at[: len(vectors)], vectors, EvolutionOutcome.DIVERGING if solution.status else _outcome(equations, vectors, scale)
    )


def _outcome(equations: ClusterEquations, vectors: Array, scale: Vector) -> EvolutionOutcome:
    """What the end of a bounded solution looks like."""
    if np.abs(equations.rhs(vectors[-1]) / scale).max() < 1e-5:
        return EvolutionOutcome.STEADY
    tail = np.abs(vectors[len(vectors) // 2 :, 0]) ** 2
    halves = np.array_split(tail, 2)
    if all(len(half) > 8 for half in halves):
        swings = [float(np.ptp(half)) for half in halves]
        turns = [int(np.count_nonzero(np.diff(np.sign(np.diff(half))))) for half in halves]
        if min(turns) >= 2 and swings[1] > 0.9 * swings[0] > 1e-3 * tail.mean():
            return EvolutionOutcome.PERIODIC
    return EvolutionOutcome.UNDECIDED
