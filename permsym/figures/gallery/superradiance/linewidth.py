"""Line of a superradiant laser without its cavity: narrower than any rate of the emitters, as all of them share one phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import Status
from permsym.figures.gallery.fits import limit
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.superradiance.steady import model

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PUMPS = np.concatenate([np.geomspace(0.005, 0.08, 8), np.linspace(0.1, 1.2, 23)])
_SIZES = (10, 30, 100)
_LIMITS = {0.25: "quarter", 0.5: "half"}
_GROWING = (50, 100, 200, 400, 800)
_DOUBT = 1e-9
"""Largest bound of an eigenvalue's error that counts as certain."""


def line(N: int, w: float) -> tuple[float, float]:
    """lambda of the emitted line, the slowest of charge -1, and the bound of its error; the full width is -2 lambda."""
    slowest = ps.eigenvalues(model(N, w), k=1, charge=-1)
    return float(slowest.eigenvalues[0].real), float(slowest.errors[0])


def _widths(N: int, pumps: Sequence[float]) -> Curves:
    lines = np.array([line(N, float(x * N)) for x in pumps])
    sure = (Status.OK, "") if lines[:, 1].max() < _DOUBT * np.abs(lines[:, 0]).max() else (Status.UNCERTIFIED, "eigenvalues are uncertain")
    return Curves({"a": (pumps, -2 * lines[:, 0])}, sure, {"a": 2 * lines[:, 1]})


def _growing(x: float, largest: int) -> Curves:
    sizes = [N for N in _GROWING if largest >= N] or [largest]
    return Curves({"b": (1 / np.array(sizes), [-2 * line(N, x * N)[0] for N in sizes])})


def predicted(x: float) -> float:
    """The source's width as N grows, in units of the collective rate: (1 + x) / (2 (1 - x)), x = w/N."""
    return (1 + x) / (2 * (1 - x))


def lines(largest: int) -> list[Line]:
    shown = sorted({N for N in _SIZES if largest > N} | {min(largest, _SIZES[-1])})
    return [
        *(Line(f"$N={N}$", partial(_widths, N, list(_PUMPS))) for N in shown),
        *(Line(f"$w/N={x:g}$", partial(_growing, x, largest), dots=True) for x in _LIMITS),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for x in _LIMITS:
        inverse, widths = (np.asarray(part) for part in curves[f"$w/N={x:g}$"].xy["b"])
        result.append(Feature(f"width as N grows at w = {x:g} N", *limit(inverse, widths, 2), predicted(x)))
    return result


def _formula(axes: Axes) -> None:
    x = np.linspace(0, 0.9, 91)
    axes.plot(x, [predicted(float(value)) for value in x], color="#999999", linewidth=0.8, linestyle="--", label=r"$N\to\infty$")


def _limits(axes: Axes) -> None:
    for x in _LIMITS:
        axes.axhline(predicted(x), color="#999999", linewidth=0.8, linestyle="--")


_NUMBERS = {(4, 2.0): "-1.3645852398", (20, 10.0): "-1.6604909926", (40, 20.0): "-1.4429768296"}


def _number(N: int, w: float) -> list[float]:
    return [line(N, w)[0]]


ROW = Row(
    name="superradiant-linewidth",
    title="linewidth of steady superradiance over the pump, and as N grows (--max-N: emitters)",
    model="d rho/dt = L[J-] rho + w sum_n L[sn+] rho; full width at half maximum -2 Re lambda, lambda the slowest eigenvalue of charge -1",
    citations=(
        Citation("D. Meiser, J. Ye, D. R. Carlson, M. J. Holland, Phys. Rev. Lett. 102, 163601 (2009)", "10.1103/PhysRevLett.102.163601"),
        Citation("D. Meiser, M. J. Holland, Phys. Rev. A 81, 033847 (2010)", "10.1103/PhysRevA.81.033847"),
    ),
    checks=[Check(f"{N}", {f"lambda, N={N}, w={w:g}": text}, partial(_number, N, w), quick=N < 40) for (N, w), text in _NUMBERS.items()],
    panels={
        "a": Panel(
            {"xlabel": "pump $w/N$", "ylabel": r"width in units of $\Gamma$", "xlim": (0, 1.2), "ylim": (0, 12)}, "upper left", _formula
        ),
        "b": Panel({"xlabel": "$1/N$", "ylabel": r"width in units of $\Gamma$", "xlim": (0, None), "ylim": (0.7, None)}, "best", _limits),
    },
    lines=lines,
    features=features,
    largest=400,
)
