"""Spectra of the light in a cavity: a pumped one from vacuum Rabi splitting to lasing, a driven one through its bistable region.

``spectrum-tavis-cummings``: g sqrt(N) = 2, kappa = 1/2, gamma_down = 1/4, on resonance.  Weakly pumped emitters split the line into
two at +- g sqrt(N); pumped harder, they saturate, the two merge, and the line narrows.

``spectrum-driven-cavity``: paper 2 at C = 14, the incoherent part of the spectrum in the frame of the drive.  The sidebands at
+- g sqrt(N) of weak drives give way to one peak as the spins saturate; the coherent part is a delta peak at the drive.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import permsym as ps
from permsym import plot
from permsym.dataset.schema import CONVENTION
from permsym.dataset.status import Outcome, Status, failure, spelled
from permsym.errors import PermsymError, UncertifiedWarning
from permsym.figures.labelled import counted
from permsym.figures.paper2 import shared as paper2
from permsym.figures.two_time.shared import dataset, of_exact, verdicts
from permsym.models.registry import lookup
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from permsym.dynamics.spectra.spectrum import PowerSpectrum

_SPECTRUM = ("power", "errors")
_NUMBERS = ("incoherent_photons", "coherent_photons", "error_estimate")


@dataclass(frozen=True)
class Scan:
    """Spectra of a cavity at several values of one parameter; ``--max-N`` sets the number of emitters."""

    model: str
    fixed: dict[str, Any]
    over: str
    values: tuple[float, ...]
    shown: tuple[float, ...]
    frequencies: tuple[float, float, int]
    convention: str
    unit: str
    label: str
    colour_map: str

    def compute(self, largest: int, command: str, progress: Counter | None) -> xr.Dataset:
        """Spectra and photon numbers at every value."""
        w, over, fixed = np.linspace(*self.frequencies), (self.over,), {"N": largest, **self.fixed}
        curves = {name: np.full((len(self.values), len(w)), np.nan) for name in _SPECTRUM}
        numbers = {name: np.full(len(self.values), np.nan) for name in _NUMBERS}
        status, count = np.empty(len(self.values), dtype=object), counted(progress, len(self.values))
        for i, value in enumerate(self.values):
            curve, status[i] = _solved(lookup(self.model).function(**fixed, **{self.over: value}), w)
            if curve is not None:
                curves["power"][i], curves["errors"][i] = curve.power, curve.errors
                numbers["incoherent_photons"][i] = curve.certificate.sum_rule / (2 * np.pi)
                numbers["coherent_photons"][i] = curve.coherent.real
                numbers["error_estimate"][i] = curve.certificate.error_estimate
            count()
        return dataset(
            self.model,
            fixed,
            {
                self.over: (over, self.values, "1" if self.over == "drive" else "frequency", f"parameter {self.over}"),
                "frequency": (("frequency",), w, self.unit, "omega, in the model's frame"),
            },
            {
                "power": ((self.over, "frequency"), curves["power"], "1/frequency", "S(omega) without its coherent part"),
                "power_error": ((self.over, "frequency"), curves["errors"], "1/frequency", "estimate of its absolute error"),
                "incoherent_photons": (over, numbers["incoherent_photons"], "1", "<a^dag a> - |<a>|^2, the integral of S over 2 pi"),
                "coherent_photons": (over, numbers["coherent_photons"], "1", "|<a>|^2: S has 2 pi times that in a delta peak"),
                "error_estimate": (over, numbers["error_estimate"], "1/frequency", "largest error estimate over the frequencies"),
                **verdicts(over, status),
            },
            command,
            self.convention,
        )

    def cuts(self, axes: Axes, data: xr.Dataset) -> None:
        """S over its integral, at some values of the parameter; dotted where it is not certified."""
        for shade, value in zip(paper2.colours(len(self.shown), self.colour_map), self.shown, strict=True):
            one = data.sel({self.over: value})
            sure = one["status"] == Status.OK
            axes.plot(data["frequency"], _normalised(one), color=shade, linestyle="-" if sure else ":", label=f"${value:g}$")
        axes.set_yscale("log")
        axes.set_xlim(self.frequencies[0], self.frequencies[1])
        axes.legend(title=self.label, title_fontsize=8, fontsize=7, loc="upper right", handlelength=1.2)

    def map(self, axes: Axes, data: xr.Dataset) -> None:
        """S over its largest value at each parameter, blank where it is not certified."""
        sure = data["status"] == Status.OK
        shown = (data["power"] / data["power"].max("frequency")).where(sure)
        mesh = axes.pcolormesh(data["frequency"], data[self.over], shown, cmap="magma", vmin=0, vmax=1, rasterized=True, shading="nearest")
        axes.figure.colorbar(mesh, ax=axes, label=r"$S(\omega)\,/\,\max_\omega S$")
        axes.set_ylabel(self.label)

    def table(self, data: xr.Dataset) -> Sequence[Sequence[str]]:
        """A row for each value of the parameter."""
        rows: list[Sequence[str]] = [(self.over, "peaks of S at", "largest S", "<ad a> - |<a>|^2", "|<a>|^2", "error estimate", "status")]
        for value in data[self.over].values:
            one = data.sel({self.over: value})
            numbers = (f"{float(one[name]):.9g}" for name in ("incoherent_photons", "coherent_photons"))
            how = spelled(str(one["status"].values), str(one["reason"].values))
            rows.append(
                (
                    f"{value:g}",
                    _peaks(one),
                    f"{float(one['power'].max()):.9g}",
                    *numbers,
                    f"{float(one['error_estimate']):.0e}",
                    how,
                )
            )
        return rows


def _solved(model: Any, frequencies: Any) -> tuple[PowerSpectrum | None, Outcome]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)  # said in ``status``
            curve = ps.spectrum(model, frequencies)
    except PermsymError as error:
        return None, failure(error)
    return curve, of_exact(curve.reasons)


def _normalised(one: xr.Dataset) -> xr.DataArray:
    return one["power"] / (2 * np.pi * one["incoherent_photons"])


def _peaks(one: xr.Dataset) -> str:
    """Frequencies of the grid at which S is above its neighbours."""
    s, w = one["power"].values, one["frequency"].values
    return " ".join(f"{w[i]:.3g}" for i in range(1, len(s) - 1) if s[i] > s[i - 1] and s[i] > s[i + 1])


def plot_pumped(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    """(a) some spectra, (b) all of them."""
    with plot.drawing(columns=2, width=3.9, height=3.1) as (figure, (left, right)):
        PUMPED.cuts(left, data)
        left.set_ylabel(r"$S(\omega)\,/\,2\pi\langle a^\dagger a\rangle$")
        left.set_title(f"$N={data.attrs['N']}$", fontsize=9)
        PUMPED.map(right, data)
        right.set_yscale("log")
        for side in (-2, 2):
            right.axvline(side, color="white", linewidth=0.6, linestyle=":")
        for letter, axes in zip("ab", (left, right), strict=True):
            axes.set_xlabel(r"$\omega-\omega_c$  (in units of $g\sqrt{N}/2$)")
            plot.panel_letter(axes, letter)
        save(figure)


def plot_driven(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    """(a) some spectra, (b) all of them, (c) coherent and incoherent photons."""
    with plot.drawing(columns=3, width=3.7, height=3.1) as (figure, (left, middle, right)):
        DRIVEN.cuts(left, data)
        left.set_ylabel(r"$\kappa\,S(\omega)\,/\,2\pi(\langle a^\dagger a\rangle-|\langle a\rangle|^2)$")
        left.set_title(f"$N={data.attrs['N']}$, $C={data.attrs['C']:g}$", fontsize=9)
        DRIVEN.map(middle, data)
        sure = data["status"].values.astype(str) == Status.OK
        for name, colour, label in (
            ("coherent_photons", "#1f4fbf", r"coherent, $|\langle a\rangle|^2$"),
            ("incoherent_photons", "#c8102e", r"incoherent, $\langle a^\dagger a\rangle-|\langle a\rangle|^2$"),
        ):
            right.plot(data["drive"], np.where(sure, data[name], np.nan) / data.attrs["N"], "o-", color=colour, markersize=3, label=label)
        right.set_yscale("log")
        right.set_xlabel(DRIVEN.label)
        right.set_ylabel("photons per spin")
        right.legend(fontsize=7, loc="lower right")
        for axes in (left, middle):
            axes.set_xlabel(r"$(\omega-\omega_{\rm drive})/\kappa$")
        for letter, axes in zip("abc", (left, middle, right), strict=True):
            plot.panel_letter(axes, letter)
        save(figure)


PUMPED = Scan(
    "tavis-cummings",
    {"omega": 0.0, "epsilon": 0.0, "g": "2/sqrt(N)", "kappa": 0.5, "gamma_down": 0.25, "levels": "auto"},
    "gamma_up",
    tuple(float(f"{value:.4g}") for value in np.geomspace(0.01, 10, 31)),
    (0.01, 0.1, 0.3162, 1.0, 10.0),
    (-4.0, 4.0, 321),
    CONVENTION,
    "frequency",
    r"pump $\Gamma_\uparrow$",
    "viridis",
)
DRIVEN = Scan(
    "driven-tavis-cummings",
    {"kappa": paper2.KAPPA, "gamma_h": paper2.GAMMA_H, "C": 14.0, "levels": "auto"},
    "drive",
    (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5),
    (0.3, 0.7, 0.9, 1.0, 1.2, 1.5),
    (-6.0, 6.0, 241),
    paper2.CONVENTION,
    "kappa",
    r"$\eta/\eta_\mathrm{crit}^+$",
    "viridis",
)
