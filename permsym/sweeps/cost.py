"""What a point will take, before it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from permsym.steady.plan import Plan


@dataclass(frozen=True)
class Cost:
    """Estimates of what a point takes: unknowns, bytes at the peak, seconds of one core; with the plan where there is one."""

    dimension: int
    bytes: float
    seconds: float
    plan: Plan | None = None
