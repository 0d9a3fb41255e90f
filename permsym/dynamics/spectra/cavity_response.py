"""A cavity's response by products alone, behind the door through which spectra and linewidths go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.dynamics.spectra.cavity import ChargedSector
from permsym.dynamics.spectra.cavity_curve import Curve
from permsym.dynamics.spectra.cavity_line import seen
from permsym.dynamics.spectra.cavity_power import curve_of, power_of
from permsym.dynamics.spectra.lattice import PARTS, Line, Power
from permsym.operators import Operator
from permsym.progress import Progress
from permsym.steady.state import State

_POWER, _QUICK = 3e-10, 1e-8  # of the largest value: share of the iteration in an error, and what a curve without errors is solved to
_CHEAP = 60_000  # numbers up to which a curve takes seconds


class CavityResponse:
    """S(omega) of B rho in a charged sector, for a state on blocks."""

    coherent: complex = 0j
    fill = 0

    def __init__(self, state: State, of: Operator, right: Operator, say: Progress) -> None:
        self.sector, self.say = ChargedSector.beside(state, of, right), say
        self.decaying = complex(self.sector.phase * kernels.inner(self.sector.u, self.sector.x))
        self._curve: Curve | None = None

    @property
    def poles(self) -> list[complex]:
        """None: nothing is factored."""
        return []

    @property
    def curves(self) -> bool:
        """Whether a curve is cheap beside a line."""
        return self.sector.numbers <= _CHEAP

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.sector.x.any() and self.sector.u.any())

    def prepare(self, frequencies: NDArray[np.float64]) -> None:
        if not self.empty:
            self._curve = curve_of(self.sector, frequencies, _QUICK, self.say)

    def quick(self, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.zeros(len(frequencies)) if self._curve is None else self._curve.at(frequencies)

    def power(self, frequencies: NDArray[np.float64]) -> Power:
        nothing = np.zeros(len(frequencies))
        if self.empty:
            return Power(nothing, nothing, dict.fromkeys(PARTS, nothing))
        result = power_of(self.sector, frequencies, _POWER, self.say)
        closed = self.sector.blocks.boundary == "closed"
        parts = {
            "resolvent": result.solve,
            "rounding": result.rounding,
            "steady": result.state,
            "window": nothing if closed else result.window,
            "cutoff": result.window if closed else nothing,
        }
        return Power(result.values, result.corrections, parts)

    def line(self, near: float | None) -> Line | None:
        if self.empty:
            return None
        line = seen(self.sector, near, self.say)
        cutoff = line.window if self.sector.blocks.boundary == "closed" else 0.0
        return Line(line.eigenvalue, line.error, line.weight, self.decaying, cutoff, line.weight_error)
