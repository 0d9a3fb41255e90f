"""Boundary time crystal with local noise, which damps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.followed import evolution
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from permsym.model import Model

_N = 20
_RATES = (0.0, 0.01, 0.1, 1.0)
_TIMES = np.linspace(0, 40, 401)
_KINDS = {"a": "dephasing", "b": "emission"}


def model(N: int, dephasing: float, emission: float) -> Model:
    """w0 = 1, kappa = 1/2; dephasing gamma_D with L[sz/2], a quarter of the rate of L[sz]."""
    return ps.models.collective_spins(N, drive=1, Gamma_down=1 / N, gamma_phi=dephasing / 4, gamma_down=emission)


def _noisy(N: int, letter: str, rate: float) -> Model:
    return model(N, rate, 0.0) if letter == "a" else model(N, 0.0, rate)


def _inversion(approach: str, N: int, letter: str, panel: str, rate: float) -> Curves:
    spins = evolution(approach, _noisy(N, letter, rate), _TIMES, "up")
    return Curves({panel: (_TIMES, spins.real("z1"))}, spins.outcome)


def lines(largest: int) -> list[Line]:
    N = min(_N, largest)
    symbols = {"a": r"\gamma_D", "b": r"\gamma_E"}
    return [
        *(Line(f"${symbols[x]}={rate:g}$", partial(_inversion, "exact", N, x, x, rate)) for x in _KINDS for rate in _RATES),
        Line(r"exact, $\gamma_D=0.1$", partial(_inversion, "exact", N, "a", "c", 0.1), group="c"),
        *(
            Line(label, partial(_inversion, approach, N, "a", "c", 0.1), group="c", approach=approach)
            for approach, label in (("mf", "mean field"), ("c2", "C2"), ("twa", "truncated Wigner"))
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    """How much of the swing is left: the largest value after t = 15 less the smallest."""
    result = []
    for symbol, words in ((r"\gamma_D", "gamma_D"), (r"\gamma_E", "gamma_E")):
        for rate in _RATES:
            late = np.asarray(curves[f"${symbol}={rate:g}$"].xy[words.replace("gamma_D", "a").replace("gamma_E", "b")][1])[150:]
            result.append(Feature(f"swing of 2<Jz>/N after t = 15, {words} = {rate:g}", float(late.max() - late.min()), 0.0, float("nan")))
    return result


_NUMBERS = {
    ("no noise", 0.0, 0.0): ("0.0751863216", "-0.587748917", "0.114991439"),
    ("gamma_D=0.1", 0.1, 0.0): ("0.0871127204", "-0.477885027", "0.203704772"),
    ("gamma_E=0.1", 0.0, 0.1): ("0.0332451242", "-0.265069172", "0.0210447951"),
}
_AT = (5.0, 10.0, 20.0)


def _numbers(dephasing: float, emission: float) -> list[float]:
    return [float(value) for value in evolution("exact", model(_N, dephasing, emission), _AT, "up").real("z1")]


_FRAME = {"xlabel": "time $t$", "ylabel": r"$2\langle J_z\rangle/N$", "xlim": (0, 40), "ylim": (-1.05, 1.7)}

ROW = Row(
    name="time-crystal-noise",
    title="boundary time crystal with local dephasing or emission, N = 20 (--max-N: spins)",
    model="H = Jx, (1/N) L[J-] + sum_n ( gamma_D L[snz/2] + gamma_E L[sn-] ), all up at t = 0",
    citations=(
        Citation("N. Shammah, S. Ahmed, N. Lambert, S. De Liberato, F. Nori, Phys. Rev. A 98, 063815 (2018)", "10.1103/PhysRevA.98.063815"),
    ),
    checks=[
        Check(
            words,
            {f"2<Jz>/N, {words}, t={t:g}": text for t, text in zip(_AT, texts, strict=True)},
            partial(_numbers, dephasing, emission),
            quick=words == "no noise",
        )
        for (words, dephasing, emission), texts in _NUMBERS.items()
    ],
    panels={letter: Panel(_FRAME, "upper right") for letter in ("a", "b", "c")},
    lines=lines,
    features=features,
    largest=20,
)
