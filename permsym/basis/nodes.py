"""Quadrature nodes in place of lattice sites: the coupled Dicke representation with real-valued labels.

The weights of all moves are smooth functions of (j, m), so that a sum over the unit lattice of (j, m) can be replaced
by an integral wherever the summand is smooth on the scale of the lattice, and the integral by its value at nodes.
A label belongs to the symmetric point  (j, (m + m')/2)  of a matrix element E(j, m, m').
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from permsym.basis.dicke import DickePart
from permsym.basis.moves import Labels
from permsym.errors import InputError
from permsym.sites import Ensemble

Extended = NDArray[np.longdouble]
"""Extended precision where the platform has it: rates are O(N), what they leave after cancelling O(1)."""


class NodePart(DickePart):
    """Labels (2j, 2m, 2m') at chosen points.

    nodes   (2, n) values of j and of (m + m')/2; the same for every difference m - m'
    """

    def __init__(self, ensemble: Ensemble, nodes: Extended) -> None:
        super().__init__(ensemble)
        # On a grid coarse enough that labels, their shifts and differences are exact: `labels[2] == labels[1] + step`
        # and 2m - 2m' must not suffer from rounding.
        grid = np.ldexp(np.longdouble(1), int(np.ceil(np.log2(4.0 * ensemble.N))) + 3 - np.finfo(np.longdouble).nmant)
        self.nodes: Extended = np.round(2 * nodes / grid) * grid

    def labels(self, difference: int | None) -> Labels:
        if difference is None:
            raise InputError("quadrature nodes need a U(1) symmetry that fixes m - m'; use the dicke or occupation representation")
        spin, middle = self.nodes
        return cast(Labels, np.stack([spin, middle + difference, middle - difference]))

    def count(self, difference: int | None) -> int:
        return self.nodes.shape[1]
