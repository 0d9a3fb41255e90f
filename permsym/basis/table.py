"""Where labels stand in a list of them, and which of a label and its conjugate stands for both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from permsym.basis.moves import Labels
from permsym.errors import InputError

Indices = NDArray[np.int64]


class Table:
    """Look-up of integer keys: a dense table over their box where it fits, sorted numbers where not."""

    def __init__(self, keys: Labels) -> None:
        self.low = keys.min(axis=1, initial=0)
        self.extent = keys.max(axis=1, initial=0) - self.low + 1
        box = float(np.prod(self.extent.astype(float)))
        if box > 2**62:
            raise InputError("this basis is too large to number its labels; use fewer satellites or levels")
        # Short columns (the centre's two, m' - m) are tied to each other by the charge: number the combinations that occur.
        short = np.argsort(self.extent, kind="stable")
        self.short = np.sort(short[np.cumprod(self.extent[short].astype(float)) <= 2**12])
        self.long = np.setdiff1d(np.arange(len(keys)), self.short)
        offset = keys - self.low[:, None]
        codes = self._ravel(offset, self.short)
        occurring = np.unique(codes)
        self.combination = np.full(int(np.prod(self.extent[self.short])), -1, dtype=np.int64)
        self.combination[occurring] = np.arange(len(occurring))
        self.stride = int(np.prod(self.extent[self.long]))
        numbers = self.combination[codes] * self.stride + self._ravel(offset, self.long)
        size = len(occurring) * self.stride
        self.dense = size <= 2**16 + 16 * keys.shape[1]
        if self.dense:
            self.table = np.full(size, -1, dtype=np.int32 if keys.shape[1] < 2**31 else np.int64)
            self.table[numbers] = np.arange(keys.shape[1])
        else:
            self.order = np.argsort(numbers)
            self.numbers = numbers[self.order]

    def _ravel(self, offset: Labels, columns: Indices) -> Indices:
        number = np.zeros(offset.shape[1], dtype=np.int64)
        for column in columns:
            number *= self.extent[column]
            number += offset[column]
        return number

    def find(self, keys: Labels) -> Indices:
        offset = keys - self.low[:, None]
        inside = ((offset >= 0) & (offset < self.extent[:, None])).all(axis=0)
        offset[:, ~inside] = 0
        combination = self.combination[self._ravel(offset, self.short)]
        inside &= combination >= 0
        numbers = np.where(inside, combination * self.stride + self._ravel(offset, self.long), 0)
        if self.dense:
            return np.where(inside, self.table[numbers], -1).astype(np.int64)
        at = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return np.where(inside & (self.numbers[at] == numbers), self.order[at], -1)


def representative(labels: Labels, mirrored: Labels) -> NDArray[np.bool_]:
    """Whether each label comes first, lexicographically, of the pair (label, conjugate)."""
    smaller = np.zeros(labels.shape[1], dtype=bool)
    undecided = np.ones(labels.shape[1], dtype=bool)
    for mine, other in zip(labels, mirrored, strict=True):
        smaller |= undecided & (mine < other)
        undecided &= mine == other
    return smaller | undecided
