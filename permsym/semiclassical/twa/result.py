"""Results of truncated Wigner: averages over trajectories, their errors, and what is doubtful about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.text import finite, pair


class Doubt(StrEnum):
    """Why the statistics of a result are not to be relied on."""

    TOO_SHORT = "too short"
    STARTS_DISAGREE = "the starts disagree"
    STEP_TOO_LONG = "the step is too long"
    TARGET_MISSED = "the target is missed"


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
            "reasons": [f"{doubt}: {words}" for doubt, words in self.doubts.items()],
            "clipped": dict(self.clipped),
            "seed": self.seed,
            "trajectories": self.trajectories,
            "step": self.step,
        }


@dataclass(frozen=True)
class TwaState:
    """A steady state in the truncated Wigner approximation.

    values, errors            moments by canonical label, and half widths of their 95 % intervals
    derived, derived_errors   derived quantities by name, and the same of them
    step_errors               what steps twice as long change in each moment
    burn_in, duration         time that each trajectory was left out, and averaged over
    autocorrelation_time      integrated, the longest of all moments
    """

    model: Model
    values: dict[str, complex]
    errors: dict[str, float]
    derived: dict[str, float]
    derived_errors: dict[str, float]
    step_errors: dict[str, float]
    burn_in: float
    duration: float
    autocorrelation_time: float
    sampling: Sampling

    @property
    def reliable(self) -> bool:
        """Whether nothing is doubtful about the statistics."""
        return self.sampling.reliable

    def moment(self, label: str | MomentLabel) -> complex:
        """A moment that was sampled; InputError for another one."""
        return self.values[_sampled(self.model, self.values, label)]

    def error(self, label: str | MomentLabel) -> float:
        """Half width of the 95 % interval of a moment that was sampled."""
        return self.errors[_sampled(self.model, self.errors, label)]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "moments": {label: pair(value) for label, value in self.values.items()},
            "errors": {label: finite(value) for label, value in self.errors.items()},
            "derived": self.derived,
            "derived_errors": {name: finite(value) for name, value in self.derived_errors.items()},
            "step_errors": self.step_errors,
            "autocorrelation_time": self.autocorrelation_time,
            "burn_in": self.burn_in,
            "duration": self.duration,
            **self.sampling.to_dict(),
            "timings": {"total": self.sampling.seconds},
        }

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} = {value:.6g} +- {self.derived_errors[name]:.1g}" for name, value in self.derived.items())
        return f"TwaState({self.model.name!r}, {shown}{'' if self.reliable else ', not reliable'})"


@dataclass(frozen=True)
class TwaEvolution:
    """A time evolution in the truncated Wigner approximation; arrays over ``times``, errors as in :class:`TwaState`."""

    model: Model
    times: NDArray[np.float64]
    initial: str
    values: dict[str, NDArray[np.complex128]]
    errors: dict[str, NDArray[np.float64]]
    derived: dict[str, NDArray[np.float64]]
    derived_errors: dict[str, NDArray[np.float64]]
    step_errors: dict[str, NDArray[np.float64]]
    sampling: Sampling

    @property
    def reliable(self) -> bool:
        """Whether nothing is doubtful about the statistics."""
        return self.sampling.reliable

    def moment(self, label: str | MomentLabel) -> NDArray[np.complex128]:
        """A moment that was sampled, (times,); InputError for another one."""
        return self.values[_sampled(self.model, self.values, label)]

    def error(self, label: str | MomentLabel) -> NDArray[np.float64]:
        """Half widths of the 95 % intervals of a moment, (times,)."""
        return self.errors[_sampled(self.model, self.errors, label)]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "initial": self.initial,
            "times": self.times.tolist(),
            "moments": {label: [pair(value) for value in values.tolist()] for label, values in self.values.items()},
            "errors": {label: list(map(finite, values.tolist())) for label, values in self.errors.items()},
            "derived": {name: list(map(finite, values.tolist())) for name, values in self.derived.items()},
            "derived_errors": {name: list(map(finite, values.tolist())) for name, values in self.derived_errors.items()},
            "step_errors": {label: list(map(finite, values.tolist())) for label, values in self.step_errors.items()},
            "duration": float(self.times[-1]),
            **self.sampling.to_dict(),
            "timings": {"total": self.sampling.seconds},
        }


def _sampled(model: Model, values: Mapping[str, object], label: str | MomentLabel) -> str:
    key = str(parse(label, model) if isinstance(label, str) else label)
    if key not in values:
        raise InputError(f"the moment {key!r} was not sampled; ask for it, as in moments=[{key!r}]")
    return key
