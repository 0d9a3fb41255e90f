"""Second-order coherence of steady superradiance in time: bunched at first, and less than one after a while."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

import permsym as ps
from permsym.dataset.status import Outcome, expanded, judged
from permsym.figures.gallery.followed import flux, steady
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.superradiance.steady import model

_SIZES = (4, 10, 30, 100)
_TIMES = np.linspace(0, 4, 81)  # in units of ln(N)/N


def coherence(N: int, delays: ArrayLike) -> tuple[NDArray[np.float64], Outcome]:
    """g2(tau) = <J+ (J+ J-)(tau) J-> / <J+ J->^2 at w = N."""
    pairs = ps.correlation(model(N, float(N)), of="+ -", right="-", left="+", times=delays)
    return pairs.values.real / pairs.coherent.real, judged(pairs.certificate)


def _exact(N: int) -> Curves:
    values, outcome = coherence(N, _TIMES * math.log(N) / N)
    return Curves({"a": (_TIMES, values)}, outcome)


def _compared(N: int) -> Curves:
    values, outcome = coherence(N, _TIMES * math.log(N) / N)
    return Curves({"b": (_TIMES, values)}, outcome)


def _expanded(order: int, N: int) -> Curves:
    """An expansion's two-time function over its own square of <J+ J->."""
    state = steady(f"c{order}", model(N, float(N)))
    pairs = ps.cumulants.correlation(state.result, "+ -", "-", _TIMES * math.log(N) / N, left="+")
    return Curves({"b": (_TIMES, pairs.values.real / float(flux(state, N)) ** 2)}, expanded(pairs.failures))


def lines(largest: int) -> list[Line]:
    shown, compared = sorted({N for N in _SIZES if largest > N} | {largest}), min(10, largest)
    return [
        *(Line(f"$N={N}$", partial(_exact, N)) for N in shown),
        Line(f"exact, $N={compared}$", partial(_compared, compared), group="b"),
        *(Line(f"C{order}", partial(_expanded, order, compared), group="b", approach=f"c{order}") for order in (3, 4)),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    lowest = {int(label[3:-1]): float(np.min(curve.xy["a"][1])) for label, curve in curves.items() if label.startswith("$")}
    return [Feature(f"lowest g2(tau), N={N}", value, 0.0, math.nan) for N, value in lowest.items()]


_NUMBERS = {
    10: ("1.419022682", "1.052194504", "0.9773268122", "0.9899449653"),
    4: ("1.200725545", "0.957106106", "0.9239150466", "0.9697803849"),
}
_MULTIPLES = (0.0, 0.5, 1.0, 2.0)


def _numbers(N: int) -> list[float]:
    return [float(value) for value in coherence(N, np.array(_MULTIPLES) * math.log(N) / N)[0]]


_FRAME = {"xlabel": r"delay $\tau$ in units of $\ln N/N$", "ylabel": r"$g^{(2)}(\tau)$", "xlim": (0, 4)}

ROW = Row(
    name="superradiance-g2",
    title="second-order coherence of steady superradiance at w = N (--max-N: emitters)",
    model="d rho/dt = L[J-] rho + w sum_n L[sn+] rho, w = N; g2(tau) = <J+ (J+ J-)(tau) J-> / <J+ J->^2",
    citations=(
        Citation("D. Meiser, M. J. Holland, Phys. Rev. A 81, 063827 (2010)", "10.1103/PhysRevA.81.063827"),
        Citation("N. Shammah, S. Ahmed, N. Lambert, S. De Liberato, F. Nori, Phys. Rev. A 98, 063815 (2018)", "10.1103/PhysRevA.98.063815"),
    ),
    checks=[
        Check(
            f"{N}",
            {f"g2 at {k:g} ln({N})/{N}, N={N}": text for k, text in zip(_MULTIPLES, texts, strict=True)},
            partial(_numbers, N),
            quick=N == 4,
        )
        for N, texts in _NUMBERS.items()
    ],
    panels={"a": Panel(_FRAME), "b": Panel(_FRAME)},
    lines=lines,
    features=features,
    largest=100,
)
