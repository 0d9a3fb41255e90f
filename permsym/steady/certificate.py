"""What certifies a number.  A residual does not: it is small for wrong answers too."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from permsym.shown import verdict
from permsym.steady.scaling.wells import Survey
from permsym.text import finite

DERIVED_TOLERANCE = 1e-6
"""Relative error of a derived quantity that counts as certified, unless the tolerance of the moments is larger."""


def derived_tolerance(tolerance: float) -> float:
    """Relative error that a derived quantity may have, from the tolerance of the moments."""
    return max(tolerance, DERIVED_TOLERANCE)


def sides_tolerance(tolerance: float) -> float:
    """Relative distance between two sides that counts as certified: the farther side grows as the square root of the state's error."""
    return math.sqrt(derived_tolerance(tolerance))


class Shortfall(StrEnum):
    """How a certificate can fall short."""

    ERROR = "error estimate"
    CONVERGENCE = "convergence"
    DERIVED = "derived quantity"
    METASTABLE = "metastable"
    CUTOFF = "cut-off"
    BRANCH = "branch above the cut-off"
    NEGATIVE = "negative population"
    BALANCE = "balance"
    EDGE = "edge"
    VERIFICATION = "verification"


@dataclass(frozen=True)
class Certificate:
    """Evidence that a steady state's moments and derived quantities are right.

    error_estimate   largest absolute error estimate over the requested moments
    errors           estimate for each moment, by its canonical label (dual-weighted residual)
    residual         max |L x| / max(|L| |x|)
    edge_mass        probability next to a window's edge or in the top Fock level of a boson; 0 for a full basis
    balance          largest relative defect of the balance laws d<O>/dt = 0 of excitations, from correlators
    min_population   smallest population, normalised by the trace; negative values are unphysical
    tolerance        what certified means: estimates relative to max(1, |value|), negativity and balance within this number
    verification     largest difference to the same moments in another representation, relative to max(1, |value|), where asked for
    metastable       rounding alone can move probability between parts of the state: their relative weights are uncertain
    converged        whether an iteration reached its tolerance; an iterate that did not certifies nothing
    cutoff_error     largest part of the estimates that a boson's cut-off ``levels`` is responsible for, relative to max(1, |value|);
                     of several modes "x=8, y=6"
    above_levels     whether anybody looked for another well of a boson's field above its levels, and what there is; None: no boson
    sizes            |value| of each moment
    rigorous         whether every entry of `errors` is a bound, see :meth:`permsym.steady.lattice.null_vector.NullVector.bounds`
    derived, derived_errors   each derived quantity and its error, certified within max(tolerance, 1e-6) |value|
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
    levels: int | str | None = None
    above_levels: Survey | None = None
    converged: bool = True
    rigorous: bool = False
    sizes: dict[str, float] = field(default_factory=dict)
    derived: dict[str, float] = field(default_factory=dict)
    derived_errors: dict[str, float] = field(default_factory=dict)

    def relative_error(self, label: str) -> float:
        """Error estimate of a moment relative to max(1, |value|)."""
        return self.errors[label] / max(1.0, self.sizes.get(label, 0.0))

    @cached_property
    def uncertain(self) -> dict[str, float]:
        """Derived quantities whose errors are larger than allowed: |error / value| by name."""
        ratios = {
            name: error / abs(self.derived[name]) if self.derived[name] else math.inf if error else 0.0
            for name, error in self.derived_errors.items()
        }
        return {name: ratio for name, ratio in ratios.items() if not ratio <= derived_tolerance(self.tolerance)}

    @cached_property
    def shortfalls(self) -> dict[Shortfall, str]:
        """What is out of tolerance, each with a sentence."""
        short = {}
        if not self.converged:
            short[Shortfall.CONVERGENCE] = f"the iteration did not converge; its residual is {self.residual:.1e}"
        worst = max(self.errors, key=lambda label: (math.isnan(self.errors[label]), self.relative_error(label)), default=None)
        if worst is not None and not self.relative_error(worst) <= self.tolerance:
            relative = "" if self.sizes.get(worst, 0.0) <= 1 else f", {self.relative_error(worst):.1e} of its value"
            short[Shortfall.ERROR] = (
                f"the error estimate of {worst!r} is {self.errors[worst]:.1e}{relative}, above the tolerance {self.tolerance:.0e}"
            )
            if self.metastable:
                short[Shortfall.METASTABLE] = "the state is metastable, so that the relative weights of its wells are uncertain"
        if self.uncertain:
            short[Shortfall.DERIVED] = " and ".join(
                f"{name} has no certain digit" if not ratio < 1 else f"{name} is certain to {ratio:.0e} of its value only"
                for name, ratio in self.uncertain.items()
            )
        if not self.cutoff_error <= self.tolerance:
            short[Shortfall.CUTOFF] = (
                f"the cut-off levels={self.levels} costs about {self.cutoff_error:.1e}; give more levels or levels=auto"
            )
        if self.above_levels is Survey.BEYOND:
            short[Shortfall.BRANCH] = f"{self.above_levels}, levels={self.levels}, and its weight is not known"
        if not self.min_population >= -self.tolerance:
            short[Shortfall.NEGATIVE] = f"a population is negative, {self.min_population:.1e}"
        if not self.balance <= self.tolerance:
            short[Shortfall.BALANCE] = f"a balance law is violated by {self.balance:.1e}"
        if not self.edge_mass <= self.tolerance:
            where = "the window's edge" if self.levels is None else "the top Fock level"
            short[Shortfall.EDGE] = f"{where} carries {self.edge_mass:.1e}"
        if self.verification is not None and not self.verification <= self.tolerance:
            short[Shortfall.VERIFICATION] = f"the {self.verified_in} representation differs by {self.verification:.1e}"
        return short

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences."""
        return tuple(self.shortfalls.values())

    @property
    def certified(self) -> bool:
        """Whether every entry is within the tolerance."""
        return not self.shortfalls

    @property
    def summary(self) -> str:
        """The certificate on one line."""
        what = "proved to" if self.rigorous else "estimated to be right to"
        evidence = [f"every moment is {what} {self.error_estimate:.1e}"] if self.errors else []
        if self.derived_errors:
            worst = max(self.derived_errors, key=lambda name: self.derived_errors[name])
            evidence.append(f"derived quantities to {self.derived_errors[worst]:.1e} ({worst})")
        evidence.append(f"gains and losses of excitations balance to {self.balance:.1e}")
        evidence.append("no population is negative" if self.min_population >= 0 else f"no population is below {self.min_population:.1e}")
        if self.levels is not None:
            evidence.append(f"the cut-off of {self.levels} levels costs {self.cutoff_error:.1e}")
        if self.verification is not None:
            evidence.append(f"the {self.verified_in} representation agrees to {self.verification:.1e}")
        return verdict(self.certified, self.reasons, "; ".join(evidence))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        data: dict[str, Any] = {
            "certified": self.certified,
            "error_estimate": finite(self.error_estimate),
            "errors": {label: finite(value) for label, value in self.errors.items()},
            "errors_are": "bounds" if self.rigorous else "estimates",
            "residual": finite(self.residual),
            "edge_mass": finite(self.edge_mass),
            "balance": finite(self.balance),
            "min_population": finite(self.min_population),
            "tolerance": self.tolerance,
            "reasons": list(self.reasons),
        }
        if self.levels is not None:
            data["cutoff_error"] = finite(self.cutoff_error)
        if self.above_levels is not None:
            data["above_levels"] = str(self.above_levels)
        if self.verification is not None:
            data["verification"] = {"representation": self.verified_in, "largest_difference": finite(self.verification)}
        return data
