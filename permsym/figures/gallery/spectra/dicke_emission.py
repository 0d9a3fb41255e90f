"""Spectrum of a pumped Dicke model below threshold: the light of inverted atoms through a cavity that is as broad as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import crossing, named, spectrum, summit

if TYPE_CHECKING:
    from permsym.model import Model

SIZES = (1, 2, 4, 8)
COMPARED = 2
FREQUENCIES = np.linspace(-1, 2, 151)


def model(N: int, coupling: float = 0.1) -> Model:
    return ps.models.dicke(N, omega=1, epsilon=1, kappa=1, g=coupling / np.sqrt(N), gamma_down=0.2, gamma_up=0.8)


def numbers() -> Sequence[float]:
    two = model(2)
    return [ps.steady_state(two).derived["photons"], *map(float, ps.spectrum(two, [0, 0.5, 1, 1.5]).power / 2)]


def _emitted(approach: str, N: int, letter: str) -> Curves:
    return spectrum(approach, model(N), FREQUENCIES, letter, scale=N)


def _deviation(approach: str) -> Curves:
    """How far an order's spectrum is off."""
    (w, exact), (_, other) = (
        tuple(map(np.asarray, curve.xy["b"])) for curve in (_emitted("exact", COMPARED, "b"), _emitted(approach, COMPARED, "b"))
    )
    return Curves({"b": (w, np.abs(other / exact - 1))}, _emitted(approach, COMPARED, "b").outcome)


def lines(largest: int) -> list[Line]:
    sizes = sorted({N for N in SIZES if largest > N} | {largest})
    return [
        *(Line(f"$N={N}$", partial(_emitted, "exact", N, "a")) for N in sizes),
        *(Line(f"{named(one)}, $N={COMPARED}$", partial(_deviation, one), group="b", approach=one) for one in ("c2", "c3", "c4")),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    first = next(curve for label, curve in curves.items() if label.startswith("$N="))
    w, s = map(np.asarray, first.xy["a"])
    position, height = summit(w, s)
    width = crossing(w[w > position], s[w > position], height / 2) - crossing(w[w < position], s[w < position], height / 2)
    return [
        Feature("frequency of the peak, smallest N", position, 0.0, 1.0),
        Feature("full width at half maximum, smallest N", width, 0.0, float(np.sqrt(np.sqrt(2) - 1))),
    ]


ROW = Row(
    name="dicke-emission-spectrum",
    title="spectrum of a pumped Dicke model below threshold (--max-N: atoms)",
    model="dicke: omega = epsilon = kappa = 1, g = 0.1/sqrt(N), gamma_down = 0.2, gamma_up = 0.8",
    citations=(Citation("P. Kirton, J. Keeling, New J. Phys. 20, 015009 (2018)"),),
    checks=[
        Check(
            "two-atoms",
            {
                "n, N=2": "0.01674902385",
                "S(0)/N, N=2": "0.003169250568",
                "S(0.5)/N, N=2": "0.01630008562",
                "S(1)/N, N=2": "0.06552156793",
                "S(1.5)/N, N=2": "0.01617940625",
            },
            numbers,
            quick=True,
        )
    ],
    panels={
        "a": Panel({"xlabel": r"$\omega$", "ylabel": r"$S(\omega)/N$", "yscale": "log", "xlim": (-1, 2)}, "upper left"),
        "b": Panel({"xlabel": r"$\omega$", "ylabel": r"$|S/S_{\rm exact}-1|$", "yscale": "log", "xlim": (-1, 2), "ylim": (1e-8, 100)}),
    },
    lines=lines,
    features=features,
    largest=8,
)
