"""The flow of cumulant equations, dx/dt = F(x, t) of scaled moments, and its integration in pieces."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from permsym.cumulants.equations import Equations
from permsym.cumulants.newton import existing, turned_jacobian, turned_rhs
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]
RUNAWAY = 1e3
"""Scaled moments are of order 1; beyond this the equations have run away from anything physical."""
LONGEST = 100_000
"""Evaluations of the right-hand side after which an integration is given up."""


class _TooLong(Exception):
    pass


@dataclass(frozen=True)
class Flow:
    """F(x) of scaled moments in a frame that turns with the phases.

    frequencies   of the frame, one for each U(1) symmetry; none: a frame at rest
    """

    equations: Equations
    frequencies: tuple[float, ...] = ()

    @cached_property
    def exist(self) -> NDArray[np.bool_]:
        """The moments that N satellites have; the others never act on these."""
        return existing(self.equations)

    def rhs(self, t: float, x: ComplexArray) -> ComplexArray:
        """dx/dt, (n,)."""
        return np.where(self.exist, turned_rhs(self.equations, x, self.frequencies), 0)

    def jacobian(self, t: float, x: ComplexArray) -> ComplexArray:
        """d(dx/dt)/dx, (n, n)."""
        return turned_jacobian(self.equations, x, self.frequencies) * np.outer(self.exist, self.exist)

    def pieces(self, start: float, end: float) -> list[float]:
        """Times from start to end between which F is smooth."""
        return [start, end]


def integrate(flow: Flow, x: ComplexArray, grid: Vector, rtol: float, atol: float, method: str = "BDF") -> tuple[ComplexArray, float]:
    """Scaled moments (T, n) at the times of a grid, as far as they stay bounded; and the time reached."""
    x = np.where(flow.exist, x, 0).astype(complex)
    rows, reached, spent = [x], float(grid[0]), 0
    derivatives: dict[str, Any] = {} if method == "DOP853" else {"jac": flow.jacobian}

    def counted(t: float, x: ComplexArray) -> ComplexArray:
        nonlocal spent
        spent += 1
        if spent > LONGEST:
            raise _TooLong
        return flow.rhs(t, x)

    edges = flow.pieces(float(grid[0]), float(grid[-1])) if len(grid) > 1 else []
    for start, end in pairwise(edges):
        inside = grid[(grid > start) & (grid <= end)]
        last = len(inside) and inside[-1] == end
        at = inside if last else np.append(inside, end)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # overflow on the way to a runaway, which is reported
            try:
                solution = solve_ivp(
                    counted, (start, end), x, method=method, t_eval=at, rtol=rtol, atol=atol, events=_away(), **derivatives
                )
            except (_TooLong, ValueError):  # the second of a Jacobian that is not finite
                break
        states = np.asarray(solution.y).reshape(len(x), -1).T
        rows += list(states[: len(inside)])
        reached = float(solution.t_events[0][0]) if len(solution.t_events[0]) else float(solution.t[-1]) if len(solution.t) else start
        if len(states) < len(at):
            break
        x = states[-1]
    return np.array(rows), reached


def _away() -> Callable[[float, ComplexArray], float]:
    def away(t: float, x: ComplexArray) -> float:
        return float(np.log(RUNAWAY / max(float(np.abs(x).max()), 1e-300)))

    away.terminal = True  # type: ignore[attr-defined]
    return away


def stiff(flow: Flow, x: ComplexArray, span: float) -> bool:
    """Whether an explicit method would need more evaluations than are allowed, by the fastest mode at the start."""
    rate = float(np.abs(np.linalg.eigvals(flow.jacobian(0.0, x))).max(initial=0.0))
    return 4 * rate * span > LONGEST
