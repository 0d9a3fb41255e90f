"""What the steps of an evolution have brought so far: moments, their errors, and what the certificate needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.evolved.certificate import EvolutionCertificate
from permsym.dynamics.evolved.errors import SectorError, moment_error, of_sector, sector_of
from permsym.dynamics.krylov import Step
from permsym.dynamics.propagator import Integrator
from permsym.dynamics.sector import Sector
from permsym.fields import checked
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.states.archived import Packing, Unpacking, charges_of
from permsym.states.sectors import Charge

_FILE = {
    "values": {str: str},
    "largest": {str: float},
    "errors": [[float]],
    "charged": [[int]],
    "charges": [[int]],
    "photons": (str, None),
    "numbers": {str: float},
    "used": str,
}
_REAL = ("trace_defect", "top_population", "min_population")
_WHOLE = ("dimension", "steps", "products")


@dataclass
class Tally:
    """Moments, errors and counts, filled step by step.

    times      (T,)
    values     label -> (T,), moments as their sectors feed them
    largest    max(1, |value|) over the times
    errors     of the sectors that are followed
    charges    of sectors that were followed to the end, or have nothing in them
    photons    (T, levels) probabilities of a boson's Fock states
    dimension, steps, products, used   how large the sectors were, and what their steps took
    """

    times: NDArray[np.float64]
    values: dict[MomentLabel, NDArray[np.complex128]] = field(default_factory=dict)
    largest: dict[MomentLabel, float] = field(default_factory=dict)
    errors: dict[Charge, SectorError] = field(default_factory=dict)
    charges: set[Charge] = field(default_factory=set)
    photons: NDArray[np.float64] | None = None
    trace_defect: float = 0.0
    top_population: float = 0.0
    min_population: float = np.inf
    dimension: int = 0
    steps: int = 0
    products: int = 0
    used: Integrator = Integrator.KRYLOV

    # -- entries --------------------------------------------------------------------------------------------------------

    def open(self, labels: Sequence[MomentLabel]) -> None:
        """Make room for the moments of a sector."""
        for label in labels:
            self.values.setdefault(label, np.zeros(len(self.times), dtype=complex))

    def accept(self, charge: Charge, step: Step, lost: float) -> None:
        """Count a step and its errors."""
        self.products += step.space.vectors.shape[1]
        self.steps += 1
        self.errors[charge] = self.errors[charge].after(step, lost)

    def look(self, sector: Sector, t: float, vectors: NDArray[Any], weights: NDArray[Any], watched: int) -> NDArray[np.int64]:
        """Enter moments and certificate of the state vectors @ weights at time t; returns where it is among the times.

        watched   how many of the last Fock states show what a cut-off clips
        """
        now = np.flatnonzero(self.times == t)
        if len(now):
            for label, value in zip(sector.labels, sector.moments(vectors, weights), strict=True):
                self.values[label][now] = value
                self.largest[label] = max(self.largest.get(label, 1.0), abs(value))
        if sector.basis.hermitian:
            self._judge(sector, vectors, weights, now, watched)
        return now

    def _judge(self, sector: Sector, vectors: NDArray[Any], weights: NDArray[Any], now: NDArray[np.int64], watched: int) -> None:
        """Enter what the neutral sector says about the certificate, and P(n)."""
        populations = sector.populations(vectors, weights)
        self.trace_defect = max(self.trace_defect, abs(float(populations.sum()) - 1))
        self.min_population = min(self.min_population, float(populations.min()))
        if sector.cavity:
            self.top_population = max([self.top_population, *sector.tops(vectors, weights[:, None], watched).values()])
            if len(now) and sector.basis.width == 1:
                self.photons = _entered(self.photons, sector.photons(vectors, weights), now, len(self.times))

    # -- what they say --------------------------------------------------------------------------------------------------

    def error(self, model: Model, label: MomentLabel) -> float:
        """Estimate of a moment's absolute error at any of the times."""
        sector = sector_of(model, label)
        if sector not in self.errors:
            return 0.0
        largest = self.largest.get(of_sector(model, label), 1.0)
        return moment_error(model, label, self.errors[sector].total, self.top_population, largest)

    def certificate(self, model: Model, labels: Sequence[MomentLabel], tolerance: float) -> EvolutionCertificate:
        """Evidence for requested moments, once all sectors have been followed."""
        errors = {str(label): self.error(model, label) for label in labels}
        largest = max(errors.values(), default=0.0)
        sizes = {str(label): self.largest.get(of_sector(model, label), 1.0) for label in labels}
        return EvolutionCertificate(largest, errors, self.trace_defect, self.min_population, self.top_population, tolerance, sizes)

    # -- files ----------------------------------------------------------------------------------------------------------

    def packed(self, packing: Packing) -> dict[str, Any]:
        """What a file says of it."""
        return {
            "values": {str(label): packing.array(values) for label, values in self.values.items()},
            "largest": {str(label): value for label, value in self.largest.items()},
            "errors": [list(error) for error in self.errors.values()],
            "charged": [list(charge) for charge in self.errors],
            "charges": sorted(map(list, self.charges)),
            "photons": None if self.photons is None else packing.array(self.photons),
            "numbers": {name: getattr(self, name) for name in (*_REAL, *_WHOLE)},
            "used": self.used,
        }

    @classmethod
    def unpacked(cls, entry: Any, model: Model, times: NDArray[np.float64], unpacking: Unpacking) -> Tally:
        """The one that a file says."""
        checked(entry, _FILE, "the tally")
        tally = cls(
            times,
            {parse(text, model): unpacking.array(name) for text, name in entry["values"].items()},
            {parse(text, model): float(value) for text, value in entry["largest"].items()},
            dict(zip(charges_of(entry["charged"]), (SectorError(*each) for each in entry["errors"]), strict=True)),
            set(charges_of(entry["charges"])),
            None if entry["photons"] is None else unpacking.array(entry["photons"]),
            used=Integrator(entry["used"]),
        )
        for names, kind in ((_REAL, float), (_WHOLE, int)):
            for name in names:
                setattr(tally, name, kind(entry["numbers"][name]))
        return tally


def _entered(table: NDArray[np.float64] | None, row: NDArray[np.float64], rows: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The table (count, levels) with a row entered, widened where the row is longer."""
    if table is None:
        table = np.zeros((count, len(row)))
    if table.shape[1] < len(row):
        table = np.pad(table, ((0, 0), (0, len(row) - table.shape[1])))
    table[rows, : len(row)] = row
    return table
