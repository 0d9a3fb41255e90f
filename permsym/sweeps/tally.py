"""How far a sweep is and what fell short in it, from its store or from its file; nothing is computed, and nothing is written."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from permsym.dataset.build import Cell, Point
from permsym.dataset.status import EXACT, LEFT, Status
from permsym.dataset.versions import mixture
from permsym.sweeps.cost import Cost
from permsym.sweeps.definition import Sweep
from permsym.sweeps.run import cost_of
from permsym.sweeps.store.lock import owner
from permsym.sweeps.store.store import Contents, read
from permsym.text import clock

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

_RECENT = 50  # points over which the rate is taken: late ones of a sweep take longer than early ones
_PAUSE = 20.0  # gaps between points that are this many times the median are a pause between two runs
_GROUPS, _POINTS, _REASON = 12, 6, 160  # groups, points of one and characters of a reason that are shown; JSON has all
_ESTIMATED = 5000  # points for whose models and costs a look may take the time
_LEAST = 1e-3  # seconds of a point, which is sent, stored and counted whatever its estimate
_PACKAGES = ("permsym", "code", "numpy", "scipy")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")


@dataclass(frozen=True)
class Shortfall:
    """A point without a value, or with one that is not certified."""

    status: Status
    reason: str
    approach: str
    at: Mapping[str, float | str]

    def to_dict(self) -> dict[str, Any]:
        return {**self.at, "approach": self.approach, "reason": self.reason}


@dataclass(frozen=True)
class Tally:
    """How far a sweep is.

    left           points without a result; None where nobody knows how many there are
    rate           points a second over the last ones; None before two are done
    seconds_left   how long what is left takes as fast as the last points; None where that is unknown
    versions       of what computed the points, every combination once
    process        number of the process that works on it
    damaged        lines of the store that cannot be read
    """

    done: int
    left: int | None
    shortfalls: list[Shortfall]
    rate: float | None = None
    seconds_left: float | None = None
    versions: list[dict[str, str]] = field(default_factory=list)
    process: int | None = None
    damaged: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``permsym status``."""
        failed: dict[str, list[dict[str, Any]]] = {}
        for shortfall in self.shortfalls:
            failed.setdefault(str(shortfall.status), []).append(shortfall.to_dict())
        numbers = {"done": self.done, "left": self.left, "failed": failed, "rate": self.rate, "seconds_left": self.seconds_left}
        return numbers | {"versions": self.versions, "running": self.process is not None, "damaged": self.damaged}

    def lines(self, name: str) -> list[str]:
        """The same for people."""
        total = "" if self.left is None else f" of {self.done + self.left}"
        share = 0.0 if self.left is None else self.done / max(self.done + self.left, 1)
        bar = f"[{'#' * int(30 * share)}{'.' * (30 - int(30 * share))}] " if self.left is not None else ""
        failed = f", {len(self.shortfalls)} of them without a certified value" if self.shortfalls else ""
        lines = [f"{name}: {bar}{self.done}{total} points{failed}"]
        if self.process is not None:
            words = f"running (process {self.process})"
            if self.rate:
                words += f", {_paced(self.rate)}"
            if self.left and self.seconds_left is not None:
                words += f", about {clock(self.seconds_left)} left"
            lines.append(words)
        elif self.left != 0:
            rest = "goes on" if self.left is None else f"computes the other {self.left}"
            lines.append(f"no run is at work; `permsym run` with the same words {rest}")
        for versions in self.versions:
            known = [name for name in _PACKAGES if name in versions]
            lines.append("computed by " + ", ".join(f"{name} {versions[name]}" for name in known))
        if self.damaged:
            lines.append(f"{self.damaged} lines of the store are damaged; the points in them are computed again by `permsym run`")
        if len(self.versions) > 1:
            lines.append("its points were computed by several versions; `permsym run --fresh` computes all by one")
        return [*lines, *(["", *grouped(self.shortfalls)] if self.shortfalls else [])]


def grouped(shortfalls: Sequence[Shortfall]) -> list[str]:
    """Lines for people: shortfalls by status, approach and reason; reasons that differ only in numbers count as one."""
    groups: dict[tuple[str, str, str], list[Shortfall]] = {}
    for one in shortfalls:
        groups.setdefault((str(one.status), one.approach, _NUMBER.sub("#", one.reason)), []).append(one)
    lines = []
    for (status, approach, _), members in itertools.islice(groups.items(), _GROUPS):
        points = list(dict.fromkeys(" ".join(f"{k}={_short(v)}" for k, v in one.at.items()) for one in members))
        more = f", and {len(points) - _POINTS} more" if len(points) > _POINTS else ""
        lines.append(f"{len(members)} {status}{f' ({approach})' if approach else ''}: {_brief(members[0].reason)}")
        lines.append(f"    at {', '.join(points[:_POINTS]) or 'the one point'}{more}")
    if len(groups) > _GROUPS:
        lines.append(f"and {len(groups) - _GROUPS} more reasons; --json lists all")
    return lines


def _brief(reason: str) -> str:
    return reason if len(reason) <= _REASON else f"{reason[: _REASON - 4]} ..."


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _paced(rate: float) -> str:
    """A rate as people read it.

    >>> _paced(2.5), _paced(0.05)
    ('2.5 points a second', '3 points a minute')
    """
    for seconds, unit in ((1, "second"), (60, "minute")):
        if rate * seconds >= 1:
            return f"{rate * seconds:.2g} points a {unit}"
    return f"{rate * 3600:.2g} points an hour"


def fell_short(point: Point) -> bool:
    """Whether a point has no value, or one that is not certified although it could be."""
    return point.status.falls_short or not point.status.has_values


def shortfalls(sweep: Sweep, points: Mapping[Cell, Point]) -> list[Shortfall]:
    """The points of a sweep that fell short, each with the parameters that vary in the sweep."""
    short = []
    for (index, approach), point in points.items():
        if fell_short(point):
            at = sweep.parameters(index)
            names = [name for dimension in sweep.dimensions for name in dimension.columns]
            short.append(Shortfall(point.status, point.reason, approach, {name: at[name] for name in names}))
    return short


def rate(moments: Iterable[datetime], now: datetime | None = None) -> float | None:
    """Points a second over the last ones, without pauses between runs; None before two are there."""
    last = sorted(moments)[-_RECENT:]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(last)]
    if now is not None and last:
        gaps.append((now - last[-1]).total_seconds())  # a point that takes long shows before it is done
    if len(last) < 2:
        return None
    median = sorted(gaps)[len(gaps) // 2]
    pause = next((i for i in reversed(range(len(gaps))) if gaps[i] > _PAUSE * median + 1 and i < len(gaps) - 1), None)
    gaps = gaps[(pause + 1 if pause is not None else 0) :]
    return len(gaps) / sum(gaps) if sum(gaps) > 0 else None


def of_store(path: Path, sweep: Sweep | None = None) -> tuple[Tally, dict[Cell, Point]]:
    """The tally of a store, and the points of the sweep that are in it.

    sweep   what the store is for; None: the sweep that ran last, whose points only their parameters tell apart
    """
    contents = read(path)
    keys = _keys(contents, sweep)
    results = contents.results if keys is None else {key: contents.results[key] for key in keys if key in contents.results}
    points = [result.point for result in results.values()]
    process = owner(path.with_name(path.name + ".lock"))
    left = None if keys is None else len(keys) - sum(key in results for key in keys)
    pace = rate((point.computed_at for point in points), datetime.now(UTC) if process is not None else None)
    cells: dict[Cell, Point] = {}
    seconds = 0.0 if left == 0 else left / pace if left and pace else None
    if sweep is not None and keys is not None:
        cells = {cell: results[key].point for cell, key in zip(sweep.cells, keys, strict=True) if key in results}
        short = shortfalls(sweep, cells)
        if process is not None and left and pace and len(sweep) <= _ESTIMATED:
            seconds = expected(sweep, cells, pace)
    else:
        varying = _varying([point.parameters for point in points])
        bad = [point for point in points if fell_short(point)]
        short = [Shortfall(p.status, p.reason, p.approach, {n: v for n, v in p.parameters.items() if n in varying}) for p in bad]
    software = [dict(one) for one, _ in mixture(point.computed_by for point in points)]
    done = len(keys) - left if keys is not None and left is not None else len(points)
    return Tally(done, left, short, pace, seconds, software, process, contents.damaged), cells


def expected(sweep: Sweep, done: Mapping[Cell, Point], pace: float) -> float:
    """Seconds that the rest of a sweep takes: sum of the estimates of what is left / (estimates of the last points a second).

    pace   points a second over the last ones
    """
    recent = set(sorted(done, key=lambda cell: done[cell].computed_at)[-_RECENT:])
    costs: dict[Any, Cost] = {}
    last = rest = 0.0
    for task in sweep.tasks():
        if task.cell in recent:
            last += max(cost_of(task, costs).seconds, _LEAST)
        elif task.cell not in done:
            rest += max(cost_of(task, costs).seconds, _LEAST)
    return rest / (last / len(recent) * pace)


def _keys(contents: Contents, sweep: Sweep | None) -> list[str] | None:
    """Keys of the points of a sweep, or of the sweep that ran last; None where that is of a user's function, which no store knows."""
    if sweep is None:
        return next(reversed(contents.sweeps.values()), None)
    keys = contents.sweeps.get(sweep.fingerprint or "", [])
    return keys if len(keys) == len(sweep) else [task.key for task in sweep.tasks()]


def of_dataset(dataset: xr.Dataset) -> Tally:
    """The tally of a file whose store is gone."""
    outer = [str(dim) for dim in dataset["status"].dims]
    flat = dataset[["status", "reason"]].stack(cell=outer) if outer else dataset[["status", "reason"]].expand_dims("cell")
    short, left = [], 0
    for position in range(flat.sizes["cell"]):
        cell = flat.isel(cell=position)
        code = str(cell["status"].values)
        if code == LEFT:
            left += 1
        elif Status(code).falls_short or not Status(code).has_values:
            at = {dim: cell[dim].values.item() for dim in outer if dim != "approach"}
            approach = str(cell["approach"].values) if "approach" in outer else str(dataset.attrs.get("approach", EXACT))
            short.append(Shortfall(Status(code), str(cell["reason"].values), approach, at))
    recorded = json.loads(dataset.attrs.get("versions", "{}"))
    return Tally(flat.sizes["cell"] - left, left, short, seconds_left=None if left else 0.0, versions=[recorded] if recorded else [])


def _varying(parameters: Sequence[Mapping[str, float]]) -> set[str]:
    """Names of the parameters that take several values."""
    return {name for name in {name for one in parameters for name in one} if len({one.get(name) for one in parameters}) > 1}
