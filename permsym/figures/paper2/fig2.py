"""P2 Fig. 2: finite-size corrections at C = 14: (a) CE2, (b) CE3 beside the semiclassical curve, (c) switching on at 1.05 eta_crit+.

In (c) the exact evolution stands beside the third order for the sizes within reach, and beyond twenty spins trajectories do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot as style
from permsym.cumulants.equations import Equations, equations
from permsym.dataset.status import Status, judged, spelled
from permsym.driven_cavity.cluster_solve import evolve
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.driven_cavity.empty_cavity import from_empty_cavity
from permsym.driven_cavity.outcome import EvolutionOutcome
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2 import large
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, colours, curve, dataset, settled_outcome
from permsym.models.driven_tavis_cummings import driven_tavis_cummings
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

C = 14.0
DRIVES = (0.9, 0.93, 0.95, 0.97, 0.99, 1.01, 1.03, 1.05, 1.07, 1.1)
SIZES = (10, 50, 250, 2500)
TRANSIENT_SIZES = (10, 50, 86, 87, 250)
EXACT_SIZES = (5, 10, 20)
BESIDE = 10
"""The largest exact size beside trajectories."""
TRANSIENT_DRIVE = 1.05
TIMES = np.linspace(0, 40, 201)
_PARAMETERS: dict[str, Any] = {"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C}


def at_most(sizes: Sequence[int], largest: int) -> list[int]:
    """Those of the paper's sizes that are not larger, or the largest itself."""
    return [n for n in sizes if n <= largest] or [largest]


def closed(N: int, drive: float, order: int) -> Equations:
    """The paper's choice of moments."""
    return equations(driven_tavis_cummings(N, drive=drive, **_PARAMETERS), order=order, closure="no-three-spin")


def compute_a(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    return _stationary(2, largest, command, progress)


def compute_b(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    return _stationary(3, largest, command, progress)


def _stationary(order: int, largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    sizes = at_most(SIZES, largest)
    shape = (len(sizes), len(DRIVES))
    photons, growth, inversion = (np.full(shape, np.nan) for _ in range(3))
    status, count = np.empty(shape, dtype=object), counted(progress, len(sizes) * len(DRIVES))
    for i, n in enumerate(sizes):
        for k, drive in enumerate(DRIVES):
            built = closed(n, drive, order)
            settled, first = from_empty_cavity(built)
            status[i, k], inversion[i, k] = settled_outcome(settled, first), settled.inversion
            if settled.point is not None:
                photons[i, k] = abs(settled.point.y[built.index("a")]) ** 2 / n
                growth[i, k] = settled.point.stability
            count()
    bloch = curve(C)
    critical = bloch.critical
    grid = np.geomspace(4e-3, 1.2, 400)
    limit = [next(state.photons for state in bloch.steady_states(drive * critical.upper) if state.stable) for drive in DRIVES]
    return dataset(
        {
            "N": (["N"], sizes, "1", "number of spins"),
            "drive": (["drive"], DRIVES, "1", "eta / eta_crit+"),
            "curve_photons": (["curve_photons"], grid, "1", "|<a>|^2 / N along the semiclassical curve"),
        },
        {
            "coherent_photons": (["N", "drive"], photons, "1", f"|<a>|^2 / N, order {order}, where the empty cavity settles"),
            "stability": (["N", "drive"], growth, "1", "largest real part of the Jacobian's spectrum, in units of kappa"),
            "inversion": (["N", "drive"], inversion, "1", "initial <sigma^z> from which a steady state was reached"),
            **outcomes(["N", "drive"], status),
            "semiclassical": (["drive"], limit, "1", "|<a>|^2 / N of the Maxwell-Bloch equations, lower branch where there are two"),
            "curve_drive": (["curve_photons"], bloch.drive(grid) / critical.upper, "1", "eta / eta_crit+ of the semiclassical curve"),
        },
        {
            "kappa": KAPPA, "gamma_h": GAMMA_H, "C": C, "order": order, "closure": "no-three-spin",
            "eta_crit_plus": critical.upper, "eta_crit_minus": float(critical.lower or np.nan),
        },
        command,
    )  # fmt: skip


def compute_c(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """Third order at the paper's sizes; exact evolutions up to --max-N (N = 20 takes long), beyond 20 trajectories and truncated Wigner."""
    import permsym as ps

    sampled_sizes = large.switched_sizes(largest)
    exact_sizes = at_most(EXACT_SIZES, BESIDE if sampled_sizes else largest)
    count = counted(progress, len(TRANSIENT_SIZES) + len(exact_sizes) + len(sampled_sizes))
    third, third_status = [], []
    for n in TRANSIENT_SIZES:
        bloch = driven_tavis_cummings(n, drive=TRANSIENT_DRIVE, **_PARAMETERS).parameters
        built = ClusterEquations.of(3, kappa=KAPPA, gamma_h=GAMMA_H, eta=bloch["eta"], g=bloch["g"], N=float(n))
        transient = evolve(built, TIMES)
        values = np.full(len(TIMES), np.nan)
        values[: len(transient.times)] = transient.coherent_photons / n
        third.append(values)
        third_status.append((Status.OK, "third order" + (", diverging" if transient.outcome is EvolutionOutcome.DIVERGING else "")))
        count()
    exact, error, status = [], [], []
    for n in exact_sizes:
        evolution = ps.evolve(
            driven_tavis_cummings(n, drive=TRANSIENT_DRIVE, **_PARAMETERS), TIMES, moments=["a"], tolerance=1e-6, keep="none"
        )
        exact.append(np.abs(evolution.moment("a")) ** 2 / n)
        bound = evolution.certificate.error_estimate
        error.append(bound)
        status.append(judged(evolution.certificate))
        count()
    coordinates, sampled = large.switched_on(sampled_sizes, TRANSIENT_DRIVE, TIMES, count) if sampled_sizes else ({}, {})
    limit = evolve(ClusterEquations(1, curve(C), TRANSIENT_DRIVE * curve(C).critical.upper), TIMES)
    return dataset(
        {
            "time": (["time"], TIMES, "1/kappa", "time after the drive was switched on"),
            "N": (["N"], TRANSIENT_SIZES, "1", "number of spins, third order"),
            "N_exact": (["N_exact"], exact_sizes, "1", "number of spins, exact"),
            **coordinates,
        },
        {
            "coherent_photons": (["N", "time"], third, "1", "|<a>|^2 / N, third order"),
            "coherent_photons_exact": (["N_exact", "time"], exact, "1", "|<a>|^2 / N, exact"),
            "error_estimate": (["N_exact"], error, "1", "estimate of the absolute error of <a>"),
            "semiclassical": (["time"], limit.coherent_photons, "1", "|<a>|^2 / N of the Maxwell-Bloch equations"),
            **outcomes(["N_exact"], status),
            **outcomes(["N"], third_status, "status_third"),
            **sampled,
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C, "drive": TRANSIENT_DRIVE, "closure": "no-three-spin"},
        command,
    )


def plot_a(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    _plot_stationary(data, save, "a", "CE2")


def plot_b(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    _plot_stationary(data, save, "b", "CE3")


def _plot_stationary(data: xr.Dataset, save: Callable[[Figure], None], letter: str, name: str) -> None:
    with style.drawing(width=4.0, height=3.2) as (figure, (axes,)):
        bloch = curve(C)
        axes.axvspan(data.attrs["eta_crit_minus"] / data.attrs["eta_crit_plus"], 1, color="#e6e6e6", zorder=0)
        _draw_curve(axes, data["curve_drive"].values, data["curve_photons"].values, bloch.turning_points)
        axes.plot(bloch.drive(bloch.turning_points) / bloch.critical.upper, bloch.turning_points, "o", color="#c0392b", zorder=4)
        for shade, n in zip(colours(data.sizes["N"], "plasma", 0.0, 0.8), data["N"].values, strict=True):
            photons = data["coherent_photons"].sel(N=n)
            axes.plot(data["drive"], photons, "D", color=shade, markersize=4, label=f"$N={n}$", zorder=5)
            for x, start, end in zip(data["drive"].values, data["semiclassical"].values, photons.values, strict=True):
                if np.isfinite(end) and abs(np.log(end / start)) > 0.1:
                    axes.annotate(
                        "", (x, end), (x, start), arrowprops={"arrowstyle": "-|>", "color": shade, "linewidth": 0.7, "alpha": 0.6}
                    )
        axes.set_yscale("log")
        axes.set_xlim(0.86, 1.12)
        axes.set_ylim(6e-3, 1.5)
        axes.set_xlabel(r"driving amplitude $\eta/\eta_{\rm crit}^+$")
        axes.set_ylabel(rf"$|\langle a_{{\rm st}}\rangle|^2_{{\rm {name}}}/N$")
        style.panel_letter(axes, letter)
        axes.legend(loc="lower right")
        save(figure)


def _draw_curve(axes: Axes, drive: Any, photons: Any, turning: Any) -> None:
    middle = (photons > turning[0]) & (photons < turning[1])
    axes.plot(drive, np.where(middle, photons, np.nan), "k--")
    axes.plot(drive, np.where(photons <= turning[0], photons, np.nan), "k-", label="semiclassical")
    axes.plot(drive, np.where(photons >= turning[1], photons, np.nan), "k-")


def plot_c(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with style.drawing(width=4.6, height=3.2) as (figure, (axes,)):
        for shade, n in zip(colours(data.sizes["N"], "plasma", 0.0, 0.8), data["N"].values, strict=True):
            dashes = "--" if n == 87 else "-"  # lies on N = 86
            axes.plot(data["time"], data["coherent_photons"].sel(N=n), color=shade, linestyle=dashes, label=f"CE3, $N={n}$")
        for mark, n in zip("os^", data["N_exact"].values, strict=False):
            exact = data["coherent_photons_exact"].sel(N_exact=n)
            axes.plot(data["time"], exact, color="#1f4fbf", marker=mark, markevery=10, linewidth=0.8, label=f"exact, $N={n}$")
        if "N_sampled" in data.dims:
            large.draw_switched(axes, data)
        axes.plot(data["time"], data["semiclassical"], "k--", label="semiclassical")
        axes.set_xlim(0, float(data["time"].max()))
        axes.set_ylim(bottom=0)
        axes.set_xlabel(r"time $\kappa t$")
        axes.set_ylabel(r"$|\langle a(t)\rangle|^2/N$")
        style.panel_letter(axes, "c")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        save(figure)


def table_a(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N", "eta/eta_crit+", "|<a>|^2/N", "semiclassical", "stability", "status")]
    for n in data["N"].values:
        for drive in data["drive"].values:
            one = data.sel(N=n, drive=drive)
            numbers = [f"{float(one[name]):.8f}" for name in ("coherent_photons", "semiclassical", "stability")]
            rows.append((str(n), f"{drive:g}", *numbers, spelled(str(one["status"].values), str(one["reason"].values))))
    return rows


table_b = table_a


def table_c(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("method", "N", *(f"kappa t = {t:g}" for t in data["time"].values[::40]))]
    for name, dim in (("coherent_photons", "N"), ("coherent_photons_exact", "N_exact")):
        for n in data[dim].values:
            values = data[name].sel({dim: n}).values[::40]
            rows.append(("CE3" if dim == "N" else "exact", str(n), *(f"{value:.8f}" for value in values)))
    if "N_sampled" in data.dims:
        rows += large.switched_rows(data)
    return rows
