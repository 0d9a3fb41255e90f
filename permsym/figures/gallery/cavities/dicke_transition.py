"""Superradiant transition of the open Dicke model: dephasing of the atoms suppresses it, decay restores it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import judged
from permsym.figures.gallery.fits import exponent
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, named, scaled

if TYPE_CHECKING:
    from permsym.model import Model
    from permsym.steady.state import State

Rates = tuple[float, float]
CASES: dict[str, Rates] = {
    "dephasing": (0.1, 0.0),
    "both": (0.1, 0.2),
    "decay": (0.0, 0.2),
}
"""gamma_phi and gamma_down."""
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 25, 30)
LOBES = 8
"""Size of the Wigner functions."""
CERTAIN = {"decay": 12}
"""Sizes up to which a case has a certificate for nine digits; on windows of blocks, from 14 atoms on, it promises seven of decay alone."""
_RADII = np.linspace(-4, 4, 81)
_ALONG = np.array([1.6, 0.8]) / np.hypot(1.6, 0.8)


def model(rates: Rates, N: float) -> Model:
    phi, down = rates
    return ps.models.dicke(N, omega=1, epsilon=2, kappa=1, g=0.9 / np.sqrt(N), gamma_up=0, gamma_phi=phi, gamma_down=down)


@lru_cache
def solved(rates: Rates, N: int) -> State:
    return ps.steady_state(model(rates, N))


def photons(N: int, cases: Sequence[str]) -> Sequence[float]:
    return [solved(CASES[case], N).derived["photons"] for case in cases]


def _small() -> Sequence[float]:
    return [*photons(4, ["both", "dephasing", "decay"]), solved(CASES["both"], 4).derived["g2"]]


def _in_time() -> Sequence[float]:
    path = ps.evolve(model(CASES["both"], 2), [1, 5, 20], moments=["ad a"], keep="none")
    return [*map(float, path.derived["photons"])]


def _middle() -> Sequence[float]:
    return [float(solved(CASES["both"], 2).mode.wigner([0.0], [0.0])[0, 0])]


def lobe(rates: Rates) -> tuple[float, float, float]:
    """(x, p) of the highest point of W with x >= 0, and how much higher it is than the centre."""
    x, p = np.linspace(0, 4, 161), np.linspace(-2, 2, 161)
    values = solved(rates, LOBES).mode.wigner(x, p)
    k, i = np.unravel_index(np.argmax(values), values.shape)
    return float(x[i]), float(p[k]), float(values[k, i] / values[80, 0])


def _cut(rates: Rates) -> Curves:
    """W along the line through both lobes."""
    state = solved(rates, LOBES)
    x, p = _RADII * _ALONG[0], _RADII * _ALONG[1]
    return Curves({"b": (_RADII, np.diagonal(state.mode.wigner(x, p)))}, judged(state.certificate))


@lru_cache
def _sizes(approach: str, case: str, largest: int) -> Curves:
    sizes = [N for N in SIZES if min(largest, CERTAIN.get(case, largest)) >= N]
    curve = along(approach, lambda N: model(CASES[case], int(N)), sizes, {"a": derived("photons")})
    return scaled(curve, "a", lambda N, n: n / N)


def _compared(letter: str, approach: str, case: str, largest: int) -> Curves:
    curve = _sizes(approach, case, largest)
    return Curves({letter: curve.xy["a"]}, curve.outcome, {letter: curve.errors["a"]})


def lines(largest: int) -> list[Line]:
    return [
        *(Line(case, partial(_sizes, "exact", case, largest), dots=True) for case in CASES),
        *(Line(f"W: {case}", partial(_cut, rates)) for case, rates in CASES.items()),
        *(
            Line(f"{case}, {named(one)}", partial(_compared, letter, one, case, largest), group=letter, approach=one, dots=one == "exact")
            for letter, case in (("c", "both"), ("d", "decay"))
            for one in ("exact", "mf", "c2", "c3")
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    x, p, height = lobe(CASES["decay"])
    sizes, share = map(np.asarray, curves["dephasing"].xy["a"])
    n = sizes * share
    return [
        Feature("x of the lobe, decay alone, N=8", x, 0.0, 1.6),
        Feature("p of the lobe, decay alone, N=8", p, 0.0, 0.8),
        Feature("lobe over centre, decay alone, N=8", height, 0.0, 1.39),
        *(Feature(f"lobe over centre, {case}, N=8", lobe(CASES[case])[2], 0.0, 1.0) for case in ("dephasing", "both")),
        Feature("exponent of n over N, dephasing, four largest sizes", *exponent(sizes[-4:], n[-4:]), 0.0),
    ]


ROW = Row(
    name="dicke-transition",
    title="superradiant transition of the open Dicke model with dephasing, decay and both (--max-N: atoms)",
    model="dicke: omega = 1, epsilon = 2, kappa = 1, g = 0.9/sqrt(N), gamma_up = 0",
    citations=(Citation("P. Kirton, J. Keeling, Phys. Rev. Lett. 118, 123602 (2017)", "10.1103/PhysRevLett.118.123602"),),
    checks=[
        Check("middle", {"W(0,0), N=2, both": "0.1630988092"}, _middle),
        Check(
            "in-time",
            {f"n, t={t}, N=2, both": n for t, n in ((1, "0.2861804891"), (5, "0.512273178"), (20, "0.4893296957"))},
            _in_time,
            quick=True,
        ),
        Check(
            "N-4",
            {
                "n, both, N=4": "0.634126234",
                "n, dephasing, N=4": "0.437625806",
                "n, decay, N=4": "0.858634328",
                "g2, both, N=4": "1.99504112",
            },
            _small,
        ),
        Check(
            "N-8",
            {"n, both, N=8": "0.894633533", "n, dephasing, N=8": "0.42033136", "n, decay, N=8": "1.52930054"},
            partial(photons, 8, ["both", "dephasing", "decay"]),
        ),
    ],
    panels={
        "a": Panel({"xlabel": "$N$", "ylabel": r"$\langle a^\dagger a\rangle/N$", "xscale": "log", "ylim": (0, 0.5)}, "upper right"),
        "b": Panel({"xlabel": r"along $(x,p)\propto(2,1)$", "ylabel": f"$W$, $N={LOBES}$", "ylim": (0, None)}, ""),
        "c": Panel({"xlabel": "$N$", "ylabel": r"$\langle a^\dagger a\rangle/N$", "xscale": "log", "ylim": (0, 0.5)}, "upper right"),
        "d": Panel({"xlabel": "$N$", "ylabel": r"$\langle a^\dagger a\rangle/N$", "xscale": "log", "ylim": (0, 0.5)}, "lower left"),
    },
    lines=lines,
    features=features,
    largest=20,
)
