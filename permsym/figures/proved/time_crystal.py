"""Proved bounds of a boundary time crystal, and of what its mean field is off by.

    H = omega Jx,    jumps  sqrt(2 / N) J-,    total spin N / 2

(a) <sigma^z> against the drive: intervals at three sizes, exact values, and the mean field -sqrt(1 - omega^2), which ends at omega = 1;
(b) between which numbers the error of the mean field lies, against N, where the interval does not hold it.
Source: F. Iemini et al., PRL 121, 035301 (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym import plot
from permsym.dataset.schema import CONVENTION
from permsym.dataset.status import Outcome, Status, failure
from permsym.figures.labelled import counted, labelled, outcomes
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEGREE = 3
OMEGAS = tuple(round(0.125 * i, 3) for i in range(1, 15))
SIZES = (10, 100, 1000, 10_000, 100_000, 1_000_000)
_REACH = 100  # largest N that is solved exactly
_DRAWN = (0.25, 0.5, 0.75)  # drives of (b)
_COLOURS = ("#c8102e", "#166534", "#1f4fbf")


def crystal(N: int, omega: float) -> ps.Model:
    """The boundary time crystal of N spins."""
    s = ps.Ensemble(N, j=N / 2)
    return ps.Model(None, s, omega / 2 * s.x, [ps.Collective(2 / N, s.m)], name="boundary time crystal")


def mean_field(omega: float) -> float:
    """<sigma^z> of the stationary mean field; zero where it has no fixed point but orbits."""
    return -float(np.sqrt(max(1 - omega**2, 0.0)))


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """Both ends, exact values up to a size, and the mean field."""
    numbers = sorted({n for n in SIZES if n < largest} | {largest})
    count = counted(progress, len(numbers) * len(OMEGAS))
    lower, upper, exact = (np.full((len(numbers), len(OMEGAS)), np.nan) for _ in range(3))
    nothing: Outcome = (Status.NOT_APPLICABLE, f"this figure has exact values up to N = {_REACH}")
    status = np.empty(exact.shape, dtype=object)
    for i, n in enumerate(numbers):
        for k, omega in enumerate(OMEGAS):
            model = crystal(n, omega)
            status[i, k] = nothing
            if n <= _REACH:
                exact[i, k], status[i, k] = ps.steady_state(model).moment("z1").real, (Status.OK, "")
            try:
                b = ps.bounds(model, "z1", degree=DEGREE, gap=1e-9)
                lower[i, k], upper[i, k] = b.lower, b.upper
            except ps.PermsymError as error:
                status[i, k] = failure(error)
            count()
    over = ("N", "omega")
    return labelled(
        {
            "N": (("N",), numbers, "1", "number of spins"),
            "omega": (("omega",), list(OMEGAS), "rate", "drive, over half the collective rate times N"),
        },
        {
            "lower": (over, lower, "1", "proved lower end of <z1>"),
            "upper": (over, upper, "1", "proved upper end of <z1>"),
            "exact": (over, exact, "1", "<z1> of the exact solution"),
            "mean_field": (("omega",), [mean_field(omega) for omega in OMEGAS], "1", "<z1> of the mean field"),
            **outcomes(over, status),
        },
        {"command": command, "convention": CONVENTION, "degree": DEGREE},
    )


def errors(data: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Least and largest distance of the mean field from a value in the interval; the least is zero where the interval holds it."""
    below, above = data["lower"] - data["mean_field"], data["mean_field"] - data["upper"]
    return below.where(below > above, above).clip(min=0.0), -below.where(below < above, above)


def plot_panels(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with plot.drawing(columns=2, width=3.9, height=3.1) as (figure, (left, right)):
        _values(left, data)
        _errors(right, data)
        for axes, letter in ((left, "a"), (right, "b")):
            plot.panel_letter(axes, letter)
        save(figure)


def _values(axes: Axes, data: xr.Dataset) -> None:
    numbers, omegas = data["N"].values, data["omega"].values
    for n, colour in zip(sorted({numbers[0], numbers[len(numbers) // 4], numbers[-1]}), _COLOURS, strict=False):
        one = data.sel(N=n)
        axes.fill_between(omegas, one["lower"], one["upper"], color=colour, alpha=0.3, linewidth=0.6, label=f"proved, $N={_sized(n)}$")
        axes.plot(omegas, one["exact"], "o", color=colour, markersize=3)
    fine = np.linspace(0, omegas[-1], 400)
    axes.plot(fine, [mean_field(omega) for omega in fine], **plot.METHODS["mf"])
    axes.plot([], [], "o", color="#555555", markersize=3, label="exact")
    axes.set_xlabel(r"drive $\omega$")
    axes.set_ylabel(r"$\langle\sigma^z\rangle$")
    axes.legend(fontsize=7, loc="lower right")


def _errors(axes: Axes, data: xr.Dataset) -> None:
    numbers = data["N"].values
    least, largest = errors(data)
    for omega, colour in zip(_DRAWN, _COLOURS, strict=True):
        low, high = (part.sel(omega=omega).values for part in (least, largest))
        wrong = low > 0
        axes.fill_between(numbers, np.where(wrong, low, np.nan), high, color=colour, alpha=0.3, linewidth=0)
        axes.plot(numbers[wrong], high[wrong], "o-", color=colour, markersize=3.2, linewidth=0.7, label=rf"$\omega={omega:g}$")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel("$N$")
    axes.set_ylabel("proved error of the mean field")
    axes.legend(fontsize=7)


def _sized(n: int) -> str:
    power = round(np.log10(n))
    return f"10^{power}" if n == 10**power and n >= 1000 else str(n)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N", "omega", "proved lower", "proved upper", "exact", "mean field", "mean field is")]
    least, _ = errors(data)
    for n in data["N"].values:
        for omega in data["omega"].values:
            one = data.sel(N=n, omega=omega)
            distance = float(least.sel(N=n, omega=omega))
            verdict = "not proved" if np.isnan(distance) else "proved wrong" if distance > 0 else "undecided"
            cells = (f"{float(one[name]):.9f}" for name in ("lower", "upper", "exact", "mean_field"))
            rows.append((f"{n}", f"{omega:g}", *cells, verdict))
    return rows
