"""P2 Fig. 4: relative deviations between orders 1, 2 and 3 against N, eq. (20), and N_sc, for C = 14 at 1.05 and 0.95 eta_crit+."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot as style
from permsym.cumulants.equations import equations
from permsym.dataset.status import Status
from permsym.driven_cavity.boundary import ORDER_PAIRS, BoundaryPoint, boundary
from permsym.driven_cavity.empty_cavity import from_empty_cavity
from permsym.errors import SolverFailed
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, dataset, family
from permsym.model import Model
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

C = 14.0
DRIVES = (1.05, 0.95)
SIZES = 161
"""Number of N."""
THRESHOLD = 0.01
_STYLES: dict[str, dict[str, Any]] = {
    "1-2": {"color": "#1f4fbf", "linestyle": "-."},
    "2-3": {"color": "#2e8b57", "linestyle": (0, (6, 2, 1, 2, 1, 2))},
    "1-3": {"color": "#e07b00", "linestyle": "-"},
}


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """Along the branch that comes down from large N as far as it exists, below that where the empty cavity settles."""
    sizes = np.geomspace(10, max(largest, 20), SIZES)[::-1]
    deviations = np.full((len(DRIVES), len(ORDER_PAIRS), len(sizes)), np.nan)
    followed = np.zeros((len(DRIVES), len(sizes)), dtype="int8")
    n_sc, status, count = [], [], counted(progress, len(DRIVES) * len(sizes))
    for i, drive in enumerate(DRIVES):
        border = boundary(lambda drive=drive: family(C, drive), THRESHOLD)  # type: ignore[misc]
        n_sc.append(border.N_sc)
        status.append((Status.OK, f"N_sc by {border.reason}"))
        steps = family(C, drive)
        for k, n in enumerate(sizes):
            if followed[i, k - 1] or k == 0:
                try:
                    photons = {order: steps.coherent_photons(order, float(n)) for order in (1, 2, 3)}
                    followed[i, k] = 1
                except SolverFailed:  # a branch has folded
                    pass
            if not followed[i, k]:
                photons = {1: steps.coherent_photons(1, float(n)), **{order: _settled(steps.model(float(n)), order) for order in (2, 3)}}
            deviations[i, :, k] = list(BoundaryPoint(float(n), photons).deviations.values())
            count()
    return dataset(
        {
            "drive": (["drive"], DRIVES, "1", "eta / eta_crit+"),
            "pair": (["pair"], [f"{n}-{m}" for n, m in ORDER_PAIRS], "1", "orders that are compared"),
            "N": (["N"], sizes[::-1], "1", "number of spins (real)"),
        },
        {
            "deviation": (["drive", "pair", "N"], deviations[:, :, ::-1], "1", "relative deviation of |<a>|^2, eq. (20)"),
            "followed": (["drive", "N"], followed[:, ::-1], "1", "1 on the branch from large N, 0 where the empty cavity settles"),
            "N_sc": (["drive"], n_sc, "1", "semiclassical-to-quantum boundary, eq. (21)"),
            **outcomes(["drive"], status),
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C, "threshold": THRESHOLD, "closure": "no-three-spin"},
        command,
    )


def _settled(model: Model, order: int) -> float:
    """|<a>|^2 of the steady state reached from the empty cavity, nan without one."""
    settled, _ = from_empty_cavity(equations(model, order=order, closure="no-three-spin"))
    return np.nan if settled.point is None else float(abs(settled.point.y[settled.point.equations.index("a")]) ** 2)


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with style.drawing(columns=2) as (figure, panels):
        for letter, axes, drive in zip("ab", panels, data["drive"].values, strict=True):
            for pair in data["pair"].values:
                label = rf"$\Delta^{{\rm CE}}_{{{pair}}}$"
                axes.plot(data["N"], data["deviation"].sel(drive=drive, pair=pair), label=label, **_STYLES[str(pair)])
            axes.axhline(data.attrs["threshold"], color="k", linestyle="--", linewidth=0.8)
            limit = float(data["N_sc"].sel(drive=drive))
            axes.axvline(limit, color="k", linestyle="--", linewidth=0.8)
            axes.annotate(rf"$N_{{\rm sc}} = {limit:.0f}$", (limit * 0.93, 4), fontsize=8, ha="right")
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_ylim(1e-7, 20)
            axes.set_xlabel("number of spins $N$")
            axes.set_ylabel("relative deviation")
            axes.legend(title=rf"$\eta = {drive:g}\,\eta_{{\rm crit}}^+$", loc="lower left")
            style.panel_letter(axes, letter)
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("eta/eta_crit+", "N_sc", "N", *(str(pair) for pair in data["pair"].values))]
    for drive in data["drive"].values:
        for n in data["N"].values[::20]:
            values = data["deviation"].sel(drive=drive, N=n).values
            rows.append((f"{drive:g}", f"{float(data['N_sc'].sel(drive=drive)):.3f}", f"{n:.4g}", *(f"{value:.3e}" for value in values)))
    return rows
