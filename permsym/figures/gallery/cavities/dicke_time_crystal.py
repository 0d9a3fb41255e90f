"""Discrete time crystal of the modulated Dicke model: atoms in a cavity that answer with twice the period of the coupling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import judged, physical
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import named

if TYPE_CHECKING:
    from permsym.model import Model

KAPPA, LAMBDA, PERIOD = 0.05, 1.0, 2 * np.pi
SWITCHED = {"H[a x]": "step(sin(t))"}
"""The coupling: on for half a period, then off."""
SIZES = (1, 2, 4)
PERIODS = 20
_STEPS = 12  # of the curve between two multiples of the period
_HORIZON = {"exact": 6, "mf": 6, "c2": 2, "c3": 1}  # periods until an order is unphysical; its equations run away in the sixth and third


def model(N: int) -> Model:
    """H = ad a + Jz + 2 lambda/sqrt(N) (a + ad) Jx, with the mode's loss."""
    c, s = ps.Boson(), ps.Ensemble(N)
    hamiltonian = c.ad * c.a + 0.5 * s.z + LAMBDA / np.sqrt(N) * (c.a + c.ad) * s.x
    return ps.Model(c, s, hamiltonian, [ps.Central(KAPPA, c.a)])


def initial(N: int) -> str:
    return f"coherent=-sqrt({N}) bloch=pi/2,0"


def exact(N: int, times: Sequence[float]) -> ps.Evolution:
    return ps.evolve(model(N), times, initial=initial(N), moments=["+1"], modulate=SWITCHED, keep="none")


def strobed(N: int, periods: int) -> Sequence[float]:
    """2 <Jx>/N = 2 Re <s1+> after each period."""
    return [*map(float, 2 * exact(N, [PERIOD * n for n in range(1, periods + 1)]).moment("+1").real)]


def _strobed(N: int) -> Curves:
    """After each period, times (-1)^n: constant where the answer has twice the period."""
    n = np.arange(PERIODS + 1)
    path = exact(N, [*(PERIOD * n)])
    return Curves({"a": (n, (-1.0) ** n * 2 * path.moment("+1").real)}, judged(path.certificate))


def _between(approach: str, N: int) -> Curves:
    at = np.arange(_HORIZON[approach] * _STEPS + 1) / _STEPS
    if approach == "exact":
        path = exact(N, [*(PERIOD * at)])
        return Curves({"b": (at, 2 * path.moment("+1").real)}, judged(path.certificate))
    order = {"mf": 1, "c2": 2, "c3": 3}[approach]
    other = ps.cumulants.evolve(model(N), PERIOD * at, initial(N), order=order, modulate=SWITCHED, errors=False)
    return Curves({"b": (at, 2 * other.moment("+1").real)}, physical(other.unphysical))


def lines(largest: int) -> list[Line]:
    sizes = sorted({N for N in SIZES if largest > N} | {largest})
    compared = min(2, largest)
    return [
        *(Line(f"$N={N}$", partial(_strobed, N)) for N in sizes),
        *(
            Line(f"{named(one)}, $N={compared}$", partial(_between, one, compared), group="b", approach=one)
            for one in ("exact", "mf", "c2", "c3")
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for label, curve in curves.items():
        if "a" not in curve.xy or label == "$N=1$":
            continue
        n, staggered = map(np.asarray, curve.xy["a"])
        value = staggered * (-1.0) ** n
        against = np.flatnonzero(staggered <= 0)
        spectrum = np.abs(np.fft.rfft(value[:PERIODS]))
        name = label.strip("$")
        result += [
            Feature(f"strongest frequency times the period / 2 pi, {name}", float(np.argmax(spectrum) / PERIODS), 0.0, 0.5),
            Feature(f"periods until the alternation fails, {name}", float(against[0] if len(against) else PERIODS), 0.0, np.nan),
        ]
    return result


_VALUES = ("-0.8636707", "0.88920093", "-0.86976403", "0.8696446", "-0.86016565", "0.84779062")
ROW = Row(
    name="dicke-time-crystal",
    title="discrete time crystal of the modulated Dicke model (--max-N: atoms)",
    model="H = ad a + Jz + 2 lambda(t)/sqrt(N) (a + ad) Jx, lambda = 1 for half the period 2 pi, then 0; kappa = 0.05 (ours)",
    citations=(Citation("Z. Gong, R. Hamazaki, M. Ueda, Phys. Rev. Lett. 120, 040404 (2018)", "10.1103/PhysRevLett.120.040404"),),
    checks=[
        Check("first", {"2 <Jx>/N at t = T, N=2": _VALUES[0]}, partial(strobed, 2, 1), quick=True),
        Check(
            "later",
            {f"2 <Jx>/N at t = {n} T, N=2": value for n, value in enumerate(_VALUES[1:], 2)},
            lambda: strobed(2, len(_VALUES))[1:],
        ),
    ],
    panels={
        "a": Panel({"xlabel": "$n$", "ylabel": r"$(-1)^n\,2\langle J_x(nT)\rangle/N$", "ylim": (-0.2, 1.05)}, "center right"),
        "b": Panel({"xlabel": "$t/T$", "ylabel": r"$2\langle J_x\rangle/N$", "ylim": (-1.1, 2.3), "yticks": (-1, 0, 1)}, "upper right"),
    },
    lines=lines,
    features=features,
    largest=4,
)
