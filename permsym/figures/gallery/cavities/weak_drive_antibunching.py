"""Antibunching of a weakly driven cavity: g2(0) of N atoms at fixed cooperativity, and its limit of vanishing drive.

A weak drive eta keeps the state pure up to two excitations.  Its amplitudes c_k (k photons and one or no excited atom, ...) obey

    (kappa + i D) c_1 + i G s_1 = eta,    gamma_h s_1 + i G c_1 = 0,    G = g sqrt(N)

and two-excitation equations of the same kind, in which sqrt(N - 1) stands for two excited atoms.  Its g2(0) = |c_20 / c_1^2 * sqrt(2)|^2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.fits import exponent
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, named

if TYPE_CHECKING:
    from permsym.model import Model

KAPPA = GAMMA_H = 1.0
COUPLING = 1.2
"""g sqrt(N): the cooperativity N g^2 / (kappa gamma_h) is 1.44."""
DRIVES = (0.2, 0.05)
WEAKEST = 1e-3
SIZES = (1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 50, 70, 100, 200, 500, 1000)


def model(eta: float, N: float) -> Model:
    return ps.models.driven_tavis_cummings(N, kappa=KAPPA, gamma_h=GAMMA_H, g=COUPLING / np.sqrt(N), eta=eta)


def amplitudes(N: int) -> float:
    """g2(0) as eta -> 0, from the amplitudes of up to two excitations (per power of eta)."""
    one = np.linalg.solve([[KAPPA, 1j * COUPLING], [1j * COUPLING, GAMMA_H]], [1, 0])
    pair = COUPLING * np.sqrt(2 * (N - 1) / N)  # from one excited atom to two: g sqrt(2 (N - 1))
    root = np.sqrt(2) * COUPLING
    two = np.linalg.solve(
        [[2 * KAPPA, 1j * root, 0], [1j * root, KAPPA + GAMMA_H, 1j * pair], [0, 1j * pair, 2 * GAMMA_H]],
        [np.sqrt(2) * one[0], one[1], 0],
    )
    return float(2 * abs(two[0]) ** 2 / abs(one[0]) ** 4)


def coherence(N: int, eta: float) -> float:
    return ps.steady_state(model(eta, N)).derived["g2"]


def vanishing(N: int) -> float:
    """The limit of vanishing drive: g2 is even in eta, so that two drives leave an error of eta^4."""
    return (4 * coherence(N, WEAKEST) - coherence(N, 2 * WEAKEST)) / 3


def numbers(N: int) -> Sequence[float]:
    return [coherence(N, 0.05), coherence(N, 0.2), vanishing(N)]


def _antibunching(sizes: Sequence[int]) -> Curves:
    values = [1 - vanishing(N) for N in sizes]
    return Curves({"a": (sizes, 1 - np.array(values)), "b": (sizes, values)})


def lines(largest: int) -> list[Line]:
    sizes = sorted({N for N in SIZES if largest > N} | {largest})
    family = {eta: lambda N, eta=eta: model(eta, int(N)) for eta in DRIVES}
    exact = (
        Line(rf"$\eta={eta:g}$", partial(along, "exact", family[eta], sizes, {"a": derived("g2")}), group=f"{eta}", dots=True)
        for eta in DRIVES
    )
    expanded = partial(along, "c4", family[DRIVES[0]], sizes, {"a": derived("g2")})
    return [
        *exact,
        Line(r"$\eta\to0$", partial(_antibunching, sizes), group="0", dots=True),
        Line(rf"{named('c4')}, $\eta={DRIVES[0]:g}$", expanded, group=f"{DRIVES[0]}", approach="c4"),
        Line(
            "amplitudes",
            lambda: Curves({"a": (sizes, [amplitudes(N) for N in sizes]), "b": (sizes, [1 - amplitudes(N) for N in sizes])}),
            group="0",
            approach="mf",
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    sizes, values = (np.asarray(part, dtype=float) for part in curves[r"$\eta\to0$"].xy["b"])
    return [
        Feature("exponent of 1 - g2(0) over N, largest sizes", *exponent(sizes[-4:], values[-4:]), -1.0),
        Feature("g2(0) of one atom over its closed form", float(1 - values[0]) / amplitudes(1), 0.0, 1.0),
    ]


_NUMBERS = {1: ("0.1694593121", "0.3306054457", "0.1577752299"), 2: ("0.5647094249", "0.5809913215", "0.5636544379")}
ROW = Row(
    name="weak-drive-antibunching",
    title="antibunching of a weakly driven cavity: g2(0) over N at fixed cooperativity (--max-N: atoms)",
    model="driven-tavis-cummings: kappa = gamma_h = 1, g = 1.2/sqrt(N), resonant",
    citations=(
        Citation("H. J. Carmichael, R. J. Brecha, P. R. Rice, Opt. Commun. 82, 73 (1991)"),
        Citation("G. Rempe et al., Phys. Rev. Lett. 67, 1727 (1991)", "10.1103/PhysRevLett.67.1727"),
    ),
    checks=[
        Check(
            f"g2-{N}",
            {f"g2(0), N={N}, eta=0.05": first, f"g2(0), N={N}, eta=0.2": second, f"g2(0), N={N}, eta -> 0": limit},
            partial(numbers, N),
            quick=N == 1,
        )
        for N, (first, second, limit) in _NUMBERS.items()
    ],
    panels={
        "a": Panel({"xlabel": "$N$", "ylabel": r"$g^{(2)}(0)$", "xscale": "log", "ylim": (0, 1.1)}),
        "b": Panel({"xlabel": "$N$", "ylabel": r"$1-g^{(2)}(0)$", "xscale": "log", "yscale": "log"}),
    },
    lines=lines,
    features=features,
    largest=1000,
)
