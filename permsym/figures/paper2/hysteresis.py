"""Hysteresis of the driven cavity: the drive goes from 0.6 to 1.3 eta_crit+ and back in a time T, through the bistable region at C = 14.

M. Zens, D. O. Krimer, S. Rotter, Phys. Rev. A 100, 013856 (2019) has two stable branches there in the Maxwell-Bloch equations.  The
exact steady state is unique, so that the loop of a ramp without haste is empty: how its area falls with T says how the state follows.

    area = integral of p_down - p_up over the drive,     p = |<a>|^2 / N

Each ramp starts in the steady state at 0.6.  Orders 2 and 3 are without three-spin correlations, as in the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym import plot as style
from permsym.cumulants import evolve as evolve_cumulants
from permsym.dataset.status import Outcome, Status, judged, spelled
from permsym.dynamics.eigenvalues import eigenvalues
from permsym.dynamics.evolve import evolve
from permsym.errors import SolverFailed
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, colours, dataset
from permsym.model import Model
from permsym.models.driven_tavis_cummings import driven_tavis_cummings
from permsym.progress import Counter
from permsym.steady.solve import steady_state

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Vector = NDArray[np.float64]
C, LOW, HIGH = 14.0, 0.6, 1.3
SIZES = (3, 5, 10)
DURATIONS = (2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
LONGEST_EXACT = {10: 320.0}
"""The longest exact ramps where not all are: at N = 10 a unit of time takes 580 products of up to 76,000 numbers, 0.3 s of one core."""
METHODS = ("exact", "mf", "c2", "c3")
ORDERS = {"mf": 1, "c2": 2, "c3": 3}
SETTLING = 60.0  # of an expansion at the lowest drive, from the empty cavity: its slowest rate there is 0.5
SAMPLES = 280  # intervals of a ramp
_SPARE = 4  # Fock states: each four are worth two to four digits of the trace norm
TOLERANCE = 1e-5  # of <a>, and few enough Fock states; the errors come out near 1e-8
AT = 1.05  # the drive at which the gap is shown
SHOWN = (10.0, 80.0)  # durations whose loops are drawn
_NAMES = {"exact": "exact", "mf": "Maxwell-Bloch", "c2": "CE2", "c3": "CE3"}


def model_at(N: int, drive: float) -> Model:
    return driven_tavis_cummings(N, C=C, drive=drive, kappa=KAPPA, gamma_h=GAMMA_H)


@dataclass(frozen=True)
class Ramp:
    """|<a>|^2 / N at the times of a ramp, (T,), with its error, and how it came out."""

    values: Vector
    error: float
    outcome: Outcome


def ramp_drive(duration: float) -> tuple[Vector, Vector]:
    """Times of a ramp and the drive at them."""
    times = np.linspace(0, duration, SAMPLES + 1)
    return times, LOW + 2 * (HIGH - LOW) * np.minimum(times, duration - times) / duration


def rule(duration: float) -> dict[str, str]:
    """What a ramp makes of the drive."""
    return {"drive": f"{LOW} + {2 * (HIGH - LOW)}*min(t, {duration} - t)/{duration}"}


def exact_ramp(N: int, duration: float, start: Any) -> Ramp:
    """The exact evolution from the steady state at the lowest drive."""
    times, _ = ramp_drive(duration)
    evolution = evolve(model_at(N, LOW), times, initial=start, moments=["a"], tolerance=TOLERANCE, modulate=rule(duration), keep="none")
    amplitude, error = np.abs(evolution.moment("a")), evolution.certificate.errors["a"]
    return Ramp(amplitude**2 / N, float((2 * amplitude.max() * error + error**2) / N), judged(evolution.certificate))


def expanded_ramp(order: int, N: int, duration: float) -> Ramp:
    """The evolution of an order from where it settles at the lowest drive; nan where it runs away."""
    times, _ = ramp_drive(duration)
    try:
        settled = evolve_cumulants(model_at(N, LOW), [SETTLING], order=order, closure="no-three-spin", rtol=1e-6, atol=1e-8, errors=False)
        trajectory = evolve_cumulants(settled.equations, times, settled.y[-1], modulate=rule(duration), rtol=1e-6, atol=1e-8, errors=False)
    except SolverFailed as failure:
        return Ramp(np.full(len(times), np.nan), np.nan, (Status.FAILED, str(failure)))
    strange = trajectory.unphysical
    status = (Status.UNPHYSICAL, f"order {order}, {strange[0]}") if strange else (Status.OK, f"order {order}")
    return Ramp(np.abs(trajectory.moment("a")) ** 2 / N, np.nan, status)


def loop_area(values: Vector, drive: Vector) -> tuple[float, float]:
    """Integral of p_down - p_up over the drive by Simpson's rule, and how far every second time alone is off."""
    from scipy.integrate import simpson

    def integral(step: int) -> float:
        middle = len(values) // 2
        up, down = slice(0, middle + 1, step), slice(middle, None, step)
        return float(-simpson(values[down], x=drive[down]) - simpson(values[up], x=drive[up]))

    return integral(1), abs(integral(1) - integral(2))


def compute(
    largest: int, command: str, progress: Counter | None, sizes: Sequence[int] = SIZES, durations: Sequence[float] = DURATIONS
) -> xr.Dataset:
    sizes = [n for n in sizes if n <= largest] or [min(sizes)]
    shape = (len(METHODS), len(sizes), len(durations))
    values, areas, errors = np.full((*shape, SAMPLES + 1), np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    status, gaps = np.empty(shape, dtype=object), []
    count = counted(progress, len(sizes) * (1 + len(METHODS) * len(durations)))
    for i, N in enumerate(sizes):
        gaps.append(-eigenvalues(model_at(N, AT), 2).eigenvalues[1].real)
        first = steady_state(model_at(N, LOW), moments=["a"])
        more = first.model.with_levels(first.model.centre.levels + _SPARE)  # enough for <a> is too few for the whole state
        start = steady_state(more, moments=["a"])
        count()
        for j, method in enumerate(METHODS):
            for k, duration in enumerate(durations):
                if method == "exact" and duration > LONGEST_EXACT.get(N, max(durations)):
                    status[j, i, k] = (Status.NOT_APPLICABLE, "takes too long")
                else:
                    ramp = exact_ramp(N, duration, start) if method == "exact" else expanded_ramp(ORDERS[method], N, duration)
                    _, drive = ramp_drive(duration)
                    areas[j, i, k], quadrature = loop_area(ramp.values, drive)
                    values[j, i, k], status[j, i, k] = ramp.values, ramp.outcome
                    errors[j, i, k] = quadrature + 2 * (HIGH - LOW) * ramp.error
                count()
    dims = ["approach", "N", "duration"]
    _, drive = ramp_drive(1.0)
    return dataset(
        {
            "approach": (["approach"], METHODS, "1", "exact, Maxwell-Bloch (mf), and orders 2 and 3 without three-spin correlations"),
            "N": (["N"], sizes, "1", "number of spins"),
            "duration": (["duration"], durations, "1/kappa", "time from the lowest drive to the highest and back"),
            "phase": (["phase"], np.linspace(0, 1, SAMPLES + 1), "1", "time over the duration"),
        },
        {
            "drive": (["phase"], drive, "1", "eta / eta_crit+"),
            "coherent_photons": ([*dims, "phase"], values, "1", "|<a>|^2 / N"),
            "area": (dims, areas, "1", "integral of p_down - p_up over the drive"),
            "area_error": (dims, errors, "1", "estimate of the absolute error of the area; of an expansion there is none"),
            "gap": (["N"], gaps, "kappa", f"slowest relaxation rate at {AT} eta_crit+"),
            **outcomes(dims, status),
        },
        {"kappa": KAPPA, "gamma_h": GAMMA_H, "C": C, "closure": "no-three-spin"},
        command,
    )  # fmt: skip


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    shades = {"exact": "#1f4fbf", "mf": "k", "c2": "#d95f02", "c3": "#1b9e77"}
    with style.drawing(columns=3, width=3.5, height=3.0) as (figure, panels):
        largest = int(data["N"].values[-1])
        for axes, letter, duration in zip(panels, "ab", SHOWN, strict=False):
            one = data.sel(N=largest).sel(duration=duration, method="nearest")
            _loops(axes, one, shades)
            axes.set_title(rf"$\kappa T = {float(one['duration']):g}$, $N = {largest}$", fontsize=9)
            style.panel_letter(axes, letter)
        panels[1].legend(loc="upper left", fontsize=7)
        axes = panels[2]
        for shade, n in zip(colours(data.sizes["N"], "Blues", 0.55, 0.95), data["N"].values, strict=True):
            area = data["area"].sel(approach="exact", N=n)
            axes.plot(data["duration"], area, "o-", color=shade, markersize=3.5, label=f"exact, $N={n}$")
            axes.axvline(1 / float(data["gap"].sel(N=n)), color=shade, linestyle=":", linewidth=0.9)
        for name in ORDERS:
            area = data["area"].sel(approach=name, N=largest)
            axes.plot(data["duration"], np.where(area > 0, area, np.nan), "s--", color=shades[name], markersize=3, label=_NAMES[name])
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(r"duration of the ramp $\kappa T$")
        axes.set_ylabel("area of the loop")
        style.panel_letter(axes, "c")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=7)
        save(figure)


def _loops(axes: Axes, data: xr.Dataset, shades: dict[str, str]) -> None:
    """|<a>|^2 / N against the drive, up and down."""
    middle = data.sizes["phase"] // 2
    for name in ("mf", "c2", "c3", "exact"):
        values = data["coherent_photons"].sel(approach=name).values
        width = 1.8 if name == "exact" else 1.0
        axes.plot(data["drive"].values[: middle + 1], values[: middle + 1], "-", color=shades[name], linewidth=width, label=_NAMES[name])
        axes.plot(data["drive"].values[middle:], values[middle:], "--", color=shades[name], linewidth=width)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(r"$\eta/\eta_{\rm crit}^+$")
    axes.set_ylabel(r"$|\langle a\rangle|^2/N$")


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("method", "N", "kappa T", "area", "error", "1/gap", "status")]
    for name in data["approach"].values:
        for n in data["N"].values:
            for duration in data["duration"].values:
                one = data.sel(approach=name, N=n, duration=duration)
                numbers = [f"{float(one['area']):.8f}", f"{float(one['area_error']):.0e}", f"{1 / float(one['gap']):.3f}"]
                rows.append(
                    (_NAMES[str(name)], str(n), f"{duration:g}", *numbers, spelled(str(one["status"].values), str(one["reason"].values)))
                )
    return rows
