"""P1 Fig. 6(d): scaled photon number of the Tavis-Cummings model, beside cumulants that may break the symmetry.

P. Fowler-Wright et al., Phys. Rev. Research 5, 033148 (2023), Appendix C; parameters as in Fig. 4(b).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from permsym.figures.paper1.fig4b import plot_panel, scaled_photons, table
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["METHODS", "compute", "plot", "table"]

METHODS = ("exact", "mf", "c3", "c3-broken")


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    return scaled_photons(METHODS, largest, command, progress)


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    plot_panel(data, save, "d")
