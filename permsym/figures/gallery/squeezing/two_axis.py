"""Two-axis counter-twisting with loss: what emission together costs, and what emission alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import judged, physical
from permsym.figures.gallery.fits import exponent, peak
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.model import Model

LOSS = 0.2
_N = 20
_TIMES = np.linspace(0, 1.2, 121)  # N t
_GROWING = (20, 40, 80, 160)
_KINDS = ("no loss", "collective", "local")


def model(N: int, kind: str) -> Model:
    """H = -i (J+^2 - J-^2); without local loss the total spin is fixed."""
    return ps.models.collective_spins(
        N,
        j=None if kind == "local" else N / 2,
        counter_twist=1,
        Gamma_down=LOSS if kind == "collective" else 0,
        gamma_down=LOSS if kind == "local" else 0,
    )


def evolved(N: int, kind: str, times: ArrayLike) -> Evolution:
    return ps.evolve(model(N, kind), times, initial="up", keep="none")


def smallest(N: int, kind: str) -> tuple[float, float]:
    """The least xi^2, and N t of it."""

    def less(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        return -evolved(N, kind, scaled / N).squeezing().wineland

    time, value = peak(less, 0.35, np.log(N) / 3)
    return -value, time


def _squeezed(N: int, kind: str) -> Curves:
    evolution = evolved(N, kind, _TIMES / N)
    series = evolution.squeezing()
    return Curves({"a": (_TIMES, series.wineland)}, judged(evolution.certificate), {"a": series.errors["wineland"]})


def _compared(N: int, kind: str) -> Curves:
    curve = _squeezed(N, kind)
    return Curves({"b": curve.xy["a"]}, curve.outcome)


def _expanded(order: int, N: int) -> Curves:
    spins = ps.models.collective_spins(N, counter_twist=1, gamma_down=LOSS)
    trajectory = ps.cumulants.evolve(spins, _TIMES / N, "up", order=order, errors=False)
    return Curves({"b": (_TIMES, trajectory.squeezing().wineland)}, physical(trajectory.unphysical))


def _minima(largest: int) -> Curves:
    sizes = [N for N in _GROWING if largest >= N] or [largest]
    return Curves({"c": (sizes, [smallest(N, "no loss")[0] for N in sizes])})


def lines(largest: int) -> list[Line]:
    N = min(_N, largest)
    return [
        *(Line(kind, partial(_squeezed, N, kind)) for kind in _KINDS),
        Line("exact, local", partial(_compared, N, "local"), group="b"),
        *(Line(f"C{order}", partial(_expanded, order, N), group="b", approach=f"c{order}") for order in (2, 3)),
        Line("minimum without loss", partial(_minima, largest), dots=True),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    sizes, values = (np.asarray(part)[-3:] for part in curves["minimum without loss"].xy["c"])
    return [Feature("exponent of the minimum over N without loss", *exponent(sizes, values), -1.0)]


def _local() -> list[float]:
    return [float(value) for value in evolved(_N, "local", np.array([0.25, 0.5, 1.0]) / _N).squeezing().wineland]


_FRAME = {"xlabel": "$N t$", "ylabel": r"$\xi^2$", "xlim": (0, 1.2), "yscale": "log", "ylim": (0.1, 2)}

ROW = Row(
    name="two-axis-twisting",
    title="squeezing by two-axis counter-twisting with collective or local loss (--max-N: spins)",
    model="H = -i (J+^2 - J-^2), 0.2 L[J-] or 0.2 sum_n L[sn-], all up at t = 0; xi^2 = N min Var / <J>^2",
    citations=(
        Citation("M. Kitagawa, M. Ueda, Phys. Rev. A 47, 5138 (1993)", "10.1103/PhysRevA.47.5138"),
        Citation("B. A. Chase, J. M. Geremia, Phys. Rev. A 78, 052101 (2008)", "10.1103/PhysRevA.78.052101"),
    ),
    checks=[
        Check(
            "no-loss",
            {"smallest xi2, no loss": "0.1622907103", "N t of it, no loss": "0.673798"},
            partial(smallest, _N, "no loss"),
            quick=True,
        ),
        Check(
            "collective",
            {"smallest xi2, collective loss": "0.2772720805", "N t of it, collective loss": "0.583592"},
            partial(smallest, _N, "collective"),
        ),
        Check(
            "local",
            {f"xi2, local loss, N t={t}": text for t, text in (("0.25", "0.4088561327"), ("0.5", "0.2061955163"), ("1", "0.5487131543"))},
            _local,
            quick=True,
        ),
    ],
    panels={
        "a": Panel(_FRAME, "lower left"),
        "b": Panel(_FRAME, "lower left"),
        "c": Panel({"xlabel": "$N$", "ylabel": r"smallest $\xi^2$", "xscale": "log", "yscale": "log", "xlim": (10, 1000)}),
    },
    lines=lines,
    features=features,
    largest=160,
)
