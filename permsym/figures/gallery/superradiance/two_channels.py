"""Two ways to emit: together into one mode, and each emitter alone into free space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.followed import Followed, evolution, flux
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from permsym.model import Model

_N = 50
_RATIOS = {"a": 1.0, "b": 10.0}
_TIMES = np.linspace(0, 0.25, 126)


def model(N: int, ratio: float) -> Model:
    """ratio   rate of individual emission over that of collective emission"""
    return ps.models.collective_spins(N, Gamma_down=1, gamma_down=ratio)


def _alone(light: Followed, N: int, ratio: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """g N p_up: what is emitted into free space a unit of time."""
    return np.asarray(ratio * N * (1 + light.real("z1")) / 2)


def _intensities(approach: str, N: int, letter: str, channel: str) -> Curves:
    ratio = _RATIOS[letter]
    light = evolution(approach, model(N, ratio), _TIMES, "up")
    values = flux(light, N) if channel == "collective" else _alone(light, N, ratio)
    return Curves({letter: (_TIMES, values)}, light.outcome)


def _shares(sizes: Sequence[int], letter: str) -> Curves:
    """Part of all excitations that leaves together, 1 - integral of I_fs / N, until nothing is left."""
    shares = []
    for N in sizes:
        nodes, weights = np.polynomial.legendre.leggauss(60)
        end = 12 * math.log(N + 1) / (N + 1) + 12 / _RATIOS[letter]
        # t = end s^3 has most nodes at the pulse
        s = (1 + nodes) / 2
        light = evolution("exact", model(N, _RATIOS[letter]), end * s**3, "up")
        alone = _alone(light, N, _RATIOS[letter])
        shares.append(1 - float(weights @ (alone * 3 * s**2)) * end / 2 / N)
    return Curves({"c": (sizes, shares)})


def lines(largest: int) -> list[Line]:
    N, sizes = min(_N, largest), [N for N in (2, 5, 10, 20, 50, 100) if largest >= N]
    result = []
    for letter, ratio in _RATIOS.items():
        for channel, words in (("collective", r"$I_{\rm c}$"), ("alone", r"$I_{\rm fs}$")):
            for approach, label in (("exact", ""), ("c2", ", C2"), ("twa", ", truncated Wigner")):
                name = f"{words}{label}" + (f", $\\gamma={ratio:g}$" if letter == "b" else "")
                result.append(Line(name, partial(_intensities, approach, N, letter, channel), group=channel, approach=approach))
    return [*result, *(Line(f"$\\gamma={ratio:g}$", partial(_shares, sizes, letter), dots=True) for letter, ratio in _RATIOS.items())]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for ratio in _RATIOS.values():
        sizes, shares = curves[f"$\\gamma={ratio:g}$"].xy["c"]
        name = f"share emitted together at N={np.asarray(sizes)[-1]:g}, gamma={ratio:g}"
        result.append(Feature(name, float(np.asarray(shares)[-1]), 0.0, math.nan))
    return result


_NUMBERS = {0.02: ("119.2403396", "47.40974829"), 0.05: ("296.5207343", "39.96343777"), 0.1: ("348.4103893", "20.02834645")}


def _numbers() -> list[float]:
    light = evolution("exact", model(50, 1.0), list(_NUMBERS), "up")
    return [float(value) for value in np.stack([flux(light, 50), _alone(light, 50, 1.0)], axis=1).ravel()]


_FRAME = {"xlabel": r"time $\Gamma t$", "ylabel": "photons per unit time", "xlim": (0, 0.25), "ylim": (0, None)}

ROW = Row(
    name="two-channels",
    title="excited emitters that emit together and each alone, N = 50 (--max-N: emitters)",
    model="d rho/dt = L[J-] rho + gamma sum_n L[sn-] rho, all up at t = 0; I_c = <J+J->, I_fs = gamma N p_up",
    citations=(Citation("Y. Zhang, Y.-X. Zhang, K. Mølmer, New J. Phys. 20, 112001 (2018)"),),
    checks=[
        Check(
            "intensities",
            {f"{name}, gamma=1, t={t:g}": text for t, texts in _NUMBERS.items() for name, text in zip(("I_c", "I_fs"), texts, strict=True)},
            _numbers,
            quick=True,
        )
    ],
    panels={
        "a": Panel(_FRAME | {"title": r"$\gamma=\Gamma$"}),
        "b": Panel(_FRAME | {"title": r"$\gamma=10\,\Gamma$"}),
        "c": Panel({"xlabel": "$N$", "ylabel": "share of all photons in $I_{\\rm c}$", "xscale": "log", "ylim": (0, 1)}, "upper left"),
    },
    lines=lines,
    features=features,
    largest=100,
)
