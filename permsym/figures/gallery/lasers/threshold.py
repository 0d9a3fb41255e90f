"""Threshold of a small laser: photons, their coherence and their Fano factor over the pump, from one atom to twenty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, named, summit

if TYPE_CHECKING:
    from permsym.figures.gallery.followed import Followed
    from permsym.model import Model

KAPPA, DOWN, COUPLING = 1.0, 0.5, 2.0
"""COUPLING is g sqrt(N)."""
SIZES = (1, 2, 10, 20)
COMPARED = 20
PUMPS = np.geomspace(0.05, 30, 33)


def model(N: int, up: float) -> Model:
    return ps.models.tavis_cummings(N, omega=0, epsilon=0, g=COUPLING / np.sqrt(N), kappa=KAPPA, gamma_down=DOWN, gamma_up=up)


def fano(state: Followed) -> tuple[float, float]:
    """Variance over mean of the photon number, 1 + n (g2 - 1)."""
    (n, error), (g2, other) = derived("photons")(state), derived("g2")(state)
    return 1 + n * (g2 - 1), error * abs(g2 - 1) + n * other


def numbers(N: int, up: float) -> Sequence[float]:
    values = ps.steady_state(model(N, up)).derived
    return [values["photons"], values["g2"], 1 + values["photons"] * (values["g2"] - 1)]


def thresholds() -> tuple[float, float]:
    """Pumps between which mean field lases: inversion (up - down)/(up + down) above kappa (up + down)/(4 N g^2)."""
    r = KAPPA / (4 * COUPLING**2)
    first, last = sorted(np.roots([r, 2 * r * DOWN - 1, r * DOWN**2 + DOWN]).real)
    return float(first), float(last)


@lru_cache
def _exact(N: int) -> Curves:
    return along("exact", partial(model, N), PUMPS, {"a": derived("photons", N), "b": derived("g2"), "c": fano})


def _beside(N: int) -> Curves:
    """The same photons in the panel of the approximations."""
    curve = _exact(N)
    return Curves({"d": curve.xy["a"]}, curve.outcome, {"d": curve.errors["a"]})


def lines(largest: int) -> list[Line]:
    sizes = sorted({N for N in SIZES if largest > N} | {largest})
    compared = min(COMPARED, largest)
    coherence = {"b": derived("g2"), "c": fano}
    return [
        *(Line(f"$N={N}$", partial(_exact, N)) for N in sizes),
        Line(f"$N={compared}$, exact", partial(_beside, compared), group="d"),
        *(
            Line(
                f"$N={compared}$, {named(one)}",
                partial(along, one, partial(model, compared), PUMPS, {"d": derived("photons", compared)}),
                group="d",
                approach=one,
            )
            for one in ("mf", "c2", "c3", "twa")
        ),
        Line(
            f"$N={compared}$, {named('c4')}",
            partial(along, "c4", partial(model, compared), PUMPS, coherence),
            group=f"$N={compared}$",
            approach="c4",
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for label, curve in curves.items():
        if "c" not in curve.xy or "," in label:
            continue
        pump, factor = map(np.asarray, curve.xy["c"])
        name = label.strip("$")
        first, last = thresholds()
        if factor[pump < 3].max() > 1.5:  # fewer atoms have no maximum there
            result.append(
                Feature(f"pump of the noise at threshold, {name}; mean field's threshold", summit(pump, factor, high=3)[0], 0.0, first)
            )
        result.append(Feature(f"pump of the noise at quenching, {name}; mean field's", summit(pump, factor, low=3)[0], 0.0, last))
    return result


_NUMBERS = {
    (1, 5.0): ("1.633628398", "1.008403788", "1.013728668"),
    (2, 0.5): ("0.3687218613", "1.442978328", "1.163335794"),
    (10, 1.0): ("2.237785204", "1.366697182", "1.820589527"),
    (10, 10.0): ("13.4835703", "1.112328253", "2.514585901"),
}
ROW = Row(
    name="laser-threshold",
    title="threshold and quenching of a small laser: n, g2(0) and Fano factor over the pump (--max-N: atoms)",
    model="tavis-cummings: omega = epsilon = 0, g = 2/sqrt(N), kappa = 1, gamma_down = 0.5",
    citations=(
        Citation("P. R. Rice, H. J. Carmichael, Phys. Rev. A 50, 4318 (1994)", "10.1103/PhysRevA.50.4318"),
        Citation("D. Meiser, M. J. Holland, Phys. Rev. A 81, 033847 (2010)", "10.1103/PhysRevA.81.033847"),
    ),
    checks=[
        Check(
            f"N-{N}-up-{up:g}",
            {f"n, N={N}, up={up:g}": n, f"g2(0), N={N}, up={up:g}": g2, f"Fano factor, N={N}, up={up:g}": factor},
            partial(numbers, N, up),
            quick=N == 1,
        )
        for (N, up), (n, g2, factor) in _NUMBERS.items()
    ],
    panels={
        "a": Panel({"xlabel": r"pump $\Gamma_\uparrow/\kappa$", "ylabel": "photons per atom", "xscale": "log", "yscale": "log"}),
        "b": Panel({"xlabel": r"pump $\Gamma_\uparrow/\kappa$", "ylabel": r"$g^{(2)}(0)$", "xscale": "log", "ylim": (0.5, 2.6)}, ""),
        "c": Panel({"xlabel": r"pump $\Gamma_\uparrow/\kappa$", "ylabel": r"$1+n\,(g^{(2)}-1)$", "xscale": "log"}, ""),
        "d": Panel(
            {
                "xlabel": r"pump $\Gamma_\uparrow/\kappa$",
                "ylabel": "photons per atom",
                "xscale": "log",
                "yscale": "log",
                "ylim": (1e-3, 100),
            },
            "upper left",
        ),
    },
    lines=lines,
    features=features,
    largest=20,
)
