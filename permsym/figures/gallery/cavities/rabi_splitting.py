"""Collective vacuum Rabi splitting: N atoms and one mode share a weak drive's excitation, and split its line into two at +- g sqrt(N)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

import permsym as ps
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, mirrored, named, scaled, summit

if TYPE_CHECKING:
    from permsym.model import Model

KAPPA, GAMMA_H, G, ETA = 0.1, 0.05, 1.0, 0.01
DETUNINGS = np.linspace(0, 3, 101)
SHOWN = (1, 2, 3, 4)
RATIOS = (1, 2, 3, 4, 6, 8, 12, 16, 20)
"""Sizes of the panel that holds exact values and approximations against linear response."""


def model(N: float, detuning: float) -> Model:
    """Atoms and mode on resonance with each other, ``detuning`` away from the drive."""
    return ps.models.driven_tavis_cummings(N, kappa=KAPPA, gamma_h=GAMMA_H, g=G, eta=ETA, Delta_c=detuning, Delta=detuning)


def linear_response(N: ArrayLike, detuning: ArrayLike) -> NDArray[np.float64]:
    """n = eta^2 / |kappa + i D + N g^2/(gamma_h + i D)|^2: two coupled oscillators."""
    shift = 1j * np.asarray(detuning, dtype=float)
    return ETA**2 / np.abs(KAPPA + shift + np.asarray(N) * G**2 / (GAMMA_H + shift)) ** 2


def photons(N: int) -> tuple[float, float]:
    """On resonance with the bare lines, and with one of the two."""
    on, beside = (ps.steady_state(model(N, D), moments=["ad a"]).derived["photons"] for D in (0.0, np.sqrt(N)))
    return on, beside


def _spectrum(N: int) -> Curves:
    return mirrored(along("exact", partial(model, N), DETUNINGS, {"a": derived("photons")}))


def _beyond_linear_response(approach: str, sizes: Sequence[int]) -> Curves:
    curve = along(approach, lambda N: model(int(N), 0.0), sizes, {"b": derived("photons")})
    return scaled(curve, "b", lambda N, n: n / linear_response(N, 0.0) - 1)


def lines(largest: int) -> list[Line]:
    sizes = sorted({N for N in RATIOS if largest > N} | {largest})
    return [
        *(Line(f"$N={N}$", partial(_spectrum, N)) for N in SHOWN if largest >= N),
        *(
            Line(named(one), partial(_beyond_linear_response, one, sizes), group="b", approach=one, dots=one == "exact")
            for one in ("exact", "mf", "c2", "c3")
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for N in SHOWN:
        if curve := curves.get(f"$N={N}$"):
            position = summit(*curve.xy["a"], low=0)[0]
            result.append(Feature(f"right peak over g sqrt(N), N={N}", position / np.sqrt(N), 0.0, 1.0))
    return result


_NUMBERS = {
    1: ("2.67247093e-07", "0.004381165929"),
    2: ("6.25212837e-08", "0.004383020505"),
    3: ("2.77321552e-08", "0.004386434694"),
}
ROW = Row(
    name="rabi-splitting",
    title="collective vacuum Rabi splitting: photons over the probe's detuning (--max-N: atoms)",
    model="driven-tavis-cummings: kappa = 0.1, gamma_h = 0.05, g = 1, eta = 0.01, Delta_c = Delta",
    citations=(
        Citation("G. S. Agarwal, Phys. Rev. Lett. 53, 1732 (1984)", "10.1103/PhysRevLett.53.1732"),
        Citation("J. M. Fink et al., Phys. Rev. Lett. 103, 083601 (2009)", "10.1103/PhysRevLett.103.083601"),
    ),
    checks=[
        Check(f"photons-{N}", {f"n at D=0, N={N}": on, f"n at D=g sqrt(N), N={N}": beside}, partial(photons, N), quick=N < 3)
        for N, (on, beside) in _NUMBERS.items()
    ],
    panels={
        "a": Panel(
            {"xlabel": r"detuning $\Delta/g$", "ylabel": r"$\langle a^\dagger a\rangle$", "yscale": "log", "ylim": (1e-8, 3)},
            legend="upper center",
        ),
        "b": Panel(
            {
                "xlabel": "$N$",
                "ylabel": r"$n\,/\,n_{\rm linear}-1$ at $\Delta=0$",
                "xscale": "log",
                "yscale": "log",
            }
        ),
    },
    lines=lines,
    features=features,
    largest=20,
)
