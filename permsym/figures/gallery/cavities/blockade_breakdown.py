"""Breakdown of photon blockade: one atom holds the cavity empty against a resonant drive, up to 2 eta = g.

Beyond, the field takes one of two phases.  The neoclassical theory, a spin of fixed length that follows the field, has <a> = 0 below
the threshold, and above it, with x = 2 eta / g,

    |<a>|^2 = (g / 2 kappa)^2 (x^2 - 1),    <a> = (g / 2 kappa) (x^2 - 1 +- i sqrt(x^2 - 1)) / x .
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import judged
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, summit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from permsym.model import Model

KAPPA = 1.0
COUPLINGS = (2.5, 5.0, 10.0)
CUTS = (0.8, 1.0, 1.2)
DRIVES = np.linspace(0.6, 1.4, 33)
"""x = 2 eta / g."""
_IMAGINARY = np.linspace(-6, 6, 121)


def model(g: float, x: float) -> Model:
    return ps.models.driven_tavis_cummings(1, kappa=KAPPA, gamma_h=0, g=g, eta=g * x / 2)


def numbers(x: float) -> Sequence[float]:
    values = ps.steady_state(model(10.0, x)).derived
    return [values["photons"], values["g2"]]


def phases(x: float) -> Curves:
    """Q summed over Re alpha: the phases that the field takes, by its quadrature Im alpha."""
    state = ps.steady_state(model(COUPLINGS[-1], x))
    real = np.linspace(-5, 8, 131)
    q = state.mode.husimi(real[:, None] + 1j * _IMAGINARY[None, :])
    outcome = judged(state.certificate)
    return Curves({"c": (_IMAGINARY, q.sum(axis=0) * (real[1] - real[0]))}, outcome)


def lines(largest: int) -> list[Line]:
    del largest  # one atom
    return [
        *(
            Line(
                f"$g={g:g}\\,\\kappa$",
                partial(along, "exact", partial(model, g), DRIVES, {"a": derived("photons", (g / 2 / KAPPA) ** 2), "b": derived("g2")}),
            )
            for g in COUPLINGS
        ),
        *(Line(f"$2\\eta/g={x:g}$", partial(phases, x)) for x in CUTS),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    x = CUTS[-1]
    (im, below), (_, beyond) = (tuple(map(np.asarray, curves[f"$2\\eta/g={at:g}$"].xy["c"])) for at in (CUTS[0], x))
    upper = KAPPA * np.sqrt(x**2 - 1) / x * COUPLINGS[-1] / (2 * KAPPA)
    hills = [int(((q[1:-1] > q[:-2]) & (q[1:-1] > q[2:])).sum()) for q in (below, beyond)]
    strongest = curves[f"$g={COUPLINGS[-1]:g}\\,\\kappa$"]
    drive, share = map(np.asarray, strongest.xy["a"])
    return [
        Feature(f"phases below the threshold, x={CUTS[0]:g}", hills[0], 0.0, 1.0),
        Feature(f"phases beyond it, x={x:g}", hills[1], 0.0, 2.0),
        Feature(f"Im alpha of the upper one, x={x:g}", summit(im, beyond, low=0)[0], 0.0, upper),
        Feature(f"n over neoclassical, x={drive[-1]:g}, g=10 kappa", float(share[-1] / (drive[-1] ** 2 - 1)), 0.0, 1.0),
    ]


def _neoclassical(axes: Axes) -> None:
    x = np.linspace(DRIVES[0], DRIVES[-1], 401)
    axes.plot(x, np.maximum(x**2 - 1, 0), color="#999999", linewidth=1, linestyle="--", label="neoclassical")


_NUMBERS = {
    0.8: ("0.5761968657", "5.478463147"),
    1.0: ("3.823453708", "1.688829431"),
    1.2: ("12.00934015", "1.101076173"),
}
ROW = Row(
    name="blockade-breakdown",
    title="breakdown of photon blockade: one atom's dissipative phase transition, n, g2(0) and the phases of the field",
    model="driven-tavis-cummings: N = 1, kappa = 1, gamma_h = 0, resonant; x = 2 eta/g",
    citations=(
        Citation("H. J. Carmichael, Phys. Rev. X 5, 031028 (2015)", "10.1103/PhysRevX.5.031028"),
        Citation("P. Alsing, H. J. Carmichael, Quantum Opt. 3, 13 (1991)"),
    ),
    checks=[
        Check(f"x-{x:g}", {f"n, eta/g={x / 2:g}": n, f"g2(0), eta/g={x / 2:g}": g2}, partial(numbers, x), quick=x < 1)
        for x, (n, g2) in _NUMBERS.items()
    ],
    panels={
        "a": Panel(
            {"xlabel": r"$2\eta/g$", "ylabel": r"$(2\kappa/g)^2\,\langle a^\dagger a\rangle$"}, legend="upper left", guides=_neoclassical
        ),
        "b": Panel({"xlabel": r"$2\eta/g$", "ylabel": r"$g^{(2)}(0)$", "yscale": "log"}, legend=""),
        "c": Panel({"xlabel": r"$\mathrm{Im}\,\alpha$", "ylabel": r"$\int Q(\alpha)\,d\,\mathrm{Re}\,\alpha$", "ylim": (0, None)}),
    },
    lines=lines,
    features=features,
    largest=2,
)
