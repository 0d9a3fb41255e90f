"""The centre, or one of its sites: matrix units \\|k><b\\|, labels (k, b); the one place where a boson is cut to its Fock states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from permsym.basis.moves import Labels, Move, Moves, Values, Weight
from permsym.basis.part import Part
from permsym.basis.spin import Rotation
from permsym.errors import InputError
from permsym.model import Model
from permsym.operators import CentreOperator, ComplexArray, Matrix, Monomial, as_array, as_matrix, displacement, entries, one_site
from permsym.sites import Boson, Site


def real_if_real(array: ComplexArray) -> Values:
    """The real part where nothing is lost, so that weights stay real as long as they can."""
    return array.real if not array.imag.any() else array


def _levels(column: Values) -> NDArray[np.int64]:
    """A label column as indices: beside the real-valued labels of nodes.py it is an array of floats."""
    return column.astype(np.int64, copy=False)


@lru_cache(maxsize=512)
def _truncated(operator: Monomial, levels: int, alpha: complex) -> Matrix:
    return as_matrix(operator.matrix(levels, alpha))


class CentrePart(Part):
    """Matrix units of a site with few levels."""

    columns = 2

    def __init__(self, site: Site) -> None:
        if isinstance(site, Boson) and site.automatic:
            raise InputError("the boson's cut-off is still open; choose it with model.with_levels(20), or leave it to steady_state")
        self.site = site
        self.excitations = np.array(site.excitations)

    def matrix(self, operator: CentreOperator) -> Matrix:
        """<k| operator |b> on the levels of the site; of a boson, on its displaced Fock states."""
        one = one_site(operator)
        assert one is not None
        return _truncated(one, self.site.levels, self.displacement) if isinstance(one, Monomial) else one

    @property
    def displacement(self) -> complex:
        """alpha of the displaced Fock states of a boson; 0 otherwise."""
        return self.site.displacement if isinstance(self.site, Boson) else 0j

    @cached_property
    def fock_states(self) -> ComplexArray | None:
        """<n\\|m> of plain Fock states n with the displaced ones m, shape (more, levels); None where they are the same."""
        if not self.displacement:
            return None
        levels = self.site.levels
        return displacement(self.displacement, math.ceil((math.sqrt(levels) + abs(self.displacement)) ** 2), levels)

    def left(self, matrix: Matrix) -> Moves:
        return self._shifts(matrix, column=0)

    def right(self, matrix: Matrix) -> Moves:
        # |k><b| a = sum_b' a[b, b'] |k><b'|: the bra moves by the transposed matrix
        return self._shifts(tuple(zip(*matrix, strict=True)), column=1)

    def sandwich(self, first: Matrix, second: Matrix) -> Moves:
        conjugate = tuple(tuple(entry.conjugate() for entry in row) for row in second)
        return self.left(first) @ self._shifts(conjugate, column=1)

    def _shifts(self, matrix: Matrix, column: int) -> Moves:
        tables: dict[int, ComplexArray] = {}
        for row, source, value in entries(matrix):
            table = tables.setdefault(row - source, np.zeros(self.site.levels, dtype=complex))
            table[source] = value

        def move(step: int, table: Values) -> Move:
            shift = (step, 0) if column == 0 else (0, step)
            # labels outside 0..levels-1 only occur behind a move of weight zero: clip to stay in the table
            return Move(shift, 1.0, lambda labels: table[_levels(np.clip(labels[column], 0, self.site.levels - 1))])

        return Moves(tuple(move(step, real_if_real(table)) for step, table in tables.items()))

    def trace(self, labels: Labels) -> Values:
        return (labels[0] == labels[1]).astype(float)

    def correlator(self, matrices: Sequence[Matrix]) -> Weight:
        array = np.eye(self.site.levels, dtype=complex)
        for matrix in matrices:  # the one centre: its operators multiply, in order
            array = array @ as_array(matrix)
        return lambda labels: real_if_real(array)[_levels(labels[1]), _levels(labels[0])]

    def product_state(self, matrix: Matrix) -> Weight:
        array = as_array(matrix)
        return lambda labels: real_if_real(array)[_levels(labels[0]), _levels(labels[1])]

    def rotated(self, values: ComplexArray, turn: Rotation) -> ComplexArray:
        if self.site.kind != "spin":
            return super().rotated(values, turn)
        one = turn.matrix(1)[::-1, ::-1]  # level 0 is up
        return np.einsum("ak,kln,bl->abn", one, values.reshape(2, 2, -1), one.conj()).reshape(values.shape)

    @property
    def trace_norm(self) -> float:
        return math.sqrt(self.site.levels)

    def labels(self, difference: int | None) -> Labels:
        ket, bra = np.divmod(np.arange(self.site.levels**2), self.site.levels)
        chosen = slice(None) if difference is None else self.excitations[ket] - self.excitations[bra] == difference
        return np.stack([ket[chosen], bra[chosen]])

    def count(self, difference: int | None) -> int:
        return self.labels(difference).shape[1]

    def differences(self) -> range:
        span = max(self.site.excitations) - min(self.site.excitations)
        return range(-span, span + 1)

    def difference(self, labels: Labels) -> NDArray[np.int64]:
        return self.excitations[labels[0]] - self.excitations[labels[1]]

    def conjugate(self, labels: Labels) -> Labels:
        return labels[::-1]

    def key(self, labels: Labels) -> Labels:
        return labels

    def population(self, labels: Labels) -> NDArray[np.bool_]:
        return labels[0] == labels[1]

    def coordinates(self, labels: Labels) -> Labels:
        if isinstance(self.site, Boson):
            return np.stack([np.minimum(labels[0], labels[1]), labels[0] - labels[1]])
        return np.zeros((0, labels.shape[1]), dtype=np.int64)


def centre_parts(model: Model) -> tuple[CentrePart, ...]:
    """One part for each site of the centre."""
    return tuple(CentrePart(site) for site in model.centre_sites)
