"""Where the probability of several ensembles sits on the lattice (j, m of each), from a smaller system: what a cut leaves out.

ln P_N(N/2 - j, j + m, ...) = (N/N') ln P_N'(nearest site, scaled)        (ln P relative to its maximum)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.basis.moves import Labels
from permsym.basis.sector import combined
from permsym.basis.several import Sites, all_sites
from permsym.errors import SolverFailed
from permsym.states.density import DensityOperator

_DEEPEST = -690.0  # ln P below which numbers underflow


@dataclass(frozen=True, eq=False)
class JointCloud:
    """ln P / max P over boxes of (N/2 - j, j + m) of each ensemble, -inf where nothing is known.

    sizes   numbers of satellites
    log     two axes for each ensemble
    """

    sizes: tuple[int, ...]
    log: NDArray[np.float64]

    @classmethod
    def of(cls, state: DensityOperator) -> JointCloud:
        """Of a state of several ensembles in the Dicke representation, summed over the centre's states."""
        basis, sizes = state.basis, state.model.sizes
        labels = basis.labels[:, basis.population]
        at = tuple(np.concatenate([_falling(labels[2 + 3 * i : 4 + 3 * i], N) for i, N in enumerate(sizes)]))
        total = np.zeros([side for N in sizes for side in (N // 2 + 1, N + 1)])
        np.add.at(total, at, state.x[: basis.size][basis.population].real)
        if not total.max() > 0:
            raise SolverFailed("the steady state has no positive population; a rate is out of range")
        with np.errstate(divide="ignore"):
            return cls(sizes, np.log(np.maximum(total / total.max(), 0)))

    def level_set(self, sizes: tuple[int, ...], share: float) -> Sites:
        """The sites of larger ensembles where the predicted P exceeds a share of its maximum."""
        if share <= 0:
            return Sites.all(sizes)
        scale = sum(sizes) / sum(self.sizes)
        threshold = max(float(np.log(share)), scale * _DEEPEST) / scale
        every = [all_sites(N) for N in sizes]
        nearest = [_nearest(sites, N, n) for sites, N, n in zip(every, sizes, self.sizes, strict=True)]
        above = self.log[tuple(combined(nearest))] > threshold
        return Sites(sizes, combined(every)[:, above])


def _falling(sites: Labels, N: int) -> Labels:
    """(N/2 - j, j + m) of sites (2j, 2m): whole numbers."""
    return np.stack([(N - sites[0]) // 2, (sites[0] + sites[1]) // 2])


def _nearest(sites: Labels, N: int, n: int) -> Labels:
    """The site of n satellites, as (n/2 - j, j + m), that is nearest to each site of N, scaled."""
    fallen, risen = np.rint(_falling(sites, N) * (n / N)).astype(np.int64)
    fallen = np.minimum(fallen, n // 2)
    return np.stack([fallen, np.minimum(risen, n - 2 * fallen)])
