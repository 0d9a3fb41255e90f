"""Initial states of a time evolution that no label spells: density matrices, QuTiP objects, states of other solutions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.representations import build
from permsym.basis.whole_space import project
from permsym.dynamics.initial import InitialState, parse_initial, possible_charges
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import ComplexArray, displacement
from permsym.several_sites import SeveralSites, modes_of_centre
from permsym.sites import Boson
from permsym.states.density import DensityOperator
from permsym.states.elements import centre_changed, on_fock_states, written_out
from permsym.states.qutip import checked_matrix
from permsym.states.sectors import Charge, paired

if TYPE_CHECKING:
    import qutip


@dataclass(frozen=True)
class InitialMatrix:
    """A density matrix of the centre and all satellites, one by one (small systems).

    matrix   (D, D) in the product basis
    levels   of each site of the centre in it
    """

    matrix: ComplexArray
    levels: tuple[int, ...]

    def site_levels(self, position: int) -> int:
        """Fock states of one of the centre's modes."""
        return self.levels[position]

    def vector(self, basis: Basis) -> NDArray[Any]:
        """Coefficients (basis.dimension,) of the part in the basis's charge sector."""
        model = basis.model
        modes = {site.name: self.levels[position] for position, site in modes_of_centre(model.centre)}
        if isinstance(model.centre, SeveralSites):
            model = model.with_levels(**modes)
        elif modes:
            model = Model(Boson(self.levels[0]), model.ensembles, model.hamiltonian, model.jumps)
        own = build(model, basis.representation, basis.charge)
        return _onto(basis, own, project(own, self.matrix, sector_only=True))

    def charges(self, model: Model) -> set[Charge]:
        """Charges of the sectors that it may have elements in, one of each pair."""
        return possible_charges(model)

    def deviation(self, model: Model, charge: Charge | None = None) -> float:
        """It is taken as it is."""
        return 0.0

    time = 0.0
    lacking: ClassVar[frozenset[Charge]] = frozenset()

    def __str__(self) -> str:
        return f"matrix {len(self.matrix)} x {len(self.matrix)}"


@dataclass(frozen=True)
class InitialDensity:
    """A state of this or another model of the same sites: a steady state before a quench, or one on its way."""

    state: DensityOperator

    def site_levels(self, position: int) -> int:
        """Fock states of one of the centre's modes that the state reaches: more than its levels where these are displaced."""
        return self.state.site_levels(position)

    @property
    def displacement(self) -> complex:
        """alpha of the state's own Fock states."""
        centre = self.state.model.centre
        return centre.displacement if isinstance(centre, Boson) else 0j

    def vector(self, basis: Basis) -> NDArray[Any]:
        """Coefficients (basis.dimension,) of the part in the basis's charge sector; InputError where the state lacks it."""
        if self.state.basis.representation != basis.representation:
            own = tuple(self.site_levels(position) for position in range(len(self.state.model.centre_sites)))
            return InitialMatrix(self.state.full(), own).vector(basis)
        return reduce(add, [_onto(basis, each.basis, each.vector) for each in self.sources(basis.model, basis.charge)])

    def sources(self, model: Model, charge: Charge) -> list[DensityOperator]:
        """Sectors of the state that have elements in one of a model's: with the same charges, that one."""
        state = self.state
        every = [state, *state.coherences]
        if state.model.charges != model.charges:
            state.know(state.lacking)
            return every
        state.know([charge])
        return [each for each in every if paired(each.basis.charge) == paired(charge)] or every[:1]

    def charges(self, model: Model) -> set[Charge]:
        """Charges of the sectors that it may have elements in, one of each pair."""
        if self.state.model.charges != model.charges:
            return possible_charges(model)
        return {paired(each.basis.charge) for each in (self.state, *self.state.coherences)} | self.state.lacking

    def deviation(self, model: Model, charge: Charge | None = None) -> float:
        """Trace norm by which it is off, or one of a model's sectors of it, at most."""
        return self.state.deviation(charge if self.state.model.charges == model.charges else None)

    @property
    def lacking(self) -> frozenset[Charge]:
        """Charges that the state may have elements in, but does not know."""
        return self.state.lacking

    @property
    def time(self) -> float:
        """Of the state, on the clock of coefficients that depend on time."""
        return self.state.time

    def __str__(self) -> str:
        return f"state of {self.state.model.name}"


def _onto(basis: Basis, own: Basis, vector: NDArray[Any]) -> NDArray[Any]:
    """Coefficients (basis.dimension,) of what a sector of another basis, and its adjoint, have in this one, displaced or not."""
    elements, centre = written_out(own, vector), basis.model.centre
    theirs = own.model.centre
    if isinstance(centre, Boson) and isinstance(theirs, Boson) and centre.displacement != theirs.displacement:
        labels, values = on_fock_states(own, elements)
        if centre.displacement:
            levels = int(labels[:2].max()) + 1
            turn = displacement(-centre.displacement, centre.levels, levels)
            labels, values = centre_changed(labels, values, levels, lambda matrices: turn @ matrices @ turn.conj().T)
        elements = labels, values
    labels, values = elements
    unknowns = basis.collected(labels) @ values
    return np.asarray(unknowns.real if basis.hermitian else unknowns)


Initial = InitialState | InitialMatrix | InitialDensity


def as_initial(state: str | Initial | DensityOperator | qutip.Qobj, model: Model) -> Initial:
    """The initial state that a label, a state or a QuTiP object stands for.

    Raises InputError where its sites are not the model's, and for objects of other types.
    """
    if isinstance(state, str):
        return parse_initial(state, model)
    if isinstance(state, InitialState | InitialMatrix | InitialDensity):
        return state
    if isinstance(state, DensityOperator):
        theirs, density = state.model, InitialDensity(state)
        if theirs.ensembles != model.ensembles or _bare(theirs) != _bare(model):
            raise InputError(
                f"the initial state belongs to {theirs.called}, whose sites are not those of {model.called}; give one of the same sites"
            )
        for position, mode in modes_of_centre(model.centre):
            if 0 < mode.levels < (levels := density.site_levels(position)):
                raise InputError(f"the initial state has {levels} Fock states, but the model keeps {mode.levels}; give more levels")
        return density
    if hasattr(state, "full") and hasattr(state, "dims"):
        matrix, cut = checked_matrix(state, model)
        return InitialMatrix(matrix, tuple(site.levels for site in cut.centre_sites))
    raise InputError(f"the initial state must be a label, a state or a QuTiP object, but is {type(state).__name__}")


def _bare(model: Model) -> list[tuple[str, str, int]]:
    """Name, kind and levels of each site of the centre, of modes without their levels."""
    return [(site.name, site.kind, 0 if isinstance(site, Boson) else site.levels) for site in model.centre_sites]
