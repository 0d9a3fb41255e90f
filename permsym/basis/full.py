"""The full space of N satellites, levels^(2N) elements: the oracle of the compressed representations (small N only).

Labels are (ket_1, ..., ket_N, bra_1, ..., bra_N); elements are the matrix units of the product basis.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.centre import CentrePart
from permsym.basis.moves import Labels, Move, Moves, Values, Weight, moved
from permsym.basis.part import Part, refuse_fixed_spin
from permsym.basis.product_space import positions
from permsym.basis.spin import Rotation
from permsym.operators import ComplexArray, Matrix
from permsym.sites import Ensemble

_COUNTED = 40
"""Satellites up to which the space is counted; beyond, the count stays at a number that never fits."""


class FullPart(Part):
    """Matrix units of the product basis of N satellites."""

    def __init__(self, ensemble: Ensemble) -> None:
        refuse_fixed_spin(ensemble)
        self.N = ensemble.N
        self.columns = 2 * ensemble.N
        self.one = CentrePart(ensemble)  # a satellite on its own is a centre

    def _summed(self, one: Moves) -> Moves:
        """The sum over satellites of one satellite's moves."""
        return reduce(add, (self._on_satellite(one, n) for n in range(self.N)))

    def _on_satellite(self, one: Moves, n: int) -> Moves:
        def on_satellite(step: Move) -> Move:
            shift = [0] * self.columns
            shift[n], shift[n + self.N] = step.shift
            return moved(step, tuple(shift), [n, n + self.N])

        return Moves(tuple(on_satellite(step) for step in one.steps))

    def left(self, matrix: Matrix) -> Moves:
        return self._summed(self.one.left(matrix))

    def right(self, matrix: Matrix) -> Moves:
        return self._summed(self.one.right(matrix))

    def sandwich(self, first: Matrix, second: Matrix) -> Moves:
        return self._summed(self.one.sandwich(first, second))

    def trace(self, labels: Labels) -> Values:
        return (labels[: self.N] == labels[self.N :]).all(axis=0).astype(float)

    def correlator(self, matrices: Sequence[Matrix]) -> Weight:
        # on the first satellites: not symmetrised, so that it also checks the symmetry of the state
        def weight(labels: Labels) -> Values:
            value: Values = np.ones(labels.shape[1])
            for n in range(self.N):
                chosen = matrices[n : n + 1]
                value = value * self.one.correlator(chosen)(labels[[n, n + self.N]])
            return value

        return weight

    def elements(self, labels: Labels) -> sparse.csr_array:
        levels, n = self.one.site.levels, labels.shape[1]
        columns = positions(labels[: self.N], labels[self.N :], levels)
        return sparse.csr_array((np.ones(n), (np.arange(n), columns)), shape=(n, levels ** (2 * self.N)))

    def product_state(self, matrix: Matrix) -> Weight:
        one = self.one.product_state(matrix)
        return lambda labels: reduce(np.multiply, (one(labels[[n, n + self.N]]) for n in range(self.N)))

    def rotated(self, values: ComplexArray, turn: Rotation) -> ComplexArray:
        if self.one.site.kind != "spin":
            return super().rotated(values, turn)
        one, shape = turn.matrix(1)[::-1, ::-1], values.shape  # level 0 is up
        values = values.reshape((2,) * self.columns + (-1,))
        for n in range(self.columns):
            values = np.moveaxis(np.tensordot(one if n < self.N else one.conj(), values, axes=(1, n)), 0, n)
        return values.reshape(shape)

    @property
    def trace_norm(self) -> float:
        return float(self.one.site.levels ** (self.N / 2))

    def without_one(self) -> tuple[Part, Part]:
        site = self.one.site
        return FullPart(Ensemble(self.N - 1, levels=site.levels)), FullPart(Ensemble(1, levels=site.levels))

    def one_out(self, labels: Labels) -> Iterator[tuple[Labels, Labels, Values]]:
        first = [0, self.N]
        yield np.delete(labels, first, axis=0), labels[first], np.ones(labels.shape[1])

    def labels(self, difference: int | None) -> Labels:
        levels = range(self.one.site.levels)
        every = np.array(list(itertools.product(levels, repeat=self.columns)), dtype=np.int64).T
        return every if difference is None else every[:, self.difference(every) == difference]

    def count(self, difference: int | None) -> int:
        if difference is None or self.N > _COUNTED:
            return int(self.one.site.levels ** min(self.columns, 2 * _COUNTED))
        q = self.one.excitations
        one_site = np.bincount((q[:, None] - q[None, :]).ravel() + np.ptp(q)).astype(object)
        every = reduce(np.convolve, [one_site] * self.N)
        middle = len(every) // 2
        return int(every[middle + difference]) if abs(difference) <= middle else 0

    def differences(self) -> range:
        span = self.N * int(np.ptp(self.one.excitations))
        return range(-span, span + 1)

    def difference(self, labels: Labels) -> NDArray[np.int64]:
        kets, bras = self.one.excitations[labels[: self.N]], self.one.excitations[labels[self.N :]]
        return np.asarray((kets - bras).sum(axis=0))

    def conjugate(self, labels: Labels) -> Labels:
        return np.concatenate([labels[self.N :], labels[: self.N]])

    def key(self, labels: Labels) -> Labels:
        return labels

    def population(self, labels: Labels) -> NDArray[np.bool_]:
        return np.asarray((labels[: self.N] == labels[self.N :]).all(axis=0))

    def coordinates(self, labels: Labels) -> Labels:
        return np.zeros((0, labels.shape[1]), dtype=np.int64)
