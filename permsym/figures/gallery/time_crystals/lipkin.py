"""Dissipative Lipkin-Meshkov-Glick model: a transition that individual and collective loss share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import EXACT
from permsym.figures.gallery.fits import exponent
from permsym.figures.gallery.followed import steady
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, named, real

if TYPE_CHECKING:
    from permsym.model import Model

_SIZES = (4, 8, 16, 30)
_RATES = np.linspace(0.2, 4, 20)
_COMPARED = 16


def model(N: int, individual: float, collective: float) -> Model:
    """H = V/(2N) (Sx^2 - Sy^2) with Sx = sum_n snx and V = 1, losses 2 individual of each spin and 2 collective/N of all.

    Sx^2 - Sy^2 = 2 (J+^2 + J-^2) is the counter-twisting of the library turned by pi/4 around z, which no quantity here feels.
    """
    return ps.models.collective_spins(N, counter_twist=1 / N, gamma_down=2 * individual, Gamma_down=2 * collective / N)


def gap(N: int, individual: float, collective: float) -> float:
    """Slowest rate of the permutation-symmetric sector."""
    return ps.eigenvalues(model(N, individual, collective), k=2).gap


def _half(approach: str, N: int, panels: Mapping[str, str]) -> Curves:
    """Moments with both losses alike, over their sum."""
    return along(approach, lambda both: model(N, both / 2, both / 2), _RATES, {letter: real(label) for letter, label in panels.items()})


def _gaps(N: int) -> Curves:
    return Curves({"c": (_RATES, [gap(N, float(sum_) / 2, float(sum_) / 2) for sum_ in _RATES])})


def lines(largest: int) -> list[Line]:
    shown = sorted({N for N in _SIZES if largest > N} | {largest})
    compared = min(_COMPARED, largest)
    return [
        *(Line(f"$N={N}$", partial(_half, EXACT, N, {"a": "z1", "b": "+1 -2"}), group=f"{N}") for N in shown),
        *(
            Line(f"{named(one)}, $N={compared}$", partial(_half, one, compared, {"d": "+1 -2"}), group="d", approach=one)
            for one in (EXACT, "mf", "c2", "c3", "c4", "twa")
        ),
        *(Line(f"gap, $N={N}$", partial(_gaps, N), group=f"{N}") for N in shown if N <= 16),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    sizes = [int(label[8:-1]) for label in curves if label.startswith("gap")]
    at = int(np.argmin(np.abs(_RATES - 1.0)))
    below = [float(np.asarray(curves[f"gap, $N={N}$"].xy["c"][1])[at]) for N in sizes]
    return [Feature("exponent of the gap over N at losses of 1, half of the critical", *exponent(sizes, below), float("nan"))]


_NUMBERS = {
    (4, 0.5, 0.5): ("-0.3965724263", "0.07048846107", "0.3485860396"),
    (8, 0.5, 0.5): ("-0.4131476279", "0.08084173986", "0.1838946459"),
    (8, 1.0, 1.0): ("-0.8054684269", "0.05611623491", "0.5667668723"),
}


def _numbers(N: int, individual: float, collective: float) -> list[float]:
    state = steady("exact", model(N, individual, collective))
    return [float(state.real("z1")), float(state.real("+1 -2")), gap(N, individual, collective)]


ROW = Row(
    name="dissipative-lmg",
    title="dissipative Lipkin-Meshkov-Glick model with individual and collective loss (--max-N: spins)",
    model="H = V/(2N) ( (sum snx)^2 - (sum sny)^2 ), V = 1, 2 gI sum_n L[sn-] + (2 gC/N) L[J-]",
    citations=(
        Citation("L. Pausch et al., Phys. Rev. A 110, 062208 (2024)", "10.1103/PhysRevA.110.062208"),
        Citation("S. Morrison, A. S. Parkins, Phys. Rev. Lett. 100, 040403 (2008)", "10.1103/PhysRevLett.100.040403"),
    ),
    checks=[
        Check(
            f"{N}-{individual:g}",
            {f"{name}, N={N}, gI=gC={individual:g}": text for name, text in zip(("<sz>", "<s1+ s2->", "gap"), texts, strict=True)},
            partial(_numbers, N, individual, collective),
            quick=N == 4,
        )
        for (N, individual, collective), texts in _NUMBERS.items()
    ],
    panels={
        "a": Panel({"xlabel": r"$(\gamma_I+\gamma_C)/V$", "ylabel": r"$\langle\sigma^z\rangle$", "xlim": (0, 4)}),
        "b": Panel({"xlabel": r"$(\gamma_I+\gamma_C)/V$", "ylabel": r"$\langle\sigma^+_1\sigma^-_2\rangle$", "xlim": (0, 4)}),
        "c": Panel({"xlabel": r"$(\gamma_I+\gamma_C)/V$", "ylabel": "slowest rate $/V$", "xlim": (0, 4), "ylim": (0, None)}),
        "d": Panel({"xlabel": r"$(\gamma_I+\gamma_C)/V$", "ylabel": r"$\langle\sigma^+_1\sigma^-_2\rangle$", "xlim": (0, 4)}),
    },
    lines=lines,
    features=features,
    largest=30,
)
