"""A trajectory of the driven cavity that switches between its two branches, beside the exact P(n), at C = 14 and 1.05 eta_crit+.

The semiclassical equations have two stable branches below eta_crit+; a trajectory stays near one for a while and then goes to the other.
Switching rates are those of a Schmitt trigger on |<a>|; their sum is near the Liouvillian's gap.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot as style
from permsym.dataset.status import Status, judged
from permsym.errors import UncertifiedWarning
from permsym.figures.labelled import counted, outcomes
from permsym.figures.paper2.shared import GAMMA_H, KAPPA, dataset
from permsym.models.driven_tavis_cummings import driven_tavis_cummings
from permsym.progress import Counter
from permsym.steady.solve import steady_state
from permsym.unravelling.engine import Chain, prepare
from permsym.unravelling.trajectories import trajectories

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

C, DRIVE, SEED = 14.0, 1.05, 1
SHOWN, EVERY = 400.0, 0.25
"""Length of the trajectory that is drawn, and time between its points; in units of 1/kappa."""
DURATION = 4000.0
"""Of each of the trajectories that are averaged: some hundred switches each way at N = 20."""
DRAWN, WATCHED = "ad a", "a"
"""<a> has two peaks along trajectories, <a^dag a> hardly two."""


def compute(largest: int, command: str, progress: Counter | None, *, shown: float = SHOWN, duration: float = DURATION) -> xr.Dataset:
    """One trajectory, averages over eight of them, and the exact steady state of ``largest`` spins."""
    model = driven_tavis_cummings(largest, C=C, drive=DRIVE, kappa=KAPPA, gamma_h=GAMMA_H)
    count = counted(progress, 3)
    photons = Chain(prepare(model, [DRAWN]), "", SEED, 0).run(shown, EVERY)[:, 0].real
    count()
    sampled = trajectories(model, [WATCHED, DRAWN], seed=SEED, duration=duration, dwell=WATCHED)
    count()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncertifiedWarning)  # said in ``status``
        exact = steady_state(model, moments=[WATCHED, DRAWN])
    probability = exact.mode.photon_distribution(errors=False).probability
    count()
    dwell = sampled.dwell
    assert dwell is not None
    by_statistics = Status.OK if sampled.reliable else Status.UNCERTIFIED, "; ".join(sampled.sampling.doubts.values())
    names = ("photons", "coherent_photons", "g2")
    values = {name: (("approach",), [exact.derived[name], sampled.derived[name]], "1", f"{name} of the steady state") for name in names}
    errors = {
        f"{name}_error": (
            ("approach",),
            [exact.derived_errors[name], sampled.derived_errors[name]],
            "1",
            "error: an estimate; or a half width",
        )
        for name in names
    }
    rates = ("low_time", "high_time", "up_rate", "down_rate", "rate_sum")
    return dataset(
        {
            "time": (("time",), EVERY * np.arange(1, len(photons) + 1), "1/kappa", "time"),
            "photon": (("photon",), np.arange(len(probability)), "1", "photon number n"),
            "approach": (("approach",), ["exact", "trajectories"], "1", "exact, or averages over trajectories"),
            "rate": (("rate",), list(rates), "1", "dwell time, in 1/kappa, or switching rate, in kappa"),
        },
        {
            "trajectory": (("time",), photons, "1", "<a^dag a> of one trajectory"),
            "photon_probability": (("photon",), probability, "1", "exact P(n)"),
            "dwell": (("rate",), [getattr(dwell, name) for name in rates], "1/kappa or kappa", "dwell times and switching rates"),
            "dwell_error": (("rate",), [dwell.errors[name] for name in rates], "1/kappa or kappa", "half widths of their 95 % intervals"),
            "level": (("branch",), [dwell.low, dwell.high], "1", "|<a>| of the two states"),
            **values,
            **errors,
            **outcomes(("approach",), [judged(exact.certificate), by_statistics]),
        },
        {"N": largest, "C": C, "drive": DRIVE, "kappa": KAPPA, "gamma_h": GAMMA_H, "seed": SEED, "duration": duration},
        command,
    )


def plot(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    """The trajectory, and P(n) along the same axis."""
    with style.drawing(columns=2) as (figure, (left, right)):
        left.plot(data["time"], data["trajectory"], color="#1f4fbf", linewidth=0.7)
        left.set_xlim(0, float(data["time"][-1]))
        left.set_xlabel(r"$\kappa t$")
        left.set_ylabel(r"$\langle a^\dagger a\rangle$ of one trajectory")
        right.barh(data["photon"], data["photon_probability"], height=0.8, color="#9db7e8")
        right.set_xlabel(r"exact $P(n)$")
        right.set_ylabel(r"photon number $n$")
        top = 1.05 * max(float(data["trajectory"].max()), float(data["photon"][data["photon_probability"] > 1e-3].max()))
        for axes in (left, right):
            axes.set_ylim(-0.5, top)
        low, high = (float(data["dwell"].sel(rate=name)) for name in ("low_time", "high_time"))
        title = rf"$N={data.attrs['N']}$, dwell times ${low:.3g}$ and ${high:.3g}$ $\kappa^{{-1}}$"
        left.set_title(title, fontsize=8)
        save(figure)


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    """Averages beside the exact ones, and dwell times."""
    rows = [["quantity", "exact", "trajectories", "+-"]]
    for name in ("photons", "coherent_photons", "g2"):
        exact, value = data[name].values
        rows.append([name, f"{exact:.6g}", f"{value:.6g}", f"{float(data[f'{name}_error'][1]):.2g}"])
    for name, value, error in zip(data["rate"].values, data["dwell"].values, data["dwell_error"].values, strict=True):
        rows.append([str(name), "", f"{value:.5g}", f"{error:.2g}"])
    return rows
