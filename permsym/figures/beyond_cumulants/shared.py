"""A steady state against N by every approach: a sweep of single points, so that each one's seconds are known, and its picture.

Truncated Wigner has error bars, half widths of its 95 % intervals.  A cross is a value that is not certified, not reliable, unstable or
unphysical, and no line goes through it; one far from all sound values is left out.  Linear noise has no value where its own diagnosis
refuses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import permsym as ps
from permsym import plot
from permsym.dataset.schema import CONVENTION
from permsym.dataset.status import EXACT, Outcome, Status, spelled
from permsym.figures.labelled import counted, labelled, outcomes
from permsym.figures.two_time.shared import draw_points, sizes
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

APPROACHES = (EXACT, "mf", "c2", "c3", "c4", "c5", "twa", "ln")
SIZES = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
SAMPLED = {"seed": 1, "trajectories": 1024}
"""Options of truncated Wigner: sixteen times its usual number of trajectories, so that bars are a quarter of the usual ones."""


@dataclass(frozen=True)
class Shown:
    """A quantity of the picture.

    name     of its variable
    source   a derived quantity's name, or a moment's label
    label    of its axis
    words    what it is
    share    whether it is drawn divided by N
    """

    name: str
    source: str
    label: str
    words: str
    share: bool = False


@dataclass(frozen=True)
class Beyond:
    """A figure: one model against N.

    moments   labels that the quantities need
    reach     largest N that is solved exactly
    """

    model: str
    fixed: dict[str, Any]
    title: str
    moments: tuple[str, ...]
    shown: tuple[Shown, ...]
    reach: int

    def compute(self, largest: int, command: str, progress: Counter | None) -> xr.Dataset:
        """Values, errors, outcomes and seconds over N and approach."""
        numbers, approaches = sizes(largest, SIZES), list(APPROACHES)
        count, over = counted(progress, len(numbers) * len(approaches)), ("N", "approach")
        shape = len(numbers), len(approaches)
        values = np.full((2 * len(self.shown), *shape), np.nan)
        seconds, status = np.full(shape, np.nan), np.empty(shape, dtype=object)
        for i, n in enumerate(numbers):
            for k, approach in enumerate(approaches):
                values[:, i, k], seconds[i, k], status[i, k] = self._cell(n, approach)
                count()
        entries: dict[str, Any] = {}
        for one, value, error in zip(self.shown, values[::2], values[1::2], strict=True):
            entries[one.name] = (over, value, "1", one.words)
            entries[f"{one.name}_error"] = (over, error, "1", f"error of {one.name}: exact an estimate, twa half the 95 % interval")
        return labelled(
            {
                "N": (("N",), numbers, "1", "number of satellites"),
                "approach": (("approach",), approaches, "1", "how the point was computed"),
            },
            {
                **entries,
                "time_total": (over, seconds, "s", "time that the point took; the first of an approach includes compiling and deriving"),
                **outcomes(over, status),
            },
            {"model": self.model, "command": command, "convention": CONVENTION, **SAMPLED, "exact_up_to": self.reach, **self.fixed},
        )

    def _cell(self, n: int, approach: str) -> tuple[NDArray[np.float64], float, Outcome]:
        """Values and errors in turn, seconds, and how the point came out."""
        nothing = np.full(2 * len(self.shown), np.nan)
        if approach == EXACT and n > self.reach:
            return nothing, np.nan, (Status.NOT_APPLICABLE, f"this figure has exact values up to N = {self.reach}")
        options = {"twa": SAMPLED} if approach == "twa" else None
        began = time.perf_counter()
        data = ps.sweep(self.model, {"N": [n]}, methods=[approach], moments=self.moments, options=options, **self.fixed)
        seconds = time.perf_counter() - began
        point = data.isel(N=0)
        values = np.concatenate([_value(point, one.source) for one in self.shown])
        return values, seconds, (Status(str(point["status"].values)), str(point["reason"].values))

    # -- the picture ------------------------------------------------------------------------------------------------------

    def plot(self, data: xr.Dataset, save: Callable[[Figure], None]) -> None:
        """A panel for each quantity, and the seconds of each point."""
        letters = "abcd"[: len(self.shown) + 1]
        with plot.drawing(columns=2, rows=2, width=3.9, height=3.0) as (figure, panels):
            for axes, one in zip(panels, self.shown, strict=False):
                self._panel(axes, data, one)
            last = panels[len(self.shown)]
            for approach in data["approach"].values.astype(str):
                last.plot(data["N"], data["time_total"].sel(approach=approach), **_look(approach))
            last.set_yscale("log")
            last.set_ylabel("seconds a point")
            for letter, axes in zip(letters, panels, strict=False):
                axes.set_xscale("log")
                axes.set_xlabel("$N$")
                plot.panel_letter(axes, letter)
            for axes in panels[len(letters) :]:
                axes.remove()
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(data["approach"]), fontsize=7)
            figure.suptitle(self.title, fontsize=9)
            save(figure)

    def _panel(self, axes: Axes, data: xr.Dataset, one: Shown) -> None:
        number = data["N"].values.astype(float)
        scale = number if one.share else np.ones(len(number))
        for approach in (*(name for name in data["approach"].values.astype(str) if name != EXACT), EXACT):
            own = data.sel(approach=approach)
            value, error = own[one.name].values / scale, own[f"{one.name}_error"].values / scale
            status = own["status"].values.astype(str)
            draw_points(axes, number, value, status, approach)
            if approach == "twa":
                axes.errorbar(number, value, yerr=error, linestyle="none", capsize=2, color=_look(approach)["color"], linewidth=1)
        axes.set_ylabel(one.label)
        sound = (data[one.name].values / scale[:, None])[data["status"].values == Status.OK]
        low, high = np.nanmin(sound), np.nanmax(sound)
        axes.set_ylim(max(axes.get_ylim()[0], low - (high - low) / 2), min(axes.get_ylim()[1], high + (high - low) / 2))

    def table(self, data: xr.Dataset) -> Sequence[Sequence[str]]:
        """A row for each size and approach."""
        names = [one.name for one in self.shown]
        rows: list[Sequence[str]] = [("N", "approach", *(part for name in names for part in (name, "error")), "seconds", "status")]
        for n in data["N"].values:
            for approach in data["approach"].values.astype(str):
                point = data.sel(N=n, approach=approach)
                how = spelled(str(point["status"].values), str(point["reason"].values))
                cells = [text for name in names for text in (f"{float(point[name]):.7g}", f"{float(point[f'{name}_error']):.1e}")]
                rows.append((f"{n}", approach, *cells, f"{float(point['time_total']):.2f}", how))
        return rows


def _look(approach: str) -> dict[str, Any]:
    return plot.METHODS[approach]


def _value(point: xr.Dataset, source: str) -> tuple[float, float]:
    """Value and error of a derived quantity or a moment; nan where there is none."""
    if source in point:
        name = f"{source}_error"
        return float(point[source]), float(point[name]) if name in point else np.nan
    if "moment" in point.dims and source in point["moment"].values:
        one = point.sel(moment=source)
        return float(one["moment_real"]), float(one["moment_error"]) if "moment_error" in one else np.nan
    return np.nan, np.nan
