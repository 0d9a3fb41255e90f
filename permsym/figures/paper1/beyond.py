"""Beyond P1: what its Fig. 3 could only extrapolate, N -> infinity at fixed g sqrt(N), as numbers.

omega = epsilon = 1, Gamma_T = 2, Gamma_up = 3/2, as in Fig. 3.  (a) limits of the population p0_up at kappa = 1 against
g sqrt(N): exact (extrapolated over lattices, with error estimates), mean field, second-order cumulants.  (b) what is left
of the distance to the exact limit at finite N, for both scalings: at fixed kappa/N everything meets it, at fixed g sqrt(N)
neither mean field nor second order does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.dataset.build import versions
from permsym.dataset.schema import CONVENTION
from permsym.errors import PermsymError
from permsym.progress import Counter
from permsym.sweeps.grid import sweep
from permsym.sweeps.limits.limit import Limit, limit

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
    import xarray as xr

    sizes = sorted({n for n in SHOWN if n < largest} | {largest})
    couplings = COUPLINGS if largest >= FEW else COUPLINGS[::8]
    total = len(couplings) * len(METHODS) + len(SCALINGS) * (len(sizes) + 1) * len(METHODS)
    done = 0

    def count(steps: int = 1) -> None:
        nonlocal done
        done += steps
        if progress is not None:
            progress(done, total)

    lattices = [n for n in LATTICES if n <= max(largest, LATTICES[2])][-5:]
    found = np.full((2, len(couplings), len(METHODS)), np.nan)
    for i, coupling in enumerate(couplings):
        for k, name in enumerate(METHODS):
            found[:, i, k] = _number(name, {"g": f"{coupling}/sqrt(N)", "kappa": 1.0} | PUMP, lattices)
            count()
    ends = np.full((2, len(SCALINGS), len(METHODS)), np.nan)
    runs = []
    for i, fixed in enumerate(SCALINGS.values()):
        runs.append(sweep("central-spin", {"N": sizes}, methods=METHODS, moments=("z0",), progress=lambda *_: count(), **fixed))
        for k, name in enumerate(METHODS):
            ends[:, i, k] = _number(name, fixed, None)
            count()
    values, errors, certified = (np.stack([run[name].values for run in runs]) for name in ("p0_up", "error_estimate", "certified"))

    def described(dims: Sequence[str], array: Any, meaning: str) -> tuple[Sequence[str], Any, dict[str, str]]:
        return dims, array, {"units": "1", "long_name": meaning}

    return xr.Dataset(
        {
            "limit_p0_up": described(("coupling", "method"), found[0], "limit of p0_up as N -> infinity, at fixed g sqrt(N)"),
            "limit_error": described(("coupling", "method"), found[1], "error estimate of that limit"),
            "end_p0_up": described(("scaling", "method"), ends[0], "limit of p0_up as N -> infinity, at each scaling"),
            "end_error": described(("scaling", "method"), ends[1], "error estimate of that limit"),
            "p0_up": described(("scaling", "N", "method"), values, "excited-state population of the central spin"),
            "error_estimate": described(("scaling", "N", "method"), errors, "largest error estimate over the moments"),
            "certified": described(("scaling", "N", "method"), certified, "whether the certificate is within its tolerance (1) or not (0)"),
            "status": described(
                ("scaling", "N", "method"), np.stack([run["status"].values.astype(str) for run in runs]), "certified, or not"
            ),
        },
        coords={
            "coupling": (("coupling",), list(couplings), {"units": "frequency", "long_name": "g sqrt(N)"}),
            "scaling": described(("scaling",), list(SCALINGS), "what is fixed as N grows"),
            "N": described(("N",), sizes, "number of satellites"),
            "method": described(("method",), list(METHODS), "exact, mean field, or order of the cumulant expansion"),
        },
        attrs={
            "model": "central-spin",
            "definition": json.dumps({"name": "central-spin", "fixed": PUMP, "scalings": SCALINGS}, sort_keys=True),
            "versions": json.dumps(versions(), sort_keys=True),
            "permsym_version": versions()["permsym"],
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": command,
            "convention": CONVENTION,
        },
    )


def _number(name: str, fixed: Mapping[str, Any], sizes: Sequence[int] | None) -> tuple[float, float]:
    """(limit, error); nan where a method has none."""
    try:
        found: Limit = limit("central-spin", "p0_up", method=name, sizes=sizes if name == "exact" else None, **fixed)
    except PermsymError:
        return float("nan"), float("nan")
    return found.value, found.error


def plot_panels(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    with plot.drawing(columns=2, width=3.9, height=3.1) as (figure, (left, right)):
        coupling = data["coupling"].values
        for name in ("mf", "c2"):
            left.plot(coupling, data["limit_p0_up"].sel({"method": name}), **plot.METHODS[name])
        exact = data.sel({"method": "exact"})
        left.errorbar(coupling, exact["limit_p0_up"], yerr=exact["limit_error"], capsize=2, **plot.METHODS["exact"])
        left.set_xlabel(r"$g\sqrt{N}$")
        left.set_ylabel(r"$\lim_{N\to\infty}\ p_0^\uparrow$")
        left.set_ylim(0, None)
        plot.panel_letter(left, "a")
        left.legend(title=r"fixed $g\sqrt{N}$, $\kappa=1$", title_fontsize=8, loc="best")
        names = (r"fixed $g\sqrt{N}$", r"fixed $\kappa/N$")
        for scaling, words, marker in zip(data["scaling"].values, names, ("o", "s"), strict=True):
            here = data.sel({"scaling": scaling})
            goal = float(here["end_p0_up"].sel({"method": "exact"}))
            for name in ("exact", "mf", "c2"):
                distance = np.abs(here["p0_up"].sel({"method": name}).values - goal)
                kept = distance > 1e-11  # below: met, to all digits that the limit has
                if kept.any():
                    look = plot.METHODS[name]
                    look = look | {"marker": marker, "markersize": 3.5, "label": f"{look['label']}, {words}"}
                    right.plot(data["N"].values[kept], distance[kept], **look)
        right.set_xscale("log")
        right.set_yscale("log")
        right.set_xlabel("$N$")
        right.set_ylabel(r"$|p_0^\uparrow - \lim_{N\to\infty} p_0^\uparrow$, exact$|$")
        plot.panel_letter(right, "b")
        right.legend(fontsize=6.5, loc="lower left", ncols=1)
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = [("N -> infinity at", "p0_up exact", "error", "mean field - exact", "c2 - exact")]
    for value in data["coupling"].values:
        rows.append(_row(f"g sqrt(N) = {value:g}", data["limit_p0_up"].sel(coupling=value), data["limit_error"].sel(coupling=value)))
    for scaling in data["scaling"].values:
        rows.append(_row(f"Fig. 3, {scaling}", data["end_p0_up"].sel(scaling=scaling), data["end_error"].sel(scaling=scaling)))
    return rows


def _row(head: str, values: xr.DataArray, errors: xr.DataArray) -> tuple[str, ...]:
    exact = float(values.sel({"method": "exact"}))
    differences = [f"{float(values.sel({'method': name})) - exact:+.3e}" for name in ("mf", "c2")]
    return head, f"{exact:.14f}", f"{float(errors.sel({'method': 'exact'})):.0e}", *differences
