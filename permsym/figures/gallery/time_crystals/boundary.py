"""Boundary time crystal: a driven collective spin whose oscillations live ever longer as it grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.fits import exponent, limit
from permsym.figures.gallery.followed import evolution
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from permsym.model import Model

DRIVES = {0.5: "below", 1.5: "beyond"}
"""w0 in units of kappa; the transition is at 1."""
_SIZES = (10, 20, 40, 80, 160, 400)
_LARGEST_GAP = 80
"""The slowest rate is searched for at all frequencies up to here; beyond, the eigenvalue nearest to zero is it."""
_TIMES = np.linspace(0, 30, 301)


def model(N: int, drive: float, j: bool = True) -> Model:
    """H = w0 Jx and (kappa/S) L[J-] with S = N/2, kappa = 1."""
    return ps.models.collective_spins(N, j=N / 2 if j else None, drive=drive, Gamma_down=2 / N)


def gap(N: int, drive: float) -> float:
    """The slowest rate."""
    return ps.eigenvalues(model(N, drive), k=2).gap


def _nearest(N: int, drive: float, near: float | None) -> complex:
    """The eigenvalue nearest to i near, or nearest to zero and not zero."""
    values = ps.eigenvalues(model(N, drive), k=2 if near is None else 1, near=near).eigenvalues
    return complex(values[int(near is None)])


def _sizes(largest: int) -> list[int]:
    return [N for N in _SIZES if largest >= N] or [largest]


def _rates(drive: float, largest: int) -> Curves:
    sizes = _sizes(largest)
    rates = [gap(N, drive) if N <= _LARGEST_GAP else -_nearest(N, drive, None).real for N in sizes]
    return Curves({"a": (1 / np.array(sizes), rates)})


def _frequencies(largest: int) -> Curves:
    sizes = _sizes(largest)
    frequency = math.sqrt(1.5**2 - 1)
    return Curves({"b": (1 / np.array(sizes), [_nearest(N, 1.5, frequency).imag for N in sizes])})


def _inversion(approach: str, N: int, drive: float) -> Curves:
    spins = evolution(approach, model(N, drive, approach == "exact"), _TIMES, "up")
    return Curves({"c": (_TIMES, spins.real("z1"))}, spins.outcome)


def lines(largest: int) -> list[Line]:
    N = min(20, largest)
    return [
        *(Line(f"$\\omega_0={drive:g}\\kappa$", partial(_rates, drive, largest), dots=True) for drive in DRIVES),
        Line("frequency", partial(_frequencies, largest), dots=True),
        Line(f"exact, $N={N}$", partial(_inversion, "exact", N, 1.5), group="c"),
        *(
            Line(label, partial(_inversion, approach, N, 1.5), group="c", approach=approach)
            for approach, label in (("mf", "mean field"), ("c2", "C2"), ("twa", "truncated Wigner"))
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result, last = [], slice(-3, None)
    inverse, rates = (np.asarray(part)[last] for part in curves[r"$\omega_0=1.5\kappa$"].xy["a"])
    power, error = exponent(1 / inverse, rates)
    result.append(Feature("exponent of the slowest rate over N at 1.5", power, error, -1.0))
    inverse, rates = (np.asarray(part)[last] for part in curves[r"$\omega_0=0.5\kappa$"].xy["a"])
    result.append(Feature("slowest rate as N grows at 0.5: sqrt(1 - 0.5^2)", *limit(inverse, rates), math.sqrt(0.75)))
    inverse, frequencies = (np.asarray(part)[last] for part in curves["frequency"].xy["b"])
    result.append(Feature("frequency as N grows at 1.5: sqrt(1.5^2 - 1)", *limit(inverse, frequencies), math.sqrt(1.25)))
    return result


_GAPS = {(0.5, 10): "0.7621754805", (0.5, 20): "0.842568932", (1.5, 10): "0.147961876", (1.5, 20): "0.07430530717"}
_INVERSIONS = {
    1.5: ("-0.7948790702", "0.4486868512", "0.1362297189", "-0.06806287858"),
    0.5: ("-0.579943969", "-0.8917686796", "-0.86584068", "-0.8653679143"),
}
_AT = (2.0, 5.0, 10.0, 20.0)


def _gaps() -> list[float]:
    return [gap(N, drive) for drive, N in _GAPS]


def _oscillating() -> list[float]:
    value = _nearest(20, 1.5, 1.1)
    return [value.real, value.imag]


def _inversions(drive: float) -> list[float]:
    return [float(value) for value in evolution("exact", model(20, drive), _AT, "up").real("z1")]


def _mean_field(axes: Axes) -> None:
    axes.axhline(math.sqrt(1.25), color="#999999", linewidth=0.8, linestyle="--")


ROW = Row(
    name="time-crystal",
    title="boundary time crystal: slowest rates, frequency and inversion in time (--max-N: spins)",
    model="H = w0 Jx, (2 kappa/N) L[J-], kappa = 1, j = N/2",
    citations=(
        Citation(
            "F. Iemini, A. Russomanno, J. Keeling, M. Schirò, M. Dalmonte, R. Fazio, Phys. Rev. Lett. 121, 035301 (2018)",
            "10.1103/PhysRevLett.121.035301",
        ),
    ),
    checks=[
        Check("gaps", {f"slowest rate, w0={drive:g}, N={N}": text for (drive, N), text in _GAPS.items()}, _gaps),
        Check("oscillating", {"Re lambda, w0=1.5, N=20": "-0.1433817861", "Im lambda, w0=1.5, N=20": "1.096885564"}, _oscillating, True),
        *(
            Check(
                DRIVES[drive],
                {f"2<Jz>/N, w0={drive:g}, N=20, t={t:g}": text for t, text in zip(_AT, texts, strict=True)},
                partial(_inversions, drive),
                quick=drive == 1.5,
            )
            for drive, texts in _INVERSIONS.items()
        ),
    ],
    panels={
        "a": Panel({"xlabel": "$1/N$", "ylabel": r"slowest rate $/\kappa$", "xlim": (0, None), "ylim": (0, None)}),
        "b": Panel(
            {"xlabel": "$1/N$", "ylabel": r"Im $\lambda/\kappa$ at $\omega_0=1.5\kappa$", "xlim": (0, None), "ylim": (1.0, 1.15)},
            "",
            _mean_field,
        ),
        "c": Panel(
            {
                "xlabel": r"time $\kappa t$",
                "ylabel": r"$2\langle J_z\rangle/N$",
                "xlim": (0, 30),
                "ylim": (-1.2, 1.9),
            },
            "upper right",
        ),
    },
    lines=lines,
    features=features,
    largest=160,
)
