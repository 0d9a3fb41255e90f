"""What a two-time function answers at a frequency, by whichever route: the door through which spectra and linewidths go.

A route is a class with the methods of :class:`Response`; :func:`responses` chooses it by types and sizes.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.spectra.lattice import LatticeResponse, Line, Power
from permsym.dynamics.two_time.marked import Marked, marked
from permsym.dynamics.two_time.source import sources
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import Operator
from permsym.progress import Progress
from permsym.several_sites import SeveralSites
from permsym.sites import Boson, NoCentre, Spin
from permsym.steady.plan import Route
from permsym.steady.solve import steady_state
from permsym.steady.state import State


class Response(Protocol):
    """S(omega) = 2 Re a . (i omega - L)^{-1} X of one charge sector."""

    coherent: complex
    """<A><B>, what never decays."""
    decaying: complex
    """<A B> - coherent."""

    @property
    def poles(self) -> list[complex]:
        """At which L was factored."""

    @property
    def fill(self) -> int:
        """Nonzeros of the largest factors; 0: there were none."""

    @property
    def curves(self) -> bool:
        """Whether :meth:`quick` is cheap beside :meth:`line`."""

    def prepare(self, frequencies: NDArray[np.float64]) -> None:
        """What :meth:`quick` needs at these frequencies."""

    def quick(self, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        """(F,) S without errors."""

    def power(self, frequencies: NDArray[np.float64]) -> Power:
        """S with its errors."""

    def line(self, near: float | None) -> Line | None:
        """The eigenvalue nearest to i near of those that S sees, or the one with the highest peak; None where S is nothing."""


def state_of(system: Model | State, progress: Progress) -> State:
    """The steady state of a model; a state as it is."""
    state = system if isinstance(system, State) else steady_state(system, progress=progress)
    if state.solution.spin is not None:
        raise InputError("a series in (j, m) has no charged sectors; give the state that steady_state(model, solver='superlu') returns")
    return state


def responses(state: State, of: Operator | str, right: Operator | str, say: Progress) -> list[Response]:
    """One for each charge sector that the two operators reach; none where the function is zero by charge."""
    system = marked(state.model, [of, right])
    if _by_products(state, system):
        from permsym.dynamics.spectra.cavity_response import CavityResponse  # it loads the compiler

        seen, made = system.operators
        return [CavityResponse(state, seen, made, say)]
    return [LatticeResponse(state, source, say) for source in sources(state, of, right)]


def _by_products(state: State, system: Marked) -> bool:
    """Whether a state on blocks has one charged sector between the two operators, and every satellite in it is like the others."""
    if state.plan is None or state.plan.route is not Route.CAVITY or system.model is not state.model:
        return False
    seen, made = (state.model.charges_of(operator) for operator in system.operators)
    return len(made) == 1 and any(next(iter(made))) and {tuple(-q for q in charge) for charge in seen} == made


def operators(model: Model, of: Operator | str | None, right: Operator | str | None) -> tuple[Operator | str, Operator | str]:
    """The operators, by default those of the centre's emission."""
    if of is not None and right is not None:
        return of, right
    if of is not None or right is not None:
        raise InputError("`of` and `right` come together, such as of='ad', right='a'")
    if isinstance(model.centre, Boson):
        return "ad", "a"
    if isinstance(model.centre, Spin):
        return "+0", "-0"
    if isinstance(model.centre, SeveralSites):
        raise InputError(
            f"whose spectrum? the centre has several sites, {', '.join(model.centre.names)}; give such as of='ad@x', right='a@x'"
        )
    whose = "a model without a centre" if isinstance(model.centre, NoCentre) else repr(model.centre)
    raise InputError(f"whose spectrum? {whose} has no emission by default; give `of` and `right`, such as of='+', right='-'")
