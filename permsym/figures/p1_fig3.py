"""P1 Fig. 3: population of the central spin, exact and in mean field, at both scalings and across the pump threshold.

P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023): omega = epsilon = 1, Gamma_T = 2 and, but for (c),
Gamma_up = 3/2; (a) g sqrt(N) = 3, kappa = 1; (b) kappa/N = 1/16, g = 3/4; (c) as (b) at N = 50.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.cumulants.mean_field import threshold
from permsym.sweep.grid import Progress, sweep

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 125, 150, 200, 300, 500, 1000, 2000, 5000, 10_000, 30_000, 100_000)
FIXED_G: dict[str, Any] = {"g": "3/sqrt(N)", "kappa": 1.0, "gamma_up": 1.5, "gamma_down": 0.5}
FIXED_KAPPA: dict[str, Any] = {"g": 0.75, "kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5}
METHODS = ("exact", "mf")


def sizes(largest: int) -> list[int]:
    """Numbers of satellites up to the largest one asked for, which is included."""
    return sorted({n for n in _SIZES if n < largest} | {largest})


def compute_a(largest: int, command: str, progress: Progress | None) -> xr.Dataset:
    return sweep("central-spin", {"N": sizes(largest)}, methods=METHODS, command=command, progress=progress, **FIXED_G)


def compute_b(largest: int, command: str, progress: Progress | None) -> xr.Dataset:
    return sweep("central-spin", {"N": sizes(largest)}, methods=METHODS, command=command, progress=progress, **FIXED_KAPPA)


def compute_c(largest: int, command: str, progress: Progress | None) -> xr.Dataset:
    """200 pump ratios at one size; --max-N sets that size."""
    pump = np.linspace(0.0, 2.0, 202)[1:-1].tolist()
    fixed = FIXED_KAPPA | {"N": largest, "gamma_down": "2 - gamma_up"}
    del fixed["gamma_up"]
    return sweep("central-spin", {"gamma_up": pump}, methods=METHODS, command=command, progress=progress, **fixed)


def plot_a(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    _against_size(data, save, "a", r"$g\sqrt{N}=3,\ \kappa=1$")


def plot_b(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    _against_size(data, save, "b", r"$\kappa/N=1/16,\ g=3/4$")


def _against_size(data: xr.Dataset, save: Callable[[Figure], None], letter: str, title: str) -> None:
    with plot.drawing() as (figure, (axes,)):
        inverse = 1 / data["N"].values
        for method in ("mf", "exact"):
            axes.plot(inverse, data["p0_up"].sel({"method": method}), **plot.METHODS[method])
        # the mean-field value at the largest N, extended to the left edge
        axes.plot(
            [0, inverse.min()], [data["p0_up"].sel({"method": "mf"}).values[-1]] * 2, color=plot.METHODS["mf"]["color"], linestyle=":"
        )
        axes.set_ylabel(r"central population $p_0^\uparrow$")
        plot.infinite_size_axis(axes)
        plot.panel_letter(axes, letter)
        axes.legend(title=title, title_fontsize=8, loc="best")
        save(figure)


def plot_c(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with plot.drawing() as (figure, (axes,)):
        ratio = data["gamma_up"].values / 2
        line = {**plot.METHODS["exact"], "marker": "", "linestyle": "-"}  # dense enough for a line
        axes.plot(ratio, data["p0_up"].sel({"method": "mf"}), **plot.METHODS["mf"])
        axes.plot(ratio, data["p0_up"].sel({"method": "exact"}), **line)
        critical = threshold(data.attrs["N"], data.attrs["g"], data.attrs["kappa"], 1.0, 1.0)
        axes.axvline(critical, color="#999999", linewidth=0.8, label=rf"$R_c = {critical:.3f}$")
        axes.set_xlim(0, 1)
        axes.set_xlabel(r"pump ratio $\Gamma_\uparrow/\Gamma_T$")
        axes.set_ylabel(r"central population $p_0^\uparrow$")
        plot.panel_letter(axes, "c")
        axes.legend(title=rf"$N={data.attrs['N']:.0f},\ \kappa/N=1/16,\ g=3/4$", title_fontsize=8, loc="upper left")
        save(figure)


def table_sizes(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N", "p0_up exact", "error bound", "p0_up mean field", "mf - exact", "status")]
    for n in data["N"].values:
        exact, mf = (data.sel({"N": n, "method": method}) for method in METHODS)
        rows.append(_row(f"{n:.0f}", exact, mf))
    return rows


def table_pump(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("gamma_up", "p0_up exact", "error bound", "p0_up mean field", "mf - exact", "status")]
    for value in data["gamma_up"].values[9::20]:
        exact, mf = (data.sel({"gamma_up": value, "method": method}) for method in METHODS)
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
