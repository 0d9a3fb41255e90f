"""P1 Fig. 3: population of the central spin, exact, in mean field and to second order, at both scalings and across the threshold.

P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023): omega = epsilon = 1, Gamma_T = 2 and, but for (c),
Gamma_up = 3/2; (a) g sqrt(N) = 3, kappa = 1; (b) kappa/N = 1/16, g = 3/4; (c) as (b) at N = 50.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.figures.branches import P0_UP, Line, draw_curves, inverse, with_curves
from permsym.models.closed_forms import threshold
from permsym.progress import Counter
from permsym.sweeps.grid import sweep
from permsym.sweeps.limits.infinite import limit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150, 200, 300, 500, 1000, 2000, 5000, 10_000, 30_000, 100_000)
FIXED_G: dict[str, Any] = {"g": "3/sqrt(N)", "kappa": 1.0, "gamma_up": 1.5, "gamma_down": 0.5}
FIXED_KAPPA: dict[str, Any] = {"g": 0.75, "kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5}
METHODS = ("exact", "mf")
COMPARED = ("exact", "mf", "c2")
FARTHEST = 1e6
"""Number of satellites to which lines are drawn: the left edge of an axis in 1/N."""
PUBLISHED = 150
"""Largest number of satellites in the paper; beyond it the exact limit is shown too."""


def sizes(largest: int) -> list[int]:
    """Numbers of satellites up to the largest one asked for, which is included."""
    return sorted({n for n in _SIZES if n < largest} | {largest})


def against_size(
    fixed: dict[str, Any],
    methods: Sequence[str],
    lines: Sequence[str],
    largest: int,
    command: str,
    progress: Counter | None,
    ends: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """The sweep over N by several methods, and lines of the approximations to N = 10^6."""
    data = sweep("central-spin", {"N": sizes(largest)}, methods=methods, command=command, progress=progress, **fixed)
    data = with_curves(data, lines, Line("central-spin", P0_UP, "N", 1.0, FARTHEST, fixed), ends)
    return with_limit(data, fixed) if largest > PUBLISHED else data


def with_limit(data: xr.Dataset, fixed: dict[str, Any]) -> xr.Dataset:
    """The exact limit N -> infinity and its error estimate beside the points: what the paper could only extrapolate."""
    exact = limit("central-spin", "p0_up", **fixed)
    for name, value, words in (("limit_p0_up", exact.value, "exact limit of p0_up"), ("limit_error", exact.error, "error estimate of it")):
        data[name] = ((), value, {"units": "1", "long_name": f"{words} as N -> infinity"})
    return data


def compute_a(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    return against_size(FIXED_G, COMPARED, ("mf", "c2"), largest, command, progress)


def compute_b(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    return against_size(FIXED_KAPPA, COMPARED, ("mf", "c2"), largest, command, progress)


def compute_c(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """200 pump ratios at one size; --max-N sets that size."""
    pump = np.linspace(0.0, 2.0, 202)[1:-1].tolist()
    fixed = FIXED_KAPPA | {"N": largest, "gamma_down": "2 - gamma_up"}
    del fixed["gamma_up"]
    data = sweep("central-spin", {"gamma_up": pump}, methods=METHODS, command=command, progress=progress, **fixed)
    return with_curves(data, ("c2",), Line("central-spin", P0_UP, "gamma_up", pump[0], pump[-1], fixed))


def plot_a(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    _against_size(data, save, "a", r"$g\sqrt{N}=3,\ \kappa=1$")


def plot_b(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    _against_size(data, save, "b", r"$\kappa/N=1/16,\ g=3/4$")


def _against_size(data: xr.Dataset, save: Callable[[Figure], None], letter: str, title: str) -> None:
    with plot.drawing() as (figure, (axes,)):
        draw_curves(axes, data, "p0_up", "N", inverse)
        axes.plot(1 / data["N"].values, data["p0_up"].sel({"approach": "exact"}), **plot.METHODS["exact"])
        if "limit_p0_up" in data:
            mark = {
                "marker": "D",
                "color": plot.METHODS["exact"]["color"],
                "linestyle": "none",
                "markerfacecolor": "white",
                "clip_on": False,
            }
            axes.plot([0], [float(data["limit_p0_up"])], label=r"exact, $N\to\infty$", zorder=4, **mark)
        axes.set_ylabel(r"central population $p_0^\uparrow$")
        plot.infinite_size_axis(axes)
        plot.panel_letter(axes, letter)
        axes.legend(title=title, title_fontsize=8, loc="best")
        save(figure)


def plot_d(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    """Errors of mean field and second order against the exact points of (b)."""
    with plot.drawing() as (figure, (axes,)):
        exact = data["p0_up"].sel({"approach": "exact"})
        for method in ("mf", "c2"):
            look = {**plot.METHODS[method], "marker": "o", "markersize": 2.5}
            axes.plot(1 / data["N"].values, np.abs(data["p0_up"].sel({"approach": method}) - exact), **look)
        axes.set_ylabel(r"error in $p_0^\uparrow$")
        axes.set_ylim(bottom=0)
        plot.infinite_size_axis(axes)
        plot.panel_letter(axes, "d")
        axes.legend(title=r"$\kappa/N=1/16,\ g=3/4$", title_fontsize=8, loc="best")
        save(figure)


def plot_c(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    critical = threshold(data.attrs["N"], data.attrs["g"], data.attrs["kappa"], 1.0, 1.0)
    plot_pump(data, critical, rf"$R_c = {critical:.3f}$", save)


def plot_pump(data: xr.Dataset, marked: float, label: str | None, save: Callable[[Figure], None]) -> None:
    """p0_up of every method against the pump ratio, with one ratio marked."""
    with plot.drawing() as (figure, (axes,)):
        ratio = data["gamma_up"].values / 2
        line = {**plot.METHODS["exact"], "marker": "", "linestyle": "-"}  # dense enough for a line
        axes.plot(ratio, data["p0_up"].sel({"approach": "mf"}), **plot.METHODS["mf"])
        draw_curves(axes, data, "p0_up", "gamma_up", lambda value: value / 2)
        axes.plot(ratio, data["p0_up"].sel({"approach": "exact"}), **line)
        axes.axvline(marked, ymax=0.7, color="#999999", linewidth=0.8, label=label)  # below the legend
        axes.set_xlim(0, 1)
        axes.set_ylim(top=0.95)  # for the legend
        axes.set_xlabel(r"pump ratio $\Gamma_\uparrow/\Gamma_T$")
        axes.set_ylabel(r"central population $p_0^\uparrow$")
        plot.panel_letter(axes, "c")
        axes.legend(title=rf"$N={data.attrs['N']:.0f},\ \kappa/N=1/16,\ g=3/4$", title_fontsize=8, loc="upper left", ncols=2)
        save(figure)


def table_sizes(data: xr.Dataset) -> Sequence[Sequence[str]]:
    methods = [str(name) for name in data["approach"].values if name != "exact"]
    rows: list[Sequence[str]] = [("N", "p0_up exact", "error bound", *(f"{method} - exact" for method in methods), "status")]
    for n in data["N"].values:
        exact = data.sel({"N": n, "approach": "exact"})
        differences = [f"{float(data['p0_up'].sel({'N': n, 'approach': method}) - exact['p0_up']):+.3e}" for method in methods]
        bound, status = f"{float(exact['error_estimate']):.0e}", str(exact["status"].values)
        rows.append((f"{n:.0f}", f"{float(exact['p0_up']):.12f}", bound, *differences, status))
    if "limit_p0_up" in data:
        rows.append(
            ("infinity", f"{float(data['limit_p0_up']):.12f}", f"{float(data['limit_error']):.0e}", *[""] * len(methods), "extrapolated")
        )
    return rows


def table_pump(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("gamma_up", "p0_up exact", "error bound", "p0_up mean field", "mf - exact", "status")]
    for value in data["gamma_up"].values[9::20]:
        exact, mf = (data.sel({"gamma_up": value, "approach": method}) for method in METHODS)
        rows.append(_row(f"{value:.4f}", exact, mf))
    return rows


def _row(head: str, exact: xr.Dataset, mf: xr.Dataset) -> tuple[str, ...]:
    difference = float(mf["p0_up"] - exact["p0_up"])
    return (
        head,
        f"{float(exact['p0_up']):.12f}",
        f"{float(exact['error_estimate']):.0e}",
        f"{float(mf['p0_up']):.12f}",
        f"{difference:+.2e}",
        str(exact["status"].values),
    )
