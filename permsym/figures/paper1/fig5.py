"""P1 Fig. 5: satellite-satellite and central-satellite correlations against 1/sqrt(N), at both scalings.

(a, b) g sqrt(N) = 3, kappa = 1; (c, d) kappa/N = 1/16, g = 3/4.  Mean field: |<sn+>|^2 and <s0+><sn->.
P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023), Appendix B.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot as style
from permsym.figures.branches import Line, draw_curves, with_curves
from permsym.figures.paper1.fig3 import FARTHEST, FIXED_G, FIXED_KAPPA, METHODS, sizes
from permsym.progress import Counter
from permsym.sweeps.grid import sweep

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALINGS = {"fixed g sqrt(N)": FIXED_G, "fixed kappa/N": FIXED_KAPPA}
SWEPT = (*METHODS, "c2")
MOMENTS = ("z0", "+1 -2", "+0 -1")
TITLES = (r"$g\sqrt{N}=3,\ \kappa=1$", r"$\kappa/N=1/16,\ g=3/4$")
PANELS = (
    ("+1 -2", "moment_real", r"$\langle\sigma_n^+\sigma_m^-\rangle$"),
    ("+0 -1", "moment_imag", r"$\mathrm{Im}\,\langle\sigma_0^+\sigma_n^-\rangle$"),
)


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    import xarray as xr

    axis = {"N": sizes(largest)}
    runs = [
        sweep("central-spin", axis, methods=SWEPT, moments=MOMENTS, command=command, progress=progress, **fixed)
        for fixed in SCALINGS.values()
    ]
    # a parameter that varies in one scaling only becomes a coordinate of both
    for run in runs:
        for name in ("g", "kappa"):
            if name not in run.coords:
                run.coords[name] = (
                    "N",
                    np.full(run.sizes["N"], run.attrs[name]),
                    {"units": "frequency", "long_name": f"parameter {name}"},
                )
            run.attrs.pop(name, None)
    both = xr.concat(
        runs,
        dim=xr.Variable("scaling", list(SCALINGS), {"units": "1", "long_name": "what is fixed as N grows"}),
        combine_attrs="drop_conflicts",
    )
    both.attrs["definition"] = "[" + ", ".join(run.attrs["definition"] for run in runs) + "]"
    return both


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with style.drawing(columns=2, rows=2) as (figure, grid):
        cells = [(scaling, panel) for scaling in range(len(SCALINGS)) for panel in PANELS]
        for letter, axes, (scaling, (moment, variable, _)) in zip("abcd", grid, cells, strict=True):
            shown = data[variable].isel(scaling=scaling).sel(moment=moment)
            for method in ("mf", "c2", "exact"):
                axes.plot(1 / np.sqrt(data["N"].values), shown.sel({"approach": method}), **style.METHODS[method])
            _finish(axes, letter)
        save(figure)


def _finish(axes: Axes, letter: str) -> None:
    scaling, panel = divmod("abcd".index(letter), 2)
    axes.set_ylabel(PANELS[panel][2])
    axes.set_ylim(bottom=0)
    style.infinite_size_axis(axes, r"$1/\sqrt{N}$")
    style.panel_letter(axes, letter)
    axes.legend(title=TITLES[scaling], title_fontsize=8, loc="best")


def title(letter: str) -> str:
    """Title of one panel."""
    scaling, panel = divmod("abcd".index(letter), 2)
    return f"P1 Fig. 5({letter}): {('<s+ s->', 'Im <s0+ s->')[panel]} against 1/sqrt(N) at {list(SCALINGS)[scaling]}"


def computed(letter: str) -> Callable[[int, str, Counter | None], xr.Dataset]:
    """The sweep and the lines of one panel."""
    scaling, panel = divmod("abcd".index(letter), 2)
    fixed, (moment, variable, _) = list(SCALINGS.values())[scaling], PANELS[panel]

    def correlation(value: Callable[[str], complex], N: float) -> float:
        return value(moment).real if variable == "moment_real" else value(moment).imag

    def run(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
        data = sweep("central-spin", {"N": sizes(largest)}, methods=SWEPT, moments=MOMENTS, command=command, progress=progress, **fixed)
        return with_curves(data, ("mf", "c2"), Line("central-spin", {"correlation": correlation}, "N", 2.0, FARTHEST, fixed))

    return run


def plotted(letter: str) -> Callable[[xr.Dataset, Callable[[Figure], None]], None]:
    """The picture of one panel."""
    moment, variable, _ = PANELS["abcd".index(letter) % 2]

    def draw(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
        with style.drawing() as (figure, (axes,)):
            draw_curves(axes, data, "correlation", "N", lambda N: 1 / np.sqrt(N))
            exact = data[variable].sel({"moment": moment, "approach": "exact"})
            axes.plot(1 / np.sqrt(data["N"].values), exact, **style.METHODS["exact"])
            _finish(axes, letter)
            axes.set_xlim(0, 0.75)
            save(figure)

    return draw


def table_panel(data: xr.Dataset) -> Sequence[Sequence[str]]:
    """Both correlations at one scaling."""
    rows: list[Sequence[str]] = [("N", "<+1 -2> exact", "<+1 -2> c2", "Im<+0 -1> exact", "Im<+0 -1> c2", "error bound", "status")]
    for n in data["N"].values:
        exact, second = (data.sel({"N": n, "approach": method}) for method in ("exact", "c2"))
        values = [f"{float(each[variable].sel(moment=moment)):.10f}" for moment, variable, _ in PANELS for each in (exact, second)]
        rows.append((f"{n:.0f}", *values, f"{float(exact['error_estimate']):.0e}", str(exact["status"].values)))
    return rows


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [
        ("scaling", "N", "<+1 -2> exact", "<+1 -2> mf", "Im<+0 -1> exact", "Im<+0 -1> mf", "error bound", "status")
    ]
    for scaling in data["scaling"].values:
        for n in data["N"].values:
            exact, mf = (data.sel({"scaling": scaling, "N": n, "approach": method}) for method in METHODS)
            values = [f"{float(each[variable].sel(moment=moment)):.10f}" for moment, variable, _ in PANELS for each in (exact, mf)]
            rows.append((str(scaling), f"{n:.0f}", *values, f"{float(exact['error_estimate']):.0e}", str(exact["status"].values)))
    return rows
