"""One point by one method: what a worker gets, and how it computes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from permsym.dataset.build import Point
from permsym.errors import DegenerateSteadyState, InputError, NotApplicable, SolverFailed, TooFewSatellites
from permsym.model import Model
from permsym.models.file import read_model_text
from permsym.models.registry import ModelSource, lookup
from permsym.moments.labels import enumerate_labels, parse
from permsym.sweeps.methods import Bench, failed_point, method

Place = tuple[tuple[int, ...], str]
"""(index along each dimension, method)."""

_LASTING = (DegenerateSteadyState, InputError, NotApplicable, SolverFailed)  # would fail in the same way again


@dataclass(frozen=True)
class Origin:
    """Where a model comes from, in a form that another process can use.

    address   library name, or ``module:function``; text: of a model file
    given     the parameters that were typed; expressions are evaluated along a branch
    """

    address: str
    text: str | None
    given: Mapping[str, float | str]

    def source(self) -> ModelSource:
        """The model function with its parameters."""
        if self.text is None:
            return lookup(self.address)
        return ModelSource(self.address, *read_model_text(self.text, self.address))


@dataclass(frozen=True)
class Task:
    """A point of a plan by one method.

    moments   an order, or canonical labels; those that need more satellites than there are are left out
    version   of the package, part of the key
    origin    the model function and what it was given, for methods that follow a branch in N
    """

    place: Place
    model: Model
    moments: int | tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    origin: Origin | None = None

    @property
    def method(self) -> str:
        """The method's name."""
        return self.place[1]

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything that the numbers depend on: the full model, method, moments, options, package version."""
        text: list[Any] = [self.model.to_dict(), self.method, self.moments, dict(self.options), self.version]
        if self.origin is not None:
            text.append([self.origin.address, self.origin.text, dict(self.origin.given)])
        return hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Result:
    """What came of a task.

    lasting   False for failures that another run may not meet (memory, a lost worker): they are tried again
    """

    point: Point
    lasting: bool = True


def labels_of(model: Model, moments: int | tuple[str, ...]) -> list[Any]:
    """The labels of a task's moments on its model, those that need more satellites left out."""
    if isinstance(moments, int):
        return enumerate_labels(model, moments)
    found = []
    for text in moments:
        try:
            found.append(parse(text, model))
        except TooFewSatellites:
            continue
    return found


def compute(task: Task, bench: Bench) -> Result:
    """The point of a task; a failure is a point without numbers, with its reason."""
    try:
        labels = labels_of(task.model, task.moments)
        bench.origin = task.origin
        return Result(method(task.method).point(task.model, labels, task.options, bench))
    except Exception as error:  # recorded, so that the other points go on
        return Result(failed_point(task.model, error), isinstance(error, _LASTING))
