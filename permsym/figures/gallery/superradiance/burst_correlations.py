"""Second-order coherence of a superradiant burst at two times of the pulse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

import permsym as ps
from permsym.dataset.status import Status
from permsym.figures.gallery.fits import limit
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.superradiance.burst import model, pulse_peak

_SIZES = (10, 30, 100, 300)
_TOLERANCE = 1e-6  # of a ratio, as of all derived quantities; rounding alone is 2e-7 at N = 300
_TIMES = np.linspace(0, 1.6, 33)  # in units of the peak's time, which is the 20th
_DELAYS = np.linspace(0, 3, 61)


def coherence(N: int, first: float, delays: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """g2(t, t + tau) = <J+(t) J+(t+tau) J-(t+tau) J-(t)> / (I(t) I(t+tau)), I = <J+ J->, and what is not certified about it."""
    spins = model(N, N / 2)
    times = sorted({first, *(first + delays)})
    pairs = ps.correlation(spins, of="+ -", right="-", left="+", times=delays, initial="up", start=first, tolerance=_TOLERANCE)
    lights = ps.evolve(spins, times, initial="up", keep="none")
    flux = N * (1 + lights.moment("z1").real) / 2 + N * (N - 1) * lights.moment("+1 -2").real
    after = flux[np.searchsorted(times, first + delays)]
    return pairs.values.real / (flux[times.index(first)] * after), (*pairs.certificate.reasons, *lights.certificate.reasons)


def _equal_times(N: int) -> Curves:
    time = pulse_peak(N).position
    values: list[float] = []
    doubts: list[str] = []
    for at in _TIMES:
        value, reasons = coherence(N, float(at * time), np.zeros(1))
        values.append(float(value[0]))
        doubts += reasons
    return Curves({"a": (_TIMES, values)}, (Status.UNCERTIFIED, doubts[0]) if doubts else (Status.OK, ""))


def _later(N: int) -> Curves:
    time = pulse_peak(N).position
    values, doubts = coherence(N, time, _DELAYS * time)
    return Curves({"b": (_DELAYS, values)}, (Status.UNCERTIFIED, doubts[0]) if doubts else (Status.OK, ""))


def lines(largest: int) -> list[Line]:
    shown = sorted({N for N in _SIZES if largest > N} | {largest})
    return [
        line for N in shown for line in (Line(f"$N={N}$", partial(_equal_times, N)), Line(f"from the peak, $N={N}$", partial(_later, N)))
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    sizes = [int(label[3:-1]) for label in curves if label.startswith("$")]
    starts = [float(np.asarray(curves[f"$N={N}$"].xy["a"][1])[0]) for N in sizes]
    peaks = [float(np.asarray(curves[f"$N={N}$"].xy["a"][1])[20]) for N in sizes]
    return [
        Feature("g2(0, 0) as N grows", *limit([1 / N for N in sizes], starts), 2.0),
        Feature("g2 at the peak as N grows", *limit([1 / N for N in sizes], peaks), math.nan),
    ]


def _numbers() -> Sequence[float]:
    time = pulse_peak(20).position
    return float(coherence(20, time, np.zeros(1))[0][0]), float(coherence(20, time / 2, np.array([time / 2]))[0][0])


ROW = Row(
    name="burst-correlations",
    title="second-order coherence of a superradiant burst at two times (--max-N: emitters)",
    model="d rho/dt = L[J-] rho, all up at t = 0",
    citations=(
        Citation("R. H. Dicke, Phys. Rev. 93, 99 (1954)", "10.1103/PhysRev.93.99"),
        Citation("measured: arXiv:2407.12549 and arXiv:2410.08652 (2024)"),
    ),
    checks=[Check("two-times", {"g2(tp, tp), N=20": "1.104720723", "g2(tp/2, tp), N=20": "1.038034583"}, _numbers, quick=True)],
    panels={
        "a": Panel({"xlabel": r"time $t/t_{\rm p}$", "ylabel": r"$g^{(2)}(t, t)$", "xlim": (0, 1.6), "ylim": (1, 2.6)}),
        "b": Panel({"xlabel": r"delay $\tau/t_{\rm p}$", "ylabel": r"$g^{(2)}(t_{\rm p}, t_{\rm p}+\tau)$", "xlim": (0, 3)}),
    },
    lines=lines,
    features=features,
    largest=300,
)
