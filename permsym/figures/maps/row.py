"""A validity map as a figure: what it is of, as data."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.dataset.status import EXACT
from permsym.plot import called
from permsym.progress import Counter
from permsym.validity.axes import of_mapping
from permsym.validity.errors import percent
from permsym.validity.findings import findings
from permsym.validity.picture import draw
from permsym.validity.run import METHODS, WITHIN, judge, request, run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from permsym.sweeps.run import Executor
    from permsym.sweeps.task import Job, Result, Task


@dataclass(frozen=True)
class Map:
    """One map; ``--max-N`` is the upper end of its axis N.

    name       of the figure
    over       the other axis: parameter -> (low, high) or (low, high, "log")
    smallest, largest   ends of the axis N
    quantity   what the map is of; None: the usual one of the model
    points     samples of an axis
    within     tolerance of the picture
    reference  EXACT, or BOUNDS: what proved intervals exclude
    options    method -> its options
    """

    name: str
    title: str
    model: str
    over: Mapping[str, Sequence[Any]]
    fixed: Mapping[str, float | str]
    largest: int
    smallest: int = 2
    quantity: str | None = None
    methods: Sequence[str] = METHODS
    points: int = 13
    within: float = WITHIN
    reference: str = EXACT
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def compute(self, largest: int, command: str, progress: Counter | None) -> xr.Dataset:
        """The sweep of the map, to ``largest`` satellites."""
        from permsym.sweeps.store.store import opened
        from permsym.sweeps.workers.pool import inline

        ends = of_mapping({"N": (self.smallest, max(largest, self.smallest + 1), "log"), **self.over})
        asked = request(self.model, ends, self.quantity, self.methods, self.options, self.fixed, self.reference)
        with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "map.store") as store:
            judged = run(asked, store, partial(_counted, inline, progress), within=self.within, points=self.points, command=command)
        return judged.data.assign_attrs(within=self.within)


def _counted(work_on: Executor, progress: Counter | None, jobs: Sequence[Job]) -> Iterator[tuple[Task, Result]]:
    for done, outcome in enumerate(work_on(jobs), 1):
        if progress is not None:
            progress(done, len(jobs))
        yield outcome


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    """The picture at the tolerance that the figure has."""
    save(draw(judge(data, within=float(data.attrs["within"]))))


def table(data: xr.Dataset) -> list[Sequence[str]]:
    """Shares of the map by approximation, and the findings."""
    judged = judge(data, within=float(data.attrs["within"]))
    rows: list[Sequence[str]] = [("approximation", f"within {judged.within}", "the cheapest one")]
    for k, (name, region) in enumerate(judged.regions.items()):
        rows.append((called(name), percent(judged.share(region.within)), percent(judged.share(judged.cheapest == k))))
    return [*rows, *((sentence, "", "") for sentence in findings(judged))]
