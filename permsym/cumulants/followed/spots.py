"""Positions on a branch of fixed points, and what lies between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from permsym.cumulants.newton import FixedPoint, newton
from permsym.cumulants.path import ParameterPath
from permsym.operators import ComplexArray


@dataclass(frozen=True)
class Spot:
    """A position on the branch: fixed point, unit tangent (dx, df, du), slope dF/du at fixed moments."""

    u: float
    point: FixedPoint
    dx: ComplexArray
    df: ComplexArray
    du: float
    slope: ComplexArray

    @property
    def x(self) -> ComplexArray:
        """Scaled moments."""
        return self.point.x

    @property
    def frequencies(self) -> tuple[float, ...]:
        """Frequencies at which broken phases turn."""
        return self.point.frequencies


class Solution(Protocol):
    """A position on a branch, and the scaled moments and frequencies there."""

    @property
    def u(self) -> float: ...
    @property
    def x(self) -> ComplexArray: ...
    @property
    def frequencies(self) -> tuple[float, ...]: ...


def landed_between(path: ParameterPath, a: Solution, b: Solution, target: float) -> FixedPoint | None:
    """The fixed point at a position between two neighbouring ones of a branch; None where Newton's method leaves the branch."""
    share = (target - a.u) / (b.u - a.u) if b.u != a.u else 1.0
    x = a.x + share * (b.x - a.x)
    landed = newton(path.at(target), x, a.frequencies)
    if landed is None or np.abs(landed.x - x).max() > 10 * np.abs(b.x - a.x).max() + 1e-6:
        return None
    return landed
