"""Results of truncated Wigner: averages over trajectories, their errors, and what is doubtful about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.sampling.doubts import Doubt
from permsym.sampling.sampled import SampledEvolution, SampledState, lists, reasons


@dataclass(frozen=True)
class Sampling:
    """How trajectories were run.

    seed, trajectories   of the random numbers; how many
    step                 length of a step (an evolution: of the longest)
    clipped              class -> share of steps whose noise matrix had a negative pivot: there the recipe has a bias of its own
    doubts               what is doubtful -> in words
    seconds              time that it took
    """

    seed: int
    trajectories: int
    step: float
    clipped: Mapping[str, float]
    doubts: Mapping[Doubt, str]
    seconds: float

    @property
    def reliable(self) -> bool:
        """Whether nothing is doubtful about the statistics.  How far truncated Wigner is from the exact answer they do not say."""
        return not self.doubts

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "reliable": self.reliable,
            "reasons": reasons(self.doubts),
            "clipped": dict(self.clipped),
            "seed": self.seed,
            "trajectories": self.trajectories,
            "step": self.step,
        }


@dataclass(frozen=True)
class TwaState(SampledState):
    """A steady state in the truncated Wigner approximation.

    step_errors   what steps twice as long change in each moment
    """

    step_errors: dict[str, float]
    sampling: Sampling

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            **self.averages(),
            "step_errors": self.step_errors,
            **self.sampling.to_dict(),
            "timings": {"total": self.sampling.seconds},
        }

    def __repr__(self) -> str:
        return f"TwaState({self.model.name!r}, {self._shown()}{'' if self.reliable else ', not reliable'})"


@dataclass(frozen=True)
class TwaEvolution(SampledEvolution):
    """A time evolution in the truncated Wigner approximation."""

    step_errors: dict[str, NDArray[np.float64]]
    sampling: Sampling

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            **self.averages(),
            "step_errors": lists(self.step_errors),
            "duration": float(self.times[-1]),
            **self.sampling.to_dict(),
            "timings": {"total": self.sampling.seconds},
        }
