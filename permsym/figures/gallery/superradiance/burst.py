"""Superradiant burst of N excited emitters that see one mode alike: the pulse, its height and its delay."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.fits import Peak, exponent, limit, peak
from permsym.figures.gallery.followed import evolution, flux, flux_error
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from permsym.model import Model

SIZES = (10, 100, 1000, 10_000)
COMPARED = 100
"""Size at which approximations stand beside the exact pulse."""
HEIGHTS = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_TIMES = np.linspace(0, 4, 161)  # in units of ln(N)/N


def model(N: int, j: float | None = None) -> Model:
    return ps.models.collective_spins(N, j=j, Gamma_down=1)


def pulse_peak(N: int) -> Peak:
    """When the exact pulse is highest, and how high."""
    delay = math.log(N) / N
    return peak(lambda times: flux(evolution("exact", model(N, N / 2), times, "up"), N), 0.3 * delay, 2 * delay)


def _pulse(approach: str, N: int, letter: str) -> Curves:
    unit = math.log(N) / N
    pulse = evolution(approach, model(N, N / 2 if approach == "exact" else None), _TIMES * unit, "up")
    return Curves({letter: (_TIMES, flux(pulse, N) / N**2)}, pulse.outcome, {letter: flux_error(pulse, N) / N**2})


def _heights(largest: int) -> Curves:
    sizes = [N for N in HEIGHTS if largest >= N and N > 2]
    return Curves({"c": (sizes, [pulse_peak(N).height / N**2 for N in sizes])})


def lines(largest: int) -> list[Line]:
    compared = min(COMPARED, largest)
    shown = sorted({N for N in SIZES if largest > N} | {largest})
    return [
        *(Line(f"$N={N}$", partial(_pulse, "exact", N, "a"), group=f"{N}") for N in shown),
        Line(f"exact, $N={compared}$", partial(_pulse, "exact", compared, "b"), group="b"),
        *(
            Line(label, partial(_pulse, approach, compared, "b"), group="b", approach=approach)
            for approach, label in (("mf", "mean field"), ("c2", "C2"), ("c3", "C3"), ("twa", "truncated Wigner"))
        ),
        Line("peak", partial(_heights, largest), dots=True),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    sizes, heights = map(np.asarray, curves["peak"].xy["c"])
    last = slice(-4, None)
    power, height = exponent(sizes[last], heights[last] * sizes[last] ** 2), limit(1 / sizes[last], heights[last])
    delay = pulse_peak(int(sizes[-1])).position * sizes[-1] / math.log(sizes[-1])
    return [
        Feature("exponent of the peak over N, largest sizes", *power, 2.0),
        Feature("peak over N^2 as N grows", *height, 0.2),
        Feature(f"delay over ln(N)/N at N={int(sizes[-1])}", delay, 0.0, 1.0),
    ]


def _semiclassical(axes: Axes) -> None:
    axes.axhline(0.25, color="#999999", linewidth=0.8, linestyle="--")
    axes.text(12, 0.247, "semiclassical", fontsize=7, color="#666666", va="top")


_FRAME = {"xlabel": r"time $t$ in units of $\ln N/N$", "ylabel": r"$\langle J^+J^-\rangle/N^2$", "xlim": (0, 4), "ylim": (0, None)}
_PEAKS = {10: ("22.75912029", "0.212843208"), 20: ("83.50946158", "0.151318105"), 50: ("499.1795202", "0.082037927")}


def _peak_numbers(N: int) -> Sequence[float]:
    position, height = pulse_peak(N)
    return height, position


ROW = Row(
    name="superradiance-burst",
    title="superradiant burst of N excited emitters: pulse, peak and delay (--max-N: emitters)",
    model="d rho/dt = L[J-] rho, all up at t = 0",
    citations=(
        Citation("R. H. Dicke, Phys. Rev. 93, 99 (1954)", "10.1103/PhysRev.93.99"),
        Citation("M. Gross, S. Haroche, Phys. Rep. 93, 301 (1982)", "10.1016/0370-1573(82)90102-8"),
    ),
    checks=[
        Check(f"peak-{N}", {f"peak of <J+J->, N={N}": height, f"time of the peak, N={N}": time}, partial(_peak_numbers, N), quick=N == 10)
        for N, (height, time) in _PEAKS.items()
    ],
    panels={
        "a": Panel(_FRAME),
        "b": Panel(_FRAME),
        "c": Panel(
            {"xlabel": "$N$", "ylabel": r"largest $\langle J^+J^-\rangle/N^2$", "xscale": "log", "ylim": (0.18, 0.26)},
            legend="",
            guides=_semiclassical,
        ),
    },
    lines=lines,
    features=features,
    largest=10_000,
)
