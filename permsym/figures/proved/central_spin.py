"""Proved bounds of the central spin's population, and the approximations that they exclude; parameters of P1 Fig. 3(b).

(a) the interval of degree 4 beside exact values and approximations; (b) distance of each approximation from the exact value, beside the
distances of both ends.  Filled marks lie outside the interval: these approximations are wrong, and no exact value is needed to say so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot
from permsym.figures.paper1.fig3 import FIXED_KAPPA
from permsym.progress import Counter
from permsym.sweeps.grid import sweep

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEGREE = 4
APPROXIMATIONS = ("mf", "c2", "c3", "c4", "c5", "ln")
_SIZES = (2, 4, 7, 10, 20, 50, 100, 200, 500, 1000, 3000, 10_000, 100_000, 1_000_000)
_LINEAR_NOISE = {"color": "#b45309", "linestyle": ":", "label": "linear noise"}
_LEAST = 1e-9  # distance that is drawn
_ROUNDING = 1e-12  # of the approximation's own value


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """p0_up by every approach at every size; that of ``bounds`` is the middle of the interval, its error half the width."""
    sizes = sorted({n for n in _SIZES if n < largest} | {largest})
    methods = ("exact", "bounds", *APPROXIMATIONS)
    options = {"bounds": {"degree": DEGREE, "gap": 1e-9}}
    return sweep(
        "central-spin", {"N": sizes}, methods=methods, moments=("z0",), options=options, command=command, progress=progress, **FIXED_KAPPA
    )


def ends(data: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Proved lower and upper ends over N."""
    proved = data.sel({"approach": "bounds"})
    return proved["p0_up"] - proved["p0_up_error"], proved["p0_up"] + proved["p0_up_error"]


def excluded(data: xr.Dataset, name: str) -> xr.DataArray:
    """Where an approximation lies outside the interval."""
    lower, upper = ends(data)
    value = data["p0_up"].sel({"approach": name})
    return (value < lower - _ROUNDING) | (value > upper + _ROUNDING)


def plot_panels(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with plot.drawing(columns=2, width=3.9, height=3.1) as (figure, (left, right)):
        _values(left, data)
        _distances(right, data)
        for axes, letter in ((left, "a"), (right, "b")):
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter("")
            axes.set_xlabel("$N$")
            plot.panel_letter(axes, letter)
        save(figure)


def _values(axes: Axes, data: xr.Dataset) -> None:
    lower, upper = ends(data)
    sizes = data["N"].values
    axes.fill_between(sizes, lower, upper, color=plot.METHODS["bounds"]["color"], alpha=0.25, linewidth=0, label=f"proved, $d={DEGREE}$")
    for name in ("mf", "c2", "c3"):
        axes.plot(sizes, data["p0_up"].sel({"approach": name}), **plot.METHODS[name])
    axes.plot(sizes, data["p0_up"].sel({"approach": "exact"}), **plot.METHODS["exact"])
    axes.set_ylabel(r"central population $p_0^\uparrow$")
    axes.legend(fontsize=7, loc="best")


def _distances(axes: Axes, data: xr.Dataset) -> None:
    sizes, exact = data["N"].values, data["p0_up"].sel({"approach": "exact"})
    lower, upper = ends(data)
    band = plot.METHODS["bounds"]["color"]
    for end, style, words in ((exact - lower, "-", "exact - lower end"), (upper - exact, "--", "upper end - exact")):
        axes.plot(sizes, np.where(end > _LEAST, end, np.nan), color=band, linestyle=style, linewidth=0.9, label=words)
    for name in APPROXIMATIONS:
        look = plot.METHODS.get(name, _LINEAR_NOISE)
        distance = np.abs(data["p0_up"].sel({"approach": name}).values - exact.values)
        wrong = excluded(data, name).values
        shown = distance > _LEAST
        axes.plot(sizes[shown], distance[shown], **look | {"linewidth": 0.7, "marker": "", "linestyle": look["linestyle"]})
        for where, face in ((wrong & shown, look["color"]), (~wrong & shown, "white")):
            axes.plot(sizes[where], distance[where], "o", markersize=3.2, color=look["color"], markerfacecolor=face)
    axes.set_yscale("log")
    axes.set_ylabel(r"$|p_0^\uparrow - p_0^\uparrow$, exact$|$")
    axes.set_ylim(1e-13, 1)  # room for the legend
    axes.legend(fontsize=6, loc="lower left", ncols=2, title="filled: proved wrong", title_fontsize=6.5)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N", "proved lower", "proved upper", "exact", "proved wrong")]
    lower, upper = ends(data)
    for i, n in enumerate(data["N"].values):
        wrong = [name for name in APPROXIMATIONS if bool(excluded(data, name)[i])]
        exact = float(data["p0_up"].sel({"approach": "exact"})[i])
        rows.append((f"{n:g}", f"{float(lower[i]):.9f}", f"{float(upper[i]):.9f}", f"{exact:.9f}", " ".join(wrong)))
    return rows
