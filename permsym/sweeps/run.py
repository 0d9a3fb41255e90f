"""Running a sweep: cells in the store are recalled, the others are computed and stored one by one; together they are a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Cell, Point, build_dataset, over_time
from permsym.dataset.versions import differences, software
from permsym.errors import PermsymError
from permsym.sweeps.cost import Cost
from permsym.sweeps.definition import Sweep
from permsym.sweeps.methods import method
from permsym.sweeps.store.store import Store
from permsym.sweeps.task import Job, Result, Task
from permsym.sweeps.wanted import Wanted
from permsym.sweeps.workers.pool import inline

if TYPE_CHECKING:
    import xarray as xr

_ALL_SITES = 300  # satellites up to which no window is used, and an estimate is a formula
Executor = Callable[[Sequence[Job]], Iterator[tuple[Task, Result]]]


class OtherSoftware(PermsymError):
    """A result of software that is not this process's: permsym was installed anew, for instance, while the run went on."""


@dataclass
class Executed:
    """What a run did.

    points     every point by its cell; some are missing where the run was cut short
    recalled   how many came from the store
    computed   how many were computed now
    """

    points: dict[Cell, Point]
    recalled: int
    computed: int


@dataclass(frozen=True)
class Work:
    """A sweep beside its store: the points that are there, and the jobs that are left."""

    sweep: Sweep
    recalled: dict[Cell, Point]
    jobs: list[Job]


def prepare(sweep: Sweep, store: Store | None = None, check: Callable[[], None] = lambda: None) -> Work:
    """Recall what is in the store, and estimate the rest.

    A finished sweep that was seen before is recalled without making its models.

    check   called before models are made, to find all mistakes in them
    """
    results = {} if store is None else store.results()
    keys = store.keys_of(sweep.fingerprint) if store is not None and sweep.fingerprint else None
    tasks: list[Task] | None = None
    if keys is None or len(keys) != len(sweep) or not all(key in results and results[key].lasting for key in keys):
        check()
        tasks = list(sweep.tasks())
        keys = [task.key for task in tasks] if store is not None else [""] * len(tasks)
        if store is not None and sweep.fingerprint:
            store.remember(sweep.fingerprint, keys)
    recalled = {cell: results[key].point for cell, key in zip(sweep.cells, keys, strict=True) if key in results and results[key].lasting}
    costs: dict[Any, Cost] = {}
    left = [task for task in tasks or () if task.cell not in recalled]
    if store is not None:
        left = [replace(task, aside=store.aside(task.key)) if method(task.method).long else task for task in left]
    return Work(sweep, recalled, [(task, cost_of(task, costs)) for task in left])


def cost_of(task: Task, costs: dict[Any, Cost]) -> Cost:
    """The estimate for a task; windows, predicted by solving smaller systems, are predicted once for each size."""
    kind: Any = (task.method, task.model.centre, task.model.ensembles, len(task.model.charges), repr(task.options))
    if max(task.model.sizes) <= _ALL_SITES:
        kind = task.cell
    if kind not in costs:
        costs[kind] = method(task.method).cost(task.model, task.options, Wanted((), task.spectrum, task.quantities, task.evolution))
    return costs[kind]


def execute(
    work: Work, executor: Executor = inline, store: Store | None = None, report: Callable[[Task, Cost, Result], None] | None = None
) -> Executed:
    """Compute what is missing; every result is stored before the next one is looked at."""
    software()  # as it is now: workers that start later may find another
    points = dict(work.recalled)
    costs = {task.cell: cost for task, cost in work.jobs}
    if work.jobs:
        with closing(executor(work.jobs)) as results:  # type: ignore[type-var]  # executors are generators
            for task, result in results:
                if other := differences(getattr(result.point, "computed_by", None)):
                    raise OtherSoftware(f"a worker computed with other software than this run ({other}); give the same command again")
                result.point.approach = task.method
                if store is not None:
                    store.put(task.key, result)
                points[task.cell] = result.point
                if report is not None:
                    report(task, costs[task.cell], result)
    ordered = {cell: points[cell] for cell in work.sweep.cells if cell in points}  # whatever the order in which they came
    return Executed(ordered, len(work.recalled), len(points) - len(work.recalled))


def assembled(sweep: Sweep, points: Mapping[Cell, Point], command: str = "") -> xr.Dataset:
    """The dataset of a sweep's points."""
    listed = {d.name: d.columns for d in sweep.dimensions if d.name not in d.columns}
    name, axes = sweep.source.name, sweep.axes
    if sweep.evolution is not None:
        axes, points = over_time(axes, sweep.evolution.times, points)
    return build_dataset(axes, sweep.methods, points, model=name, definition=sweep.definition(), command=command, lists=listed)
