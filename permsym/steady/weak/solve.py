"""The door of this room: more and more excitations, until the moments no longer change relative to their own size."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from permsym.errors import NotApplicable
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.progress import Progress
from permsym.sites import Boson
from permsym.steady.plan import Plan, Request
from permsym.steady.state import State, certified
from permsym.steady.weak.basis import WeakBasis
from permsym.steady.weak.graded import SOLVER, WeakSolution
from permsym.steady.weak.prediction import LARGEST, predict

FEWEST, MOST = 3, 10  # excitations; eight leave 1e-13 of g2 out where 0.01 are there on average
_MARGIN = 0.25  # of the tolerance: the last change, some hundred times what is left out then, and two moments make g2


def solve(plan: Plan, request: Request, say: Progress, answer: Callable[[Request], State]) -> State:
    """The certified steady state; NotApplicable where the excitations let in do not settle the moments."""
    started = time.perf_counter()
    prediction = predict(request.model)
    if prediction is None:
        raise NotApplicable("this model is not weakly excited")
    keys = [key for key in dict.fromkeys([*request.labels, *_photons(request.model)]) if not any(key.charge(request.model))]
    fewest = max([FEWEST, *(1 + _needed(key) for key in keys)])
    smaller: WeakSolution | None = None
    for most in range(fewest, MOST + 1):
        cut = _cut(request.model, most)
        if WeakBasis(cut, most).dimension > LARGEST:
            raise NotApplicable(f"{most} excitations make too many elements to factor")
        solution = WeakSolution(cut, most, prediction.exponent, smaller)
        if smaller is not None:
            smaller.smaller = None
            if _settled(solution, keys, request.tolerance):
                return _state(solution, request, time.perf_counter() - started)
        smaller = solution
    raise NotApplicable(f"up to {MOST} excitations do not settle the moments that were asked for")


def _state(solution: WeakSolution, request: Request, seconds: float) -> State:
    basis = solution.basis
    description = {**SOLVER.describe(), "excitations": basis.most}
    state = State(basis.model, basis, solution, description, {"solve": seconds}, request.tolerance)
    return certified(state, request.labels)


def _cut(model: Model, most: int) -> Model:
    """One level more than is used: products of cut matrices are then exact on the others."""
    assert isinstance(model.centre, Boson)
    if model.centre.automatic:
        return model.with_levels(most + 2)
    if model.centre.levels < most + 2:
        raise NotApplicable(f"a cut-off of {model.centre.levels} levels is no matter of {most} excitations")
    return model


def _photons(model: Model) -> list[MomentLabel]:
    """What g2 is made of."""
    return [parse(text, model) for text in ("ad a", "ad ad a a")]


def _needed(key: MomentLabel) -> int:
    """Excitations that a moment can take away from ket or bra, at most."""
    centre = max(key.centre.count("ad"), key.centre.count("a"))
    return centre + sum(map(len, key.satellites))


def _settled(solution: WeakSolution, keys: Sequence[MomentLabel], tolerance: float) -> bool:
    """Whether the last excitation changed every moment by less than the tolerance relative to itself, or by no more than rounding."""
    values = {key: solution.value(key) for key in keys}
    return all(solution.change(key) <= max(_MARGIN * tolerance * abs(value.number), 2 * value.bound) for key, value in values.items())
