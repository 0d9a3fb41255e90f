"""Results of trajectories: averages, their errors, what is doubtful about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from permsym.sampling.doubts import Doubt
from permsym.sampling.sampled import SampledEvolution, SampledState, reasons


@dataclass(frozen=True)
class TrajectorySampling:
    """How trajectories were run.

    seed, trajectories     of the random numbers; how many
    jumps, products        of all trajectories together, products of a ket with the operator between jumps
    doubts                 what is doubtful -> in words
    seconds                time that it took
    """

    seed: int
    trajectories: int
    jumps: int
    products: int
    doubts: Mapping[Doubt, str]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "reliable": not self.doubts,
            "reasons": reasons(self.doubts),
            "seed": self.seed,
            "trajectories": self.trajectories,
            "jumps": self.jumps,
            "products": self.products,
        }


@dataclass(frozen=True)
class TrajectoryState(SampledState):
    """A steady state from trajectories: exact but for statistical errors.

    gains   by which factor balance laws made the variance of each moment smaller
    """

    gains: dict[str, float]
    sampling: TrajectorySampling

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            **self.averages(),
            **self.sampling.to_dict(),
            "gains": self.gains,
            "timings": {"total": self.sampling.seconds},
        }

    def __repr__(self) -> str:
        return f"TrajectoryState({self.model.name!r}, {self._shown()}{'' if self.reliable else ', not reliable'})"


@dataclass(frozen=True)
class TrajectoryEvolution(SampledEvolution):
    """A time evolution from trajectories: exact but for statistical errors."""

    sampling: TrajectorySampling

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            **self.averages(),
            "duration": float(self.times[-1]),
            **self.sampling.to_dict(),
            "timings": {"total": self.sampling.seconds},
        }
