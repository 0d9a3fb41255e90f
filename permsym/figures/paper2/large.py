"""The driven cavity beyond the exact reach: trajectories beside cumulants, truncated Wigner and linear noise, at C = 14.

Trajectories are exact but for their 95 % intervals, so that they judge the approximations where no density operator fits into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym import plot as style
from permsym.cumulants.equations import equations
from permsym.dataset.status import Outcome, Status, spelled
from permsym.driven_cavity.empty_cavity import from_empty_cavity
from permsym.driven_cavity.families import MODEL
from permsym.figures.labelled import LabelledArray, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, settled_outcome
from permsym.models.driven_tavis_cummings import driven_tavis_cummings

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

C = 14.0
ORDERS = (2, 3)
SIZES = (10, 50, 250)
DRIVES = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
APPROACHES = ("trajectories", "twa", "ln", "c2", "c3")
DURATIONS = {10: 2000.0, 50: 1000.0, 250: 200.0}
"""Of each trajectory, in units of 1/kappa: some ten seconds a point.  Near the turning point of N = 250 that is too short."""
SWITCHED = 64
"""Trajectories in time."""
_SIZES_IN_TIME = (50, 250)


def cumulant_photons(n: int, drives: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """|<a>|^2 of orders 2 and 3 against the drive, (order, drive), NaN where there is no steady state; and what became of each."""
    photons, status = np.full((len(ORDERS), len(drives)), np.nan), np.empty((len(ORDERS), len(drives)), dtype=object)
    for i, order in enumerate(ORDERS):
        for k, drive in enumerate(drives):
            model = driven_tavis_cummings(n, kappa=KAPPA, gamma_h=GAMMA_H, C=C, drive=drive)
            built = equations(model, order=order, closure="no-three-spin")
            settled, first = from_empty_cavity(built)
            status[i, k] = settled_outcome(settled, first)
            if settled.point is not None:
                photons[i, k] = abs(settled.point.y[built.index("a")]) ** 2
    return photons, status


# -- steady states --------------------------------------------------------------------------------------------------------


def steps(largest: int) -> int:
    """How many steps :func:`judged_states` counts."""
    return len(_up_to(SIZES, largest)) * len(DRIVES)


def judged_states(largest: int, count: Callable[..., None]) -> tuple[dict[str, LabelledArray], dict[str, LabelledArray]]:
    """Coordinates and variables of a dataset: |<a>|^2 of every approach at the sizes up to the largest one."""
    sizes = _up_to(SIZES, largest)
    shape = (len(sizes), len(DRIVES), len(APPROACHES))
    photons, errors, status = np.full(shape, np.nan), np.full(shape, np.nan), np.empty(shape, dtype=object)
    for i, n in enumerate(sizes):
        for k, drive in enumerate(DRIVES):
            photons[i, k, :3], errors[i, k, :3], status[i, k, :3] = _swept(n, drive)
            count()
        closed, how = cumulant_photons(n, DRIVES)
        photons[i, :, 3:], status[i, :, 3:] = closed.T, how.T
    over = ("judged_N", "judged_drive", "approach")
    coordinates: dict[str, LabelledArray] = {
        "judged_N": (("judged_N",), sizes, "1", "number of spins, beside trajectories"),
        "judged_drive": (("judged_drive",), DRIVES, "1", "eta / eta_crit+, beside trajectories"),
        "approach": (("approach",), APPROACHES, "1", "how the value was computed"),
    }
    variables: dict[str, LabelledArray] = {
        "judged_photons": (over, photons, "1", "|<a>|^2 of each approach"),
        "judged_photons_error": (over, errors, "1", "half width of the 95 % interval of |<a>|^2"),
        **outcomes(over, status, "judged_status"),
    }
    return coordinates, variables


def _swept(n: int, drive: float) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Outcome]]:
    """|<a>|^2, half width and outcome of trajectories, truncated Wigner and linear noise."""
    import permsym as ps

    parameters: dict[str, Any] = {"N": n, "C": C, "kappa": KAPPA, "gamma_h": GAMMA_H}
    options: dict[str, dict[str, Any]] = {"trajectories": {"seed": 1, "duration": DURATIONS[n]}, "twa": {"seed": 1}}
    point = ps.sweep(MODEL, {"drive": [drive]}, methods=list(APPROACHES[:3]), moments=["a", "ad a"], options=options, **parameters)
    point = point.isel(drive=0)
    status = [Status(code) for code in point["status"].values.astype(str)]
    outcome = list(zip(status, point["reason"].values.astype(str), strict=True))
    return point["coherent_photons"].values, point["coherent_photons_error"].values, outcome


def draw_judged(axes: Axes, data: xr.Dataset, n: int) -> None:
    """|<a>|^2 / N of every approach; a cross is what is not to be relied on."""
    at = data.sel(judged_N=n)
    drive = at["judged_drive"].values
    for approach in APPROACHES[::-1]:
        own, look = at.sel(approach=approach), style.METHODS[approach]
        value, error = own["judged_photons"].values / n, own["judged_photons_error"].values / n
        axes.plot(drive, value, **look)
        if np.isfinite(error).any():
            axes.errorbar(drive, value, yerr=error, linestyle="none", capsize=2, color=look["color"], linewidth=1)
        doubtful = own["judged_status"].values.astype(str) != Status.OK
        axes.plot(drive[doubtful], value[doubtful], "x", color=look["color"], markersize=6)
    if n in data["N"].values:
        axes.plot(data["drive"], data["coherent_photons"].sel(N=n) / n, color=style.METHODS["exact"]["color"], linewidth=1.2, label="exact")
    axes.set_xlim(drive[0] - 0.02, drive[-1] + 0.02)
    axes.set_ylim(0, 1.1 * float((at["judged_photons"] / n).max()))  # the exact line goes on beyond the last drive
    axes.set_xlabel(r"drive $\eta/\eta_\mathrm{crit}^+$")
    axes.set_ylabel(r"$|\langle a\rangle|^2/N$")
    axes.set_title(f"$N={n}$", fontsize=8)
    if "exact" in axes.get_legend_handles_labels()[1]:  # one for all panels: that which has every line
        axes.legend(fontsize=6)


def judged_rows(data: xr.Dataset) -> list[Sequence[str]]:
    """Rows of a table: size, drive, approach, |<a>|^2, half width, status."""
    rows: list[Sequence[str]] = [("N", "drive", "approach", "|<a>|^2", "+-", "", "", "status")]
    for n in data["judged_N"].values:
        for drive in data["judged_drive"].values:
            for approach in data["approach"].values.astype(str):
                one = data.sel(judged_N=n, judged_drive=drive, approach=approach)
                how = spelled(str(one["judged_status"].values), str(one["judged_reason"].values))
                value, error = float(one["judged_photons"]), float(one["judged_photons_error"])
                rows.append((f"{n}", f"{drive:g}", approach, f"{value:.6g}", f"{error:.2g}", "", "", how))
    return rows


# -- in time --------------------------------------------------------------------------------------------------------------


def switched_sizes(largest: int) -> list[int]:
    """Sizes of :func:`switched_on`; none where the largest one is small."""
    return _up_to(_SIZES_IN_TIME, largest)


def switched_on(
    sizes: Sequence[int], drive: float, times: NDArray[np.float64], count: Callable[..., None]
) -> tuple[dict[str, LabelledArray], dict[str, LabelledArray]]:
    """Coordinates and variables: |<a>|^2 / N in time after the drive is switched on, of trajectories and of truncated Wigner."""
    import permsym as ps

    approaches = APPROACHES[:2]
    shape = (len(sizes), len(approaches), len(times))
    photons, errors, status = np.full(shape, np.nan), np.full(shape, np.nan), np.empty(shape[:2], dtype=object)
    for i, n in enumerate(sizes):
        model: Any = driven_tavis_cummings(n, kappa=KAPPA, gamma_h=GAMMA_H, C=C, drive=drive)
        runs = ps.trajectories(model, ["a"], times=times, seed=1, trajectories=SWITCHED), ps.twa.evolve(model, times, "", ["a"], seed=1)
        for k, run in enumerate(runs):
            photons[i, k], errors[i, k] = run.derived["coherent_photons"] / n, run.derived_errors["coherent_photons"] / n
            status[i, k] = Status.OK if run.reliable else Status.UNCERTIFIED, "; ".join(run.sampling.doubts.values())
        count()
    over = ("N_sampled", "approach", "time")
    return (
        {
            "N_sampled": (("N_sampled",), sizes, "1", "number of spins, sampled"),
            "approach": (("approach",), approaches, "1", "how the value was computed"),
        },
        {
            "coherent_photons_sampled": (over, photons, "1", "|<a>|^2 / N, sampled"),
            "coherent_photons_sampled_error": (over, errors, "1", "half width of its 95 % interval"),
            **outcomes(over[:2], status, "status_sampled"),
        },
    )


def draw_switched(axes: Axes, data: xr.Dataset) -> None:
    """Both, with the intervals of every tenth time of the trajectories."""
    for n, filling, dashes in zip(data["N_sampled"].values, ("white", "black"), ("-.", ":"), strict=False):
        for approach in data["approach"].values.astype(str):
            own, look = data.sel(N_sampled=n, approach=approach), style.METHODS[approach]
            value, error = own["coherent_photons_sampled"], own["coherent_photons_sampled_error"]
            label = f"{look['label']}, $N={n}$"
            if approach == "twa":
                axes.plot(data["time"], value, color=look["color"], linestyle=dashes, linewidth=1, label=label)
                continue
            some = slice(None, None, 10)
            shown = {"marker": look["marker"], "markersize": 3, "linestyle": "none", "capsize": 2, "linewidth": 0.8}
            axes.errorbar(
                data["time"][some], value[some], yerr=error[some], color=look["color"], markerfacecolor=filling, label=label, **shown
            )


def switched_rows(data: xr.Dataset) -> list[Sequence[str]]:
    """Rows of a table: values with half widths at every fortieth time."""
    rows: list[Sequence[str]] = []
    for n in data["N_sampled"].values:
        for approach in data["approach"].values.astype(str):
            own = data.sel(N_sampled=n, approach=approach)
            value, error = (own[name].values[::40] for name in ("coherent_photons_sampled", "coherent_photons_sampled_error"))
            rows.append((approach, str(n), *(f"{x:.5f} +- {width:.2g}" for x, width in zip(value, error, strict=True))))
    return rows


def _up_to(sizes: Sequence[int], largest: int) -> list[int]:
    return [n for n in sizes if n <= largest]
