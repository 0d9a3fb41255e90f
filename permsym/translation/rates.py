"""Jumps of single satellites, in whatever combinations: one matrix of rates, read as individual and collective jumps.

    sum over jumps of  x x^dag  =  A delta_nm + C      over (satellite n, component), and the centre's own components

Eigenvectors of A are individual jumps, those of C, with the centre's, collective ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from permsym.errors import InputError
from permsym.jumps import Jump
from permsym.operators import ComplexArray, Operator
from permsym.translation.one_site import EXACT
from permsym.translation.tensors import ROUNDING, Layout, at, centre_part, satellite, spelled_number

Kind = Literal["individual", "collective"]
Component = tuple[int, int]
"""(operator of the centre, operator of the satellite): indices of their bases."""


class Rates:
    """The matrix of rates of jumps that act on the centre and on at most one satellite at a time.

    tensors   of the jumps, without their multiples of the identity
    """

    def __init__(self, tensors: Sequence[ComplexArray], layout: Layout) -> None:
        self.layout = layout
        alone = [at(t, {}) for t in tensors]
        self.centre = sorted({int(i) for vector in alone for i in np.flatnonzero(vector)})
        self._vectors = [np.array([vector[self.centre] for vector in alone], dtype=complex).reshape(len(tensors), 1, len(self.centre))]
        self.components: list[list[Component]] = []
        for sites in layout.sites:
            slices = [[_on(t, site) for site in sites] for t in tensors]
            components = sorted({(int(i), int(k)) for row in slices for one in row for i, k in np.argwhere(one) if k})
            self.components.append(components)
            values = [[[one[component] for component in components] for one in row] for row in slices]
            self._vectors.append(np.array(values, dtype=complex).reshape(len(tensors), len(sites), len(components)))
        self.scale = max((np.abs(self._block(e, e)).max(initial=0.0) for e in range(len(self._vectors))), default=0.0)

    def _block(self, e: int, f: int) -> ComplexArray:
        """(satellites of e, components of e, satellites of f, components of f); group 0 is the centre, ensemble i group i + 1."""
        return np.asarray(np.einsum("jna,jmb->namb", self._vectors[e], self._vectors[f].conj(), optimize=True))

    def check(self) -> None:
        """InputError where satellites of an ensemble differ."""
        for e, sites in enumerate(self.layout.sites, 1):
            own = self._block(e, e)
            pairs = [(n, m) for n in range(len(sites)) for m in range(len(sites)) if n != m]
            for n, m in pairs:
                self._same(own[0, :, 0], own[n, :, n], e, n)
                self._same(own[0, :, 1], own[n, :, m], e, n)
            for f in range(len(self._vectors)):
                other = self._block(e, f)
                for n in range(len(sites)) if f != e else ():
                    self._same(other[0, :, 0], other[n, :, 0], e, n)

    def _same(self, first: ComplexArray, second: ComplexArray, e: int, n: int) -> None:
        defect = np.abs(first - second)
        if defect.max(initial=0.0) > EXACT * self.scale:
            i, k = np.unravel_index(defect.argmax(), defect.shape)
            sites = self.layout.sites[e - 1]
            name = self.layout.bases[sites[0]].names[self.components[e - 1][int(i)][1]]
            raise InputError(
                f"the jumps change when satellites {sites[0]} and {sites[n or 1]} are exchanged: a rate of {name!r} is "
                f"{spelled_number(first[i, k])} for one and {spelled_number(second[i, k])} for the other; "
                "give satellites that differ to different ensembles, such as ensembles=[2, 1]"
            )

    def jumps(self, lone: Kind | None) -> Iterator[Jump]:
        """Individual jumps, then central and collective ones.

        lone   what those on an ensemble's only satellite are

        Raises InputError where that is not said and matters.
        """
        groups = [len(self.centre), *map(len, self.components)]
        ends = np.cumsum(groups)
        rows = [slice(int(end) - size, int(end)) for end, size in zip(ends, groups, strict=True)]
        together = np.zeros((int(ends[-1]), int(ends[-1])), dtype=complex)
        for e, f in np.ndindex(len(groups), len(groups)):
            together[rows[e], rows[f]] = self._between(e, f, lone)
        for e, name in enumerate(self.layout.names, 1):
            apart = self._block(e, e)[0, :, 0] - together[rows[e], rows[e]]
            beside = _beside(together[rows[0], rows[e]], together[rows[e], rows[e]], apart, self.scale)
            together[rows[0], rows[e]] -= beside @ apart
            together[rows[e], rows[0]] = together[rows[0], rows[e]].conj().T
            together[rows[0], rows[0]] -= len(self.layout.sites[e - 1]) * beside @ apart @ beside.conj().T
            for rate, vector in _eigen(apart, self.scale):
                one = Operator()
                for centre, value in zip(self.centre, beside @ vector, strict=True):  # the identity of one satellite
                    one += self._product(centre, name, e, 0) * complex(value)
                yield Jump("individual", rate, _rounded(one + self._operator(vector, e)))
        for rate, vector in _eigen(together, self.scale):
            operator = centre_part(self._spread(vector[rows[0]]), self.layout, 0.0)
            for e in range(1, len(groups)):
                operator = operator + self._operator(vector[rows[e]], e)
            operator = _rounded(operator)
            yield Jump("collective" if any(key.satellites for key in operator.terms) else "central", rate, operator)

    def _between(self, e: int, f: int, lone: Kind | None) -> ComplexArray:
        """What two different satellites, or a satellite and the centre, have in common: C, and the centre's own."""
        block = self._block(e, f)
        if e != f or e == 0:
            return np.asarray(block[0, :, 0])
        if len(self.layout.sites[e - 1]) > 1:
            return np.asarray(block[0, :, 1])
        rest = np.asarray(block[0, :, 0]) - self._shared(e)
        if np.abs(rest).max(initial=0.0) > EXACT * self.scale and lone is None:
            name = self.layout.names[e - 1]
            raise InputError(
                f"one satellite in ensemble {name!r} cannot tell individual jumps from collective ones; give H and c_ops of two, "
                "or say lone='individual' or lone='collective'",
                parameter="lone",
            )
        return np.asarray(block[0, :, 0] if lone == "collective" else block[0, :, 0] - rest)

    def _shared(self, e: int) -> ComplexArray:
        """What jumps that act on other ensembles, too, have on an only satellite: K_ef K_ff^+ K_fe with f all others."""
        own = self._vectors[e][:, 0]
        others = [self._vectors[f].reshape(len(own), -1) for f in range(1, len(self._vectors)) if f != e]
        both = np.concatenate([own, *others], axis=1)
        matrix = both.T @ both.conj()
        mixed, beyond = matrix[: own.shape[1], own.shape[1] :], matrix[own.shape[1] :, own.shape[1] :]
        return np.asarray(mixed @ np.linalg.pinv(_cleared(beyond, ROUNDING * self.scale), rcond=EXACT, hermitian=True) @ mixed.conj().T)

    def _operator(self, vector: ComplexArray, e: int) -> Operator:
        result = Operator()
        for (centre, k), value in zip(self.components[e - 1], vector, strict=True):
            result += self._product(centre, self.layout.names[e - 1], e, k) * complex(value)
        return result

    def _product(self, centre: int, name: str, e: int, k: int) -> Operator:
        """An operator of the centre times the sum over an ensemble of one of its basis."""
        unit = np.zeros(len(self.layout.bases[0].names), dtype=complex)
        unit[centre] = 1
        return centre_part(unit, self.layout, 0.0) * satellite(name, self.layout.bases[self.layout.sites[e - 1][0]], k)

    def _spread(self, vector: ComplexArray) -> ComplexArray:
        whole = np.zeros(len(self.layout.bases[0].names), dtype=complex)
        whole[self.centre] = vector
        return whole


def _on(tensor: ComplexArray, site: int) -> ComplexArray:
    """Entries of a tensor on the centre and on one satellite, (operators of the centre, of the satellite)."""
    return np.asarray(tensor[(slice(None), *(slice(None) if axis == site else 0 for axis in range(1, tensor.ndim)))])


def _beside(mixed: ComplexArray, collective: ComplexArray, individual: ComplexArray, scale: float) -> ComplexArray:
    """U: individual jumps (U v, v) explain what the centre has in common with satellites and collective jumps cannot explain."""
    cut = ROUNDING * scale
    rest = mixed - mixed @ np.linalg.pinv(_cleared(collective, cut), rcond=EXACT) @ collective
    return np.asarray(_cleared(rest, EXACT * scale) @ np.linalg.pinv(_cleared(individual, cut), rcond=EXACT))


def _cleared(matrix: ComplexArray, floor: float) -> ComplexArray:
    return np.where(np.abs(matrix) > floor, matrix, 0)


def _eigen(matrix: ComplexArray, scale: float) -> Iterator[tuple[float, ComplexArray]]:
    """Eigenvalues that are not zero and eigenvectors with the largest entry 1, block by block: equal rates stay apart."""
    if not matrix.size:
        return
    matrix = _cleared(matrix, ROUNDING * scale)
    count, blocks = connected_components(sparse.csr_array(matrix != 0), directed=False)
    for block in range(count):
        rows = np.flatnonzero(blocks == block)
        for value, vector in zip(*_pairs(matrix[np.ix_(rows, rows)]), strict=True):
            if abs(value) > EXACT * scale:
                largest = vector[np.abs(vector).argmax()]
                whole = np.zeros(len(matrix), dtype=complex)
                whole[rows] = vector / largest
                yield float(value * abs(largest) ** 2), whole


def _pairs(matrix: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    values, vectors = np.linalg.eigh((matrix + matrix.conj().T) / 2)
    return values, vectors.T


def _rounded(operator: Operator) -> Operator:
    """Without coefficients that are rounding; the largest is near one."""
    return Operator({key: value for key, value in operator.terms.items() if abs(value) > ROUNDING})
