"""Derivatives of moments and of derived quantities of a steady state with respect to a model's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from permsym.dynamics.eigenvalues import Eigenvalues
from permsym.errors import InputError
from permsym.gradients.chain import Formula, entering, slope, slope_error
from permsym.gradients.modes import eigenvalue_gradient
from permsym.gradients.on_elements import OnElements
from permsym.gradients.result import Gradient
from permsym.gradients.squeezed import squeezing_formulas
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.states.derived import derived_quantities
from permsym.states.sectors import Charge
from permsym.states.squeezing import squeezed_ensemble, squeezing_texts
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.gradient import Family, slopes_of
from permsym.steady.lattice.null_vector import NullVector
from permsym.steady.lattice.solution import FactoredSolution
from permsym.steady.state import State


class Route(Protocol):
    """How derivatives of moments of one charge are solved for."""

    def values(self, key: MomentLabel) -> dict[str, complex]:
        """d<key>/d parameter."""

    def errors(self, key: MomentLabel) -> dict[str, float]:
        """Error estimates of these."""


def gradient(
    system: State | Eigenvalues, quantity: str | MomentLabel | int, family: Family | None = None, parameters: Sequence[str] | None = None
) -> Gradient:
    """d<moment>/d parameter of a steady state, or that of a derived quantity such as "g2", which is real: see :class:`Derivatives`.

    Of eigenvalues, that of one by its place among them: see :func:`permsym.gradients.modes.eigenvalue_gradient`.
    """
    if isinstance(system, Eigenvalues):
        return eigenvalue_gradient(system, quantity, family, parameters)  # type: ignore[arg-type]  # which it checks
    if not isinstance(system, State):
        raise InputError(
            f"a gradient is of a steady state or of eigenvalues, but this is of type {type(system).__name__}; "
            "spectra, correlations, counting and evolutions have ps.derivative(answer, model, name), a model has ps.steady_state(model)"
        )
    if isinstance(quantity, int):
        raise InputError(f"a quantity is a moment's label or a derived quantity's name, but is {quantity!r}")
    return Derivatives(system, family, parameters).of(quantity)


class Derivatives:
    """Derivatives of any moment and any derived quantity of a steady state.

        L drho = -(dL/d theta) rho,    tr drho = 0,    d<c>/d theta = c . drho

    family       the function that makes the model from its parameters; a library model knows its own
    parameters   names; None: all but sizes and levels

    A charge that rho has not, drho may have: derivatives are solved for in the sector to which dL/d theta leads.  On a window, what it
    left out is estimated as for moments, and what dL/d theta itself moves across the edge is neglected.  InputError for what is no
    parameter with real values, and for states that have nothing to solve with.
    """

    def __init__(self, state: State, family: Family | None = None, parameters: Sequence[str] | None = None) -> None:
        self.state = state
        self.slopes = slopes_of(state.model, family, parameters)
        self._routes: dict[Charge, Route] = {}
        self._moments: dict[MomentLabel, Gradient] = {}

    def value(self, quantity: str | MomentLabel) -> complex:
        """Of the quantity itself."""
        derived = self.state.derived
        return complex(derived[quantity]) if isinstance(quantity, str) and quantity in derived else self.state.moment(quantity)

    def of(self, quantity: str | MomentLabel) -> Gradient:
        """Of a moment's label, or of the name of a derived quantity."""
        if isinstance(quantity, str) and quantity in self.state.derived:
            return self._derived(quantity)
        key = self.state.label(quantity)
        if key not in self._moments:
            route = self._route(tuple(-q for q in key.charge(self.state.model)))
            self._moments[key] = Gradient(route.values(key), lambda: route.errors(key))
        return self._moments[key]

    def squeezing(self, ensemble: str | None = None) -> dict[str, Gradient]:
        """Of "wineland" and "kitagawa_ueda" of an ensemble of spins-1/2; empty where there is no mean spin."""
        model, state = self.state.model, self.state
        formulas = squeezing_formulas(model, state.squeezing(ensemble), state.moment, ensemble)
        texts = squeezing_texts(model, squeezed_ensemble(model, ensemble))
        return {name: self._chained(formula, texts) for name, formula in formulas.items()}

    def _derived(self, name: str) -> Gradient:
        model = self.state.model
        return self._chained(lambda moment: derived_quantities(model, moment)[name], moments_of(model))

    def _chained(self, formula: Formula, texts: Sequence[str]) -> Gradient:
        """Of a formula of these moments, from their derivatives by the chain rule."""
        state = self.state
        values = {text: state.moment(text) for text in texts}
        parts = {text: self.of(text) for text in entering(formula, values)}

        def slopes_in(name: str) -> dict[str, complex]:
            return {text: part[name] for text, part in parts.items()}

        def errors() -> dict[str, float]:
            off = {text: state.error(text) for text in values}
            steep = {name: {text: part.errors[name] for text, part in parts.items()} for name in self.slopes}
            return {name: slope_error(formula, values, slopes_in(name), off, steep[name]) for name in self.slopes}

        return Gradient({name: complex(slope(formula, values, slopes_in(name))) for name in self.slopes}, errors)

    def _route(self, charge: Charge) -> Route:
        if charge not in self._routes:
            self._routes[charge] = self._chosen(charge)
        return self._routes[charge]

    def _chosen(self, charge: Charge) -> Route:
        state, solution = self.state, self.state.solution
        if isinstance(solution, BlockSolution) and not any(charge):
            from permsym.gradients.on_blocks import OnBlocks  # it loads compiled loops

            return OnBlocks(state, self.slopes)
        if solution.spin is not None:
            raise InputError("a Hermite series lists no elements to solve derivatives on; solve with solver='superlu'")
        return OnElements(state, self.slopes, charge)


def differentiable(state: State) -> bool:
    """Whether the route of a state leaves something to solve derivatives with."""
    solution = state.solution
    return isinstance(solution, BlockSolution) or (isinstance(solution, FactoredSolution) and isinstance(solution.null, NullVector))


def moments_of(model: Model) -> list[str]:
    """Labels that :func:`derived_quantities` asks for, as it spells them."""
    asked: dict[str, None] = {}

    def moment(text: str) -> complex:
        asked[text] = None
        return 1.0 + 0j

    derived_quantities(model, moment)
    return list(asked)
