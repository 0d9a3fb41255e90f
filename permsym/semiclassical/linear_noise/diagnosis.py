"""Whether linear noise can be trusted at a point: what it says about itself.

Fluctuations must be small beside the means, act little on themselves, and surround the only stable state.  The limits were measured on 70
lasers and driven cavities of 6 to 40 emitters with exact answers.  Within them photon numbers of states with an amplitude were off by
up to 1.5 per cent and g2 by up to 0.02; of dark modes, whose light is nothing but fluctuations, by up to 4 per cent and 0.08.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

VARIANCE, SHIFT, FEEDBACK = 0.3, 0.1, 0.1
"""Largest values that count as small."""
DARK_FEEDBACK = 0.03
"""The same for a mode without an amplitude: errors of its photon number were up to twice as large as the feedback."""
DEFECT = 1e-8
"""Largest defect of the covariance's equation: beyond, rates differ by so much that digits are lost."""


class Shortfall(StrEnum):
    """Why linear noise is not applicable."""

    BRANCHES = "several stable states"
    VARIANCE = "large relative variance"
    SHIFT = "large shift of the means"
    FEEDBACK = "large feedback"
    UNPHYSICAL = "unphysical moments"
    DEFECT = "lost digits"


@dataclass(frozen=True)
class Diagnosis:
    """What linear noise says about itself.

    symmetry_broken     whether mean field breaks a U(1) symmetry, so that a phase diffuses
    stable_states       number of stable mean-field states
    relative_variance   of the photon number, F/n; without light, of the satellites' S+ S-; None without an amplitude, nan where the
                        intensity is not positive
    shift               largest change of a population, or relative change of the photon number of a mode with an amplitude
    dark                whether the mode has no amplitude
    feedback            relative change of the correlations around the shifted means; None where a symmetry is broken
    unphysical          what no density matrix has, in words
    defect              of the covariance's equation, relative to the diffusion
    """

    symmetry_broken: bool
    stable_states: int
    relative_variance: float | None
    shift: float
    feedback: float | None
    dark: bool = False
    unphysical: tuple[str, ...] = ()
    defect: float = 0.0

    @cached_property
    def reasons(self) -> dict[Shortfall, str]:
        """What falls short, in words."""
        reasons = {}
        if self.stable_states > 1:
            reasons[Shortfall.BRANCHES] = f"mean field has {self.stable_states} stable states, and linear noise no weights for them"
        if self.relative_variance is not None and not self.relative_variance <= VARIANCE:
            variance = self.relative_variance
            says = f"is {variance:.3g}, above {VARIANCE}" if math.isfinite(variance) else "is not defined"
            reasons[Shortfall.VARIANCE] = f"the relative variance {says}"
        if not self.shift <= SHIFT:
            reasons[Shortfall.SHIFT] = f"fluctuations shift means by {self.shift:.3g}, more than {SHIFT}"
        limit = DARK_FEEDBACK if self.dark else FEEDBACK
        if self.feedback is not None and not self.feedback <= limit:
            reasons[Shortfall.FEEDBACK] = f"the shifted means change the correlations by {self.feedback:.3g}, more than {limit}"
        if self.unphysical:
            reasons[Shortfall.UNPHYSICAL] = "; ".join(self.unphysical)
        if not self.defect <= DEFECT:
            reasons[Shortfall.DEFECT] = f"the covariance solves its equation to {self.defect:.1g} only"
        return reasons

    @property
    def applicable(self) -> bool:
        """Whether the numbers may be shown."""
        return not self.reasons

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""

        def number(value: float | None) -> float | None:
            return value if value is None or math.isfinite(value) else None

        return {
            "applicable": self.applicable,
            "reasons": list(self.reasons.values()),
            "symmetry_broken": self.symmetry_broken,
            "stable_states": self.stable_states,
            "relative_variance": number(self.relative_variance),
            "shift": number(self.shift),
            "feedback": number(self.feedback),
            "dark": self.dark,
            "defect": number(self.defect),
        }
