"""Atoms of several levels with few coherences: the elements of a steady state with at most K of all atoms in a coherence |k><b|.

A label counts atoms in every type (k, b).  Those with k != b, summed over an ensemble, are at most K.  The trace is conserved exactly:
populations have none, and what they feed has one more at most.
"""

from __future__ import annotations

from functools import cached_property

from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.basis.populated import populated_count, populated_labels
from permsym.basis.representations import parts_of
from permsym.model import Model


class FewCoherent(Basis):
    """What the dynamics makes of populations, with at most ``order`` coherent atoms in every ensemble of three or more levels."""

    def __init__(self, model: Model, order: int) -> None:
        super().__init__(model, parts_of(model, "occupation"), "occupation", populated=True)
        self.order = order
        self.boundary = "reflecting"

    @cached_property
    def labels(self) -> Labels:
        labels = populated_labels(self.parts, self.model.symmetry, most=self.order)
        return labels[:, self._first(labels)]

    def count(self) -> int:
        """The number of unknowns, counted without making their labels."""
        return populated_count(self.parts, self.model.symmetry, most=self.order)

    def widened(self, model: Model) -> FewCoherent:
        return FewCoherent(model, self.order)
