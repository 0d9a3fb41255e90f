"""All elements of a density operator, both of each conjugate pair, and its blocks of the total spin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.factorials import log_factorial
from permsym.operators import ComplexArray

Elements = tuple[Labels, ComplexArray]
"""Labels (columns, n) and their coefficients (n,)."""


def written_out(basis: Basis, vector: NDArray[Any]) -> Elements:
    """All elements of the unknowns (basis.dimension,) of a sector and, in a charged one, of the adjoint."""
    labels, rows = basis.written_out()
    values = np.asarray(rows @ vector, dtype=complex)
    if basis.hermitian:
        return labels, values
    return np.concatenate([labels, basis.conjugate(labels)], axis=1), np.concatenate([values, values.conj()])


def on_fock_states(basis: Basis, elements: Elements) -> Elements:
    """Elements of a basis on plain Fock states."""
    levels, more = basis.model.centre.levels, basis.centre_levels
    return elements if more == levels else centre_changed(*elements, levels, basis.in_fock_states)


def centre_changed(labels: Labels, values: ComplexArray, levels: int, change: Callable[[ComplexArray], ComplexArray]) -> Elements:
    """All elements after a change of the centre's states, (..., levels, levels) -> (..., more, more)."""
    outer, at = np.unique(labels[2:], axis=1, return_inverse=True)
    centre = np.zeros((outer.shape[1], levels, levels), dtype=complex)
    centre[at.ravel(), labels[0], labels[1]] = values
    changed = change(centre)
    block, ket, bra = np.indices(changed.shape).reshape(3, -1)
    return np.concatenate([np.stack([ket, bra]), outer[:, block]]), changed.ravel()


@dataclass(frozen=True)
class SpinBlock:
    """The part of a density operator with total spin j: the same matrix on each of the copies of that spin.

    copies   number of copies of j among N spins-1/2, as a float
    matrix   (centre, 2j+1, centre, 2j+1), summed over the copies; m = j, ..., -j
    """

    j: float
    copies: float
    matrix: ComplexArray

    @property
    def flat(self) -> ComplexArray:
        """(centre (2j+1), centre (2j+1))."""
        size = self.matrix.shape[0] * self.matrix.shape[1]
        return self.matrix.reshape(size, size)


def spin_blocks(N: int, levels: int, elements: Elements) -> Iterator[SpinBlock]:
    """Blocks of N spins-1/2 in the Dicke representation with a centre of so many levels, j = N/2 first."""
    labels, values = elements
    for J in np.unique(labels[2])[::-1].tolist():
        mine = labels[2] == J
        k, b, _, M, bra = labels[:, mine]
        matrix = np.zeros((levels, J + 1, levels, J + 1), dtype=complex)
        matrix[k, (J - M) // 2, b, (J - bra) // 2] = values[mine]
        less = (N - J) // 2  # copies of j: C(N, N/2 - j) (2j + 1) / (N/2 + j + 1)
        logarithm = log_factorial(np.array(N)) - log_factorial(np.array(less)) - log_factorial(np.array(N - less))
        yield SpinBlock(J / 2, float(np.exp(logarithm) * (J + 1) / (N - less + 1)), matrix)
