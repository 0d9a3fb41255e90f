"""Which elements of a large cavity's state are worth solving for, predicted from a smaller one's.

With the same intensive parameters populations obey large deviations, and bound all other elements (Cauchy-Schwarz):

    ln P_N(j, m, n) = (N / N') ln P_N'(j N'/N, m N'/N, n N'/N),        |x_ab|^2 <= P_a P_b

A moment feels an error of x_ab by its dual vector z_ab.  That falls with the quanta by which a and b differ, about as the smaller
system's does.  A coherence is therefore solved for where sqrt(P_a P_b) |z| > eps, and a population where P |z| > eps / 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.blocks import BlockRanges, Blocks
from permsym.basis.charged_blocks import runs
from permsym.steady.scaling.levels import reach

Array = NDArray[np.float64]

RATIO = {True: 3, False: 2}  # of the satellites to those of the small system at least, with a charge and without
_COARSEST = 1e-3  # tolerance above which a window would be no smaller, but might hold nothing
_AIM = 0.2  # of the tolerance: what the first window is made for
_EDGES = 1.6  # error of a window over N sum |x| |z| of what it leaves out (cavities of 40 to 100 satellites)
_FARTHER = 4  # power of the growth beyond RATIO with which a prediction is too low (measured at N = 200: 9 times for 1.7 times too far)
_BINS, _DEEPEST = 400, 100.0  # of a histogram of ln sizes, down to exp(-100)
_FLOOR = -600.0  # of ln P': below it nothing is predicted, and nothing needed
_MORE = 4  # levels by which the small system's populations are continued
_FEEDING = 2  # quanta of the spins up to which a coherence may turn into populations in one move
_POPULATIONS = 1e-2  # of eps: populations are few, and a moment feels their loss most


class BlockPrediction:
    """What a small state says about that of N satellites with the same intensive parameters.

    small        the blocks of the small system
    x            its state on them
    dual_sizes   mean size of its dual vectors, see :class:`permsym.steady.cavity.solution.BlockSolution`
    N            satellites of the large system
    """

    def __init__(self, small: Blocks, x: NDArray[Any], dual_sizes: Mapping[int, Array], N: int) -> None:
        self.N, self._small = N, small.model.sizes[0]
        position, block, level = small.populations
        J, M = small.outer[1:3, block]
        rows, width = self._small // 2 + 1, self._small + 1
        P = np.zeros((rows, width, small.model.centre.levels))
        P[J // 2, (J + M) // 2, level] = x[position].real
        # beyond the triangle |m| <= j as on its edge, so that there is something to interpolate
        inside = np.minimum(np.arange(width), 2 * (np.arange(rows) + self._small % 2 / 2)[:, None]).astype(int)
        P = np.take_along_axis(P, inside[:, :, None], axis=1)
        log = np.log(np.maximum(P / P.max(), 1e-300))
        fall = np.minimum(log[:, :, -1:] - log[:, :, -2:-1], 0)  # beyond the last level, however noisy that is
        self._log = np.maximum(np.concatenate([log, log[:, :, -1:] + fall * np.arange(1, _MORE + 1)], axis=2), _FLOOR)
        kinds, _ = small.coherences
        sizes = sum((mean * (N / self._small) ** (k / 2) for k, mean in dual_sizes.items()), np.zeros((len(kinds), 1)))
        # short runs say nothing of high levels, which are like their last
        last = np.maximum.accumulate(np.where(sizes > 0, np.arange(sizes.shape[1]), 0), axis=1)
        sizes = np.log(np.maximum(np.take_along_axis(sizes, last, axis=1), 1e-300))
        felt = (sizes > np.log(1e-300)).any(axis=1) | ~kinds.any(axis=1)
        self._sizes = {tuple(kind): size for kind, size in zip(kinds[felt].tolist(), sizes[felt], strict=True)}
        self._lattice = _lattice(kinds[felt])

    @property
    def levels(self) -> int:
        """More Fock states than any window needs."""
        return int((self._log.shape[2] - 1) * self.N / self._small)

    def log_populations(self, levels: int) -> Array:
        """(N // 2 + 1, N + 1, levels) ln P by (j - j_min, j + m, n), normalised; beyond the triangle |m| <= j far below zero."""
        N, scale = self.N, self._small / self.N
        j = np.arange(N // 2 + 1)[:, None] + N % 2 / 2
        m = np.arange(N + 1)[None, :] - j
        row, across = _between(j * scale - self._small % 2 / 2, self._log.shape[0])
        level, up = _between(np.arange(levels) * scale, self._log.shape[2])
        log = np.zeros((*m.shape, levels))
        for r, share in ((row, 1 - across), (row + 1, across)):
            column, along = _between(m * scale + r + self._small % 2 / 2, self._log.shape[1])
            for c, part in ((column, 1 - along), (column + 1, along)):
                values = self._log[r, c]
                log += (share * part)[:, :, None] * (values[:, :, level] * (1 - up) + values[:, :, level + 1] * up)
        log *= N / self._small
        log[m > j] = _FLOOR * N / self._small
        return np.asarray(log - np.log(np.exp(log).sum()))

    def log_sizes(self, kind: tuple[int, int], levels: int) -> Array:
        """(levels,) ln of the dual vectors' size by the smaller level, for a coherence of so many quanta of the mode and of the spins.

        In the units of the moments asked for; one with k ladder operators grows as N^(k/2).  The number of quanta is not scaled with
        N: a dual vector falls with each quantum.  Beyond the small system's coherences it goes on falling at the rate of the last ones.
        A coherence that is no sum of those with a dual vector has none: the model conserves a parity.
        """
        quanta = abs(kind[0]) + abs(kind[1])
        if not _contains(self._lattice, kind):
            return np.full(levels, -np.inf)
        towards = (_signed(round(kind[0] * k / quanta), round(kind[1] * k / quanta)) for k in range(quanta, 0, -1))
        near = next((kind for kind in towards if kind in self._sizes), (0, 0))
        sizes, missing = self._sizes[near], quanta - abs(near[0]) - abs(near[1])
        if missing:
            inner = _signed(round(near[0] * 0.8), round(near[1] * 0.8))
            steps = abs(near[0]) + abs(near[1]) - abs(inner[0]) - abs(inner[1])
            if inner in self._sizes and steps:
                sizes = sizes + missing * np.minimum((sizes - self._sizes[inner]) / steps, 0)
        up, part = _between(np.arange(levels) * (self._small / self.N), len(sizes))
        return np.asarray(sizes[up] * (1 - part) + sizes[up + 1] * part)

    def _bounds(self, whole: Blocks) -> Iterator[tuple[tuple[int, int], NDArray[np.int64], Array, Array]]:
        """(quanta of mode and spins, blocks, ln bound (blocks, places), ln size of dual vectors (places,)) of all elements."""
        levels, (D, J, M, other) = whole.model.centre.levels, whole.outer
        log = self.log_populations(levels)
        kinds, kind = np.unique(np.stack([D, (M - other) // 2]), axis=1, return_inverse=True)
        order = np.argsort(kind.ravel(), kind="stable")
        for (d, e), mine in zip(kinds.T.tolist(), np.split(order, np.cumsum(np.bincount(kind.ravel()))[:-1]), strict=True):
            row, a, b = J[mine] // 2, max(d, 0), max(-d, 0)
            bound = log[row, (J + M)[mine] // 2][:, a : levels - b] + log[row, (J + other)[mine] // 2][:, b : levels - a]
            yield (d, e), mine, bound / 2, self.log_sizes((d, e), levels)[: levels - abs(d)]

    def first(self, whole: Blocks, tolerance: float) -> float:
        """The eps to begin with: its window is predicted to cost a share of the tolerance, the smaller the further the prediction goes."""
        far = self.N / (RATIO[bool(whole.model.charges)] * self._small)
        return self.smallest(whole, _AIM * min(far**-_FARTHER, 1.0) * min(tolerance, _COARSEST) / (_EDGES * self.N))

    def smallest(self, whole: Blocks, error: float) -> float:
        """The eps of the window that leaves out ``error`` in sum |x| |z|."""
        bins = np.zeros(_BINS)
        for kind, _, bound, size in self._bounds(whole):
            if any(kind):
                lost = bound + size
                place = np.clip((lost + _DEEPEST) * (_BINS / _DEEPEST), 0, _BINS - 1).astype(int)
                bins += np.bincount(place.ravel(), weights=np.exp(lost).ravel(), minlength=_BINS)
        enough = int(np.searchsorted(np.cumsum(bins), error))
        return float(np.exp(enough * (_DEEPEST / _BINS) - _DEEPEST))

    def ranges(self, whole: Blocks, eps: float) -> BlockRanges:
        """The blocks and their ranges that a window keeps of a whole basis with enough levels."""
        _, J, M, other = whole.outer
        levels, least = whole.model.centre.levels, np.log(eps)
        populations = self.log_populations(levels) + self.log_sizes((0, 0), levels)
        population = runs(populations > least + np.log(_POPULATIONS))  # (2, rows, columns)
        low, high = np.zeros(len(J), dtype=np.int64), np.zeros(len(J), dtype=np.int64)
        feeding = reach(whole.model)
        for (d, e), mine, bound, size in self._bounds(whole):
            if d or e:
                low[mine], high[mine] = runs(bound + size > least)
            if abs(d) <= feeding and abs(e) <= _FEEDING:
                for m, shift in ((M, max(d, 0)), (other, max(-d, 0))):
                    start, stop = population[:, J[mine] // 2, (J + m)[mine] // 2] - shift
                    low[mine], high[mine] = (np.maximum(low[mine], start), np.minimum(high[mine], stop)) if d or e else (start, stop)
        some = high > low
        return BlockRanges(whole.outer[:, some], low[some], high[some])

    def start(self, blocks: Blocks) -> Array:
        """Stored numbers (blocks.numbers,) with the predicted populations and no coherence."""
        place, block, level = blocks.populations
        J, M = blocks.outer[1:3, block]
        P = np.exp(self.log_populations(blocks.model.centre.levels)[J // 2, (J + M) // 2, level])
        x = np.zeros(blocks.numbers)
        x[place] = P / (P.sum() * blocks.population_traces)
        return x


def _signed(d: int, e: int) -> tuple[int, int]:
    """A coherence up to conjugation."""
    return (d, e) if (d, e) >= (0, 0) else (-d, -e)


def _lattice(kinds: NDArray[np.int64]) -> tuple[int, int, int]:
    """(a, b, c) with all sums and differences of ``kinds`` (n, 2) the multiples of (a, b) and (0, c) together."""
    a = b = c = 0
    for d, e in kinds.tolist():
        while d:
            a, b, d, e = d, e, a % d, b - a // d * e
        c = math.gcd(c, e)
    return a, b, c


def _contains(lattice: tuple[int, int, int], kind: tuple[int, int]) -> bool:
    a, b, c = lattice
    times, left = divmod(kind[0], a) if a else (0, kind[0])
    rest = kind[1] - times * b
    return left == 0 and (rest % c == 0 if c else rest == 0)


def _between(x: NDArray[np.floating[Any]], size: int) -> tuple[NDArray[np.int64], Array]:
    """(index below, fraction of the way to the next) of places among ``size`` points; beyond an end the end itself."""
    low = np.clip(np.floor(x).astype(np.int64), 0, max(size - 2, 0))
    return low, np.clip(x - low, 0, 1)
