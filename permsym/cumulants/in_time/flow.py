"""The flow of cumulant equations, dx/dt = F(x, t) of scaled moments, and its integration in pieces."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from permsym.cumulants.equations import Equations
from permsym.cumulants.newton import existing, turned_jacobian, turned_rhs
from permsym.errors import InputError, SolverFailed
from permsym.modulation.modulation import Modulation
from permsym.operators import ComplexArray

Vector = NDArray[np.float64]
RUNAWAY = 1e3
"""Scaled moments are of order 1; beyond this the equations have run away from anything physical."""
LONGEST = 100_000
"""Evaluations of the right-hand side after which an integration is given up."""


class _TooLong(Exception):
    pass


class RanAway(SolverFailed):
    """Moments that grow beyond anything physical."""

    @classmethod
    def of(cls, flow: Flow, t: float) -> RanAway:
        return cls(f"the cumulant equations of order {flow.equations.order} run away at t={t:.6g}; use another order")


@dataclass(frozen=True)
class Flow:
    """F(x, t) of scaled moments in a frame that turns with the phases.

        F(x, t) = sum_c f_c(t) M_c v(x) - i sum_k w_k Q_k x,     v the nodes of the closure

    frequencies   w of the frame, one for each U(1) symmetry; none: a frame at rest
    modulation    f_c and the terms of M_c; None: coefficients that do not change, which are those of the equations
    clock         the time of ``modulation`` at t = 0
    """

    equations: Equations
    frequencies: tuple[float, ...] = ()
    modulation: Modulation | None = None
    clock: float = 0.0

    @cached_property
    def exist(self) -> NDArray[np.bool_]:
        """The moments that N satellites have; the others never act on these."""
        return existing(self.equations)

    @cached_property
    def _channels(self) -> NDArray[np.complex128]:
        """Entries of the matrices M_c, which all have the places of the equations' own, (channels, entries)."""
        assert self.modulation is not None
        return np.array([self.equations.of_terms(channel.terms).scaled_matrix.data for channel in self.modulation.channels])

    def at(self, t: float) -> Equations:
        """The equations with the coefficients of one time."""
        if self.modulation is None:
            return self.equations
        own = self.equations.scaled_matrix
        data = self.modulation.values(self.clock + t)[:, 0] @ self._channels
        return self.equations.with_matrix(sp.csr_matrix((data, own.indices, own.indptr), shape=own.shape))

    def rhs(self, t: float, x: ComplexArray) -> ComplexArray:
        """dx/dt, (n,)."""
        return np.where(self.exist, turned_rhs(self.at(t), x, self.frequencies), 0)

    def jacobian(self, t: float, x: ComplexArray) -> ComplexArray:
        """d(dx/dt)/dx, (n, n)."""
        return turned_jacobian(self.at(t), x, self.frequencies) * np.outer(self.exist, self.exist)

    def pieces(self, start: float, end: float) -> list[float]:
        """Times from start to end between which F is smooth."""
        kinks = () if self.modulation is None else self.modulation.kinks
        return [start, *(t - self.clock for t in kinks if start < t - self.clock < end), end]


@dataclass
class _Counted:
    """A flow on one smooth piece, and how often it was evaluated.

    within   the times next to its ends inside: at the ends a function that jumps has its values of the other side
    """

    flow: Flow
    within: tuple[float, float]
    spent: int
    longest: int

    def rhs(self, t: float, x: ComplexArray) -> ComplexArray:
        self.spent += 1
        if self.spent > self.longest:
            raise _TooLong
        return self.flow.rhs(min(max(t, self.within[0]), self.within[1]), x)

    def jacobian(self, t: float, x: ComplexArray) -> ComplexArray:
        return self.flow.jacobian(min(max(t, self.within[0]), self.within[1]), x)


def integrate(
    flow: Flow, x: ComplexArray, grid: Vector, rtol: float, atol: float, method: str = "BDF", longest: int = LONGEST
) -> tuple[ComplexArray, float]:
    """Scaled moments (T, n) at the times of a grid, as far as they stay bounded; and the time reached."""
    x = np.where(flow.exist, x, 0).astype(complex)
    rows, reached, spent = [x], float(grid[0]), 0
    edges = flow.pieces(float(grid[0]), float(grid[-1])) if len(grid) > 1 else []
    for start, end in pairwise(edges):
        inside = grid[(grid > start) & (grid <= end)]
        at = inside if len(inside) and inside[-1] == end else np.append(inside, end)
        piece = _Counted(flow, (np.nextafter(start, end), np.nextafter(end, start)), spent, longest)
        jac: dict[str, Any] = {} if method == "DOP853" else {"jac": piece.jacobian}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # overflow on the way to a runaway, which is reported
            try:
                solution = solve_ivp(piece.rhs, (start, end), x, method=method, t_eval=at, rtol=rtol, atol=atol, events=_away(), **jac)
            except _TooLong:
                break
            except ValueError as error:  # a Jacobian that is not finite
                if isinstance(error, InputError):
                    raise
                break
        spent = piece.spent
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
