"""One point by one method: what a worker gets, and how it computes it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from permsym.dataset.build import Cell, Point
from permsym.dataset.status import failure
from permsym.errors import DegenerateSteadyState, InputError, NotApplicable, SolverFailed, TooFewSatellites
from permsym.model import Model
from permsym.moments.labels import MomentLabel, enumerate_labels, parse
from permsym.sweeps.bench import Bench
from permsym.sweeps.cost import Cost
from permsym.sweeps.evolutions import EvolutionRequest
from permsym.sweeps.methods import method
from permsym.sweeps.origin import Origin
from permsym.sweeps.quantities import Quantities
from permsym.sweeps.spectra import SpectrumRequest
from permsym.sweeps.wanted import Wanted

_LASTING = (DegenerateSteadyState, InputError, NotApplicable, SolverFailed)  # would fail in the same way again


RESULTS = 1
"""Part of every key, raised by hand with a change that may alter a number: results from before are then computed again, and those of
other versions are not.  tests/sweeps/test_results.py computes reference values again and reminds of it."""


@dataclass(frozen=True)
class Task:
    """A point of a plan by one method.

    cell      where the result belongs in the dataset
    moments   an order, or canonical labels; those of more satellites than there are, are left out
    origin    where the model comes from, for methods that follow a branch in N
    spectrum  a spectrum that is wanted beside the moments; quantities: others
    evolution  an evolution that is wanted instead of a steady state
    aside      where a long point may write how far it is; the numbers do not depend on it
    """

    cell: Cell
    model: Model
    moments: int | tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    spectrum: SpectrumRequest | None = None
    quantities: Quantities | None = None
    evolution: EvolutionRequest | None = None
    aside: Path | None = None

    @property
    def method(self) -> str:
        """The method's name."""
        return self.cell[1]

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything that the numbers depend on: full model, method, moments, options, RESULTS, origin, what is wanted."""
        text: list[Any] = [self.model.to_dict(), self.method, self.moments, dict(self.options), RESULTS]
        if self.origin is not None:
            text.append([self.origin.address, self.origin.text, dict(self.origin.parameters)])
        if self.spectrum is not None:
            text.append(self.spectrum.to_dict())
        if self.quantities is not None:
            text.append({"quantities": self.quantities.to_dict()})
        if self.evolution is not None:
            text.append({"evolution": self.evolution.to_dict()})
        return hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()


Job = tuple[Task, Cost]
"""A task and the estimate of what it takes."""


@dataclass(frozen=True)
class Result:
    """What came of a task.

    lasting   False for failures that another run may not meet (memory, a lost worker): they are tried again
    """

    point: Point
    lasting: bool = True


def labels_of(model: Model, moments: int | tuple[str, ...]) -> list[MomentLabel]:
    """The labels of a task's moments on its model, without those of more satellites than it has."""
    if isinstance(moments, int):
        return enumerate_labels(model, moments)
    labels = []
    for text in moments:
        try:
            labels.append(parse(text, model))
        except TooFewSatellites:
            continue
    return labels


def failed_point(model: Model, error: BaseException) -> Point:
    """A point without numbers."""
    status, reason = failure(error)
    return Point(parameters=model.parameters, status=status, reason=reason)


def compute(task: Task, bench: Bench) -> Result:
    """The point of a task; a failure is a point without numbers, with its reason."""
    try:
        wanted = Wanted(labels_of(task.model, task.moments), task.spectrum, task.quantities, task.evolution)
        bench.origin, bench.aside = task.origin, task.aside
        started = time.perf_counter()
        point = method(task.method).point(task.model, wanted, task.options, bench)
        seconds = time.perf_counter() - started
        point.scalars["time_total"] = max(seconds, point.scalars.get("time_total", 0.0))  # of a resumed one also what it took before
        return Result(point)
    except Exception as error:  # recorded, so that the other points go on
        return Result(failed_point(task.model, error), isinstance(error, _LASTING))
