"""Labels of a charge sector: which there are, where each stands, and which of a conjugate pair stands for both."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from permsym.basis.moves import Labels
from permsym.basis.part import Part

Indices = NDArray[np.int64]


_WORD = 2.0**62  # combinations that one integer tells apart


class _Folded:
    """Columns of keys put together: the combinations that occur, numbered in order.

    columns   how many of the first ones are put together
    """

    def __init__(self, keys: Labels) -> None:
        self.low = keys.min(axis=1, initial=0)
        self.extent = keys.max(axis=1, initial=0) - self.low + 1
        self.columns = int((np.cumprod(self.extent.astype(float)) <= _WORD).sum())
        self.numbers = np.unique(self._number(keys)[0])

    def _number(self, keys: Labels) -> tuple[Indices, NDArray[np.bool_]]:
        number, inside = np.zeros(keys.shape[1], dtype=np.int64), np.ones(keys.shape[1], dtype=bool)
        for column, low, extent in zip(keys[: self.columns], self.low, self.extent, strict=False):
            inside &= (column >= low) & (column < low + extent)
            number = number * extent + np.where(inside, column - low, 0)
        return number, inside

    def fold(self, keys: Labels) -> Labels:
        """Keys with one column in the place of those that are put together; -1 where they do not occur."""
        number, inside = self._number(keys)
        at = np.minimum(np.searchsorted(self.numbers, number), len(self.numbers) - 1)
        return np.concatenate([keys[self.columns :], np.where(inside & (self.numbers[at] == number), at, -1)[None]])


class SectorTable:
    """Look-up of integer keys: a dense table over their box where it fits, sorted numbers where not.

    Keys whose box has more places than one integer tells apart are folded first: the combinations of some columns that occur are numbered.
    """

    def __init__(self, keys: Labels) -> None:
        self.folds: list[_Folded] = []
        while len(keys) > 1 and float(np.prod((keys.max(axis=1, initial=0) - keys.min(axis=1, initial=0) + 1).astype(float))) > _WORD:
            self.folds.append(_Folded(keys))
            keys = self.folds[-1].fold(keys)
        self.low = keys.min(axis=1, initial=0)
        self.extent = keys.max(axis=1, initial=0) - self.low + 1
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
        """Position of each key (columns, n) in the list; -1: it is not there."""
        for each in self.folds:
            keys = each.fold(keys)
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


def differences_of(parts: Sequence[Part], charges: Sequence[Sequence[int]], charge: Sequence[int]) -> list[tuple[int | None, ...]]:
    """Combinations of ket - bra excitations of the parts that make up a sector; (None, ...) without a symmetry."""
    if not charges:
        return [(None,) * len(parts)]
    combinations: list[tuple[int | None, ...]] = []
    # choose all but the largest part freely and solve for that one, which has one value at most for each choice
    last = max(range(len(parts)), key=lambda i: len(parts[i].differences()) if any(w[i] for w in charges) else 0)
    free = [part.differences() if i != last else range(1) for i, part in enumerate(parts)]
    decisive = next(w for w in charges if w[last])
    target = charge[list(charges).index(decisive)]
    for choice in itertools.product(*free):
        rest = target - sum(w * d for i, (w, d) in enumerate(zip(decisive, choice, strict=True)) if i != last)
        if rest % decisive[last]:
            continue
        full = [*choice]
        full[last] = rest // decisive[last]
        if all(sum(w * d for w, d in zip(vector, full, strict=True)) == q for vector, q in zip(charges, charge, strict=True)):
            combinations.append(tuple(full))
    return combinations


def sector_labels(parts: Sequence[Part], charges: Sequence[Sequence[int]], charge: Sequence[int]) -> Labels:
    """Labels (columns, n) of all parts together whose charges have these values."""
    combinations = differences_of(parts, charges, charge)
    blocks = [combined([part.labels(d) for part, d in zip(parts, differences, strict=True)]) for differences in combinations]
    return np.concatenate(blocks, axis=1)


def charge_count(parts: Sequence[Part], charges: Sequence[Sequence[int]], charge: Sequence[int]) -> int:
    """How many they are, without making them."""
    combinations = differences_of(parts, charges, charge)
    counts = ([part.count(d) for part, d in zip(parts, differences, strict=True)] for differences in combinations)
    return sum(int(np.prod(each, dtype=object)) for each in counts)


def combined(labels: Sequence[Labels]) -> Labels:
    """Every combination of one label from each list, the last list running fastest."""
    sizes = [one.shape[1] for one in labels]
    positions = np.indices(sizes).reshape(len(sizes), -1)
    return np.concatenate([one[:, at] for one, at in zip(labels, positions, strict=True)])
