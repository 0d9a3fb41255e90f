"""P1 Fig. 6(a)-(c): third-order cumulants of the central spin with and without symmetry breaking.

P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023), Appendix C; parameters as in Figs. 3(b) and 3(c).  The number of
satellites at which the symmetry breaks is where the symmetric state loses its stability against charged moments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq

from permsym import plot
from permsym.cumulants.equations import Truncation, equations
from permsym.cumulants.followed.sizes import SizeBranch
from permsym.cumulants.path import model_at, over_parameter
from permsym.cumulants.steady import charged_growth
from permsym.figures.branches import P0_UP, Line, Quantities, draw_curves, inverse, with_curves
from permsym.figures.paper1.fig3 import FIXED_KAPPA, against_size, plot_pump, table_pump, table_sizes
from permsym.models.registry import lookup
from permsym.progress import Counter
from permsym.sweeps.grid import sweep

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["compute_a", "compute_b", "compute_c", "plot_a", "plot_b", "plot_c", "table_onset", "table_pump", "table_sizes"]

METHODS = ("exact", "mf", "c3", "c3-broken")
LINES = ("mf", "c3", "c3-broken")
AMPLITUDE: Quantities = {"amplitude": lambda moment, N: abs(moment("+0"))}


def compute_a(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    data = against_size(FIXED_KAPPA, METHODS, LINES, largest, command, progress)
    data.attrs["onset"] = onset(FIXED_KAPPA)
    return data


def compute_b(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """|<s0+>| of the third order with charged moments."""
    data = sweep(
        "central-spin",
        {"N": sorted({n for n in (2, 3, 4, 5, 6, 10, 20, 25, 26, 27, 30, 50, 100, 150) if n < largest} | {largest})},
        methods=METHODS,
        moments=["+0", "z0"],
        command=command,
        progress=progress,
        **FIXED_KAPPA,
    )
    data = with_curves(data, ("mf", "c3-broken"), Line("central-spin", AMPLITUDE, "N", 2.0, 1e4, FIXED_KAPPA))
    data.attrs["onset"] = onset(FIXED_KAPPA)
    return data


def compute_c(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """Pump ratios at one size; --max-N sets that size."""
    pump = np.linspace(0.0, 2.0, 102)[1:-1].tolist()
    fixed: dict[str, Any] = FIXED_KAPPA | {"N": largest, "gamma_down": "2 - gamma_up"}
    del fixed["gamma_up"]
    data = sweep("central-spin", {"gamma_up": pump}, methods=("exact", "mf"), command=command, progress=progress, **fixed)
    return with_curves(data, ("c2", "c3", "c3-broken"), Line("central-spin", P0_UP, "gamma_up", pump[0], pump[-1], fixed))


def onset(fixed: dict[str, Any], order: int = 3, low: float = 5.0, high: float = 200.0) -> float:
    """Number of satellites, a real number, beyond which the symmetric state is unstable against breaking its symmetry."""
    source = lookup("central-spin")
    charged = equations(model_at(source, {**fixed, "N": high}), order=order, break_symmetry=True)

    branch = SizeBranch(over_parameter(source, {**fixed, "N": high}, "N", Truncation(order)), order)

    def growth(N: float) -> float:
        point, _ = branch.at(N)
        return charged_growth(charged.at(model_at(source, {**fixed, "N": N})), point)

    return float(brentq(growth, low, high, xtol=1e-6))


def plot_a(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with plot.drawing() as (figure, (axes,)):
        draw_curves(axes, data, "p0_up", "N", inverse)
        axes.plot(1 / data["N"].values, data["p0_up"].sel({"approach": "exact"}), **plot.METHODS["exact"])
        axes.axvline(1 / data.attrs["onset"], color="#999999", linewidth=0.8, label=rf"onset, $N={data.attrs['onset']:.1f}$")
        axes.set_ylabel(r"central population $p_0^\uparrow$")
        plot.infinite_size_axis(axes)
        axes.set_xlim(0, 0.105)
        axes.set_ylim(0.2, 0.65)
        plot.panel_letter(axes, "a")
        axes.legend(title=r"$\kappa/N=1/16,\ g=3/4$", title_fontsize=8, loc="best")
        save(figure)


def plot_b(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with plot.drawing() as (figure, (axes,)):
        draw_curves(axes, data, "amplitude", "N", inverse)
        axes.axvline(1 / data.attrs["onset"], color="#999999", linewidth=0.8, label=rf"onset, $N={data.attrs['onset']:.1f}$")
        axes.set_ylabel(r"$|\langle\sigma_0^+\rangle|$")
        plot.infinite_size_axis(axes)
        axes.set_xlim(0, 0.105)
        axes.set_ylim(bottom=-0.01)
        plot.panel_letter(axes, "b")
        axes.legend(loc="best")
        save(figure)


def plot_c(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    plot_pump(data, 0.75, None, save)


def table_onset(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N", "|<+0>| mf", "|<+0>| c3-broken", "status c3-broken")]
    for n in data["N"].values:
        mf, broken = (data.sel({"N": n, "approach": method}) for method in ("mf", "c3-broken"))
        sizes = [float(np.hypot(one["moment_real"].sel(moment="+0"), one["moment_imag"].sel(moment="+0"))) for one in (mf, broken)]
        rows.append((f"{n:.0f}", *(f"{value:.10f}" for value in sizes), str(broken["status"].values)))
    return rows
