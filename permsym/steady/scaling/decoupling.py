"""What the unknowns of a model decouple into, read off a system with the same terms but few satellites and levels.

It takes milliseconds and needs no compiler.
"""

from __future__ import annotations

import itertools
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from permsym.basis.representations import build, dimension
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.rotating import in_rotating_frame
from permsym.several_sites import SeveralSites
from permsym.sites import Boson, Ensemble

_LEVELS = 4
_LARGEST = 20_000  # unknowns
_NOTHING = 1e-14  # of the largest weight: what is left where weights cancel


def cut_down(model: Model, satellites: int) -> Model:
    """The model with its ensembles and its levels cut down, rates and couplings as they are."""
    ensembles = [_fewer(each, satellites) for each in model.ensembles]
    sites = [site.with_levels(min(site.levels or _LEVELS, _LEVELS)) if isinstance(site, Boson) else site for site in model.centre_sites]
    centre = SeveralSites(sites) if len(sites) > 1 else sites[0]  # 0: an open cut-off
    return Model(centre, ensembles, model.hamiltonian, model.jumps)


def _fewer(ensemble: Ensemble, satellites: int) -> Ensemble:
    """At most so many satellites; of a fixed total spin j the 2j that are in no singlet, so that jumps still act."""
    free = round(2 * ensemble.j) if ensemble.j else 0
    if free:
        return Ensemble(min(free, satellites), ensemble.name, j=min(free, satellites) / 2)
    return ensemble.resized(min(ensemble.N, satellites))


class Decoupling:
    """Which real unknowns of a small system feed each other; of too many ensembles nothing is known, and no half drops out."""

    def __init__(self, model: Model) -> None:
        small = next((small for small in (cut_down(model, 2), cut_down(model, 1)) if dimension(small) <= _LARGEST), None)
        self.seen = small is not None
        if small is None:
            return
        self.basis = build(small)
        matrix = Liouvillian(self.basis).matrix(in_rotating_frame(small)).tocoo()
        nonzero = np.abs(matrix.data) > _NOTHING * np.abs(matrix.data).max(initial=0.0)
        self.target, self.source = matrix.row[nonzero], matrix.col[nonzero]

    @cached_property
    def real(self) -> bool:
        """Whether phases i^(k d) of the labels make the Liouvillian real, so that half of each coherence drops out (on resonance).

        The phases of :class:`permsym.basis.blocks.Blocks`: d is ket minus bra excitations of a part, k is 0 or 1.
        """
        if not self.seen:
            return False
        basis = self.basis
        differences = np.stack([part.difference(basis.labels[mine]) for part, mine in zip(basis.parts, basis.slices, strict=True)])
        for phases in itertools.product((0, 1), repeat=len(basis.parts)):
            imaginary = (np.array(phases) @ differences) % 2 == 1
            other = np.concatenate([imaginary, ~imaginary[basis.paired]])  # real parts of such labels, imaginary ones of the others
            if (other[self.target] == other[self.source]).all():
                return True
        return False

    @cached_property
    def halved(self) -> bool:
        """Whether the populations couple to half of the unknowns at most (on resonance, or for a parity)."""
        if not self.seen:
            return False
        links: NDArray[np.bool_] = np.ones(len(self.target), dtype=bool)
        pattern = sparse.csr_array((links, (self.target, self.source)), shape=(self.basis.dimension,) * 2)
        _, component = csgraph.connected_components(pattern, directed=False)
        populations = component[: self.basis.size][self.basis.population]
        return bool(np.isin(component, populations).sum() <= self.basis.size)
