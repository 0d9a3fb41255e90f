"""P2 Fig. 3: |<a>|^2 of orders 2 and 3 relative to the semiclassical one at 1.05 eta_crit+, against N, for C from 2 to 20."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot as style
from permsym.cumulants.equations import equations
from permsym.driven_cavity.empty_cavity import from_empty_cavity
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, colours, curve, dataset, settled_outcome
from permsym.models.driven_tavis_cummings import driven_tavis_cummings
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

DRIVE = 1.05
COOPERATIVITIES = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0)
SIZES = (5, 7, 10, 13, 17, 20, 23, 26, 30, 35, 40, 44, 48, 55, 65, 80, 86, 87, 100, 150, 250, 500, 1000)
ORDERS = (2, 3)


def compute(
    largest: int, command: str, progress: Counter | None, cooperativities: Sequence[float] = COOPERATIVITIES, drive: float = DRIVE
) -> xr.Dataset:
    sizes = [n for n in SIZES if n <= largest]
    shape = (len(cooperativities), len(ORDERS), len(sizes))
    ratio, inversion = np.full(shape, np.nan), np.full(shape, np.nan)
    status, count = np.empty(shape, dtype=object), counted(progress, ratio.size)
    for i, C in enumerate(cooperativities):
        bloch = curve(C)
        limit = next(state.photons for state in bloch.steady_states(drive * bloch.critical.upper) if state.stable)
        for j, order in enumerate(ORDERS):
            built = None
            for k, n in enumerate(sizes):
                model = driven_tavis_cummings(n, C=C, drive=drive, kappa=KAPPA, gamma_h=GAMMA_H)
                built = built.at(model) if built is not None else equations(model, order=order, closure="no-three-spin")
                settled, first = from_empty_cavity(built)
                status[i, j, k], inversion[i, j, k] = settled_outcome(settled, first), settled.inversion
                if settled.point is not None:
                    ratio[i, j, k] = abs(settled.point.y[built.index("a")]) ** 2 / n / limit
                count()
    dims = ["C", "order", "N"]
    return dataset(
        {
            "C": (["C"], cooperativities, "1", "cooperativity N g^2 / (kappa gamma_h)"),
            "order": (["order"], ORDERS, "1", "order of the cumulant expansion"),
            "N": (["N"], sizes, "1", "number of spins"),
        },
        {
            "normalised": (dims, ratio, "1", "|<a>|^2 relative to that of the Maxwell-Bloch equations, where the empty cavity settles"),
            "inversion": (dims, inversion, "1", "initial <sigma^z> from which a steady state was reached"),
            **outcomes(dims, status),
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "drive": drive, "closure": "no-three-spin"},
        command,
    )


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with style.drawing(columns=2) as (figure, panels):
        shades = colours(data.sizes["C"], "turbo", 0.02, 0.98)
        for letter, axes, order in zip("ab", panels, data["order"].values, strict=True):
            for shade, C in zip(shades, data["C"].values, strict=True):
                axes.plot(data["N"], data["normalised"].sel(C=C, order=order), ".-", color=shade, linewidth=1, label=f"${C:g}$")
            axes.axhline(1, color="k", linestyle="--", linewidth=0.8)
            axes.set_xscale("log")
            axes.set_ylim(0, 1.1)
            axes.set_xlabel("number of spins $N$")
            axes.set_ylabel(rf"$|\langle\tilde a_{{\rm st}}\rangle|^2_{{\rm CE{order}}}$")
            style.panel_letter(axes, letter)
        panels[-1].legend(title="$C$", loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7)
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    shown = [n for n in data["N"].values if n in (5, 10, 20, 48, 86, 87, 250, 1000)]
    rows: list[Sequence[str]] = [("C", "order", *(f"N = {n}" for n in shown))]
    for C in data["C"].values:
        for order in data["order"].values:
            rows.append((f"{C:g}", str(order), *(f"{float(data['normalised'].sel(C=C, order=order, N=n)):.6f}" for n in shown)))
    return rows
