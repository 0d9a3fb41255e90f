"""Initial states of a time evolution that other programs or other solutions give: density matrices, QuTiP objects, states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.dynamics.initial import InitialState, parse_initial
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import ComplexArray
from permsym.sites import Boson
from permsym.steady.density import DensityOperator
from permsym.steady.exchange import checked_matrix

if TYPE_CHECKING:
    import qutip


@dataclass(frozen=True)
class GivenMatrix:
    """A density matrix of the centre and all satellites, one by one (small systems).

    matrix   (D, D) in the product basis; levels: of the centre in it
    """

    matrix: ComplexArray
    levels: int

    def vector(self, basis: Basis) -> NDArray[Any]:
        """Coefficients (basis.dimension,) of the part in the basis's charge sector, with empty Fock states above its own."""
        more = basis.model.centre.levels - self.levels
        others = len(self.matrix) // self.levels
        tensor = self.matrix.reshape(self.levels, others, self.levels, others)
        padded = np.pad(tensor, ((0, more), (0, 0), (0, more), (0, 0)))
        size = basis.model.centre.levels * others
        return basis.project(padded.reshape(size, size), sector_only=True)

    def __str__(self) -> str:
        return f"matrix {len(self.matrix)} x {len(self.matrix)}"


@dataclass(frozen=True)
class GivenState:
    """A state of this or another model of the same sites, such as a steady state before a quench."""

    state: DensityOperator

    @property
    def levels(self) -> int:
        return self.state.model.centre.levels

    def vector(self, basis: Basis) -> NDArray[Any]:
        """Coefficients (basis.dimension,) of the part in the basis's charge sector."""
        mine = self.state.basis
        if mine.representation != basis.representation:
            return GivenMatrix(self.state.full(), self.levels).vector(basis)
        values = mine.coefficients(self.state.vector)
        labels = mine.labels
        if mine.hermitian:
            labels = np.concatenate([labels, mine.conjugate(labels[:, mine.paired])], axis=1)
            values = np.concatenate([values, values[mine.paired].conj()])
        place, conjugated = basis.index(labels)
        there = place >= 0
        coefficients = np.zeros(basis.size, dtype=complex)
        coefficients[place[there]] = np.where(conjugated, values.conj(), values)[there]
        return np.concatenate([coefficients.real, coefficients.imag[basis.paired]]) if basis.hermitian else coefficients

    def __str__(self) -> str:
        return f"state of {self.state.model.name}"


Initial = InitialState | GivenMatrix | GivenState


def as_initial(given: str | Initial | DensityOperator | qutip.Qobj, model: Model) -> Initial:
    """The initial state that a label, a state or a QuTiP object stands for, checked against the model's sites."""
    if isinstance(given, str):
        return parse_initial(given, model)
    if isinstance(given, InitialState | GivenMatrix | GivenState):
        return given
    if isinstance(given, DensityOperator):
        theirs, mine = given.model, model
        levels = theirs.centre.levels
        fits = levels <= mine.centre.levels or mine.centre.levels == 0 if isinstance(mine.centre, Boson) else levels == mine.centre.levels
        if theirs.centre.kind != mine.centre.kind or theirs.ensembles != mine.ensembles or not fits:
            raise InputError(f"the initial state belongs to {theirs!r}, whose sites are not those of {mine!r}; give one of the same sites")
        return GivenState(given)
    if hasattr(given, "full") and hasattr(given, "dims"):
        matrix, cut = checked_matrix(given, model)
        return GivenMatrix(matrix, cut.centre.levels)
    raise InputError(f"the initial state must be a label, a state or a QuTiP object, but is {type(given).__name__}")
