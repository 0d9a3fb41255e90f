"""Cooperative emission of trapped atoms: part of the emission is collective, part is not, as their motion decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.fits import Peak, exponent, peak
from permsym.figures.gallery.followed import Followed, evolution, flux
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from permsym.model import Model

SHARES = (1.0, 0.9, 0.6, 0.3, 0.0)
"""gamma/gamma_0: the part of the emission that is collective."""
_N = 30
_TIMES = np.linspace(0, 1, 101)
_SIZES = (10, 20, 30, 50, 80)


def model(N: int, share: float) -> Model:
    return ps.models.collective_spins(N, Gamma_down=share, gamma_down=1 - share)


def intensity(light: Followed, N: int, share: float) -> NDArray[np.float64]:
    """-d<Jz>/dt = share <J+J-> + (1 - share) N p_up."""
    return np.asarray(share * flux(light, N) + (1 - share) * N * (1 + light.real("z1")) / 2)


def intensity_peak(N: int, share: float) -> Peak:
    """When most light is emitted, and how much."""
    delay = math.log(N) / (N * share)
    return peak(lambda times: intensity(evolution("exact", model(N, share), times, "up"), N, share), 0.3 * delay, 1.7 * delay)


def _emitted(approach: str, N: int, share: float, letter: str) -> Curves:
    light = evolution(approach, model(N, share), _TIMES, "up")
    return Curves({letter: (_TIMES, intensity(light, N, share) / N)}, light.outcome)


def _heights(share: float, sizes: Sequence[int]) -> Curves:
    return Curves({"c": (sizes, [intensity_peak(N, share).height / N for N in sizes])})


def lines(largest: int) -> list[Line]:
    N, sizes = min(_N, largest), [N for N in _SIZES if largest >= N] or [largest]
    return [
        *(Line(f"$\\gamma/\\gamma_0={share:g}$", partial(_emitted, "exact", N, share, "a")) for share in SHARES),
        Line(r"exact, $\gamma/\gamma_0=0.6$", partial(_emitted, "exact", N, 0.6, "b"), group="b"),
        *(
            Line(label, partial(_emitted, approach, N, 0.6, "b"), group="b", approach=approach)
            for approach, label in (("mf", "mean field"), ("c2", "C2"), ("c3", "C3"), ("twa", "truncated Wigner"))
        ),
        *(Line(f"peak, $\\gamma/\\gamma_0={share:g}$", partial(_heights, share, sizes), dots=True) for share in SHARES if share > 0.5),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for share in (1.0, 0.6):
        sizes, heights = map(np.asarray, curves[f"peak, $\\gamma/\\gamma_0={share:g}$"].xy["c"])
        last = slice(-3, None)
        result.append(
            Feature(f"exponent of the peak over N, gamma/gamma0={share:g}", *exponent(sizes[last], heights[last] * sizes[last]), 2.0)
        )
    return result


def _peak_numbers() -> Sequence[float]:
    position, height = intensity_peak(_N, 0.6)
    return height, position


def _two_atoms() -> list[float]:
    times = (0.5, 1.0)
    return [float(value) for value in intensity(evolution("exact", model(2, 0.6), times, "up"), 2, 0.6)]


_FRAME = {"xlabel": r"time $\gamma_0 t$", "ylabel": "$I/(N\\gamma_0)$", "xlim": (0, 1), "ylim": (0, None)}

ROW = Row(
    name="cooperative-emission",
    title="cooperative emission where a part of it is collective, N = 30 (--max-N: atoms)",
    model="d rho/dt = gamma L[J-] rho + (gamma_0 - gamma) sum_n L[sn-] rho, all up at t = 0; I = -d<Jz>/dt",
    citations=(Citation("F. Damanet, D. Braun, J. Martin, Phys. Rev. A 94, 033838 (2016)", "10.1103/PhysRevA.94.033838"),),
    checks=[
        Check("peak", {"largest I, N=30": "96.72724639", "time of the largest I": "0.179465082"}, _peak_numbers),
        Check("two-atoms", {"I, N=2, t=0.5": "1.302120960", "I, N=2, t=1": "0.7501609452"}, _two_atoms, quick=True),
    ],
    panels={
        "a": Panel(_FRAME),
        "b": Panel(_FRAME),
        "c": Panel({"xlabel": "$N$", "ylabel": "largest $I/(N\\gamma_0)$", "ylim": (0, None)}),
    },
    lines=lines,
    features=features,
    largest=80,
)
