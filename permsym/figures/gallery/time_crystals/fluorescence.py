"""Cooperative resonance fluorescence: the steady state of a driven collective spin, known in closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from permsym.dataset.status import EXACT
from permsym.figures.gallery.fits import limit
from permsym.figures.gallery.followed import Followed, flux, pairs_coherence, steady, worst
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, named, real
from permsym.figures.gallery.time_crystals.boundary import model

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZES = (10, 20, 50, 100)
_DRIVES = np.linspace(0.05, 2, 40)
_GROWING = (25, 50, 100, 200)
_COMPARED = 20


@lru_cache(maxsize=256)
def solved(N: int, drive: float) -> Followed:
    return steady("exact", model(N, drive), 4)


def light(N: int, drive: float) -> tuple[float, float]:
    """2<Jz>/N and g2(0)."""
    state = solved(N, drive)
    return float(state.real("z1")), float(pairs_coherence(state, N)[0] / flux(state, N) ** 2)


def _exact(N: int) -> Curves:
    values = np.array([light(N, float(drive)) for drive in _DRIVES])
    purities = [solved(N, float(drive)).result.purity for drive in _DRIVES]
    outcome = worst([solved(N, float(drive)).outcome for drive in _DRIVES])
    return Curves({"a": (_DRIVES, values[:, 0]), "b": (_DRIVES, values[:, 1]), "c": (_DRIVES, purities)}, outcome)


def lines(largest: int) -> list[Line]:
    shown, compared = sorted({N for N in _SIZES if largest > N} | {largest}), min(_COMPARED, largest)
    family = partial(model, compared)
    return [
        *(Line(f"$N={N}$", partial(_exact, N)) for N in shown),
        *(
            Line(f"{named(one)}, $N={compared}$", partial(along, one, family, _DRIVES, {"d": real("z1")}), group="d", approach=one)
            for one in (EXACT, "c2", "c3")
        ),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    largest = max(int(label[3:-1]) for label in curves if label.startswith("$"))
    sizes = [N for N in _GROWING if largest >= N]
    inverse = [1 / N for N in sizes]
    return [
        Feature("g2 as N grows at w0 = 20 kappa", *limit(inverse, [light(N, 20.0)[1] for N in sizes]), 1.2),
        Feature("2<Jz>/N as N grows at w0 = kappa/2: -sqrt(3)/2", *limit(inverse, [light(N, 0.5)[0] for N in sizes]), -math.sqrt(0.75)),
    ]


def _mean_field(axes: Axes) -> None:
    x = np.linspace(0, 1, 201)
    both = np.concatenate([-np.sqrt(1 - x**2), [0.0]])
    axes.plot(np.concatenate([x, [2.0]]), both, color="#555555", linewidth=1, linestyle="--", label="mean field")


def _high_drive(axes: Axes) -> None:
    axes.axhline(1.2, color="#999999", linewidth=0.8, linestyle="--")


_NUMBERS = {1.0: ("-0.2346148879", "1.024234373"), 1.5: ("-0.02953410231", "1.134207891")}

ROW = Row(
    name="cooperative-fluorescence",
    title="cooperative resonance fluorescence: inversion, g2 and purity over the drive (--max-N: atoms)",
    model="H = w0 Jx, (2 kappa/N) L[J-], kappa = 1, j = N/2; rho ~ A A^dag, A = 1/(J- + i w0 N/2)",
    citations=(
        Citation("P. D. Drummond, H. J. Carmichael, Opt. Commun. 27, 160 (1978)", "10.1016/0030-4018(78)90198-0"),
        Citation("R. R. Puri, S. V. Lawande, Phys. Lett. A 72, 200 (1979)"),
    ),
    checks=[
        Check(f"{drive:g}", {f"2<Jz>/N, N=20, w0={drive:g}": z, f"g2, N=20, w0={drive:g}": g2}, partial(light, 20, drive), quick=drive == 1)
        for drive, (z, g2) in _NUMBERS.items()
    ],
    panels={
        "a": Panel({"xlabel": r"drive $\omega_0/\kappa$", "ylabel": r"$2\langle J_z\rangle/N$", "xlim": (0, 2)}, "best", _mean_field),
        "b": Panel({"xlabel": r"drive $\omega_0/\kappa$", "ylabel": "$g^{(2)}(0)$", "xlim": (0, 2)}, "best", _high_drive),
        "c": Panel({"xlabel": r"drive $\omega_0/\kappa$", "ylabel": r"purity tr $\rho^2$", "xlim": (0, 2), "yscale": "log"}, "best"),
        "d": Panel({"xlabel": r"drive $\omega_0/\kappa$", "ylabel": r"$2\langle J_z\rangle/N$", "xlim": (0, 2)}, "best", _mean_field),
    },
    lines=lines,
    features=features,
    largest=200,
)
