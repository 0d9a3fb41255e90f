"""Fixed points of a flow's period map by Newton's method, with the map's derivative from the variational equation.

    dx/dt = F(x, t),   dM/dt = F'(x, t) M,  M(0) = 1:      (M(T) - 1) dx = -(x(T) - x(0))

Where x breaks a U(1) symmetry of charge Q its phase is free and may turn by an angle a in a period: x(T) = exp(i a Q) x(0).  The angle
is an unknown then, and <i Q x, dx> = 0 keeps the phase.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from permsym.cumulants.in_time.flow import LONGEST, RUNAWAY, Flow, RanAway, Vector
from permsym.cumulants.newton import broken_symmetries, turning_directions
from permsym.errors import SolverFailed
from permsym.operators import ComplexArray

_STEPS = 12  # Newton steps: a cycle that an evolution leads to takes up to five
_LONGER, _GROWN = 5, 10.0  # evaluations of a step times those of the one before, residual times the least: more is no convergence
_EPS = float(np.finfo(float).eps)


class TooStiff(SolverFailed):
    """Equations that an explicit method does not get over a period."""


@dataclass(frozen=True)
class Cycle:
    """A fixed point of the period map.

    x          (n,) scaled moments at t = 0
    derivative (m, m) of the map on the moments that exist, in the frame that turns with broken phases
    angles     by which broken phases turn in a period, one for each U(1) symmetry
    residual   largest |x(T) - x(0)| in that frame
    broken     symmetries that x breaks
    """

    flow: Flow
    period: float
    x: ComplexArray
    derivative: ComplexArray
    angles: tuple[float, ...]
    residual: float
    broken: tuple[int, ...]

    @property
    def multipliers(self) -> tuple[ComplexArray, Vector]:
        """Eigenvalues of the derivative without those of free phases, largest modulus first, and the condition of each."""
        values, right = np.linalg.eig(self.derivative)
        condition = np.linalg.norm(np.linalg.pinv(right), axis=1)
        order = np.argsort(-np.abs(values), kind="stable")
        values, condition = values[order], condition[order]
        for _ in self.broken:
            phase = int(np.argmin(np.abs(values - 1)))
            values, condition = np.delete(values, phase), np.delete(condition, phase)
        return values, condition

    @property
    def amplification(self) -> float:
        """|(M - 1)^-1| without free phases: a defect of the map moves the fixed point by so much more."""
        smallest = np.linalg.svd(self.derivative - np.eye(len(self.derivative)), compute_uv=False)
        return float(1 / max(smallest[len(smallest) - 1 - len(self.broken)], _EPS))


def transition(flow: Flow, x: ComplexArray, period: float, rtol: float, most: int = LONGEST) -> tuple[ComplexArray, ComplexArray, int]:
    """x(T), (n,), and M(T), (m, m), on the m moments that exist, and how often F was evaluated.

    Raises RanAway where the solution does, TooStiff where an explicit method takes more than ``most`` evaluations.
    """
    mine = np.flatnonzero(flow.exist)
    n, m, spent = len(x), len(mine), 0
    state = np.concatenate([x, np.eye(m, dtype=complex).ravel()])

    def rate(t: float, y: ComplexArray) -> ComplexArray:
        nonlocal spent
        spent += 1
        if spent > most:
            raise TooStiff("the equations of a period are too stiff for their variational equation; take a lower order")
        t = min(max(t, within[0]), within[1])
        equations = flow.at(t)
        now = y[:n]
        jacobian = equations.scaled_jacobian(now)[np.ix_(mine, mine)]
        return np.concatenate([np.where(flow.exist, equations.scaled_rhs(now), 0), (jacobian @ y[n:].reshape(m, m)).ravel()])

    def away(t: float, y: ComplexArray) -> float:
        return float(np.log(RUNAWAY / max(float(np.abs(y[:n]).max()), 1e-300)))

    away.terminal = True  # type: ignore[attr-defined]
    for start, end in pairwise(flow.pieces(0.0, period)):
        within = np.nextafter(start, end), np.nextafter(end, start)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # overflow on the way to a runaway, which is reported
            solution = solve_ivp(rate, (start, end), state, method="DOP853", rtol=rtol, atol=rtol / 100, events=away)
        if solution.status != 0:
            raise SolverFailed(
                f"the cumulant equations of order {flow.equations.order} run away at t={solution.t[-1]:.6g}; use another order"
            )
        state = solution.y[:, -1]
    return state[:n], state[n:].reshape(m, m), spent


def newton_cycle(flow: Flow, x: ComplexArray, period: float, rtol: float) -> Cycle | None:
    """The cycle near x; None where Newton's method does not converge."""
    equations, mine = flow.equations, np.flatnonzero(flow.exist)
    charge, broken = equations.hierarchy.charge, broken_symmetries(equations, x)
    angles: NDArray[np.float64] = np.zeros(len(charge))
    reference = turning_directions(charge, broken, x)[mine]
    last, most = math.inf, LONGEST
    for step in range(_STEPS):
        try:
            end, derivative, spent = transition(flow, x, period, rtol, most)
        except RanAway:
            return None
        except TooStiff:
            if step == 0:
                raise
            return None  # far from anything that an evolution leads to
        most = min(most, _LONGER * spent)
        if step == 0 and broken:
            angles[list(broken)] = _turned(charge, broken, x, end)
        turn = np.exp(-1j * angles @ charge) if len(charge) else np.ones(len(x))
        back = turn * end
        defect, turned = (back - x)[mine], turn[mine, None] * derivative
        residual = float(np.abs(defect).max(initial=0.0))
        if residual <= 100 * rtol * max(1.0, float(np.abs(x).max())) and residual >= last / 4:
            return Cycle(flow, period, x, turned, tuple(angles.tolist()), residual, broken)
        if not residual <= _GROWN * last:
            return None
        last = min(residual, last)
        directions = turning_directions(charge, broken, back)[mine]
        corner = np.zeros((len(broken), len(broken)))
        matrix = np.block([[turned - np.eye(len(mine)), -directions], [reference.conj().T, corner]])
        try:
            change = np.linalg.solve(matrix, -np.concatenate([defect, np.zeros(len(broken))]))
        except np.linalg.LinAlgError:
            return None
        moved = np.zeros_like(x)
        moved[mine] = change[: len(mine)]
        x = equations.symmetrised(x + moved)
        angles[list(broken)] += change[len(mine) :].real
    return None


def _turned(charge: Vector, broken: Sequence[int], x: ComplexArray, end: ComplexArray) -> NDArray[np.float64]:
    """Angles that best explain end as x with turned phases, from the largest moment of each charge alone."""
    rows, phases = [], []
    for k in broken:
        largest = int(np.argmax(np.abs(x) * (charge[k] != 0)))
        rows.append(charge[list(broken), largest])
        phases.append(np.angle(end[largest] / x[largest]))
    return np.linalg.lstsq(np.array(rows), np.array(phases), rcond=None)[0]
