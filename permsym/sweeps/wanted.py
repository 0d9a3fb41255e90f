"""What a point of a sweep is to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from permsym.moments.labels import MomentLabel
from permsym.sweeps.evolutions import EvolutionRequest
from permsym.sweeps.quantities import Quantities
from permsym.sweeps.spectra import SpectrumRequest


@dataclass(frozen=True)
class Wanted:
    """Moments of a steady state, a spectrum and other quantities where they are asked for; or moments over time."""

    labels: Sequence[MomentLabel]
    spectrum: SpectrumRequest | None = None
    quantities: Quantities | None = None
    evolution: EvolutionRequest | None = None

    @property
    def moments_alone(self) -> bool:
        """Whether any steady state will do, a series in (j, m) too."""
        return self.spectrum is None and self.quantities is None


STATE = Wanted(())
"""A steady state alone."""
