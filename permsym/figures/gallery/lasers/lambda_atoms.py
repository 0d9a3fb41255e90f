"""Lasing of Lambda atoms without inversion: a microwave between two lower levels makes or breaks a dark state by its phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, named, real

if TYPE_CHECKING:
    from permsym.model import Model

KAPPA, PUMP, DECAY = 0.4, 0.6, 0.5
B, C, A = 0, 1, 2
"""Two lower levels and the upper one."""
PHASES = np.linspace(0, 2, 33)
"""In units of pi."""
POPULATIONS = {B: "|0><0|1", C: "|1><1|1", A: "|2><2|1"}


def model(N: int, phase: float) -> Model:
    """H = N^(-1/2) [ad (u(b,a) + u(c,a)) + h.c.] + e^(i phase) u(b,c) + h.c."""
    c, s = ps.Boson(), ps.Ensemble(N, levels=3)
    u = s.unit
    light = (c.ad * (u(B, A) + u(C, A)) + c.a * (u(A, B) + u(A, C))) / np.sqrt(N)
    microwave = np.exp(1j * phase) * u(B, C) + np.exp(-1j * phase) * u(C, B)
    rates = [(PUMP, u(A, B)), (PUMP, u(A, C)), (DECAY, u(B, A)), (DECAY, u(C, A))]
    return ps.Model(c, s, light + microwave, [ps.Central(KAPPA, c.a), *(ps.Individual(rate, jump) for rate, jump in rates)])


def numbers(N: int, phase: float) -> Sequence[float]:
    state = ps.steady_state(model(N, phase))
    return [state.derived["photons"], state.derived["g2"], state.moment(POPULATIONS[A]).real]


def _at(N: int, phase: float) -> Model:
    return model(N, np.pi * phase)


@lru_cache
def _exact(N: int) -> Curves:
    """All that the panels show of a size."""
    read = {"a": derived("photons", N), "b": derived("g2")} | {label: real(label) for label in POPULATIONS.values()}
    return along("exact", partial(_at, N), PHASES, read)


def _panels(N: int, shown: Mapping[str, str]) -> Curves:
    """Panel -> which of them."""
    every = _exact(N)
    return Curves(
        {panel: every.xy[one] for panel, one in shown.items()}, every.outcome, {panel: every.errors[one] for panel, one in shown.items()}
    )


def lines(largest: int) -> list[Line]:
    photons = {"d": derived("photons", largest)}
    return [
        *(Line(f"$N={N}$", partial(_panels, N, {"a": "a", "b": "b"})) for N in range(1, largest + 1)),
        *(
            Line(f"$p_{name}$, $N={largest}$", partial(_panels, largest, {"c": POPULATIONS[level]}))
            for name, level in (("a", A), ("b", B), ("c", C))
        ),
        Line(f"exact, $N={largest}$", partial(_panels, largest, {"d": "a"}), group="d"),
        *(
            Line(f"{named(one)}, $N={largest}$", partial(along, one, partial(_at, largest), PHASES[::2], photons), group="d", approach=one)
            for one in ("mf", "c2", "c3")
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    populations = {label[1:4]: np.asarray(curve.xy["c"][1]) for label, curve in curves.items() if "c" in curve.xy}
    phase, n = map(np.asarray, curves["$N=1$"].xy["a"])
    return [
        Feature("largest p_a - p_b over the phase: no inversion", float((populations["p_a"] - populations["p_b"]).max()), 0.0, np.nan),
        Feature("phase of most photons over pi, N=1", float(phase[np.argmax(n)]), 0.0, 0.5),
        Feature("n at pi/2 over n at 0, N=1", float(n[np.argmin(abs(phase - 0.5))] / n[0]), 0.0, np.nan),
    ]


_NUMBERS = {
    (1, 0.0): ("0.3971990415", "1.229162279", "0.2757002396"),
    (1, 0.5): ("0.566224855", "1.096330167", "0.2334437862"),
    (2, 0.5): ("0.8256499694", "1.31817481", "0.2717937538"),
}
ROW = Row(
    name="lambda-atoms",
    title="lasing without inversion of Lambda atoms, over a microwave's phase (--max-N: atoms)",
    model="three levels b, c, a: H = N^(-1/2) [ad (|b><a| + |c><a|) + h.c.] + e^(i phi) |b><c| + h.c. (parameters ours)",
    citations=(Citation("N. Werren, E. M. Gauger, P. Kirton, arXiv:2201.13368 (2022); parameters are ours"),),
    checks=[
        Check(
            f"N-{N}-phase-{phase:g}",
            {f"n, N={N}, phi={phase:g} pi": n, f"g2(0), N={N}, phi={phase:g} pi": g2, f"p_a, N={N}, phi={phase:g} pi": p},
            partial(numbers, N, np.pi * phase),
            quick=N == 1 and phase == 0,
        )
        for (N, phase), (n, g2, p) in _NUMBERS.items()
    ],
    panels={
        "a": Panel({"xlabel": r"$\varphi/\pi$", "ylabel": "photons per atom", "ylim": (0.1, 0.8)}, "upper right"),
        "b": Panel({"xlabel": r"$\varphi/\pi$", "ylabel": r"$g^{(2)}(0)$"}, ""),
        "c": Panel({"xlabel": r"$\varphi/\pi$", "ylabel": "populations", "ylim": (0.28, 0.45)}, "upper center"),
        "d": Panel({"xlabel": r"$\varphi/\pi$", "ylabel": "photons per atom", "ylim": (-0.02, 0.7)}, "upper right"),
    },
    lines=lines,
    features=features,
    largest=3,
)
