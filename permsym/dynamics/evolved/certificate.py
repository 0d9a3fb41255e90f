"""What certifies a time evolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from permsym.steady.certificate import derived_tolerance
from permsym.text import finite


@dataclass(frozen=True)
class EvolutionCertificate:
    """Evidence that the moments of a time evolution are right, at all its times.

    error_estimate   largest absolute error estimate over the moments, certified within tolerance x max(1, |value|)
    errors           estimate for each moment: its operator's norm times the sum of the bound of the trace-norm error of all steps,
                     that of their rounding, and eight times ``top_population`` for the cut-off; rounding of the initial state
    trace_defect     largest |tr rho - 1|
    min_population   smallest population; negative values are unphysical
    top_population   largest probability of a boson's last Fock states, twice as many as one move raises it by; 0 without a boson
    tolerance        what certified means
    sizes            max(1, largest |value|) of each moment
    derived_errors   largest error of each derived quantity relative to its largest value, certified within max(tolerance, 1e-6),
                     of those that are not zero within it; g2 is a ratio, and left out at times when it is not certain
    """

    error_estimate: float
    errors: dict[str, float]
    trace_defect: float
    min_population: float
    top_population: float
    tolerance: float
    sizes: Mapping[str, float] = field(default_factory=dict)
    derived_errors: Mapping[str, float] = field(default_factory=dict)
    reasons: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        reasons = []
        worst = max(self.errors, key=self._relative_error, default=None)
        if worst is not None and not self._relative_error(worst) <= self.tolerance:
            reasons.append(f"the error estimate of {worst!r} is {self.errors[worst]:.1e}, above the tolerance {self.tolerance:.0e}")
            if self.top_population > self.tolerance / 16:
                reasons.append(f"the last Fock states hold up to {self.top_population:.1e}; take more levels, or levels=auto")
        for name, ratio in self.derived_errors.items():
            if not ratio <= derived_tolerance(self.tolerance):
                reasons.append(f"{name} is certain to {ratio:.0e} of its largest value only; a smaller tolerance may mend that")
        if not self.trace_defect <= self.tolerance:
            reasons.append(f"the trace is off by {self.trace_defect:.1e}")
        if not self.min_population >= -self.tolerance:
            reasons.append(f"a population is negative, {self.min_population:.1e}")
        object.__setattr__(self, "reasons", tuple(reasons))

    def _relative_error(self, label: str) -> float:
        return self.errors[label] / self.sizes.get(label, 1.0)

    @property
    def certified(self) -> bool:
        """Whether every entry is within the tolerance."""
        return not self.reasons

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""

        return {
            "certified": self.certified,
            "error_estimate": finite(self.error_estimate),
            "errors": {label: finite(value) for label, value in self.errors.items()},
            "trace_defect": finite(self.trace_defect),
            "min_population": finite(self.min_population),
            "top_population": finite(self.top_population),
            "tolerance": self.tolerance,
            "reasons": list(self.reasons),
        }
