"""The door of this room: the Hermite series."""

from __future__ import annotations

from collections.abc import Callable

from permsym.progress import Progress
from permsym.steady.hermite.series import solved
from permsym.steady.plan import Plan, Request
from permsym.steady.planning import DEGREE
from permsym.steady.state import State


def solve(plan: Plan, request: Request, say: Progress, answer: Callable[[Request], State]) -> State:
    """The certified steady state; NotApplicable where no single smooth cloud holds it."""
    return solved(plan.model, DEGREE, request.labels, request.tolerance)
