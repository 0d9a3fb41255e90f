"""Superradiant burst beside local noise: dephasing and emission into other modes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.fits import Peak, exponent, peak
from permsym.figures.gallery.followed import evolution, flux, flux_error
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from permsym.model import Model

NOISE = {
    "no noise": (0.0, 0.0),
    "dephasing": (1.0, 0.0),
    "emission": (0.0, 1.0),
    "both": (1.0, 1.0),
}
"""gamma_D and gamma_E of the source: dephasing with L[sz/2], a quarter of the rate of L[sz], and individual emission."""
_N = 20
_TIMES = np.linspace(0, 0.6, 121)
_SIZES = (10, 20, 40, 80)


def model(N: int, noise: str) -> Model:
    dephasing, emission = NOISE[noise]
    return ps.models.collective_spins(N, Gamma_down=1, gamma_phi=dephasing / 4, gamma_down=emission)


def pulse_peak(N: int, noise: str) -> Peak:
    """When the pulse is highest, and how high."""
    delay = math.log(N) / N
    return peak(lambda times: flux(evolution("exact", model(N, noise), times, "up"), N), 0.3 * delay, 1.7 * delay)


def _pulse(approach: str, N: int, noise: str, letter: str) -> Curves:
    pulse = evolution(approach, model(N, noise), _TIMES, "up")
    return Curves({letter: (_TIMES, flux(pulse, N))}, pulse.outcome, {letter: flux_error(pulse, N)})


def _heights(noise: str, sizes: Sequence[int]) -> Curves:
    return Curves({"c": (sizes, [pulse_peak(N, noise).height / N**2 for N in sizes])})


def lines(largest: int) -> list[Line]:
    N, sizes = min(_N, largest), [N for N in _SIZES if largest >= N] or [largest]
    return [
        *(Line(noise, partial(_pulse, "exact", N, noise, "a")) for noise in NOISE),
        Line("exact, both", partial(_pulse, "exact", N, "both", "b"), group="b"),
        *(
            Line(label, partial(_pulse, approach, N, "both", "b"), group="b", approach=approach)
            for approach, label in (("c2", "C2"), ("c3", "C3"), ("twa", "truncated Wigner"))
        ),
        *(Line(f"peak, {noise}", partial(_heights, noise, sizes), group=noise, dots=True) for noise in NOISE),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for noise in NOISE:
        sizes, heights = map(np.asarray, curves[f"peak, {noise}"].xy["c"])
        result.append(Feature(f"exponent of the peak over N, {noise}", *exponent(sizes, heights * sizes**2), 2.0))
    return result


def _peak_numbers(noise: str) -> Sequence[float]:
    position, height = pulse_peak(_N, noise)
    return height, position


_NUMBERS = {"dephasing": ("gamma_D=1", "78.34103792", "0.148738245"), "emission": ("gamma_E=1", "59.29114675", "0.128026644")}
_FRAME = {"xlabel": r"time $\Gamma t$", "ylabel": r"$\langle J^+J^-\rangle$", "xlim": (0, 0.6), "ylim": (0, None)}

ROW = Row(
    name="burst-with-noise",
    title="superradiant burst with local dephasing and emission, N = 20 (--max-N: emitters)",
    model="d rho/dt = L[J-] rho + sum_n ( gamma_D L[snz/2] + gamma_E L[sn-] ) rho, all up at t = 0",
    citations=(
        Citation("N. Shammah, S. Ahmed, N. Lambert, S. De Liberato, F. Nori, Phys. Rev. A 98, 063815 (2018)", "10.1103/PhysRevA.98.063815"),
    ),
    checks=[
        Check(
            noise, {f"peak, {words}": height, f"time of the peak, {words}": time}, partial(_peak_numbers, noise), quick=noise == "dephasing"
        )
        for noise, (words, height, time) in _NUMBERS.items()
    ],
    panels={
        "a": Panel(_FRAME),
        "b": Panel(_FRAME),
        "c": Panel({"xlabel": "$N$", "ylabel": r"largest $\langle J^+J^-\rangle/N^2$", "ylim": (0, 0.27)}, "lower right"),
    },
    lines=lines,
    features=features,
    largest=80,
)
