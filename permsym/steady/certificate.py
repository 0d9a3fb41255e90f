"""What certifies a number.  A residual does not: it is small for wrong answers too."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Certificate:
    """Evidence that a steady state's moments are right.

    error_estimate   largest absolute error estimate over the requested moments
    errors           estimate for each moment, by its canonical label (dual-weighted residual)
    residual         max |L x| / max(|L| |x|)
    edge_mass        probability next to a window's edge or in the top Fock level of a boson; 0 for a full basis
    balance          largest relative defect of the balance laws d<O>/dt = 0 of excitations, from correlators
    min_population   smallest population, normalised by the trace; negative values are unphysical
    tolerance        what certified means: estimates, negativity and balance within this number
    verification     largest difference to the same moments in another representation, where asked for
    metastable       rounding alone can move probability between parts of the state: their relative weights are uncertain
    cutoff_error     largest part of the estimates that a boson's cut-off ``levels`` is responsible for
    """

    error_estimate: float
    errors: dict[str, float]
    residual: float
    edge_mass: float
    balance: float
    min_population: float
    tolerance: float
    verification: float | None = None
    verified_in: str | None = None
    metastable: bool = False
    cutoff_error: float = 0.0
    levels: int | None = None
    reasons: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = []
        if not self.error_estimate <= self.tolerance:
            worst = max(self.errors, key=lambda label: _rank(self.errors[label]), default="")
            found.append(f"the error estimate of {worst!r} is {self.error_estimate:.1e}, above the tolerance {self.tolerance:.0e}")
            if self.metastable:
                found.append("the state is metastable, so that the relative weights of its wells are uncertain")
        if not self.cutoff_error <= self.tolerance:
            found.append(f"the cut-off levels={self.levels} costs about {self.cutoff_error:.1e}; give more levels or levels=auto")
        if not self.min_population >= -self.tolerance:
            found.append(f"a population is negative, {self.min_population:.1e}")
        if not self.balance <= self.tolerance:
            found.append(f"a balance law is violated by {self.balance:.1e}")
        if not self.edge_mass <= self.tolerance:
            place = "the window's edge" if self.levels is None else "the top Fock level"
            found.append(f"{place} carries {self.edge_mass:.1e}")
        if self.verification is not None and not self.verification <= self.tolerance:
            found.append(f"the {self.verified_in} representation differs by {self.verification:.1e}")
        object.__setattr__(self, "reasons", tuple(found))

    @property
    def certified(self) -> bool:
        """Whether every entry is within the tolerance."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        data: dict[str, Any] = {
            "certified": self.certified,
            "error_estimate": _json(self.error_estimate),
            "errors": {label: _json(value) for label, value in self.errors.items()},
            "residual": _json(self.residual),
            "edge_mass": _json(self.edge_mass),
            "balance": _json(self.balance),
            "min_population": _json(self.min_population),
            "tolerance": self.tolerance,
            "reasons": list(self.reasons),
        }
        if self.levels is not None:
            data["cutoff_error"] = _json(self.cutoff_error)
        if self.verification is not None:
            data["verification"] = {"representation": self.verified_in, "largest_difference": _json(self.verification)}
        return data


def _rank(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _json(value: float) -> float | None:
    return value if math.isfinite(value) else None
