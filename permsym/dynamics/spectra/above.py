"""What the Liouvillian of a charge sector takes above a boson's levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.basis import Basis
from permsym.liouvillian import Liouvillian
from permsym.several_sites import modes_of_centre
from permsym.steady.fock_cutoff import continued
from permsym.steady.scaling.levels import reach


@dataclass(frozen=True)
class Above:
    """rates (rows, dimension): of each unknown to elements above the levels; stand_in (rows,) what stands for each, -1: nothing."""

    rates: sparse.csr_array
    stand_in: NDArray[np.int64]

    def cost(self, x: NDArray[Any], weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """(F,) 2 |y| |r'| of states x and dual moduli (dimension, F), y continued along n - n' = const."""
        if not len(self.stand_in):
            return np.zeros(weight.shape[1])
        lost = np.abs(self.rates @ x)
        felt = np.where(self.stand_in[:, None] >= 0, weight[self.stand_in], weight.max(axis=0))
        return np.asarray(2 * (lost * felt).sum(axis=0))


def above(basis: Basis) -> Above:
    """Empty without a boson, and where no move climbs."""
    model = basis.model
    modes = modes_of_centre(model.centre)
    more = {position: reach(model, position) for position, _ in modes}
    if not any(more.values()):
        return Above(sparse.csr_array((0, basis.dimension)), np.zeros(0, dtype=np.int64))
    larger = basis.widened(model.with_more_levels(more))
    at, _ = larger.index(basis.labels)
    columns, names = at, np.arange(larger.size)
    tops = [larger.labels[2 * k : 2 * k + 2].max(axis=0) >= mode.levels - more[k] for k, mode in modes]
    rows = np.flatnonzero(np.logical_or.reduce(tops))
    nearest = larger.labels[:, rows]
    for position, mode in modes:
        nearest = np.maximum(continued(nearest, mode.levels, 2 * position), 0)
    places = basis.index(nearest)[0]
    if basis.hermitian:
        columns = np.concatenate([at, larger.imaginary[at[basis.paired]]])
        names = np.concatenate([names, np.flatnonzero(larger.paired)])
        own = np.where((places >= 0) & (basis.imaginary[places] >= 0), basis.imaginary[places], places)
        imaginary = larger.imaginary[rows]
        rows, places = np.concatenate([rows, imaginary[imaginary >= 0]]), np.concatenate([places, own[imaginary >= 0]])
    whole = Liouvillian(larger).matrix().tocsr()
    beyond = whole[rows][:, columns].tocsr()
    inside = np.isin(rows, columns)  # rows of the levels themselves, of which only what the cut changed is lost
    if inside.any():
        own = Liouvillian(basis).matrix().tocsr()
        where = np.searchsorted(np.sort(columns), rows[inside])
        mine = np.argsort(columns)[where]
        difference = beyond[np.flatnonzero(inside)] - own[mine]
        beyond = sparse.vstack([beyond[np.flatnonzero(~inside)], difference], format="csr")
        places = np.concatenate([places[~inside], places[inside]])
    return Above(beyond, places)
