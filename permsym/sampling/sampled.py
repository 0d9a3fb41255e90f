"""What results of sampling share: values, half widths of their 95 % intervals, doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from permsym.errors import InputError
from permsym.model import Model
from permsym.moments.labels import MomentLabel, parse
from permsym.sampling.doubts import Doubt
from permsym.sampling.dwell import Dwell
from permsym.text import finite, pair


class Sampling(Protocol):
    """How a result was sampled: what is doubtful -> in words, and the time that it took."""

    @property
    def doubts(self) -> Mapping[Doubt, str]: ...
    @property
    def seconds(self) -> float: ...


@dataclass(frozen=True)
class SampledState:
    """Averages of a steady state.

    values, errors            moments by canonical label, and half widths of their 95 % intervals
    derived, derived_errors   derived quantities by name, and the same of them
    burn_in, duration         time that each trajectory was left out, and averaged over
    autocorrelation_time      integrated, the longest of all moments
    dwell                     dwell times and switching rates, where they were asked for
    sampling                  how they were sampled
    """

    model: Model
    values: dict[str, complex]
    errors: dict[str, float]
    derived: dict[str, float]
    derived_errors: dict[str, float]
    burn_in: float
    duration: float
    autocorrelation_time: float
    dwell: Dwell | None
    sampling: Sampling

    @property
    def reliable(self) -> bool:
        """Whether nothing is doubtful about the statistics; ``sampling.doubts`` says what is."""
        return not self.sampling.doubts

    def moment(self, label: str | MomentLabel) -> complex:
        """A moment that was sampled; InputError for another one."""
        return self.values[_sampled(self.model, self.values, label)]

    def error(self, label: str | MomentLabel) -> float:
        """Half width of the 95 % interval of a moment that was sampled."""
        return self.errors[_sampled(self.model, self.errors, label)]

    def averages(self) -> dict[str, Any]:
        """Moments, derived quantities, their errors, times and dwell times, JSON-ready."""
        return {
            "moments": {label: pair(value) for label, value in self.values.items()},
            "errors": {label: finite(value) for label, value in self.errors.items()},
            "derived": self.derived,
            "derived_errors": {name: finite(value) for name, value in self.derived_errors.items()},
            "autocorrelation_time": self.autocorrelation_time,
            "burn_in": self.burn_in,
            "duration": self.duration,
            **({} if self.dwell is None else {"dwell": self.dwell.to_dict()}),
        }

    def _shown(self) -> str:
        return ", ".join(f"{name} = {value:.6g} +- {self.derived_errors[name]:.1g}" for name, value in self.derived.items())


@dataclass(frozen=True)
class SampledEvolution:
    """Averages over time; arrays over ``times``, errors as in :class:`SampledState`."""

    model: Model
    times: NDArray[np.float64]
    initial: str
    values: dict[str, NDArray[np.complex128]]
    errors: dict[str, NDArray[np.float64]]
    derived: dict[str, NDArray[np.float64]]
    derived_errors: dict[str, NDArray[np.float64]]
    sampling: Sampling

    @property
    def reliable(self) -> bool:
        """Whether nothing is doubtful about the statistics; ``sampling.doubts`` says what is."""
        return not self.sampling.doubts

    def moment(self, label: str | MomentLabel) -> NDArray[np.complex128]:
        """A moment that was sampled, (times,); InputError for another one."""
        return self.values[_sampled(self.model, self.values, label)]

    def error(self, label: str | MomentLabel) -> NDArray[np.float64]:
        """Half widths of the 95 % intervals of a moment, (times,)."""
        return self.errors[_sampled(self.model, self.errors, label)]

    def averages(self) -> dict[str, Any]:
        """Times, moments, derived quantities and their errors, JSON-ready."""
        return {
            "initial": self.initial,
            "times": self.times.tolist(),
            "moments": {label: [pair(value) for value in values.tolist()] for label, values in self.values.items()},
            "errors": lists(self.errors),
            "derived": lists(self.derived),
            "derived_errors": lists(self.derived_errors),
        }


def lists(arrays: Mapping[str, NDArray[np.float64]]) -> dict[str, list[float | None]]:
    """JSON-ready numbers of each array."""
    return {label: list(map(finite, values.tolist())) for label, values in arrays.items()}


def reasons(doubts: Mapping[Doubt, str]) -> list[str]:
    """A sentence for each doubt."""
    return [f"{doubt}: {words}" for doubt, words in doubts.items()]


def _sampled(model: Model, values: Mapping[str, object], label: str | MomentLabel) -> str:
    key = str(parse(label, model) if isinstance(label, str) else label)
    if key not in values:
        raise InputError(f"the moment {key!r} was not sampled; ask for it, as in moments=[{key!r}]")
    return key
