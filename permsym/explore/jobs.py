"""What the processes of a page compute: each job is a frozen value, and its answer is data for the page.

Points are those of :mod:`permsym.sweeps`: the same methods, certificates, refusals and budgets as in ``permsym run``.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.errors import InputError, PermsymError
from permsym.explore.reproduction import View
from permsym.explore.sliders import described
from permsym.models.registry import lookup
from permsym.text import finite, pair, readable

if TYPE_CHECKING:
    from permsym.dataset.build import Point
    from permsym.steady.state import State
    from permsym.sweeps.cost import Cost
    from permsym.sweeps.task import Task

AT_ONCE = 2.0
"""Predicted seconds up to which a page computes without being asked: longer, and a moved slider seems to do nothing."""

_PREVIEW = 0.3  # predicted seconds of a system of fewer satellites that is shown first
_SMALLEST = 2  # satellites of a preview


class Desk:
    """What a process carries from job to job: weights of the last lattice, and the last exact state, for its pictures."""

    def __init__(self) -> None:
        from permsym.sweeps.bench import Bench

        self.bench = Bench()
        self.state: State | None = None


@dataclass(frozen=True)
class Answer:
    """What came of a job.

    shown   JSON-ready
    point   a pickled point, for the dataset; b"" where there is none
    """

    shown: dict[str, Any]
    point: bytes = b""


@dataclass(frozen=True)
class Refused:
    """A job that came to nothing, in words.

    parameter   the name of what is wrong, where the error has one
    """

    message: str
    parameter: str | None = None


@dataclass(frozen=True)
class Describe:
    """The sliders of a model, its equation, and what it may be asked for.

    typed   values from the command line
    """

    model: str
    typed: Mapping[str, str] = field(default_factory=dict)

    def run(self, desk: Desk) -> Answer:
        return Answer({"parameters": described(lookup(self.model), self.typed)})


@dataclass(frozen=True)
class Check:
    """Whether a panel's sweep makes sense; the numbers that its parameters have."""

    view: View

    def run(self, desk: Desk) -> Answer:
        sweep = self.view.sweep()
        model = sweep.models[sweep.indices[0]]
        numbers = {name: finite(float(value)) for name, value in model.parameters.items()}
        return Answer({"parameters": numbers, "equation": model.equation})


@dataclass(frozen=True)
class Predict:
    """What the exact value takes, and how many satellites are solved in a moment where that is long."""

    view: View

    def run(self, desk: Desk) -> Answer:
        from permsym import machine

        cost = _cost(self.view)
        free = machine.available_bytes()
        shown = {"unknowns": cost.dimension, "bytes": finite(cost.bytes), "seconds": finite(cost.seconds), "fits": cost.bytes <= free}
        words = f"{cost.dimension:,} unknowns, {readable(cost.bytes)}, about {cost.seconds:.0f} s"
        smaller = None if cost.seconds <= AT_ONCE and cost.bytes <= free else self._smaller()
        return Answer(shown | {"words": words, "at_once": cost.seconds <= AT_ONCE and cost.bytes <= free, "preview": smaller})

    def _smaller(self) -> int | None:
        """Half as many satellites, again and again, until that is fast; None where N is no number of its own."""
        N = dict(self.view.fixed).get("N")
        size = int(N) if isinstance(N, float | int) else 0
        while size > _SMALLEST:
            size = max(size // 2, _SMALLEST)
            try:
                if _cost(with_size(self.view, size)).seconds <= _PREVIEW:
                    return size
            except PermsymError:  # such a system does not exist
                return None
        return None


@dataclass(frozen=True)
class Compute:
    """A point of a panel's sweep, which has one, by one method."""

    view: View
    method: str

    def run(self, desk: Desk) -> Answer:
        task = next(replace(self.view, methods=(self.method,)).sweep().tasks())
        point, state = _computed(task, desk)
        if self.method == "exact" and self.view.name == "values":
            desk.state = state
        point.approach = self.method
        return Answer(shown(point), pickle.dumps(point))


@dataclass(frozen=True)
class Draw:
    """The pictures of the last exact state."""

    def run(self, desk: Desk) -> Answer:
        from permsym.explore.pictures import pictures

        return Answer({"pictures": [] if desk.state is None else list(pictures(desk.state))})


@dataclass(frozen=True)
class Save:
    """A panel's dataset, written to a file.

    points   pickled, by index along the curve and method
    """

    view: View
    points: Mapping[tuple[tuple[int, ...], str], bytes]
    path: str
    command: str

    def run(self, desk: Desk) -> Answer:
        from permsym import dataset
        from permsym.sweeps.run import assembled

        if not self.points:
            raise InputError("there is nothing to save yet; wait for a first value")
        sweep = self.view.sweep()
        points = {cell: pickle.loads(self.points[cell]) for cell in sweep.cells if cell in self.points}
        dataset.save(assembled(sweep, points, self.command), Path(self.path))
        return Answer({"points": len(points)})


Job = Describe | Check | Predict | Compute | Draw | Save


def with_size(view: View, size: int) -> View:
    """The same with another number of satellites."""
    return replace(view, fixed=tuple((name, size if name == "N" else value) for name, value in view.fixed))


def _cost(view: View) -> Cost:
    from permsym.sweeps.run import cost_of

    return cost_of(next(replace(view, methods=("exact",)).sweep().tasks()), {})


def _computed(task: Task, desk: Desk) -> tuple[Point, State | None]:
    """A point and, of an exact steady state, that state: what is drawn is what the numbers are of."""
    from permsym.sweeps.methods import exact_state, state_point
    from permsym.sweeps.task import compute, failed_point, labels_of
    from permsym.sweeps.wanted import Wanted

    if task.method != "exact" or task.spectrum is not None or task.evolution is not None:
        return compute(task, desk.bench).point, None
    try:
        wanted = Wanted(labels_of(task.model, task.moments))
        desk.bench.origin = task.origin
        state = exact_state(task.model, wanted, task.options, desk.bench)
        return state_point(state, wanted.labels), state
    except Exception as error:  # as in ``compute``: a point without numbers, and its reason
        return failed_point(task.model, error), None


def shown(point: Point) -> dict[str, Any]:
    """A point as JSON; numbers that are not finite are null."""
    keys = ("error_estimate", "residual", "balance", "edge_mass", "min_population", "dimension", "stability", "time_total")
    document: dict[str, Any] = {
        "status": str(point.status),
        "reason": point.reason,
        "parameters": {name: finite(float(value)) for name, value in point.parameters.items()},
        "moments": {label: list(map(finite, pair(value))) for label, value in point.moments.items()},
        "errors": {label: finite(value) for label, value in point.errors.items()},
        "derived": {name: finite(value) for name, value in point.derived.items()},
        "derived_errors": {name: finite(value) for name, value in point.derived_errors.items()},
        "scalars": {name: finite(float(point.scalars[name])) for name in keys if point.scalars.get(name) is not None},
    }
    if point.power:
        document["spectrum"] = {"x": list(point.power), "y": list(map(finite, point.power.values()))}
        document["spectrum"]["errors"] = [finite(point.power_errors.get(w, float("nan"))) for w in point.power]
    if point.series is not None:
        one = point.series
        document["series"] = {"x": list(one.times), "derived": {name: list(map(finite, y.tolist())) for name, y in one.derived.items()}}
        document["series"]["errors"] = {name: list(map(finite, y.tolist())) for name, y in one.derived_errors.items()}
    return document
