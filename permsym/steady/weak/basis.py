"""The elements of a density operator with few excitations, whatever the number of satellites.

An element |k><k'| has k excitations above the vacuum in its ket and k' in its bra; the basis has those with k, k' <= K.

    k = n + sum over ensembles of (m + N/2),        j = N/2 - l with l <= min(m, m') + N/2
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.centre import CentrePart
from permsym.basis.described import Description, described
from permsym.basis.dicke import DickePart
from permsym.basis.moves import Labels, Move, Moves, Values
from permsym.basis.part import Part
from permsym.basis.scope import Scope
from permsym.basis.sector import combined
from permsym.basis.spin import STEPS, A
from permsym.model import Model
from permsym.operators import CentreOperator, Matrix, Operator, Product, as_array, as_matrix, entries
from permsym.sites import Site

Integers = NDArray[np.int64]


class NearVacuum(DickePart):
    """The Dicke representation with m counted from the vacuum, so that nothing of size N cancels in collective operators.

    sum_n a_n = a_dd N + a_ud J_+ + a_du J_- + (a_uu - a_dd) (J_z + N/2)
    """

    def _collective(self, matrix: Matrix, column: int) -> Moves:
        (uu, ud), (du, dd) = matrix

        def excited(labels: Labels) -> Values:
            return (labels[column] + self.N) / 2

        def ladder(q: str, value: complex) -> Move:
            shift = tuple(2 * STEPS[q] if i == column else 0 for i in range(3))
            return Move(shift, value, lambda labels: A[q](labels[0] * 1.0, labels[column] * 1.0))

        steps = [ladder(q, value) for q, value in (("+", ud), ("-", du)) if value != 0]
        if uu != dd:
            steps.append(Move((0, 0, 0), uu - dd, excited))
        if dd != 0:
            steps.append(self._uniform(dd))
        return Moves(tuple(steps))


class WeakBasis(Basis):
    """Labels with at most ``most`` excitations in ket and bra, two-level ensembles in the Dicke representation; absorbing edge."""

    def __init__(self, model: Model, most: int, charge: tuple[int, ...] | None = None) -> None:
        super().__init__(model, (CentrePart(model.centre), *map(NearVacuum, model.ensembles)), "dicke", charge)
        self.most = most
        self.boundary = "absorbing"

    @cached_property
    def labels(self) -> Labels:
        labels = self._centre_labels()
        for ensemble in self.model.ensembles:
            labels = combined([labels, _spin_labels(ensemble.N, self.most)])
            ket, bra = self._excitations(labels)
            labels = labels[:, (ket <= self.most) & (bra <= self.most)]
        differences = self._differences(labels)
        for charge, value in zip(self.model.charges, self.charge, strict=True):
            mine = sum(w * d for w, d in zip(charge, differences, strict=True)) == value
            labels, differences = labels[:, mine], [d[mine] for d in differences]
        return labels[:, self._first(labels)] if self.hermitian else labels

    def sector(
        self, charge: tuple[int, ...], model: Model | None = None, parts: Sequence[Part] | None = None, scope: Scope | None = None
    ) -> WeakBasis:
        """The elements of a charge, whatever the scope: few enough."""
        return WeakBasis(model or self.model, self.most, charge)

    @property
    def trace_norm(self) -> float:
        """Elements have trace norm 1, and sum |x| <= (number of them)^(1/2) |x|: of few elements less than the blocks of all j allow."""
        return math.sqrt(4 * self.dimension if self.hermitian else self.size)

    def _centre_labels(self) -> Labels:
        few = np.flatnonzero(np.array(self.model.centre.excitations) <= self.most)
        return np.stack([np.repeat(few, len(few)), np.tile(few, len(few))])

    def _differences(self, labels: Labels) -> list[Integers]:
        return [part.difference(labels[mine]) for part, mine in zip(self.parts, self.slices, strict=True)]

    def _excitations(self, labels: Labels) -> tuple[Integers, Integers]:
        """(k, k') of labels; those of the first parts alone where the labels are of them alone."""
        of_centre = np.array(self.model.centre.excitations)
        ket, bra = of_centre[labels[0]], of_centre[labels[1]]
        for ensemble, mine in zip(self.model.ensembles, self.slices[1:], strict=True):
            if mine.stop <= len(labels):
                _, M, other = labels[mine]
                ket, bra = ket + (M + ensemble.N) // 2, bra + (other + ensemble.N) // 2
        return ket, bra

    @cached_property
    def excitations(self) -> tuple[Integers, Integers]:
        """(k, k') of every unknown."""
        of_labels = self._excitations(self.labels)
        return tuple(np.concatenate([each, each[self.paired]]) for each in of_labels) if self.hermitian else of_labels  # type: ignore[return-value]

    @property
    def vacuum(self) -> int:
        """Position of the element without any excitation."""
        ket, bra = self._excitations(self.labels)
        return int(np.flatnonzero(ket + bra == 0)[0])

    def correlator(self, centre: Sequence[CentreOperator], satellites: Sequence[Sequence[Matrix]]) -> NDArray[np.complex128]:
        """Covector of a correlator; exactly zero where ket or bra lack the excitations that the operators take away.

        Differences such as 1 + <z> would leave rounding there, which is larger than all that a weak excitation has.
        """
        sites: list[tuple[Site, Matrix]] = [(self.model.centre, self._centre.matrix(operator)) for operator in centre]
        sites += [(e, matrix) for e, matrices in zip(self.model.ensembles, satellites, strict=True) for matrix in matrices]
        taken = [list(_taken(site, matrix)) for site, matrix in sites]
        least_ket, least_bra = (sum(min(pair[side] for pair in pairs) for pairs in taken) for side in (0, 1))
        ket, bra = self.excitations
        reached = ((ket >= least_ket) & (bra >= least_bra)) | ((bra >= least_ket) & (ket >= least_bra))
        return np.where(reached, super().correlator(centre, satellites), 0)


def from_vacuum(model: Model) -> Model:
    """The same dynamics with single satellites' energies counted from the vacuum: a constant in H does nothing but round."""
    terms: dict[Product, complex] = {}
    for key, value in model.hamiltonian.terms.items():
        if key.centre is None and len(key.satellites) == 1:
            ((name, matrix),) = key.satellites
            array = as_array(matrix)
            key = Product(None, ((name, as_matrix(array - array[1, 1] * np.eye(2))),))
        terms[key] = terms.get(key, 0) + value
    return Model(model.centre, model.ensembles, Operator(terms), model.jumps)


def _taken(site: Site, matrix: Matrix) -> Iterator[tuple[int, int]]:
    """Excitations of ket and bra at each entry <bra| matrix |ket>."""
    for row, column, _ in entries(matrix):
        yield site.excitations[column], site.excitations[row]


def _spin_labels(N: int, most: int) -> Labels:
    """(2j, 2m, 2m') with m + N/2 and m' + N/2 at most ``most``."""
    few = min(N, most) + 1
    less, ket, bra = (each.ravel() for each in np.indices((min(N // 2, most) + 1, few, few)))
    inside = (less <= np.minimum(ket, bra)) & (np.maximum(ket, bra) <= N - less)
    less, ket, bra = less[inside], ket[inside], bra[inside]
    return np.stack([N - 2 * less, 2 * ket - N, 2 * bra - N])


@described.register
def _(basis: WeakBasis) -> Description:
    return Description("weak", {"most": basis.most, "charge": list(basis.charge)}, {})
