"""Beyond P1: N -> infinity at fixed g sqrt(N), which its Fig. 3 could only extrapolate, as numbers.

omega = epsilon = 1, Gamma_T = 2, Gamma_up = 3/2, as in Fig. 3.  (a) limits of the population p0_up at kappa = 1 against
g sqrt(N): exact (extrapolated over lattices, with error estimates), mean field, second-order cumulants.  (b) distance from the exact
limit at finite N, for both scalings: at fixed kappa/N every method meets it, at fixed g sqrt(N) neither mean field nor second order does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.dataset.schema import CONVENTION
from permsym.errors import PermsymError
from permsym.figures.labelled import counted, labelled
from permsym.progress import Counter
from permsym.sweeps.grid import sweep
from permsym.sweeps.limits.infinite import Limit, limit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

COUPLINGS = (0.6, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
LATTICES = (4, 8, 16, 32, 64, 128, 256, 512)
FEW = 100  # satellites below which the limits are rough, and few
METHODS = ("exact", "mf", "c2")
PUMP: dict[str, Any] = {"gamma_up": 1.5, "gamma_down": 0.5}
SCALINGS: dict[str, dict[str, Any]] = {
    "fixed g sqrt(N)": {"g": "3/sqrt(N)", "kappa": 1.0} | PUMP,
    "fixed kappa/N": {"g": 0.75, "kappa": "N/16"} | PUMP,
}
SHOWN = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 100_000)


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """Limits by every method, and p0_up up to the largest N asked for at both scalings."""
    sizes = sorted({n for n in SHOWN if n < largest} | {largest})
    couplings = COUPLINGS if largest >= FEW else COUPLINGS[::8]
    lattices = [n for n in LATTICES if n <= max(largest, LATTICES[2])][-5:]
    count = counted(progress, len(couplings) * len(METHODS) + len(SCALINGS) * (len(sizes) + 1) * len(METHODS))
    limits = [_limits({"g": f"{coupling}/sqrt(N)", "kappa": 1.0} | PUMP, lattices, count) for coupling in couplings]
    ends, runs = [], []
    for fixed in SCALINGS.values():
        runs.append(sweep("central-spin", {"N": sizes}, methods=METHODS, moments=("z0",), progress=count, **fixed))
        ends.append(_limits(fixed, None, count))
    limit_values, limit_errors = np.moveaxis(np.array(limits), -1, 0)
    end_values, end_errors = np.moveaxis(np.array(ends), -1, 0)
    values, errors, certified = (np.stack([run[name].values for run in runs]) for name in ("p0_up", "error_estimate", "certified"))
    status, reason = (np.stack([run[name].values.astype(str) for run in runs]) for name in ("status", "reason"))
    at_coupling, at_scaling, at_size = ("coupling", "approach"), ("scaling", "approach"), ("scaling", "N", "approach")
    return labelled(
        {
            "coupling": (("coupling",), couplings, "frequency", "g sqrt(N)"),
            "scaling": (("scaling",), list(SCALINGS), "1", "what is fixed as N grows"),
            "N": (("N",), sizes, "1", "number of satellites"),
            "approach": (("approach",), METHODS, "1", "exact, mean field, or order of the cumulant expansion"),
        },
        {
            "limit_p0_up": (at_coupling, limit_values, "1", "limit of p0_up as N -> infinity, at fixed g sqrt(N)"),
            "limit_error": (at_coupling, limit_errors, "1", "error estimate of that limit"),
            "end_p0_up": (at_scaling, end_values, "1", "limit of p0_up as N -> infinity, at each scaling"),
            "end_error": (at_scaling, end_errors, "1", "error estimate of that limit"),
            "p0_up": (at_size, values, "1", "excited-state population of the central spin"),
            "error_estimate": (at_size, errors, "1", "largest error estimate over the moments"),
            "certified": (at_size, certified, "1", "whether the certificate is within its tolerance (1) or not (0)"),
            "status": (at_size, status, "1", "how the point came out"),
            "reason": (at_size, reason, "1", "why it came out so; of an approximation, which one it is"),
        },
        {
            "model": "central-spin",
            "definition": json.dumps({"name": "central-spin", "fixed": PUMP, "scalings": SCALINGS}, sort_keys=True),
            "command": command,
            "convention": CONVENTION,
        },
    )


def _limits(fixed: Mapping[str, Any], sizes: Sequence[int] | None, count: Callable[..., None]) -> list[tuple[float, float]]:
    """(limit, error) by every method; nan where a method has none."""
    pairs = []
    for name in METHODS:
        try:
            end: Limit = limit("central-spin", "p0_up", method=name, sizes=sizes if name == "exact" else None, **fixed)
        except PermsymError:
            pairs.append((float("nan"), float("nan")))
        else:
            pairs.append((end.value, end.error))
        count()
    return pairs


def plot_panels(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with plot.drawing(columns=2, width=3.9, height=3.1) as (figure, (left, right)):
        coupling = data["coupling"].values
        for name in ("mf", "c2"):
            left.plot(coupling, data["limit_p0_up"].sel({"approach": name}), **plot.METHODS[name])
        exact = data.sel({"approach": "exact"})
        left.errorbar(coupling, exact["limit_p0_up"], yerr=exact["limit_error"], capsize=2, **plot.METHODS["exact"])
        left.set_xlabel(r"$g\sqrt{N}$")
        left.set_ylabel(r"$\lim_{N\to\infty}\ p_0^\uparrow$")
        left.set_ylim(0, None)
        plot.panel_letter(left, "a")
        left.legend(title=r"fixed $g\sqrt{N}$, $\kappa=1$", title_fontsize=8, loc="best")
        names = (r"fixed $g\sqrt{N}$", r"fixed $\kappa/N$")
        for scaling, words, marker in zip(data["scaling"].values, names, ("o", "s"), strict=True):
            here = data.sel({"scaling": scaling})
            goal = float(here["end_p0_up"].sel({"approach": "exact"}))
            for name in ("exact", "mf", "c2"):
                distance = np.abs(here["p0_up"].sel({"approach": name}).values - goal)
                shown = distance > 1e-11  # below: met, to all digits that the limit has
                if shown.any():
                    look = plot.METHODS[name]
                    look = look | {"marker": marker, "markersize": 3.5, "label": f"{look['label']}, {words}"}
                    right.plot(data["N"].values[shown], distance[shown], **look)
        right.set_xscale("log")
        right.set_yscale("log")
        right.set_xlabel("$N$")
        right.set_ylabel(r"$|p_0^\uparrow - \lim_{N\to\infty} p_0^\uparrow$, exact$|$")
        plot.panel_letter(right, "b")
        right.set_ylim(bottom=right.get_ylim()[0] / 30)  # for the legend
        right.legend(fontsize=6.5, loc="lower left", ncols=2)
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N -> infinity at", "p0_up exact", "error", "mean field - exact", "c2 - exact")]
    for value in data["coupling"].values:
        rows.append(_row(f"g sqrt(N) = {value:g}", data["limit_p0_up"].sel(coupling=value), data["limit_error"].sel(coupling=value)))
    for scaling in data["scaling"].values:
        rows.append(_row(f"Fig. 3, {scaling}", data["end_p0_up"].sel(scaling=scaling), data["end_error"].sel(scaling=scaling)))
    return rows


def _row(head: str, values: xr.DataArray, errors: xr.DataArray) -> tuple[str, ...]:
    exact = float(values.sel({"approach": "exact"}))
    differences = [f"{float(values.sel({'approach': name})) - exact:+.3e}" for name in ("mf", "c2")]
    return head, f"{exact:.14f}", f"{float(errors.sel({'approach': 'exact'})):.0e}", *differences
