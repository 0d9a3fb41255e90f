"""P1 Fig. 4(b): scaled photon number <a^dag a>/N of the Tavis-Cummings model against 1/N.

P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023), Sec. V B: g sqrt(N) = 9/10, omega = epsilon = kappa = 1,
Gamma_T = 1/2, Gamma_up = 3/4 Gamma_T.  The paper cuts the photon space at 20 levels; here every N has its own cut-off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from permsym import plot
from permsym.figures.branches import PHOTONS, Line, draw_curves, inverse, statuses, with_curves
from permsym.progress import Counter
from permsym.sweeps.grid import sweep

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_SIZES = (*range(1, 13), 14, 16, 18, 20, 25, 30, 40, 50, 70, 100, 150, 200)
PARAMETERS: dict[str, Any] = {
    "omega": 1.0, "epsilon": 1.0, "kappa": 1.0, "g": "0.9/sqrt(N)", "gamma_up": 0.375, "gamma_down": 0.125, "levels": "auto",
}  # fmt: skip
METHODS = ("exact", "mf", "c2", "c3", "c4", "c5")
FARTHEST = 1e6


def sizes(largest: int) -> list[int]:
    """Numbers of emitters up to the largest one asked for, which is included."""
    return sorted({n for n in _SIZES if n < largest} | {largest})


def scaled_photons(methods: Sequence[str], largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """The sweep over N with all moments up to order 2 by each method, and lines of the approximations to N = 10^6."""
    data = sweep("tavis-cummings", {"N": sizes(largest)}, methods=methods, command=command, progress=progress, **PARAMETERS)
    lines = [method for method in methods if method != "exact"]
    return with_curves(data, lines, Line("tavis-cummings", PHOTONS, "N", 1.0, FARTHEST, {**PARAMETERS, "levels": "auto"}))


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    return scaled_photons(METHODS, largest, command, progress)


def plot_panel(data: xr.Dataset, save: Callable[[Figure], None], letter: str = "b") -> None:
    scaled = data["photons"] / data["N"]
    with plot.drawing() as (figure, (axes,)):
        draw_curves(axes, data, "photons_per_emitter", "N", inverse)
        axes.plot(1 / data["N"].values, scaled.sel({"approach": "exact"}), **plot.METHODS["exact"])
        axes.set_ylim(0, 0.16)
        axes.set_ylabel(r"scaled photon number $\langle a^\dagger a\rangle/N$")
        plot.infinite_size_axis(axes)
        axes.set_xlim(0, 0.25)
        plot.panel_letter(axes, letter)
        axes.legend(title=r"$g\sqrt{N}=0.9,\ \Gamma_\uparrow=3\Gamma_T/4$", title_fontsize=8, loc="lower right", ncols=2)
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    methods = [str(name) for name in data["approach"].values]
    rows: list[Sequence[str]] = [("N", *(f"<ad a>/N {name}" for name in methods), "error bound", "g2 exact", "status")]
    for n in data["N"].values:
        points = {name: data.sel({"N": n, "approach": name}) for name in methods}
        exact = points["exact"]
        values = (f"{float(point['photons']) / n:.12f}" for point in points.values())
        error = f"{float(exact['moment_error'].sel(moment='ad a')) / n:.0e}"
        rows.append((f"{n:.0f}", *values, error, f"{float(exact['g2']):.10f}", statuses(points)))
    return rows
