"""What is wrong with an answer, and what every question of judges goes by.

violated, wrong, crashed and refused are explained in :mod:`adversary.judge`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

TOLERANCE = 1e-9
EPS = float(np.finfo(float).eps)
EASY = 1e-3  # of the tolerance: what rounding the parameters may change where a refusal is wrong
LARGEST = 800  # unknowns of dense algebra in extended precision


@dataclass
class Verdict:
    """What is wrong with an answer, in words.

    ratios   of bound over error, where there is an error
    untold   why the oracle says nothing
    sharp    comparisons in which the oracle's own error is below a tenth of what it judges
    """

    violated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    untold: str = ""
    sharp: int = 0

    @property
    def faults(self) -> list[str]:
        return [f"{kind}: {text}" for kind in ("violated", "wrong", "crashed", "refused") for text in getattr(self, kind)]

    def compare(self, what: str, error: float, bound: float, own: float = 0.0, allowed: float | None = None) -> None:
        """Enter an error that the oracle knows up to ``own``; allowed: what a certified answer may be off by, None if it is not one."""
        if not error - own <= bound:
            self.violated.append(f"{what} is off by {error:.2e}, bound {bound:.2e}")
        if allowed is not None and not error - own <= allowed:
            self.wrong.append(f"{what} is off by {error:.2e}, certified to {allowed:.2e}")
        self.sharp += own <= 0.1 * min(bound, math.inf if allowed is None else allowed)
        if error > 10 * own and math.isfinite(bound):
            self.ratios.append(bound / error)


def apart(value: complex | tuple[Fraction, Fraction], truth: tuple[Fraction, Fraction]) -> float:
    """|value - truth| without rounding."""
    parts = value if isinstance(value, tuple) else (Fraction(value.real), Fraction(value.imag))
    return math.hypot(*(float(a - b) for a, b in zip(parts, truth, strict=True)))
