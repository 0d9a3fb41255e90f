"""Where the probability of a solved system sits on the lattice (j, m), and the window that a larger system needs.

Large deviations: with extensive Hamiltonian and rates, P_N(j, m) ~ exp(-N phi(j/N, m/N)), so that

    ln P_N(j, m) = (N/N') ln P_N'(j N'/N, m N'/N)        (ln P relative to its maximum)

and a small system predicts the level sets of a large one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.basis.window import Window
from permsym.errors import SolverFailed
from permsym.states.density import DensityOperator

Mask = NDArray[np.bool_]

MARGIN = 2  # coarse sites by which a predicted window is dilated
_DEEPEST = -690.0  # ln P below which numbers underflow


@dataclass(frozen=True, eq=False)
class Cloud:
    """ln P(j, m) / max P on a box of sites.

    N        number of satellites
    corner   (2j, 2m) of log[0, 0]
    log      (sites in j, sites in m), -inf where the site was not kept or its probability is not positive
    unknowns number of unknowns a site that took part in the solve
    """

    N: int
    corner: tuple[int, int]
    log: NDArray[np.float64]
    unknowns: float = 3.0

    @classmethod
    def of(cls, state: DensityOperator, dimension: int) -> Cloud:
        """The cloud of a state of one ensemble in the Dicke representation, summed over the centre's states.

        dimension   unknowns that were solved for
        """
        populations = state.populations()
        J, M = (2 * populations.j).astype(np.int64), (2 * populations.m).astype(np.int64)
        corner = int(J.min()), int(M.min())
        log = np.full(((int(J.max()) - corner[0]) // 2 + 1, (int(M.max()) - corner[1]) // 2 + 1), -np.inf)
        highest = populations.probability.max()
        if not highest > 0:
            raise SolverFailed("the steady state populations has no positive population; a rate is out of range")
        with np.errstate(divide="ignore"):
            log[(J - corner[0]) // 2, (M - corner[1]) // 2] = np.log(np.maximum(populations.probability / highest, 0))
        return cls(state.model.sizes[0], corner, log, dimension / len(J))

    @property
    def peak(self) -> tuple[int, int]:
        """(2j, 2m) of the most probable site."""
        row, column = np.unravel_index(int(np.argmax(self.log)), self.log.shape)
        return self.corner[0] + 2 * int(row), self.corner[1] + 2 * int(column)

    def peak_for(self, N: int) -> tuple[int, int]:
        """(2j, 2m) near the most probable site of N satellites."""
        return round(self.peak[0] * N / self.N), round(self.peak[1] * N / self.N)

    def count(self, threshold: float) -> int:
        """Number of sites above a threshold."""
        return int(np.count_nonzero(self.log > threshold))

    def level_set(self, N: int, threshold: float) -> Window:
        """Sites of N satellites where the predicted ln P exceeds a threshold, in one piece that holds the peak.

        Pieces of the level set are metastable wells of non-negligible weight: the threshold is lowered until they join.
        """
        scale = N / self.N
        threshold = max(threshold, scale * _DEEPEST)
        wells = self._coarse(threshold / scale)
        mask = self._joined(wells, threshold / scale)
        return self._refined(mask, N)

    def rectangle(self, N: int, deviations: float) -> Window:
        """Sites within +-deviations standard deviations of the mean along both principal axes of the covariance."""
        scale = N / self.N
        rows, columns = np.nonzero(np.isfinite(self.log))
        weight = np.exp(self.log[rows, columns])
        sites = np.stack([self.corner[0] + 2 * rows, self.corner[1] + 2 * columns]) / 2
        mean = sites @ weight / weight.sum()
        spread = (sites - mean[:, None]) * np.sqrt(weight / weight.sum())
        variances, axes = np.linalg.eigh(spread @ spread.T)
        # a cloud thinner than a site still needs its neighbours
        reach = deviations * np.sqrt(np.maximum(variances, 0) * scale) + 1
        half = np.abs(axes) @ reach
        low = [max(int(np.floor(c * scale - h)), b) for c, h, b in zip(mean, half, (0, -(N // 2) - 1), strict=True)]
        high = [min(int(np.ceil(c * scale + h)), N // 2 + 1) for c, h in zip(mean, half, strict=True)]
        J, M = (2 * np.arange(a, b + 1) + N % 2 for a, b in zip(low, high, strict=True))
        offset = np.stack(np.broadcast_arrays(J[:, None] / 2 - mean[0] * scale, M[None, :] / 2 - mean[1] * scale))
        inside = (np.abs(np.tensordot(axes.T, offset, axes=1)) <= reach[:, None, None]).all(axis=0)
        return Window.of(N, (int(J[0]), int(M[0])), inside)

    def _coarse(self, threshold: float) -> Mask:
        """The level set on this cloud's own lattice, padded and dilated by MARGIN."""
        from scipy import ndimage

        mask = np.pad(self.log > threshold, MARGIN)
        return ndimage.maximum_filter(mask.view(np.uint8), size=2 * MARGIN + 1, mode="constant").astype(bool)

    def _joined(self, wells: Mask, threshold: float) -> Mask:
        """The connected level set that holds every well, at the highest threshold (to 2 %) where it exists."""
        from scipy import ndimage

        mask = wells
        step = max(0.02 * abs(threshold), 0.05)
        while True:
            labelled, _ = ndimage.label(mask, structure=np.ones((3, 3)))
            numbers = np.unique(labelled[wells])
            if len(numbers) == 1:
                return np.asarray(labelled == numbers[0])
            if threshold < _DEEPEST:
                return np.ones_like(mask)  # nothing known in between: everything
            threshold -= step
            step *= 1.2
            mask = self._coarse(threshold)

    def _refined(self, mask: Mask, N: int) -> Window:
        """The sites of N satellites whose nearest site on this lattice is in a padded mask."""
        scale = N / self.N
        corner = [c / 2 - MARGIN for c in self.corner]  # (j, m) of mask[0, 0]
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        fine, index = [], []
        for start, occupied, bounds in zip(corner, (rows, columns), ((0.0, N / 2), (-N / 2, N / 2)), strict=True):
            low = max(np.floor((start + occupied[0] - 0.5) * scale), bounds[0])
            high = min(np.ceil((start + occupied[-1] + 0.5) * scale), bounds[1])
            doubled = 2 * np.arange(int(low) - 1, int(high) + 2) + N % 2
            fine.append(doubled)
            index.append(np.rint(doubled / 2 / scale - start).astype(np.int64))
        (J, M), (row, column) = fine, index
        inside = [(i >= 0) & (i < n) for i, n in zip(index, mask.shape, strict=True)]
        kept = mask[np.ix_(np.clip(row, 0, mask.shape[0] - 1), np.clip(column, 0, mask.shape[1] - 1))]
        kept &= inside[0][:, None] & inside[1][None, :]
        return Window.of(N, (int(J[0]), int(M[0])), kept)
