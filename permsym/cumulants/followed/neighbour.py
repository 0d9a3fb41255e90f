"""Steady states from those of neighbouring parameters: a walk between two models instead of one from the smallest system.

Between the coefficients c of two models of the same terms lie those of

    c(s) = (1 - s) c_0 + s c_1,        0 <= s <= 1

and the branch over s is followed from the neighbour's fixed point: one step of predictor and corrector where the way is straight, more
where it bends.  The walk notices jumps to other branches, and folds.  What it cannot notice is whether the branch over N leads to the
same state: there a full solve decides, whenever stability changes, a value is unphysical, or a check is due.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from permsym.cumulants.continuation import follow
from permsym.cumulants.equations import Counting, Equations, Truncation
from permsym.cumulants.followed.sizes import Branches, Recipe
from permsym.cumulants.newton import FixedPoint
from permsym.cumulants.path import ParameterPath
from permsym.cumulants.state import CumulantState
from permsym.cumulants.steady import steady_state
from permsym.errors import UncertifiedWarning
from permsym.model import Model

_CHECKED = 6  # every so many followed states a full solve beside it
_AGREES = 1e-7  # relative: both are converged to rounding, and ill-conditioned by a few digits
_MOST = 64  # states of a truncation that are remembered


class Doubt(StrEnum):
    """Why a state is not taken from a neighbour."""

    TERMS = "other terms or sites"
    SMALL = "fewer satellites than the order"
    FOLDED = "a fold"
    LOST = "no straight way"
    STABILITY = "another stability"
    UNPHYSICAL = "an unphysical value"
    JUMP = "another branch than the full solve"


def followed(model: Model, neighbour: CumulantState) -> CumulantState | Doubt:
    """The steady state on the branch between a neighbour and a model of the same terms; a doubt where it is not to be trusted."""
    begin = neighbour.equations
    end = begin.at(model)
    if end.hierarchy is not begin.hierarchy:
        return Doubt.TERMS
    if min(*begin.sizes, *end.sizes) < begin.order:
        return Doubt.SMALL
    if neighbour.folds:
        return Doubt.FOLDED
    point = _between(neighbour.point, end)
    if isinstance(point, Doubt):
        return point
    state = CumulantState(point, model, over=neighbour.over)
    if state.stable != neighbour.stable:
        return Doubt.STABILITY
    return Doubt.UNPHYSICAL if state.unphysical else state


def _between(start: FixedPoint, end: Equations) -> FixedPoint | Doubt:
    """The fixed point of the equations ``end`` on the branch from one at other coefficients."""
    begin = start.equations

    def make(s: float) -> Equations:
        if s in (0.0, 1.0):
            return end if s else begin
        sizes = tuple((1 - s) * a + s * b for a, b in zip(begin.sizes, end.sizes, strict=True))
        return replace(end, coefficients=(1 - s) * begin.coefficients + s * end.coefficients, sizes=sizes)

    branch = follow(ParameterPath("s", make), start, 0.0, 1.0, points=1, watch=False)
    if branch.folds:
        return Doubt.FOLDED
    return branch.points[-1].point if branch.reached else Doubt.LOST


@dataclass(frozen=True)
class Outcome:
    """How a state was reached.

    doubt    why it was solved in full although there was a neighbour; None where it was followed, or where there was none
    full     whether it was solved in full
    """

    full: bool
    doubt: Doubt | None = None

    @property
    def words(self) -> str:
        """What a point's reason says of it; nothing where there was no neighbour."""
        if not self.full:
            return ", from a neighbour"
        return "" if self.doubt is None else f", in full after {self.doubt}"


class Neighbours:
    """Steady states that were solved before, from which others follow; every sixth one is solved in full beside it.

    outcomes   how often each outcome was met
    """

    def __init__(self, branches: Branches | None = None) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self._branches = Branches() if branches is None else branches
        self._states: dict[Truncation, list[CumulantState]] = {}
        self._since = 0

    def steady_state(
        self, model: Model, order: int = 2, *, counting: str = "operators", closure: str = "full", source: Recipe | None = None
    ) -> tuple[CumulantState, Outcome]:
        """The same as :func:`permsym.cumulants.steady_state`, to rounding, and how it was reached."""
        truncation = Truncation.of(order, counting, closure)

        def solved() -> CumulantState:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UncertifiedWarning)  # the state says it
                return steady_state(model, order, counting=counting, closure=closure, source=source, branches=self._branches)

        nearest = self._nearest(model, truncation)
        state = None if nearest is None else followed(model, nearest)
        if isinstance(state, CumulantState):
            self._since += 1
            outcome = Outcome(full=False)
            if self._since % _CHECKED == 0:
                full = solved()
                if not _agree(state, full):  # what was followed may have left the branch before this state
                    self._states.pop(truncation)
                    state, outcome = full, Outcome(full=True, doubt=Doubt.JUMP)
        else:
            outcome = Outcome(full=True, doubt=state)
            state = solved()
        self.outcomes[outcome] += 1
        states = self._states.setdefault(truncation, [])
        states.append(state)
        del states[:-_MOST]
        return state, outcome

    def _nearest(self, model: Model, truncation: Truncation) -> CumulantState | None:
        """The state at the coefficients closest to the model's, relative to their size; of equal ones the latest."""
        states = self._states.get(truncation, [])
        if not states or (truncation.counting is Counting.SITES and model.centre.automatic):  # whose levels are searched for at each point
            return None
        here = states[-1].equations.at(model)
        near = [state for state in states if _alike(state.equations, here)]
        return min(reversed(near), key=lambda state: _distance(state.equations, here), default=None)


def _alike(a: Equations, b: Equations) -> bool:
    """Whether two equations have the same unknowns and terms, in the same order."""
    x, y = a.hierarchy, b.hierarchy
    return x is y or (x.unknowns == y.unknowns and x.terms == y.terms and x.sites == y.sites)


def _distance(a: Equations, b: Equations) -> float:
    """Largest change of a coefficient or a size, relative to the larger one."""
    x = np.concatenate([a.coefficients, a.sizes])
    y = np.concatenate([b.coefficients, b.sizes])
    return float(np.max(np.abs(x - y) / np.maximum(np.maximum(np.abs(x), np.abs(y)), 1e-300)))


def _agree(a: CumulantState, b: CumulantState) -> bool:
    """Whether two fixed points of the same equations are the same."""
    if not _alike(a.equations, b.equations):
        return False
    return bool(np.abs(a.point.x - b.point.x).max() <= _AGREES * max(1.0, float(np.abs(b.point.x).max())))
