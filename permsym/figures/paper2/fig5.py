"""P2 Fig. 5: the semiclassical-to-quantum boundary N_sc against drive and cooperativity: (a) map, (b, c) cuts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot as style
from permsym.dataset.status import Status, failure
from permsym.driven_cavity.boundary import boundary
from permsym.driven_cavity.families import HomogeneousFamily
from permsym.errors import InputError, SolverFailed
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, colours, dataset
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

COOPERATIVITIES = (*np.linspace(2.0, 20.0, 37), 7.8)
DRIVES = tuple(np.linspace(0.9, 1.1, 81).round(4))
BELOW, ABOVE = (5.0, 6.5, 7.8), (10.0, 14.0, 18.0)
THRESHOLD = 0.01
_COMMENT = (
    "Paper 2 gives N_sc of about 500 at C = 18, eta = 1.01 eta_crit+ (agrees) and of about 3e4 at 0.99 eta_crit+, which is eight times the "
    "value here. Linear noise theory, independent of the cumulant equations, gives a relative deviation of 34.56 / N there: N_sc = 3456 to "
    "leading order. Near eta_crit+ the lower branch has N_sc proportional to 1 / (1 - eta / eta_crit+)."
)


def compute(
    largest: int,
    command: str,
    progress: Counter | None,
    cooperativities: Sequence[float] = COOPERATIVITIES,
    drives: Sequence[float] = DRIVES,
) -> xr.Dataset:
    """N_sc is what is sought, so that --max-N changes nothing."""
    rows = sorted(set(cooperativities))
    n_sc = np.full((len(rows), len(drives)), np.nan)
    status, count = np.empty(n_sc.shape, dtype=object), counted(progress, n_sc.size)
    shared: HomogeneousFamily | None = None
    for i, C in enumerate(rows):
        for k, drive in enumerate(drives):
            parameters = {"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C, "drive": float(drive)}
            shared = HomogeneousFamily(parameters) if shared is None else shared.beside(parameters)
            try:
                border = boundary(lambda solver=shared: solver, THRESHOLD)  # type: ignore[misc]
            except InputError as error:  # at the turning point itself N_sc is infinite
                status[i, k] = (Status.NOT_APPLICABLE, str(error))
            except SolverFailed as error:
                status[i, k] = failure(error)
            else:
                n_sc[i, k], status[i, k] = border.N_sc, (Status.OK, f"N_sc by {border.reason}")
            count()
    return dataset(
        {
            "C": (["C"], rows, "1", "cooperativity N g^2 / (kappa gamma_h)"),
            "drive": (["drive"], drives, "1", "eta / eta_crit+"),
        },
        {
            "N_sc": (["C", "drive"], n_sc, "1", "semiclassical-to-quantum boundary, eq. (21)"),
            **outcomes(["C", "drive"], status),
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "threshold": THRESHOLD, "closure": "no-three-spin"},
        command,
    ).assign_attrs(comment=_COMMENT)


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    from matplotlib.colors import LogNorm

    with style.drawing(columns=3, width=3.4, height=3.0) as (figure, (image, *cuts)):
        drive, C = data["drive"].values, data["C"].values
        mesh = image.pcolormesh(
            drive, C, np.ma.masked_invalid(data["N_sc"].values), norm=LogNorm(40, 2e4), cmap="inferno", shading="nearest"
        )
        figure.colorbar(mesh, ax=image, label=r"$N_{\rm sc}$", extend="max")
        bar = (0.9975, 1.0025)
        image.set_facecolor("#bbbbbb")  # no N_sc at the turning point
        image.fill_betweenx([8, C.max()], *bar, color="#bbbbbb")
        for cut in (*BELOW, *ABOVE):
            image.axhline(cut, color="w", linestyle="--", linewidth=0.6)
        image.set_ylabel("cooperativity $C$")
        for axes, chosen, name in zip(cuts, (BELOW, ABOVE), ("Blues_r", "Oranges_r"), strict=True):
            here = [cut for cut in chosen if cut in C]
            for shade, cut in zip(colours(len(here), name, 0.0, 0.6), here, strict=True):
                row = data["N_sc"].sel(C=cut).values
                # one line on either side of eta_crit+ where the curve jumps there
                parts = (drive < 1, drive > 1) if cut > 8 else (np.ones(len(drive), dtype=bool),)
                for part in parts:
                    axes.plot(
                        drive[part],
                        row[part],
                        ".-",
                        color=shade,
                        markersize=3,
                        linewidth=1,
                        label=f"$C={cut:g}$" if part is parts[0] else None,
                    )
            axes.set_yscale("log")
            axes.set_ylabel(r"$N_{\rm sc}$")
            axes.legend(loc="upper left")
        cuts[1].axvspan(*bar, color="#bbbbbb")
        for letter, axes in zip("abc", (image, *cuts), strict=True):
            axes.set_xlim(drive.min(), drive.max())
            axes.set_xlabel(r"driving strength $\eta/\eta_{\rm crit}^+$")
            style.panel_letter(axes, letter)
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    shown = data["drive"].values[:: max(1, data.sizes["drive"] // 8)]
    rows: list[Sequence[str]] = [("C", *(f"drive = {drive:g}" for drive in shown))]
    for C in data["C"].values:
        rows.append((f"{C:g}", *(f"{float(data['N_sc'].sel(C=C, drive=drive)):.1f}" for drive in shown)))
    return rows
