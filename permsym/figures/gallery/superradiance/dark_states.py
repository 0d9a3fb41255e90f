"""A bright and a dark Dicke state, and how local dephasing opens the dark one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.followed import evolution, flux, flux_error
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from permsym.model import Model

N = 20
DELAY = math.log(N) / N
_STATES = {"bright": f"dicke={N // 2},0", "dark": "dicke=0,0"}
_TIMES = np.linspace(0, 10, 201)  # in units of the delay


def model(size: int, dephasing: float) -> Model:
    """dephasing   the source's gamma_D, with L[sz/2]"""
    return ps.models.collective_spins(size, Gamma_down=1, gamma_phi=dephasing / 4)


def _light(size: int, state: str, dephasing: float) -> Curves:
    label = f"dicke={size / 2:g},0" if state == "bright" else "dicke=0,0"
    unit = math.log(size) / size
    light = evolution("exact", model(size, dephasing), _TIMES * unit, label)
    values = flux(light, size)
    shown = np.where(values > 10 * flux_error(light, size), values, np.nan)  # a flux of zero has no logarithm
    return Curves({"a": (_TIMES, shown / size), "b": (_TIMES, light.real("z1"))}, light.outcome, {"a": flux_error(light, size) / size})


def lines(largest: int) -> list[Line]:
    size = min(N, largest) // 2 * 2
    larger = largest // 2 * 2
    return [
        *(Line(f"{state}, no noise", partial(_light, size, state, 0.0)) for state in _STATES),
        *(Line(f"{state}, dephasing", partial(_light, size, state, 1.0)) for state in _STATES),
        *([Line(f"dark, dephasing, $N={larger}$", partial(_light, larger, "dark", 1.0))] if larger > size else []),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    bright, dark = (np.asarray(curves[f"{state}, dephasing"].xy["b"][1]) for state in _STATES)
    noiseless = np.asarray(curves["dark, no noise"].xy["b"][1])
    return [
        Feature("emitters up in the dark state without noise, at 10 ln(N)/N", (1 + float(noiseless[-1])) / 2, 0.0, 0.5),
        Feature("the same with dephasing", (1 + float(dark[-1])) / 2, 0.0, math.nan),
        Feature("the same of the bright state", (1 + float(bright[-1])) / 2, 0.0, math.nan),
    ]


def _numbers(state: str, multiples: Sequence[int]) -> list[float]:
    light = evolution("exact", model(N, 1.0), [k * DELAY for k in multiples], _STATES[state])
    pairs = np.stack([flux(light, N), N * light.real("z1") / 2], axis=1)
    return [float(value) for value in pairs.ravel()]


def _check(state: str, numbers: Mapping[int, tuple[str, str]]) -> Check:
    expected = {
        f"{name}, {state}, t = {k} ln(20)/20": text
        for k, texts in numbers.items()
        for name, text in zip(("<J+J->", "<Jz>"), texts, strict=True)
    }
    return Check(state, expected, partial(_numbers, state, list(numbers)), quick=state == "dark")


ROW = Row(
    name="dark-states",
    title="bright and dark Dicke states under collective emission and local dephasing (--max-N: emitters)",
    model="d rho/dt = L[J-] rho + gamma_D sum_n L[snz/2] rho, from |j, m> = |N/2, 0> or |0, 0>",
    citations=(
        Citation("N. Shammah, S. Ahmed, N. Lambert, S. De Liberato, F. Nori, Phys. Rev. A 98, 063815 (2018)", "10.1103/PhysRevA.98.063815"),
    ),
    checks=[
        _check("bright", {1: ("15.55171714", "-8.730733016"), 5: ("0.02228737153", "-9.558910659")}),
        _check(
            "dark",
            {1: ("1.190833994", "-0.09656344507"), 5: ("1.927330125", "-1.239920443"), 10: ("1.204124608", "-2.386251054")},
        ),
    ],
    panels={
        "a": Panel(
            {"xlabel": r"time $t$ in units of $\ln N/N$", "ylabel": r"$\langle J^+J^-\rangle/N$", "yscale": "log", "xlim": (0, 10)},
            legend="",
        ),
        "b": Panel({"xlabel": r"time $t$ in units of $\ln N/N$", "ylabel": r"$2\langle J_z\rangle/N$", "xlim": (0, 10)}),
    },
    lines=lines,
    features=features,
    largest=60,
)
