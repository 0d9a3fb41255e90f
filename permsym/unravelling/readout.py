"""What is read along trajectories: each moment once, none that a charge makes vanish, and the balance laws as controls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.moments.labels import MomentLabel, select_labels
from permsym.operators import ComplexArray
from permsym.states.derived import derived_labels
from permsym.unravelling.balance import laws
from permsym.unravelling.engine import Prepared, prepare
from permsym.unravelling.engine.terms import check


@dataclass(frozen=True)
class Readout:
    """Moments and controls from what chains read.

    labels      those that were asked for, then those that derived quantities need
    asked       how many of them were asked for
    column      (labels,) of the readings; -1 where a charge makes the moment vanish
    conjugate   (labels,) whether the reading is the complex conjugate
    real        (labels,) whether the moment is real
    constants   (controls,) to be added to the last readings
    """

    prepared: Prepared
    labels: list[MomentLabel]
    asked: int
    column: NDArray[np.intp]
    conjugate: NDArray[np.bool_]
    real: NDArray[np.bool_]
    constants: ComplexArray

    @classmethod
    def of(cls, model: Model, moments: int | str | Iterable[str | MomentLabel], *, symmetric: bool) -> Readout:
        """For a steady state, which is ``symmetric`` and has controls, or for an evolution from any state, which has neither.

        UnsuitedModel where there are no trajectories of the model.
        """
        check(model)
        wanted = list(dict.fromkeys(select_labels(model, moments)))
        labels = list(dict.fromkeys([*wanted, *derived_labels(model)]))
        read: dict[MomentLabel, int] = {}
        column = np.full(len(labels), -1)
        for k, label in enumerate(labels):
            if not (symmetric and any(label.charge(model))):
                mirrored = label.conjugate()
                column[k] = read[mirrored] if mirrored in read else read.setdefault(label, len(read))
        mine = list(read)
        conjugate = np.array([c >= 0 and mine[c] != label for c, label in zip(column, labels, strict=True)])
        real = np.array([label == label.conjugate() for label in labels])
        balance = laws(model) if symmetric else []
        prepared = prepare(model, [*mine, *(operator for operator, _ in balance)])
        constants = np.array([constant for _, constant in balance], dtype=complex)
        return cls(prepared, labels, len(wanted), column, conjugate, real, constants)

    @property
    def names(self) -> list[str]:
        """Canonical spelling of the labels."""
        return [str(label) for label in self.labels]

    @property
    def width(self) -> int:
        """Number of readings."""
        return len(self.prepared.operators)

    def moments(self, readings: ComplexArray) -> ComplexArray:
        """(..., labels) of (..., readings)."""
        values = np.where(self.column >= 0, readings[..., self.column], 0)
        values = np.where(self.conjugate, values.conj(), values)
        values.imag[..., self.real] = 0
        return values

    def controls(self, readings: ComplexArray) -> ComplexArray:
        """(..., controls) of (..., readings), of mean zero in the steady state."""
        return np.asarray(readings[..., self.width - len(self.constants) :] + self.constants)
