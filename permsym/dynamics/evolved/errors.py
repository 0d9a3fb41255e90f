"""What moments of an evolved state may be off by: the norm of an operator times the trace norm that its sector is off by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from permsym.dynamics.krylov import Step
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.states.sectors import Charge, paired

CUT = 8.0  # times the population of the last Fock states: an estimate of what a cut-off changes, per unit of an operator's norm
START = 32 * float(np.finfo(float).eps)  # rounding of the initial state and of moments, a site: up to 20 eps in 60 product states


class SectorError(NamedTuple):
    """Trace norm by which one charge sector of a state is off, at most, but for a cut-off.

    start      of what the evolution started from
    steps      of all steps so far; rounding: what rounding may have added in them
    """

    start: float = 0.0
    steps: float = 0.0
    rounding: float = 0.0

    @property
    def total(self) -> float:
        return self.start + self.steps + self.rounding

    def after(self, step: Step, lost: float) -> SectorError:
        """With one step more, and what it lost beyond a window."""
        return SectorError(self.start, self.steps + step.error + lost, self.rounding + step.rounding)


def sector_of(model: Model, label: MomentLabel) -> Charge:
    """The sector that feeds a moment or its conjugate: one of each pair of opposite charges."""
    return paired(label.charge(model))


def of_sector(model: Model, label: MomentLabel) -> MomentLabel:
    """The label or its conjugate, whichever the sector feeds: an operator of charge q needs elements of charge -q."""
    return label if tuple(-q for q in label.charge(model)) == sector_of(model, label) else label.conjugate()


def moment_error(model: Model, label: MomentLabel, sector: float, top: float, largest: float) -> float:
    """Estimate of a moment's absolute error.

    sector   trace norm that its sector is off by; top: population of the last Fock states; largest: max(1, |value|)
    """
    return label.norm(model) * (sector + CUT * top) + START * (1 + sum(model.sizes)) * largest
