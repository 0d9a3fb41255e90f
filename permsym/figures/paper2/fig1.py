"""P2 Fig. 1: semiclassical transmission |<a>|^2 against the drive for cooperativities from 4 to 14, eq. (18)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot as style
from permsym.dataset.status import Outcome, Status
from permsym.driven_cavity.cluster_solve import evolve
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.driven_cavity.outcome import EvolutionOutcome
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, colours, curve, dataset
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

COOPERATIVITIES = (4.0, 6.0, 8.0, 10.0, 12.0, 14.0)
TRANSIENTS = (0.4, 0.55, 0.7, 0.85, 0.95, 0.99, 1.01, 1.08, 1.2, 1.35)
"""Drives, in units of eta_crit+, at which C = 14 is evolved from the empty cavity."""
_POINTS = 400
_LONG = 300.0


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """The curves are the same at every N: --max-N changes nothing."""
    curves = [curve(C) for C in COOPERATIVITIES]
    photons = np.geomspace(1e-4, 3.0, _POINTS)
    eta = np.array([bloch.drive(photons) for bloch in curves])
    turning = [bloch.turning_points for bloch in curves]
    stable = np.array([~((photons > t[0]) & (photons < t[1])) if len(t) else np.ones(_POINTS, dtype=bool) for t in turning])
    critical = [bloch.critical for bloch in curves]
    last, drives = curves[-1], np.array(TRANSIENTS) * critical[-1].upper
    settled, count = [], counted(progress, len(drives))
    for drive in drives:
        late = evolve(ClusterEquations(1, last, float(drive)), [0.0, _LONG])
        settled.append((late.coherent_photons[-1], late.outcome))
        count()
    lower = [np.nan if pair.lower is None else pair.lower for pair in critical]
    return dataset(
        {
            "C": (["C"], COOPERATIVITIES, "1", "cooperativity N g^2 / (kappa gamma_h)"),
            "coherent_photons": (["coherent_photons"], photons, "1", "|<a>|^2 / N"),
            "transient_eta": (["transient_eta"], drives, "1", "drive eta / (kappa sqrt N) of the time evolution at C = 14"),
        },
        {
            "eta": (["C", "coherent_photons"], eta, "1", "drive eta / (kappa sqrt N) that holds |<a>|^2"),
            "stable": (["C", "coherent_photons"], stable.astype("int8"), "1", "whether the state is stable (1) or not (0)"),
            "eta_crit_plus": (
                ["C"],
                [pair.upper for pair in critical],
                "1",
                "upper critical drive, or the drive at the steepest |<a>|",
            ),
            "eta_crit_minus": (["C"], lower, "1", "lower critical drive"),
            "photons_crit_plus": (["C"], [pair.photons for pair in critical], "1", "|<a>|^2 / N at the upper critical drive"),
            "photons_crit_minus": (["C"], [t[1] if len(t) else np.nan for t in turning], "1", "|<a>|^2 / N at the lower critical drive"),
            "settled": (["transient_eta"], [value for value, _ in settled], "1", "|<a>|^2 / N long after the drive was switched on"),
            **outcomes(["transient_eta"], [_reached(outcome) for _, outcome in settled]),
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "gamma_p": 0.0},
        command,
    )


def _reached(outcome: EvolutionOutcome) -> Outcome:
    return Status.OK if outcome is EvolutionOutcome.STEADY else Status.NO_FIXED_POINT, str(outcome)


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with style.drawing(width=4.4, height=3.4) as (figure, (axes,)):
        for shade, C in zip(colours(data.sizes["C"], "Blues", 0.35, 1.0), data["C"].values, strict=True):
            one = data.sel(C=C)
            x, y, stable = one["eta"].values, data["coherent_photons"].values, one["stable"].values == 1
            axes.plot(x, np.where(~stable, y, np.nan), color=shade, linestyle="--")
            first = int(np.argmax(~stable)) if (~stable).any() else len(y)
            for part in (slice(0, first), slice(first, None)):
                axes.plot(x[part], np.where(stable[part], y[part], np.nan), color=shade, label=f"$C={C:g}$" if part.start == 0 else None)
        for name in ("minus", "plus"):
            axes.plot(data[f"eta_crit_{name}"], data[f"photons_crit_{name}"], "o", color="#c0392b", markersize=4, zorder=4)
        axes.plot(data["transient_eta"], data["settled"], "s", color="#1f4fbf", markersize=5, label="time evolution, $C=14$", zorder=5)
        axes.set_xlim(0.4, 1.5)
        axes.set_ylim(2e-4, 3)
        axes.set_yscale("log")
        axes.set_xlabel(r"driving amplitude $\eta/(\kappa\sqrt{N})$")
        axes.set_ylabel(r"$|\langle a_{\rm st}\rangle|^2/N$")
        axes.legend(loc="lower right")
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("C", "eta_crit-/(kappa sqrt N)", "eta_crit+/(kappa sqrt N)", "|<a>|^2/N at eta_crit+")]
    for C in data["C"].values:
        one = data.sel(C=C)
        values = [float(one[name]) for name in ("eta_crit_minus", "eta_crit_plus", "photons_crit_plus")]
        rows.append((f"{C:g}", *("-" if np.isnan(value) else f"{value:.9f}" for value in values)))
    return rows
