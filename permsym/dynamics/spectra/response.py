"""What a two-time function answers at a frequency, by whichever route: the door through which spectra and linewidths go.

A route is a class with the methods of :class:`Response`; :func:`responses` chooses it by types and sizes.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.dynamics.spectra.lattice import LatticeResponse, Line, Power
from permsym.dynamics.two_time.source import Source, sources
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import Operator
from permsym.progress import Progress
from permsym.sites import Boson, Spin
from permsym.steady.plan import Route
from permsym.steady.solve import steady_state
from permsym.steady.state import State


class Response(Protocol):
    """S(omega) = 2 Re a . (i omega - L)^{-1} X of one charge sector."""

    source: Source
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
    if state.plan is not None and state.plan.route is Route.HERMITE:
        raise InputError("a series in (j, m) has no charged sectors; give the state that steady_state(model, solver='superlu') returns")
    return state


def responses(state: State, of: Operator | str, right: Operator | str, say: Progress) -> list[Response]:
    """One for each charge sector that the two operators reach; none where the function is zero by charge."""
    return [_response(state, source, say) for source in sources(state, of, right)]


def _response(state: State, source: Source, say: Progress) -> Response:
    """Factors of the assembled sector.  A route without factors, for sectors whose factors do not fit, is chosen here."""
    assert isinstance(source.basis, Basis)
    return LatticeResponse(state, source, say)


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
    raise InputError(f"whose spectrum? {model.centre!r} has no emission by default; give `of` and `right`, such as of='+', right='-'")
