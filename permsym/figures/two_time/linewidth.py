"""Widths of the emission line against N, exact beside cumulant expansions of order 2 to 5.

``linewidth-central-spin``: parameters of P1 Fig. 3(b), kappa = N/16 and g = 3/4.  The line is that of all satellites together,
<J+(tau) J-(0)>.  Two poles overlap up to some 60 satellites, so that the width shown is that of S itself, at half of its maximum.

``linewidth-laser``: a cavity that loses light faster than its emitters can store any (kappa = 40 g, gamma_down = g/10), pumped as hard as
the emitters emit together, gamma_up = 2 N g^2 / kappa.  The line is alone at every N, and its width is -2 Re lambda.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import permsym as ps
from permsym import plot
from permsym.dataset.status import Outcome, Status, expanded, failure, spelled
from permsym.errors import PermsymError, UncertifiedWarning
from permsym.figures.labelled import counted
from permsym.figures.two_time.shared import APPROACHES, ORDERS, dataset, draw_points, of_exact, sizes, verdicts
from permsym.models.registry import lookup
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from permsym.model import Model

_CERTAIN = 1e-6  # of the width: the error that counts as certified, as of an eigenvalue
_QUANTITIES = {
    "fwhm": ("frequency", "full width of the line's eigenvalue, -2 Re lambda"),
    "half_maximum": ("frequency", "full width of S at half of its maximum at the line"),
    "line_frequency": ("frequency", "Im lambda"),
    "weight": ("1", "share of <A B> - <A><B> that the eigenvalue has"),
    "error_estimate": ("frequency", "estimate of the absolute error of the width that is shown, exact"),
}
Row = tuple[dict[str, float], Outcome]


@dataclass(frozen=True)
class Emission:
    """A line that is followed over N.

    of, right  operators A and B; None: those of the centre
    shown      the width that is drawn and certified: ``fwhm`` or ``half_maximum``
    near       frequency of the line; S is symmetric about it
    """

    model: str
    fixed: dict[str, Any]
    of: str | None
    right: str | None
    shown: str
    label: str
    title: str
    sizes: Sequence[int]
    near: float = 1.0

    def at(self, n: int) -> Model:
        """The model of n satellites."""
        return lookup(self.model).function(N=n, **self.fixed)

    def compute(self, largest: int, command: str, progress: Counter | None) -> xr.Dataset:
        """Widths by every approach at every size."""
        numbers, over = sizes(largest, self.sizes), ("N", "approach")
        count = counted(progress, len(numbers) * len(APPROACHES))
        values = {name: np.full((len(numbers), len(APPROACHES)), np.nan) for name in _QUANTITIES}
        status = np.empty((len(numbers), len(APPROACHES)), dtype=object)
        for i, n in enumerate(numbers):
            for k, approach in enumerate(APPROACHES):
                row, status[i, k] = self._row(self.at(n), approach)
                for name, value in row.items():
                    values[name][i, k] = value
                count()
        return dataset(
            self.model,
            self.fixed,
            {
                "N": (("N",), numbers, "1", "number of satellites"),
                "approach": (("approach",), APPROACHES, "1", "exact, or order of the cumulant expansion"),
            },
            {
                **{name: (over, values[name], *words) for name, words in _QUANTITIES.items()},
                **verdicts(over, status, APPROACHES),
            },
            command,
        ).assign_attrs(of=self.of or "ad", right=self.right or "a", shown=self.shown)

    def _row(self, model: Model, approach: str) -> Row:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UncertifiedWarning)  # said in ``status``
                return self._exact(model) if approach == "exact" else self._expanded(model, ORDERS[approach])
        except PermsymError as error:
            return {}, failure(error)

    def _exact(self, model: Model) -> Row:
        line = ps.linewidth(model, self.near, self.of, self.right)
        error, reasons = 2 * line.error, line.reasons
        if self.shown == "half_maximum" and line.half_maximum is not None and line.half_maximum_error is not None:
            error = line.half_maximum_error
            if not error <= _CERTAIN * line.half_maximum:
                reasons = (*reasons, f"the error of the width at half maximum is {error:.1e}")
        return _values(line) | {"error_estimate": error}, of_exact(reasons)

    def _expanded(self, model: Model, order: int) -> Row:
        line = ps.cumulants.linewidth(ps.cumulants.steady_state(model, order=order), self.near, self.of, self.right)
        return _values(line), expanded(line.failures)

    def plot(self, data: xr.Dataset, save: Callable[[Figure], None]) -> None:
        """(a) widths, (b) what each order makes of the exact one; a cross is at -2 Re lambda."""
        number = data["N"].values.astype(float)
        exact = data.sel(approach="exact")
        sure = np.where(exact["status"].values == Status.OK, exact[self.shown].values, np.nan)
        with plot.drawing(columns=2, width=3.9, height=3.1) as (figure, (left, right)):
            for approach in APPROACHES:
                one = data.sel(approach=approach)
                status = one["status"].values.astype(str)
                width = np.where(status == Status.OK, one[self.shown].values, one["fwhm"].values)  # what grows has no S
                width = np.where(width > 0, width, np.nan)
                draw_points(left, number, width, status, approach)
                if approach != "exact":
                    draw_points(right, number, width / sure, status, approach)
            right.axhline(1, color=plot.METHODS["exact"]["color"], linewidth=0.8)
            for axes in (left, right):
                axes.set_xscale("log")
                axes.xaxis.set_major_formatter("{x:g}")
                axes.xaxis.set_minor_formatter("")
                axes.set_xlabel("$N$")
            left.set_yscale("log")
            left.set_ylabel(self.label)
            right.set_ylabel("width / exact width")
            right.set_ylim(0, None)
            left.legend(title=self.title, title_fontsize=8, fontsize=7, loc="best", ncols=2)
            for letter, axes in zip("ab", (left, right), strict=True):
                plot.panel_letter(axes, letter)
            save(figure)

    def table(self, data: xr.Dataset) -> Sequence[Sequence[str]]:
        """A row for each size."""
        rows: list[Sequence[str]] = [("N", *(f"{self.shown} {name}" for name in APPROACHES), "error estimate", "-2 Re lambda", "status")]
        for n in data["N"].values:
            points = {name: data.sel(N=n, approach=name) for name in APPROACHES}
            exact = points["exact"]
            widths = [f"{float(point[self.shown]):.9f}" for point in points.values()]
            short = [
                f"{name} {spelled(str(point['status'].values), str(point['reason'].values))}"
                for name, point in points.items()
                if point["status"] != Status.OK
            ]
            rows.append((f"{n}", *widths, f"{float(exact['error_estimate']):.0e}", f"{float(exact['fwhm']):.9f}", "; ".join(short) or "ok"))
        return rows


def _values(line: Any) -> dict[str, float]:
    half = np.nan if line.half_maximum is None else line.half_maximum
    return {"fwhm": line.fwhm, "half_maximum": half, "line_frequency": line.frequency, "weight": line.weight}


CENTRAL_SPIN = Emission(
    "central-spin",
    {"omega": 1.0, "epsilon": 1.0, "g": 0.75, "kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5},
    "+",
    "-",
    "half_maximum",
    r"full width of $S$ at half maximum",
    r"$\langle J^+(\tau)J^-\rangle,\ \kappa/N=1/16,\ g=3/4$",
    (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000),
)
LASER = Emission(
    "tavis-cummings",
    {"omega": 1.0, "epsilon": 1.0, "kappa": 40.0, "g": 1.0, "gamma_up": "N/20", "gamma_down": 0.1, "levels": "auto"},
    None,
    None,
    "fwhm",
    r"linewidth $-2\,\mathrm{Re}\,\lambda\ /\ g$",
    r"$\kappa=40\,g,\ \Gamma_\uparrow=N g/20$",
    (1, 2, 3, 5, 7, 10, 14, 20, 30, 40, 60, 80, 100, 150, 200),
)
