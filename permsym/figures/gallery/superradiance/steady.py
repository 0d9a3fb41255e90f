"""Steady-state superradiance: emitters that are pumped one by one and emit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import EXACT
from permsym.figures.gallery.fits import limit, peak
from permsym.figures.gallery.followed import Followed, flux, flux_error, pairs_coherence, steady, worst
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, named

if TYPE_CHECKING:
    from permsym.model import Model

_SIZES = (10, 30, 100, 300)
_PUMPS = np.concatenate([np.geomspace(0.01, 0.09, 7), np.linspace(0.1, 1.2, 23)])  # w/N
_COARSE = np.array([0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.1])
_FEW = np.array([0.2, 0.35, 0.5, 0.65, 0.8])
"""Pumps of the largest sizes, above 300: seconds each."""
_COMPARED = 100
_HEIGHTS = (10, 20, 40, 80, 160, 320)


def model(N: int, w: float) -> Model:
    return ps.models.collective_spins(N, Gamma_down=1, gamma_up=w)


@lru_cache(maxsize=256)
def solved(N: int, w: float) -> Followed:
    """The exact steady state with moments up to order 4."""
    return steady("exact", model(N, w), 4)


def _exact(N: int, pumps: Sequence[float]) -> Curves:
    states = [solved(N, float(x * N)) for x in pumps]
    light = np.array([float(flux(state, N)) for state in states])
    pairs = np.array([float(pairs_coherence(state, N)[0]) for state in states])
    return Curves(
        {"a": (pumps, light / (N**2 / 8)), "b": (pumps, pairs / light**2)},
        worst([state.outcome for state in states]),
        {"b": np.array([pairs_coherence(state, N)[1] for state in states]) / light**2},
    )


def _compared(approach: str, N: int) -> Curves:
    def relative(state: Followed) -> tuple[float, float]:
        return float(flux(state, N)) / (N**2 / 8), flux_error(state, N) / (N**2 / 8)

    return along(approach, lambda pump: model(N, pump * N), _COARSE if approach == "twa" else _PUMPS, {"c": relative})


def lines(largest: int) -> list[Line]:
    shown, compared = sorted({N for N in _SIZES if largest > N} | {largest}), min(_COMPARED, largest)
    return [
        *(Line(f"$N={N}$", partial(_exact, N, list(_PUMPS if N <= 100 else _COARSE if N <= 300 else _FEW)), dots=N > 100) for N in shown),
        Line(f"exact, $N={compared}$", partial(_compared, EXACT, compared), group="c"),
        *(Line(named(one), partial(_compared, one, compared), group="c", approach=one) for one in ("c2", "c3", "c4", "twa")),
    ]


def flux_peak(N: int) -> tuple[float, float]:
    """At which pump most light is emitted, and how much."""
    return peak(lambda pumps: [float(flux(steady("exact", model(N, float(w))), N)) for w in pumps], 0.4 * N, 0.8 * N)


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    largest = max(int(label[3:-1]) for label in curves if label.startswith("$"))
    sizes = [N for N in _HEIGHTS if largest >= N] or [largest]
    peaks, last = [flux_peak(N) for N in sizes], slice(-3, None)
    inverse = [1 / N for N in sizes]
    positions = [at / (N / 2) for N, (at, _) in zip(sizes, peaks, strict=True)]
    heights = [height / (N**2 / 8) for N, (_, height) in zip(sizes, peaks, strict=True)]
    return [
        Feature(f"pump of the maximum over N/2 at N={sizes[-1]}", positions[-1], 0.0, 1.0),
        Feature("the same as N grows", *limit(inverse[last], positions[last]), 1.0),
        Feature("maximum over N^2/8 as N grows", *limit(inverse[last], heights[last]), 1.0),
    ]


def _light(N: int, w: float) -> list[float]:
    state = solved(N, w)
    light = float(flux(state, N))
    return [light, float(pairs_coherence(state, N)[0]) / light**2]


def _large() -> list[float]:
    return [float(flux(steady("exact", model(1000, 500.0)), 1000))]


ROW = Row(
    name="steady-superradiance",
    title="steady superradiance of pumped emitters over the pump (--max-N: emitters)",
    model="d rho/dt = L[J-] rho + w sum_n L[sn+] rho",
    citations=(
        Citation("D. Meiser, M. J. Holland, Phys. Rev. A 81, 033847 (2010)", "10.1103/PhysRevA.81.033847"),
        Citation("D. Meiser, M. J. Holland, Phys. Rev. A 81, 063827 (2010)", "10.1103/PhysRevA.81.063827"),
    ),
    checks=[
        Check("20", {"<J+J->, N=20, w=10": "52.68382078", "g2, N=20, w=10": "1.335487262"}, partial(_light, 20, 10.0), quick=True),
        Check("40", {"<J+J->, N=40, w=20": "197.4906318", "g2, N=40, w=20": "1.246240894"}, partial(_light, 40, 20.0)),
        Check("maximum", {"w of the largest <J+J->, N=20": "12.2214", "largest <J+J->, N=20": "53.8559804"}, partial(flux_peak, 20)),
        Check("1000", {"<J+J->, N=1000, w=500: N(N-2)/8": "124750"}, _large),
    ],
    panels={
        "a": Panel({"xlabel": "pump $w/N$", "ylabel": r"$8\langle J^+J^-\rangle/N^2$", "xlim": (0, 1.2), "ylim": (0, 1.4)}),
        "b": Panel({"xlabel": "pump $w/N$", "ylabel": "$g^{(2)}(0)$", "xlim": (0, 1.2), "ylim": (0.9, None)}),
        "c": Panel({"xlabel": "pump $w/N$", "ylabel": r"$8\langle J^+J^-\rangle/N^2$", "xlim": (0, 1.2), "ylim": (0, 1.4)}),
    },
    lines=lines,
    features=features,
    largest=3000,
)
