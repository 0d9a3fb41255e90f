"""Initial states of a time evolution that no label spells: density matrices, QuTiP objects, states of other solutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.basis.representations import build
from permsym.basis.whole_space import project
from permsym.dynamics.initial import InitialState, parse_initial
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import ComplexArray, displacement
from permsym.sites import Boson
from permsym.states.density import DensityOperator
from permsym.states.qutip import checked_matrix

if TYPE_CHECKING:
    import qutip


@dataclass(frozen=True)
class InitialMatrix:
    """A density matrix of the centre and all satellites, one by one (small systems).

    matrix   (D, D) in the product basis
    levels   of the centre in it
    """

    matrix: ComplexArray
    levels: int

    def vector(self, basis: Basis) -> NDArray[Any]:
        """Coefficients (basis.dimension,) of the part in the basis's charge sector."""
        model = basis.model
        if isinstance(model.centre, Boson):
            model = Model(Boson(self.levels), model.ensembles, model.hamiltonian, model.jumps)
        own = build(model, basis.representation, basis.charge)
        return _onto(basis, *_plain(own, project(own, self.matrix, sector_only=True)))

    def __str__(self) -> str:
        return f"matrix {len(self.matrix)} x {len(self.matrix)}"


@dataclass(frozen=True)
class InitialDensity:
    """A state of this or another model of the same sites, such as a steady state before a quench."""

    state: DensityOperator

    @property
    def levels(self) -> int:
        """Fock states that the state reaches: more than its levels where these are displaced."""
        return self.state.basis.centre_levels

    @property
    def displacement(self) -> complex:
        """alpha of the state's own Fock states."""
        centre = self.state.model.centre
        return centre.displacement if isinstance(centre, Boson) else 0j

    def vector(self, basis: Basis) -> NDArray[Any]:
        """Coefficients (basis.dimension,) of the part in the basis's charge sector."""
        mine = self.state.basis
        if mine.representation != basis.representation:
            return InitialMatrix(self.state.full(), self.levels).vector(basis)
        return _onto(basis, *_plain(mine, self.state.vector))

    def __str__(self) -> str:
        return f"state of {self.state.model.name}"


def _plain(basis: Basis, vector: NDArray[Any]) -> tuple[Labels, ComplexArray]:
    """Labels and coefficients of all elements, both of each conjugate pair, on plain Fock states."""
    labels, rows = basis.written_out()
    values = np.asarray(rows @ vector, dtype=complex)
    levels, more = basis.model.centre.levels, basis.centre_levels
    if more == levels:
        return labels, values
    return _centre_changed(labels, values, levels, basis.in_fock_states)


def _onto(basis: Basis, labels: Labels, values: ComplexArray) -> NDArray[Any]:
    """Coefficients (basis.dimension,) of what labels on plain Fock states have in a basis, displaced or not."""
    centre = basis.model.centre
    if isinstance(centre, Boson) and centre.displacement:
        levels = int(labels[:2].max()) + 1
        turn = displacement(-centre.displacement, centre.levels, levels)
        labels, values = _centre_changed(labels, values, levels, lambda matrices: turn @ matrices @ turn.conj().T)
    unknowns = basis.collected(labels) @ values
    return np.asarray(unknowns.real if basis.hermitian else unknowns)


def _centre_changed(
    labels: Labels, values: ComplexArray, levels: int, change: Callable[[ComplexArray], ComplexArray]
) -> tuple[Labels, ComplexArray]:
    """All elements after a change of the centre's states, (..., levels, levels) -> (..., more, more)."""
    outer, at = np.unique(labels[2:], axis=1, return_inverse=True)
    centre = np.zeros((outer.shape[1], levels, levels), dtype=complex)
    centre[at.ravel(), labels[0], labels[1]] = values
    changed = change(centre)
    block, ket, bra = np.indices(changed.shape).reshape(3, -1)
    return np.concatenate([np.stack([ket, bra]), outer[:, block]]), changed.ravel()


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
        same = theirs.centre.kind == model.centre.kind and theirs.ensembles == model.ensembles
        if not same or (theirs.centre.levels != model.centre.levels and not isinstance(model.centre, Boson)):
            raise InputError(f"the initial state belongs to {theirs!r}, whose sites are not those of {model!r}; give one of the same sites")
        if 0 < model.centre.levels < density.levels:
            raise InputError(
                f"the initial state has {density.levels} Fock states, but the model keeps {model.centre.levels}; give more levels"
            )
        return density
    if hasattr(state, "full") and hasattr(state, "dims"):
        matrix, cut = checked_matrix(state, model)
        return InitialMatrix(matrix, cut.centre.levels)
    raise InputError(f"the initial state must be a label, a state or a QuTiP object, but is {type(state).__name__}")
