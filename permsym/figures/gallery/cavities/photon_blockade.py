"""Photon blockade of one, two and three atoms in a cavity: n and g2(0) over the detuning of a weak probe.

Resonant with one excitation, at +- g sqrt(N), the second photon is off resonance: g2(0) < 1.  At half the energy of two excitations,
+- g sqrt(N - 1/2), photons come in pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, mirrored, named, summit

if TYPE_CHECKING:
    from permsym.model import Model

G, KAPPA, GAMMA_H, ETA = 34.0, 4.1, 2.6, 1.0
DETUNINGS = np.linspace(0, 70, 71)
LARGEST = 3


def model(N: int, detuning: float) -> Model:
    return ps.models.driven_tavis_cummings(N, g=G, kappa=KAPPA, gamma_h=GAMMA_H, eta=ETA, Delta_c=detuning, Delta=detuning)


def numbers(N: int) -> Sequence[float]:
    """n and g2(0) of a probe on the upper line of one excitation."""
    values = ps.steady_state(model(N, G * np.sqrt(N))).derived
    return [values["photons"], values["g2"]]


def _scan(approach: str, N: int) -> Curves:
    """n and g2(0) are even in the detuning."""
    return mirrored(along(approach, partial(model, N), DETUNINGS, {"a": derived("photons"), "b": derived("g2")}))


def lines(largest: int) -> list[Line]:
    return [
        *(Line(f"$N={N}$", partial(_scan, "exact", N)) for N in range(1, largest + 1)),
        Line(f"{named('c4')}, $N={largest}$", partial(_scan, "c4", largest), group=f"$N={largest}$", approach="c4"),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for label, curve in curves.items():
        if not label.startswith("$N="):
            continue
        N = int(label.strip("$").partition("=")[2])
        (D, n), (_, g2) = (tuple(map(np.asarray, curve.xy[letter])) for letter in "ab")
        line = G * np.sqrt(N)
        pairs = G * np.sqrt(N - 0.5)
        result.append(Feature(f"one-photon line over g sqrt(N), N={N}", summit(D, n, low=0)[0] / line, 0.0, 1.0))
        result.append(Feature(f"smallest g2(0) near the line, N={N}", float(g2[(0.8 * line < D) & (1.2 * line > D)].min()), 0.0, np.nan))
        if N > 1:  # of one atom the flank of the peak at 0 hides it
            result.append(
                Feature(f"g2(0) largest beside the line over g sqrt(N - 1/2), N={N}", summit(D, g2, 0.8 * pairs)[0] / pairs, 0.0, 1.0)
            )
    return result


_NUMBERS = {1: ("0.02083243521", "0.3229168663"), 2: ("0.02095561486", "0.3927665828")}
ROW = Row(
    name="photon-blockade",
    title="photon blockade: n and g2(0) over the probe's detuning (--max-N: atoms)",
    model="driven-tavis-cummings: g = 34, kappa = 4.1, gamma_h = 2.6, eta = 1 (MHz), Delta_c = Delta",
    citations=(Citation("K. M. Birnbaum et al., Nature 436, 87 (2005)", "10.1038/nature03804"),),
    checks=[
        Check(f"blockade-{N}", {f"n at g sqrt(N), N={N}": n, f"g2(0) at g sqrt(N), N={N}": g2}, partial(numbers, N), quick=N == 1)
        for N, (n, g2) in _NUMBERS.items()
    ],
    panels={
        "a": Panel({"xlabel": "detuning (MHz)", "ylabel": r"$\langle a^\dagger a\rangle$", "yscale": "log", "ylim": (1e-5, 1)}),
        "b": Panel({"xlabel": "detuning (MHz)", "ylabel": r"$g^{(2)}(0)$", "yscale": "log"}, legend=""),
    },
    lines=lines,
    features=features,
    largest=LARGEST,
)
