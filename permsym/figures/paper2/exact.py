"""Exact counterpart of paper 2's bistable region: |<a>|^2 and <a^dag a> against the drive, P(n) and the Liouvillian gap, at C = 14.

M. Zens, D. O. Krimer, S. Rotter, Phys. Rev. A 100, 013856 (2019) asks for exact solutions to compare its cumulant expansions with.
The steady state is unique at every N and changes smoothly with the drive, through the turning points of the semiclassical curve.  The
gap, the slowest relaxation rate, is that at 1.05 eta_crit+, just above the upper turning point, and falls with N.  P(n) and the Wigner
function are shown at 1.1 eta_crit+, where both branches carry weight: P(n) falls from n = 0 on for N up to 5, with a shoulder that grows
into a second peak at N = 10.  The second and third order are shown for the largest N, where they settle from the empty cavity.
Beyond thirty spins trajectories take over: at N = 10, 50 and 250 they stand beside cumulants, truncated Wigner and linear noise.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot as style
from permsym.dataset.status import judged, spelled
from permsym.dynamics.eigenvalues import eigenvalues
from permsym.errors import UncertifiedWarning
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2 import large
from permsym.figures.paper2.large import ORDERS, C, cumulant_photons
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, colours, curve, dataset
from permsym.models import driven_tavis_cummings
from permsym.progress import Counter
from permsym.steady.solve import steady_state

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZES = (1, 2, 3, 5, 10, 20, 30)
DRIVES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.025, 1.05, 1.075, 1.1, 1.125, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5)
SHOWN = 1.05
"""The drive at which the gap is shown."""
TWO_PEAKED = 1.1
"""The drive at which P(n) and the Wigner function are shown."""
MOMENTS = ("a", "ad a", "ad ad a a")
BESIDE = 10
"""The largest exact size beside trajectories."""
_CURVE = 400  # points of the semiclassical line
_PLANE = np.linspace(-3.5, 7.0, 106), np.linspace(-4.5, 4.5, 91)  # sqrt(2) times the field's real and imaginary part


def sizes(largest: int) -> list[int]:
    """Numbers of spins up to the largest one asked for, which is included; where trajectories go further, a few exact ones."""
    largest = largest if largest <= SIZES[-1] else BESIDE
    return sorted({n for n in SIZES if n < largest} | {largest})


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    numbers = sizes(largest)
    sampled = largest if largest > SIZES[-1] else 0
    largest = numbers[-1]
    count = counted(progress, len(numbers) * (len(DRIVES) + 1) + large.steps(sampled))
    values, status, distributions, wigner, gaps = _solved(numbers, count)
    probability = np.full((len(numbers), max(map(len, distributions))), np.nan)
    for row, distribution in zip(probability, distributions, strict=True):
        row[: len(distribution)] = distribution
    photons, eta = _semiclassical()
    orders, outcome = cumulant_photons(largest, DRIVES)
    x, p = _plane(largest)
    coordinates, judged_values = large.judged_states(sampled, count) if sampled else ({}, {})
    over, at_shown, points = ("N", "drive"), ("N", "photon"), ("point",)
    return dataset(
        {
            "N": (("N",), numbers, "1", "number of spins"),
            "drive": (("drive",), DRIVES, "1", "eta / eta_crit+"),
            "photon": (("photon",), np.arange(probability.shape[1]), "1", "photon number"),
            "order": (("order",), ORDERS, "1", "order of the cumulant expansion"),
            "x": (("x",), x, "1", "(a + a^dag) / sqrt 2"),
            "p": (("p",), p, "1", "(a - a^dag) / (i sqrt 2)"),
            **coordinates,
        },
        {
            "coherent_photons": (over, values["coherent_photons"], "1", "|<a>|^2, exact"),
            "photons": (over, values["photons"], "1", "<a^dag a>, exact"),
            "g2": (over, values["g2"], "1", "<a^dag a^dag a a> / <a^dag a>^2, exact"),
            "error_estimate": (over, values["error_estimate"], "1", "largest error estimate over <a>, <a^dag a> and <a^dag a^dag a a>"),
            **outcomes(over, status),
            "photon_probability": (at_shown, probability, "1", f"P(n) at drive {TWO_PEAKED}"),
            "wigner": (("p", "x"), wigner, "1", f"Wigner function of the mode at drive {TWO_PEAKED}, N = {largest}"),
            "cumulant_photons": (("order", "drive"), orders, "1", f"|<a>|^2 of the cumulant expansion, N = {largest}"),
            **outcomes(("order", "drive"), outcome, "cumulant_status"),
            "gap": (("N",), gaps[:, 0], "kappa", f"Liouvillian gap at drive {SHOWN}"),
            "gap_residual": (("N",), gaps[:, 1], "kappa", "|L v - lambda v| / |v| of the gap's eigenvector"),
            "semiclassical_photons": (points, photons, "1", "|<a>|^2 / N of the semiclassical curve"),
            "semiclassical_drive": (points, eta, "1", "eta / eta_crit+ at which the semiclassical curve has it"),
            **judged_values,
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C},
        command,
    )


def _solved(
    numbers: Sequence[int], count: Callable[..., None]
) -> tuple[dict[str, np.ndarray], np.ndarray, list[np.ndarray], np.ndarray, np.ndarray]:
    """Exact values and status (N, drive), P(n) of each N, the Wigner function of the largest, and gap and residual (N, 2)."""
    shape = (len(numbers), len(DRIVES))
    values = {name: np.full(shape, np.nan) for name in ("coherent_photons", "photons", "g2", "error_estimate")}
    status, gaps = np.empty(shape, dtype=object), np.full((len(numbers), 2), np.nan)
    distributions: list[np.ndarray] = []
    wigner = np.empty(0)
    for i, n in enumerate(numbers):
        for k, drive in enumerate(DRIVES):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UncertifiedWarning)  # said in ``status``
                state = steady_state(_model(n, drive), moments=MOMENTS)
            for name in ("coherent_photons", "photons", "g2"):
                values[name][i, k] = state.derived.get(name, np.nan)
            values["error_estimate"][i, k] = state.certificate.error_estimate
            status[i, k] = judged(state.certificate)
            if drive == TWO_PEAKED:
                distributions.append(state.mode.photon_distribution(errors=False).probability)
                wigner = state.mode.wigner(*_plane(n))
            count()
        slowest = eigenvalues(_model(n, SHOWN), k=2)
        gaps[i] = slowest.gap, slowest.residuals.max()
        count()
    return values, status, distributions, wigner, gaps


def _model(n: int, drive: float) -> Any:
    return driven_tavis_cummings(n, kappa=KAPPA, gamma_h=GAMMA_H, C=C, drive=drive)


def _plane(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the Wigner function is shown: the field grows as sqrt N."""
    x, p = _PLANE
    scale = max(1.0, np.sqrt(n / 10))
    return x * scale, p * scale


def _semiclassical() -> tuple[np.ndarray, np.ndarray]:
    """|<a>|^2 / N and eta / eta_crit+ along the curve, up to the largest drive."""
    line = curve(C)
    photons = np.geomspace(1e-4, 2 * (DRIVES[-1] * line.critical.upper / KAPPA) ** 2, _CURVE)
    return photons, line.drive(photons) / line.critical.upper


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    numbers = [int(n) for n in data["N"].values]
    shades = dict(zip(numbers, colours(len(numbers), "plasma"), strict=True))
    beyond = [int(n) for n in data["judged_N"].values] if "judged_N" in data.dims else []
    with style.drawing(columns=3, rows=3 if beyond else 2, height=2.5 if beyond else 2.8) as (figure, panels):
        coherent, total, orders, distribution, plane, rate, *below = panels
        for axes, name, label in (
            (coherent, "coherent_photons", r"$|\langle a\rangle|^2/N$"),
            (total, "photons", r"$\langle a^\dagger a\rangle/N$"),
        ):
            _semiclassical_line(axes, data)
            for n in numbers:
                axes.plot(data["drive"], data[name].sel(N=n) / n, "o-", color=shades[n], label=f"$N={n}$", markersize=2.5, linewidth=0.9)
            axes.set_xlim(DRIVES[0], DRIVES[-1])
            axes.set_ylim(0, 1.05 * float((data["photons"] / data["N"]).max()))
            axes.set_xlabel(r"drive $\eta/\eta_\mathrm{crit}^+$")
            axes.set_ylabel(label)
        coherent.legend(fontsize=7)
        _judged(orders, data, numbers[-1])
        for n in numbers:
            row = data["photon_probability"].sel(N=n)
            distribution.plot(data["photon"] / n, row * n, "o-", color=shades[n], markersize=2.5, linewidth=0.9)
        distribution.set_xlim(0, 2.5)
        distribution.set_yscale("log")
        distribution.set_ylim(1e-2, 5)
        distribution.set_xlabel(r"photons per spin $n/N$")
        distribution.set_ylabel(r"$N\,P(n)$")
        distribution.set_title(rf"$\eta={TWO_PEAKED}\,\eta_\mathrm{{crit}}^+$", fontsize=8)
        style.wigner_values(plane, data["x"].values, data["p"].values, data["wigner"].values)
        plane.set_title(rf"$N={numbers[-1]}$, $\eta={TWO_PEAKED}\,\eta_\mathrm{{crit}}^+$", fontsize=8)
        rate.plot(numbers, data["gap"], "o-", color="k", markersize=3.5, linewidth=0.9)
        rate.set_xscale("log")
        rate.set_yscale("log")
        rate.set_xticks(numbers, [str(n) for n in numbers])
        rate.set_xticks([], minor=True)
        rate.set_xlabel("$N$")
        rate.set_ylabel(r"Liouvillian gap $/\,\kappa$")
        times = rate.secondary_yaxis("right", functions=(_inverse, _inverse))
        times.set_ylabel(r"relaxation time $\times\,\kappa$")
        figure.set_layout_engine("constrained", rect=(0, 0, 0.98, 1))  # it leaves no room for the label of a second axis
        rate.tick_params(right=False, which="both")
        for n, axes in zip(beyond, below, strict=False):
            large.draw_judged(axes, data, n)
        for axes in below[len(beyond) :]:
            axes.remove()
        for letter, axes in zip("abcdefghi", panels[: 6 + len(beyond)], strict=False):
            style.panel_letter(axes, letter)
        save(figure)


def _judged(axes: Axes, data: xr.Dataset, n: int) -> None:
    """The exact field of the largest system beside the approximations to it."""
    _semiclassical_line(axes, data)
    for order, colour in zip(data["order"].values, ("#d9822b", "#1f4fbf"), strict=True):
        axes.plot(data["drive"], data["cumulant_photons"].sel(order=order) / n, ".--", color=colour, linewidth=1, label=f"CE{order}")
    axes.plot(data["drive"], data["coherent_photons"].sel(N=n) / n, "k-", linewidth=1.2, label="exact")
    axes.set_xlim(DRIVES[0], DRIVES[-1])
    axes.set_ylim(0, 1.05 * float((data["photons"] / data["N"]).max()))
    axes.set_xlabel(r"drive $\eta/\eta_\mathrm{crit}^+$")
    axes.set_ylabel(r"$|\langle a\rangle|^2/N$")
    axes.set_title(f"$N={n}$", fontsize=8)
    axes.legend(fontsize=7)


def _inverse(value: Any) -> Any:
    return 1 / np.maximum(value, 1e-300)


def _semiclassical_line(axes: Axes, data: xr.Dataset) -> None:
    """The S-shaped curve: stable branches full, the unstable one dashed."""
    photons, drive = data["semiclassical_photons"].values, data["semiclassical_drive"].values
    falling = np.gradient(drive) < 0
    stable, unstable = np.where(falling, np.nan, photons), np.where(falling, photons, np.nan)
    axes.plot(drive, stable, color="#555555", linewidth=1.2, label="semiclassical")
    axes.plot(drive, unstable, color="#555555", linewidth=1.0, linestyle=":")


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N", "drive", "|<a>|^2", "<ad a>", "g2", "error estimate", "gap / kappa", "status")]
    for n in data["N"].values:
        for drive in data["drive"].values:
            point = data.sel(N=n, drive=drive)
            gap = f"{float(point['gap']):.8f}" if drive == SHOWN else ""
            numbers = (f"{float(point[name]):.10f}" for name in ("coherent_photons", "photons", "g2"))
            how = spelled(str(point["status"].values), str(point["reason"].values))
            rows.append((f"{n}", f"{drive:g}", *numbers, f"{float(point['error_estimate']):.0e}", gap, how))
    if "judged_N" in data.dims:
        rows += large.judged_rows(data)
    return rows
