"""A quantity against N by every approach beside its proved interval.

(a) the interval, exact values and approximations; (b) distance of each approximation from the exact value, and where there is none, from
the interval: it is wrong by so much at least.  Filled marks lie outside the interval, and no exact value is needed to say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.dataset.schema import CONVENTION
from permsym.dataset.status import BOUNDS, EXACT, Outcome, Status
from permsym.figures.labelled import counted, labelled, outcomes
from permsym.figures.two_time.shared import sizes
from permsym.progress import Counter
from permsym.sweeps.grid import sweep

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAST = 1e-9  # distance that is drawn, of the largest value
_ROUNDING = 1e-12  # of the approximation's own value


@dataclass(frozen=True)
class Proved:
    """A figure of one quantity of one model.

    source          of its values: a derived quantity's name
    axis            its label without dollar signs
    words           what it is
    share           whether it is divided by N
    degree, gap     of the interval; the gap is one of what is drawn
    approximations  in (b); those ``beside`` the interval in (a)
    reach           largest N that is solved exactly
    """

    model: str
    fixed: dict[str, Any]
    moment: str
    source: str
    axis: str
    words: str
    degree: float
    gap: float
    approximations: tuple[str, ...]
    beside: tuple[str, ...]
    reach: int
    numbers: tuple[int, ...]
    share: bool = False

    def compute(self, largest: int, command: str, progress: Counter | None) -> xr.Dataset:
        """The quantity by every approach at every size; that of ``bounds`` is the middle of the interval, its error half the width."""
        numbers, approaches = sizes(largest, self.numbers), (EXACT, BOUNDS, *self.approximations)
        count, over, shape = counted(progress, len(numbers) * len(approaches)), ("N", "approach"), (len(numbers), len(approaches))
        values, errors, status = np.full(shape, np.nan), np.full(shape, np.nan), np.empty(shape, dtype=object)
        for i, n in enumerate(numbers):
            for k, approach in enumerate(approaches):
                values[i, k], errors[i, k], status[i, k] = self._cell(n, approach)
                count()
        return labelled(
            {
                "N": (("N",), numbers, "1", "number of satellites"),
                "approach": (("approach",), list(approaches), "1", "how the point was computed"),
            },
            {
                "value": (over, values, "1", self.words),
                "error": (
                    over,
                    errors,
                    "1",
                    "of bounds half the width of the interval, of exact an estimate, of twa half the 95 % interval",
                ),
                **outcomes(over, status),
            },
            {"model": self.model, "command": command, "convention": CONVENTION, "degree": self.degree, "gap": self.gap, **self.fixed},
        )

    def _cell(self, n: int, approach: str) -> tuple[float, float, Outcome]:
        if approach == EXACT and n > self.reach:
            return np.nan, np.nan, (Status.NOT_APPLICABLE, f"this figure has exact values up to N = {self.reach}")
        scale = n if self.share else 1
        options: Any = {BOUNDS: {BOUNDS: {"degree": self.degree, "gap": self.gap * scale}}, "twa": {"twa": {"seed": 1}}}.get(approach)
        point = sweep(self.model, {"N": [n]}, methods=[approach], moments=(self.moment,), options=options, **self.fixed).isel(N=0)
        how = Status(str(point["status"].values)), str(point["reason"].values)
        if how[0] is not Status.OK or self.source not in point:
            return np.nan, np.nan, how
        error = float(point[f"{self.source}_error"]) if f"{self.source}_error" in point else np.nan
        return float(point[self.source]) / scale, error / scale, how

    def plot(self, data: xr.Dataset, save: Callable[[Figure], None]) -> None:
        """Both panels."""
        with plot.drawing(columns=2, width=3.9, height=3.1) as (figure, (left, right)):
            self._values(left, data)
            self._distances(right, data)
            for axes, letter in ((left, "a"), (right, "b")):
                axes.set_xscale("log")
                axes.xaxis.set_minor_formatter("")
                axes.set_xlabel("$N$")
                plot.panel_letter(axes, letter)
            save(figure)

    def _values(self, axes: Axes, data: xr.Dataset) -> None:
        lower, upper = ends(data)
        numbers, values = data["N"].values, data["value"]
        axes.fill_between(
            numbers, lower, upper, color=plot.METHODS[BOUNDS]["color"], alpha=0.25, linewidth=0, label=f"proved, $d={self.degree:g}$"
        )
        for name in (*(name for name in self.beside if name in data["approach"]), EXACT):
            axes.plot(numbers, values.sel(approach=name), **plot.METHODS[name])
        axes.set_ylabel(f"{self.words} ${self.axis}$")
        axes.legend(fontsize=7, loc="best")

    def _distances(self, axes: Axes, data: xr.Dataset) -> None:
        numbers, exact = data["N"].values, data["value"].sel(approach=EXACT)
        lower, upper = ends(data)
        least = _LEAST * float(np.abs(upper).max())
        for end, style, words in ((exact - lower, "-", "lower end"), (upper - exact, "--", "upper end")):
            shown = np.where(end > least, end, np.nan)
            axes.plot(numbers, shown, color=plot.METHODS[BOUNDS]["color"], linestyle=style, linewidth=0.9, label=words)
        for name in approximations(data):
            look, wrong = plot.METHODS[name], excluded(data, name).values
            distance = distances(data, name)
            shown = distance > least
            if not shown.any():
                continue
            axes.plot(numbers[shown], distance[shown], **look | {"linewidth": 0.7, "marker": "", "linestyle": look.get("linestyle", "-")})
            for where, face in ((wrong & shown, look["color"]), (~wrong & shown, "white")):
                axes.plot(numbers[where], distance[where], "o", markersize=3.2, color=look["color"], markerfacecolor=face)
        axes.set_yscale("log")
        axes.set_ylabel("distance from the exact value" if self.reach >= numbers[-1] else f"distance ($N>{self.reach}$: from the interval)")
        low, high = axes.get_ylim()
        axes.set_ylim(low * (low / high) ** 0.5, high)  # room for the legend
        axes.legend(fontsize=6, loc="lower left", ncols=3, title="filled: proved wrong", title_fontsize=6.5)

    def table(self, data: xr.Dataset) -> Sequence[Sequence[str]]:
        """A row for each size."""
        rows: list[Sequence[str]] = [("N", "proved lower", "proved upper", "exact", "proved wrong")]
        lower, upper = ends(data)
        exact = data["value"].sel(approach=EXACT)
        for i, n in enumerate(data["N"].values):
            wrong = [name for name in approximations(data) if bool(excluded(data, name)[i])]
            rows.append((f"{n:g}", *(f"{float(x[i]):.9f}" for x in (lower, upper, exact)), " ".join(wrong)))
        return rows


def approximations(data: xr.Dataset) -> list[str]:
    """Approaches that an interval judges."""
    return [name for name in data["approach"].values.astype(str) if name not in (EXACT, BOUNDS)]


def ends(data: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Proved lower and upper ends over N."""
    proved = data.sel(approach=BOUNDS)
    return proved["value"] - proved["error"], proved["value"] + proved["error"]


def distances(data: xr.Dataset, name: str) -> Any:
    """Distance of an approximation from the exact value; from the interval where there is none."""
    lower, upper = ends(data)
    value, exact = data["value"].sel(approach=name), data["value"].sel(approach=EXACT)
    outside = np.maximum(np.maximum(lower - value, value - upper), 0.0)
    return np.where(np.isnan(exact), outside, np.abs(value - exact))


def excluded(data: xr.Dataset, name: str) -> xr.DataArray:
    """Where an approximation lies outside the interval, one that is sampled with its error bar."""
    lower, upper = ends(data)
    own = data.sel(approach=name)
    bar = own["error"].fillna(0.0) if name == "twa" else 0.0
    return (own["value"] + bar < lower - _ROUNDING) | (own["value"] - bar > upper + _ROUNDING)
