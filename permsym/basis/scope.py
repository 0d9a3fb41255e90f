"""Where an evolution stays: the elements that the dynamics makes of some, by the types and the classes of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from permsym.basis.moves import Labels
from permsym.basis.part import Part
from permsym.basis.populated import classes_of, populated_count, populated_labels, types_of
from permsym.model import Model
from permsym.symmetry.actions import Type
from permsym.symmetry.classes import Symmetry
from permsym.symmetry.smith import Row


@dataclass(frozen=True)
class Scope:
    """Elements of some types and classes, which no term leaves.

    symmetry   types that appear, and classes of what they count
    classes    those that are in it, rising
    """

    symmetry: Symmetry
    classes: tuple[Row, ...]

    @classmethod
    def of_populations(cls, model: Model) -> Scope:
        """Where a steady state lives."""
        return cls(model.symmetry, (model.symmetry.neutral,))

    @classmethod
    def of(cls, model: Model, alive: Sequence[Iterable[Type]], classes: Iterable[Row] = ()) -> Scope:
        """What the terms make of types of the centre and of each ensemble, in some classes."""
        return cls(Symmetry.of(model, [frozenset(types) for types in alive]), tuple(sorted(set(classes))))

    @classmethod
    def of_labels(cls, model: Model, parts: Sequence[Part], labels: Labels) -> Scope:
        """What the terms make of elements (columns, n)."""
        starts = np.cumsum([0] + [part.columns for part in parts])
        alive = [types_of(part, labels[start : start + part.columns]) for part, start in zip(parts, starts, strict=False)]
        symmetry = Symmetry.of(model, alive)
        return cls(symmetry, rows_of(classes_of(parts, symmetry, labels)))

    def serves(self, model: Model) -> bool:
        """Whether no term of a model of the same sites leaves it."""
        return Symmetry.of(model, self.symmetry.alive) == self.symmetry

    def only(self, classes: Iterable[Row]) -> Scope:
        """Some of the classes."""
        return Scope(self.symmetry, tuple(sorted(set(classes))))

    def opposite(self, row: Row) -> Row:
        """The class of the adjoints of a class."""
        return tuple(-value % k if k else -value for k, value in zip(self.symmetry.modulus, row, strict=True))

    @property
    def hermitian(self) -> bool:
        """Whether it has the adjoint of every element."""
        return {self.opposite(row) for row in self.classes} == set(self.classes)

    def labels(self, parts: Sequence[Part]) -> Labels:
        """Labels (columns, n) of its elements."""
        none = np.zeros((sum(part.columns for part in parts), 0), dtype=np.int64)
        return np.concatenate([none, *(populated_labels(parts, self.symmetry, row) for row in self.classes)], axis=1)

    def count(self, parts: Sequence[Part]) -> int:
        """How many they are, without making them; of too many for any memory an estimate."""
        return sum(populated_count(parts, self.symmetry, row) or populated_count(parts, self.symmetry) for row in self.classes)


def rows_of(classes: Labels) -> tuple[Row, ...]:
    """The distinct columns (classes, n), rising."""
    if not len(classes):
        return ((),) if classes.shape[1] else ()
    return tuple(tuple(int(value) for value in row) for row in np.unique(classes, axis=1).T)
