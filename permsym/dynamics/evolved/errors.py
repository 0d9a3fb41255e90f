"""What moments of an evolved state may be off by: the norm of an operator times the trace norm that its sector is off by."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.sites import Boson
from permsym.states.sectors import Charge, paired

CUT = 8.0  # times the population of the last Fock states: an estimate of what a cut-off changes, per unit of an operator's norm
_START = 32 * float(np.finfo(float).eps)  # rounding of the initial state and of moments, a site: up to 20 eps in 60 product states


class SectorError(NamedTuple):
    """Trace norm by which one charge sector of a state is off, at most, but for a cut-off.

    steps      of all steps so far, and of what the evolution started from
    rounding   what rounding may have added to it
    """

    steps: float = 0.0
    rounding: float = 0.0

    @property
    def total(self) -> float:
        return self.steps + self.rounding


def sector_of(model: Model, label: MomentLabel) -> Charge:
    """The sector that feeds a moment or its conjugate: one of each pair of opposite charges."""
    return paired(label.charge(model))


def norm(model: Model, label: MomentLabel) -> float:
    """A bound of the norm of a moment's operator: that of a ladder operator is sqrt(levels - 1) + |alpha|."""
    centre = model.centre
    if not isinstance(centre, Boson):
        return 1.0
    return float(max(1.0, math.sqrt(centre.levels - 1) + abs(centre.displacement)) ** len(label.centre))


def moment_error(model: Model, label: MomentLabel, sector: float, top: float, largest: float) -> float:
    """Estimate of a moment's absolute error.

    sector   trace norm that its sector is off by; top: population of the last Fock states; largest: max(1, |value|)
    """
    return norm(model, label) * (sector + CUT * top) + _START * (1 + sum(model.sizes)) * largest
