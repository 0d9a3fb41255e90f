"""The labels that a model's dynamics makes of some, put together from the classes of its parts.  Long because each kind of part has one.

Each part groups its labels by what they contribute to the classes of :class:`permsym.symmetry.classes.Symmetry`.  Labels of all parts
belong together where the contributions add up to one class; that of the populations is zero.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.basis.centre import CentrePart
from permsym.basis.full import FullPart
from permsym.basis.moves import Labels
from permsym.basis.occupation import OccupationPart
from permsym.basis.part import Part
from permsym.basis.product_space import compositions
from permsym.basis.sector import combined
from permsym.basis.symmetric import SymmetricPart
from permsym.symmetry.actions import Type
from permsym.symmetry.classes import Symmetry
from permsym.symmetry.smith import Row

_LISTED = 100_000  # differences of one class that are counted one by one
_COUNTED = 40
"""Satellites of three or more levels up to which a sector is counted exactly; more never fit, and an estimate will do."""


def populated_labels(parts: Sequence[Part], symmetry: Symmetry, wanted: Row | None = None, most: int | None = None) -> Labels:
    """Labels (columns, n) of all parts together in a class; None: that of the populations.

    most   atoms in coherences that a label of an ensemble of three or more levels counts; None: any number
    """
    groups = [_groups(part, position, symmetry, most) for position, part in enumerate(parts)]
    made: dict[tuple[int, Row], Labels] = {}

    def labels(position: int, row: Row) -> Labels:
        if (position, row) not in made:
            made[position, row] = groups[position].labels(row)
        return made[position, row]

    matching = _matching(groups, symmetry.modulus, wanted)
    blocks = [combined([labels(position, row) for position, row in enumerate(rows)]) for rows in matching]
    return np.concatenate([np.zeros((sum(part.columns for part in parts), 0), dtype=np.int64), *blocks], axis=1)


def populated_blocks(parts: Sequence[Part], symmetry: Symmetry) -> Labels:
    """The same beside a mode, one for each difference n - n' of its levels: rows n - n' and the labels of the ensembles."""
    groups = [_groups(part, position, symmetry) for position, part in enumerate(parts)]
    modes = groups[0]
    assert isinstance(modes, _ByDifference)
    blocks = []
    for mode, *rows in _matching(groups, symmetry.modulus):
        ensembles = combined([groups[1 + position].labels(row) for position, row in enumerate(rows)])
        blocks += [np.concatenate([np.full((1, ensembles.shape[1]), d), ensembles]) for d in modes.differences(mode)]
    return np.concatenate(blocks, axis=1)


def populated_count(parts: Sequence[Part], symmetry: Symmetry, wanted: Row | None = None, most: int | None = None) -> int:
    """How many they are, without making them."""
    groups = [_groups(part, position, symmetry, most) for position, part in enumerate(parts)]
    matching = _matching(groups, symmetry.modulus, wanted)
    return sum(math.prod(group.count(row) for group, row in zip(groups, rows, strict=True)) for rows in matching)


def classes_of(parts: Sequence[Part], symmetry: Symmetry, labels: Labels) -> Labels:
    """The class of each label of alive types, (classes, n)."""
    modulus = np.array(symmetry.modulus, dtype=np.int64)[:, None]
    total = np.zeros((len(modulus), labels.shape[1]), dtype=np.int64)
    start = 0
    for position, part in enumerate(parts):
        total += _contributions(part, position, symmetry, labels[start : start + part.columns])
        start += part.columns
    return np.where(modulus > 0, total % np.maximum(modulus, 1), total)


def _contributions(part: Part, position: int, symmetry: Symmetry, labels: Labels) -> Labels:
    """What labels of one part contribute to each class, (classes, n)."""
    if not symmetry.modulus:
        return np.zeros((0, labels.shape[1]), dtype=np.int64)
    weights = np.array(symmetry.weights(position), dtype=np.int64)
    kind = symmetry.numbers[position].kind
    if kind == "levels":
        kets, bras = np.split(labels, 2)
        return weights @ (kets - bras)[1:]
    if kind != "types":
        return weights * (labels[0] - labels[1] if kind == "mode" else part.difference(labels))
    levels = symmetry.levels[position]
    steps = np.array([symmetry.of_type(position, (k, b)) for k in range(levels) for b in range(levels)], dtype=np.int64)
    if isinstance(part, OccupationPart):
        return steps.T @ labels
    kets, bras = np.split(labels, 2)
    return np.asarray(steps[kets * levels + bras].sum(axis=0).T)


class _Groups(Protocol):
    """The labels of a part by class."""

    @property
    def size(self) -> int:
        """About how many classes there are."""

    def rows(self) -> Iterable[Row]:
        """The classes."""

    def __contains__(self, row: Row) -> bool: ...

    def labels(self, row: Row) -> Labels:
        """The labels of a class."""

    def count(self, row: Row) -> int:
        """How many they are."""


def _matching(groups: Sequence[_Groups], modulus: Row, wanted: Row | None = None) -> Iterator[tuple[Row, ...]]:
    """Classes of the parts that add up to one, by default to zero: all but the part with most are chosen, that one follows."""
    sums = (0,) * len(modulus) if wanted is None else wanted
    last = max(range(len(groups)), key=lambda position: groups[position].size)
    others = [group.rows() for position, group in enumerate(groups) if position != last]
    for rest in itertools.product(*others):
        left = (total - sum(values) for total, *values in zip(sums, *rest, strict=True))
        needed = tuple(value % k if k else value for k, value in zip(modulus, left, strict=True))
        if needed in groups[last]:
            yield (*rest[:last], needed, *rest[last:])


class _ByDifference:
    """A mode, or spins, of which one number is counted: the difference of ket and bra."""

    def __init__(self, part: Part, position: int, symmetry: Symmetry) -> None:
        self.part, self.modulus = part, symmetry.modulus
        self.weights = [w for (w,) in symmetry.weights(position)]
        bare = symmetry.numbers[position].kind == "spins" and all(k == b for k, b in symmetry.alive[position])
        self.range = range(1) if bare else part.differences()
        self.fixing = next(((i, w) for i, (k, w) in enumerate(zip(self.modulus, self.weights, strict=True)) if w and not k), None)
        self.every = not any(self.weights) and len(self.range) == len(part.differences())

    def _row(self, d: int) -> Row:
        return tuple(w * d % k if k else w * d for k, w in zip(self.modulus, self.weights, strict=True))

    @property
    def size(self) -> int:
        return len(self.range) if any(self.weights) else 1

    def rows(self) -> Iterable[Row]:
        return dict.fromkeys(map(self._row, self.range)) if any(self.weights) else (self._row(0),)

    def __contains__(self, row: Row) -> bool:
        return next(iter(self.differences(row)), None) is not None

    def differences(self, row: Row) -> Iterator[int]:
        """Those of a class, rising."""
        if self.fixing is not None:
            at, weight = self.fixing
            some: Iterable[int] = (row[at] // weight,)
        else:
            some = self.range
        return (d for d in some if d in self.range and self._row(d) == row)

    def labels(self, row: Row) -> Labels:
        if self.every:
            return self.part.labels(None)
        return np.concatenate([self.part.labels(d) for d in self.differences(row)], axis=1)

    def count(self, row: Row) -> int:
        if self.every:
            return self.part.count(None)
        if self.fixing is None and len(self.range) > _LISTED:  # beyond all memories: an estimate will do
            return self.part.count(None) // math.lcm(*(k // math.gcd(k, w) for k, w in zip(self.modulus, self.weights, strict=True) if w))
        return sum(self.part.count(d) for d in self.differences(row))


class _ByType:
    """Sites of which every alive type is counted."""

    def __init__(self, part: Part, position: int, symmetry: Symmetry, most: int | None) -> None:
        self.part, self.position, self.symmetry, self.most = part, position, symmetry, most

    @cached_property
    def _made(self) -> tuple[Labels, dict[Row, NDArray[np.int64]]]:
        labels, classes = _typed(self.part, self.position, self.symmetry, self.most)
        distinct, which = np.unique(classes, axis=1, return_inverse=True) if len(classes) else (classes[:, :1], np.zeros(labels.shape[1]))
        order = np.argsort(which.ravel(), kind="stable")
        ends = np.cumsum(np.bincount(which.ravel().astype(np.int64), minlength=distinct.shape[1]))
        pieces = np.split(order, ends[:-1])
        return labels, {tuple(int(v) for v in row): piece for row, piece in zip(distinct.T, pieces, strict=True)}

    @cached_property
    def _counted(self) -> dict[Row, int]:
        return _counts(self.part, self.position, self.symmetry, self.most)

    @property
    def size(self) -> int:
        return len(self._counted)

    def rows(self) -> Iterable[Row]:
        return self._counted

    def __contains__(self, row: Row) -> bool:
        return row in self._counted

    def labels(self, row: Row) -> Labels:
        labels, pieces = self._made
        return labels[:, pieces[row]]

    def count(self, row: Row) -> int:
        return self._counted[row]


def _groups(part: Part, position: int, symmetry: Symmetry, most: int | None = None) -> _Groups:
    """A part's labels by class."""
    kind = symmetry.numbers[position].kind
    return _ByType(part, position, symmetry, most) if kind in ("types", "levels") else _ByDifference(part, position, symmetry)


def _counts(part: Part, position: int, symmetry: Symmetry, most: int | None) -> dict[Row, int]:
    """How many labels of alive types there are in each class."""
    if isinstance(part, OccupationPart):
        return _occupations(part.ensemble.N, position, symmetry, most)
    if isinstance(part, SymmetricPart):
        return _symmetric(part, position, symmetry)
    n = part.N if isinstance(part, FullPart) else 1
    none = (0,) * len(symmetry.modulus)
    # sorted: a set that went to another process is in another order, and labels would be, too
    steps = Counter(symmetry.of_type(position, one) for one in sorted(symmetry.alive[position]))
    if n > _COUNTED:
        return {none: int(len(symmetry.alive[position]) ** _COUNTED)}
    counts = Counter({none: 1})
    for _ in range(n):
        grown: Counter[Row] = Counter()
        for (row, ways), (step, more) in itertools.product(counts.items(), steps.items()):
            grown[_added(symmetry.modulus, row, step, 1)] += ways * more
        counts = grown
    return dict(counts)


def _occupations(n: int, position: int, symmetry: Symmetry, most: int | None) -> dict[Row, int]:
    """Ways to distribute satellites over alive types, by class: a small dynamic programme over the types, coherences first."""
    alive, none = sorted(symmetry.alive[position], key=lambda one: (one[0] == one[1], one)), (0,) * len(symmetry.modulus)
    if n > _COUNTED and most is None:
        return {none: math.comb(n + len(alive) - 1, len(alive) - 1) // (2 * n + 1 if symmetry.modulus else 1)}
    counts: Counter[tuple[int, Row]] = Counter({(0, none): 1})
    for one in alive:
        step, grown = symmetry.of_type(position, one), Counter[tuple[int, Row]]()
        limit = n if one[0] == one[1] or most is None else min(n, most)
        for (used, row), ways in counts.items():
            for k in range(limit - used + 1):
                grown[used + k, _added(symmetry.modulus, row, step, k)] += ways
        counts = grown
    return {row: ways for (used, row), ways in counts.items() if used == n}


def _symmetric(part: SymmetricPart, position: int, symmetry: Symmetry) -> dict[Row, int]:
    """The same for kets and bras of symmetric satellites."""
    kets = _contributions(part, position, symmetry, np.concatenate([part.states, 0 * part.states]))
    sides = Counter(tuple(int(value) for value in row) for row in kets.T)
    counts: Counter[Row] = Counter()
    for (ket, ways), (bra, more) in itertools.product(sides.items(), repeat=2):
        counts[_added(symmetry.modulus, ket, bra, -1)] += ways * more
    return dict(counts)


def _added(modulus: Row, row: Row, step: Row, times: int) -> Row:
    return tuple((value + times * s) % k if k else value + times * s for k, value, s in zip(modulus, row, step, strict=True))


def _typed(part: Part, position: int, symmetry: Symmetry, most: int | None) -> tuple[Labels, Labels]:
    """Labels of alive types, and the class of each, (classes, n)."""
    alive, modulus = sorted(symmetry.alive[position]), np.array(symmetry.modulus, dtype=np.int64)[:, None]
    if isinstance(part, SymmetricPart):
        labels = part.labels(None)
        classes = _contributions(part, position, symmetry, labels)
        return labels, np.where(modulus > 0, classes % np.maximum(modulus, 1), classes)
    steps = np.array([symmetry.of_type(position, one) for one in alive], dtype=np.int64).reshape(len(alive), len(modulus)).T
    if isinstance(part, CentrePart):
        labels, classes = np.array(alive, dtype=np.int64).T, steps
    elif isinstance(part, OccupationPart):
        occupied = compositions(part.ensemble.N, len(alive)) if most is None else _few_coherent(part.ensemble.N, alive, most)
        labels = np.zeros((part.columns, occupied.shape[1]), dtype=np.int64)
        labels[[k * part.levels + b for k, b in alive]] = occupied
        classes = steps @ occupied
    else:
        assert isinstance(part, FullPart)
        labels = part.labels(None)
        kets, bras = labels[: part.N], labels[part.N :]
        number = np.full((part.one.site.levels,) * 2, -1)
        number[tuple(np.array(alive).T)] = np.arange(len(alive))
        types = number[kets, bras]
        there = (types >= 0).all(axis=0)
        labels, classes = labels[:, there], steps[:, types[:, there]].sum(axis=1)
    return labels, np.where(modulus > 0, classes % np.maximum(modulus, 1), classes)


def _few_coherent(n: int, alive: Sequence[Type], most: int) -> Labels:
    """The same for types (ket, bra), with at most so many atoms in those that are coherences."""
    apart = np.array([k != b for k, b in alive])
    blocks = []
    for coherent in range(min(most, n) + 1 if apart.any() else 1):
        rest, some = compositions(n - coherent, int((~apart).sum())), compositions(coherent, int(apart.sum()))
        block = np.empty((len(alive), rest.shape[1] * some.shape[1]), dtype=np.int64)
        block[~apart], block[apart] = np.repeat(rest, some.shape[1], axis=1), np.tile(some, rest.shape[1])
        blocks.append(block)
    return np.concatenate(blocks, axis=1)
