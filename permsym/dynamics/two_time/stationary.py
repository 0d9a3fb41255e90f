"""<C(0) A(tau) B(0)> of a steady state: sources, their paths, and the shares of the error.

The errors of a value are those of its path (see regression.py), of what B and C took beyond a cut, and of rho itself (of_state.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from permsym.dynamics.two_time.asked import SHARE, Asked, Shares
from permsym.dynamics.two_time.marked import NO_CHARGE, collective, why_zero
from permsym.dynamics.two_time.of_state import Way, way
from permsym.dynamics.two_time.result import Correlation
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import Monomial, Operator
from permsym.progress import Progress
from permsym.several_sites import modes_of_centre
from permsym.steady.state import State


@dataclass
class _Followed:
    """All sources of a function, followed.

    shares    values and their errors but for the state's own, not yet over a unit
    way       which knows that
    """

    shares: Shares
    way: Way
    coherent: complex

    @property
    def beyond(self) -> float:
        """What leaves a window or a cut-off, at most."""
        return float(self.shares.cut.max())


def of_steady_state(state: State, asked: Asked, say: Progress) -> Correlation:
    """A two-time function of a steady state."""
    started = time.perf_counter()
    n = 1.0 if asked.number is None else state.expect(asked.number).real
    if not n > 0:
        raise InputError(f"g{asked.order} is over <n>, which is {n:.1e} in this state; ask for the function itself with correlation(...)")
    unit = n**asked.order
    for more in _margins(state):
        followed = _followed(state, asked, unit, more, say)
        if followed.beyond <= SHARE * asked.tolerance * max(unit, float(np.abs(followed.shares.values).max())):
            break
    shares = followed.shares
    shares.over(unit)
    shares.state = followed.way.errors(unit, shares.values, n)
    note = "" if shares.dimension else why_zero(state.model, asked.operators)
    if note != NO_CHARGE:  # that holds whatever the state is
        shares.cut += state.above_the_cutoffs(_ladders(asked, state.model)) / unit
    errors, certificate = shares.certificate(asked.certain, () if note == NO_CHARGE else state.certificate.reasons)
    return Correlation(
        model=state.model,
        of=asked.of,
        right=asked.right,
        left=asked.left,
        times=asked.times,
        values=shares.values,
        errors=errors,
        coherent=followed.coherent / unit,
        certificate=certificate,
        representation=state.basis.representation,
        dimension=shares.dimension,
        solver={"name": "krylov", "products": shares.products},
        timings={"total": time.perf_counter() - started},
        order=asked.order,
        plan=state.plan,
        note=note,
    )


def _margins(state: State) -> tuple[int, ...]:
    """Levels beyond the state's to try: X reaches higher than rho, and the state's own levels are enough for rho where it is certified."""
    modes = modes_of_centre(state.model.centre)
    levels = max((mode.levels for _, mode in modes), default=0)
    whole = state.basis.boundary == "closed"
    if not (modes and whole and state.certificate.certified):
        return (0,)
    return 0, 4 + levels // 4, 8 + levels // 2


def _followed(state: State, asked: Asked, unit: float, more: int, say: Progress) -> _Followed:
    """Every source's path on so many levels more."""
    result = _Followed(Shares(len(asked.times)), way(state, asked, more), 0j)
    every = result.way.every
    allowed = SHARE * asked.tolerance * max(unit, abs(sum(source.value for source in every))) / max(len(every), 1)
    for source, sector in result.way.sectors():
        x, limit = source.moving
        result.shares.follow(source, sector, x, asked, allowed)
        result.shares.values += limit
        result.coherent += limit
        say(f"charge {source.charge}: {source.dimension:,} unknowns, {result.shares.products} products")
    return result


def _ladders(asked: Asked, model: Model) -> dict[int, int]:
    """Ladder operators of each mode, by its position, in A, B and C together."""
    operators = [collective(model, each) for each in asked.operators]

    def most(operator: Operator, position: int) -> int:
        ones = (model.on_centre_sites(key)[position] for key in operator.terms)
        return max((sum(one) for one in ones if isinstance(one, Monomial)), default=0)

    return {position: sum(most(each, position) for each in operators) for position, _ in modes_of_centre(model.centre)}
