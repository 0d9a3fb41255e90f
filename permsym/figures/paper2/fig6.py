"""P2 Fig. 6: inhomogeneous broadening: (a) semiclassical curves, (b) N_sc, for Gaussian widths of 0, 0.1, 0.5 and 1 MHz; (c) convergence.

kappa = 2 gamma_h = 2 pi x 1 MHz is the unit, so that a width of Gamma MHz is Gamma.  The drive is in units of each curve's own eta_crit+.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot as style
from permsym.dataset.status import Outcome, Status, failure
from permsym.driven_cavity.boundary import boundary
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.driven_cavity.families import ClusterFamily
from permsym.errors import InputError, SolverFailed
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, colours, dataset, family
from permsym.models.broadening import gaussian_clusters
from permsym.models.semiclassics import MaxwellBloch, coupling
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

C = 18.0
WIDTHS = (0.0, 0.1, 0.5, 1.0)
CLUSTERS = 51
COARSER = (5, 9, 15, 25)
"""Fewer clusters on the same grid of +-2 widths, at which N_sc is computed again to see how it converges."""
DRIVES = (0.9, 0.93, 0.96, 0.98, 0.99, 1.01, 1.03, 1.06, 1.1)
CHECKED_AT = (0.96, 1.06)
THRESHOLD = 0.01
_COMMENT = (
    "Cooperativities agree with paper 2: 17.9, 15.8, 12.7. N_sc follows the cooperativity only roughly: at a width of 1 MHz it is about "
    "1.5 times that of identical spins at C = 12.7, on both sides of eta_crit+; linear noise theory of the same clusters gives that too."
)


def broadened(width: float, N: float = 1.0, clusters: int = CLUSTERS, span: float = 2.0) -> MaxwellBloch:
    """The semiclassical curve of N spins whose cooperativity would be 18 without broadening."""
    Delta, sizes = gaussian_clusters(N, width, clusters if width else 1, span)
    return MaxwellBloch.of(KAPPA, GAMMA_H, 0.0, coupling(KAPPA, GAMMA_H, C, N), sizes, 0.0, Delta)


def cluster_family(width: float, drive: float, clusters: int = CLUSTERS) -> ClusterFamily:
    """Cumulant steady states of a broadened ensemble over N."""

    def make(order: int, N: float) -> ClusterEquations:
        curve = broadened(width, N, clusters)
        return ClusterEquations(order, curve, drive * curve.critical.upper)

    return ClusterFamily(make)


def _boundary(width: float, drive: float, clusters: int) -> tuple[float, Outcome]:
    """N_sc, nan without one, and how it was found."""
    solver = cluster_family(width, drive, clusters) if width else family(C, drive)
    try:
        border = boundary(lambda: solver, THRESHOLD)
    except (InputError, SolverFailed) as error:
        return np.nan, failure(error)
    return border.N_sc, (Status.OK, f"N_sc by {border.reason}")


def compute(
    largest: int,
    command: str,
    progress: Counter | None,
    widths: Sequence[float] = WIDTHS,
    drives: Sequence[float] = DRIVES,
    clusters: int = CLUSTERS,
) -> xr.Dataset:
    """N_sc is what is sought, so that --max-N changes nothing."""
    photons = np.geomspace(1e-3, 3.0, 400)
    curves = [broadened(width, clusters=clusters) for width in widths]
    n_sc = np.full((len(widths), len(drives)), np.nan)
    status, count = np.empty(n_sc.shape, dtype=object), counted(progress, n_sc.size)
    for i, width in enumerate(widths):
        for k, drive in enumerate(drives):
            n_sc[i, k], status[i, k] = _boundary(width, drive, clusters)
            count()
    wider = [broadened(width, clusters=3 * (clusters // 2) // 2 * 2 + 1, span=3.0).cooperativity for width in widths]
    # identical spins are one cluster, which has nothing to converge
    fewer = [L for L in COARSER if clusters > L]
    checked = [drive for drive in CHECKED_AT if drive in drives]
    coarse = np.array([[[_boundary(w, drive, L)[0] if w else np.nan for L in fewer] for drive in checked] for w in widths])
    coarse = coarse.reshape(len(widths), len(checked), len(fewer))
    eta = [bloch.drive(photons) for bloch in curves]
    return dataset(
        {
            "width": (["width"], widths, "kappa", "full width at half maximum of the spin frequencies"),
            "drive": (["drive"], drives, "1", "eta / eta_crit+ of the same width"),
            "coherent_photons": (["coherent_photons"], photons, "1", "|<a>|^2 / N"),
            "fewer_clusters": (["fewer_clusters"], fewer, "1", "numbers of clusters on the same grid, for the convergence"),
            "checked_drive": (["checked_drive"], checked, "1", "eta / eta_crit+ at which the convergence is looked at"),
        },
        {
            "eta": (["width", "coherent_photons"], eta, "1", "eta / (kappa sqrt N) that holds |<a>|^2"),
            "cooperativity": (["width"], [bloch.cooperativity for bloch in curves], "1", "collective cooperativity, eq. (23)"),
            "cooperativity_wider": (["width"], wider, "1", "the same on a grid of +-3 widths"),
            "eta_crit_plus": (["width"], [bloch.critical.upper for bloch in curves], "1", "upper critical drive / (kappa sqrt N)"),
            "N_sc": (["width", "drive"], n_sc, "1", "semiclassical-to-quantum boundary, eq. (21)"),
            "N_sc_fewer": (["width", "checked_drive", "fewer_clusters"], coarse, "1", "N_sc with fewer clusters"),
            **outcomes(["width", "drive"], status),
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C, "clusters": clusters, "span": 2.0, "threshold": THRESHOLD, "closure": "no-three-spin"},
        command,
    ).assign_attrs(comment=_COMMENT)


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with style.drawing(columns=3) as (figure, (left, right, last)):
        shades = ["#e07b00", *colours(data.sizes["width"] - 1, "Greens", 0.45, 1.0)]
        for shade, width in zip(shades, data["width"].values, strict=True):
            one = data.sel(width=width)
            label = rf"$\Gamma = {width:g}$ MHz, $C = {float(one['cooperativity']):.1f}$"
            left.plot(one["eta"], data["coherent_photons"], color=shade, linestyle="-" if width else ":", label=label)
            for k, part in enumerate((data["drive"].values < 1, data["drive"].values > 1)):
                right.plot(data["drive"].values[part], one["N_sc"].values[part], ".-", color=shade, label=None if k else f"${width:g}$")
        _plot_convergence(last, data, shades)
        left.set_xlim(0.8, 1.5)
        left.set_ylim(5e-3, 20)
        left.set_yscale("log")
        left.set_xlabel(r"driving amplitude $\eta/(\kappa\sqrt{N})$")
        left.set_ylabel(r"$|\langle a_{\rm st}\rangle|^2/N$")
        left.legend(loc="upper left", fontsize=7)
        right.axvspan(0.9975, 1.0025, color="#bbbbbb")
        right.set_yscale("log")
        right.set_xlabel(r"driving strength $\eta/\eta_{\rm crit}^+$")
        right.set_ylabel(r"$N_{\rm sc}$")
        right.legend(title=r"$\Gamma$ (MHz)", loc="upper right")
        for letter, axes in zip("abc", (left, right, last), strict=True):
            style.panel_letter(axes, letter)
        save(figure)


def _plot_convergence(axes: Axes, data: xr.Dataset, shades: Sequence[Any]) -> None:
    for shade, width in zip(shades, data["width"].values, strict=True):
        for drive, marker in zip(data["checked_drive"].values, "os", strict=False):
            full = float(data["N_sc"].sel(width=width, drive=drive))
            change = np.abs(data["N_sc_fewer"].sel(width=width, checked_drive=drive) / full - 1)
            label = rf"${width:g}$, $\eta = {drive:g}\,\eta_{{\rm crit}}^+$" if width else None
            axes.plot(data["fewer_clusters"], change, marker=marker, markersize=4, color=shade, label=label)
    axes.set_yscale("log")
    axes.set_xlabel("number of clusters $L$")
    axes.set_ylabel(rf"$|N_{{\rm sc}}(L)/N_{{\rm sc}}({data.attrs['clusters']}) - 1|$")
    axes.legend(title=r"$\Gamma$ (MHz)", fontsize=7)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [
        ("Gamma/kappa", "C", "eta_crit+/(kappa sqrt N)", *(f"N_sc at {drive:g}" for drive in data["drive"].values))
    ]
    for width in data["width"].values:
        one = data.sel(width=width)
        head = (f"{width:g}", f"{float(one['cooperativity']):.4f}", f"{float(one['eta_crit_plus']):.6f}")
        rows.append((*head, *(f"{value:.1f}" for value in one["N_sc"].values)))
    return rows
