"""P1 Fig. 4(a): population of the central spin in cumulant expansions of order 2 to 8, against 1/N at fixed kappa/N.

P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023), Sec. V A; parameters as in Fig. 3(b).  The inset shows what the paper
calls numerical noise of the fifth order: its stable branch ends in a fold, and beyond there is no stable fixed point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot as style
from permsym.figures.branches import draw_curves, inverse
from permsym.figures.paper1.fig3 import FIXED_KAPPA, against_size
from permsym.figures.paper1.fig3 import table_sizes as table
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["compute", "plot", "table"]

METHODS = ("exact", "mf", "c2", "c3", "c4", "c5")
LINES = ("mf", "c2", "c3", "c4", "c5", "c6", "c7", "c8")
BEYOND = dict.fromkeys(("c6", "c7", "c8"), 160.0)
"""Orders beyond the paper's, as far as all of them are stable: C8 loses its stability at N = 169."""


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    return against_size(FIXED_KAPPA, METHODS, LINES, largest, command, progress, BEYOND)


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with style.drawing(width=4.4, height=3.6) as (figure, (axes,)):
        draw_curves(axes, data, "p0_up", "N", inverse)
        axes.plot(1 / data["N"].values, data["p0_up"].sel({"approach": "exact"}), **style.METHODS["exact"])
        axes.set_ylabel(r"central population $p_0^\uparrow$")
        axes.set_ylim(0.18, 0.82)
        style.infinite_size_axis(axes)
        axes.set_xlim(0, 0.105)
        style.panel_letter(axes, "a")
        axes.legend(title=r"$\kappa/N=1/16,\ g=3/4$", title_fontsize=8, loc="upper left", ncols=3, columnspacing=1.0, handlelength=1.5)
        inset = axes.inset_axes((0.5, 0.11, 0.47, 0.3))
        draw_curves(inset, data, "p0_up", "N", np.asarray, ("c3", "c5"))
        inset.set_xscale("log")
        inset.set_xlim(3e2, 1e6)
        inset.set_ylim(0.21, 0.32)
        inset.set_xlabel("$N$", fontsize=7, labelpad=0)
        inset.tick_params(labelsize=6)
        save(figure)
