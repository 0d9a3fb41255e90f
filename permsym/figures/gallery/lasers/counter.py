"""Counter-lasing: atoms that decay, and a coupling that excites atom and mode together, feed the mode like a pumped laser.

With up and down exchanged it is a laser: H = g (a s+ + ad s-), pumped at the rate that was the atoms' decay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

import permsym as ps
from permsym.figures.gallery.followed import evolution
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from permsym.model import Model

G, RATE = 0.01, 0.02
ATOMS = 7
TIMES = np.linspace(0, 5, 101)
"""In units of 1/RATE."""
MOMENTS = ["ad a", "a -1", "ad a z1", "ad a +1 -2", "z1 +2 -3"]


def model(N: int = ATOMS, levels: int | None = None) -> Model:
    """H = 0.01 (c.a s.m + c.ad s.p), kappa = gamma_down = 0.02."""
    c, s = ps.Boson(levels) if levels else ps.Boson(), ps.Ensemble(N)
    return ps.Model(c, s, G * (c.a * s.m + c.ad * s.p), [ps.Central(RATE, c.a), ps.Individual(RATE, s.m)])


def numbers() -> Sequence[float]:
    """At t = 100 and t = 250."""
    path = ps.evolve(model(), [100, 250], moments=MOMENTS, keep="none")
    n, pull, inversion, pair, triple = (path.moment(label) for label in MOMENTS)
    first = [n[0].real, pull[0].imag, inversion[0].real]
    return [*map(float, [*first, n[1].real, pair[1].real, triple[1].real])]


def laser() -> Sequence[float]:
    """n at the same times of the laser that has up and down exchanged."""
    mirror = ps.models.tavis_cummings(ATOMS, omega=0, epsilon=0, g=G, kappa=RATE, gamma_up=RATE, gamma_down=0)
    return [*map(float, ps.evolve(mirror, [100, 250], initial="vacuum up", moments=["ad a"], keep="none").derived["photons"])]


def _path(approach: str, N: int) -> Curves:
    moments = MOMENTS if N > 2 else 2
    path = evolution(approach, model(N), TIMES / RATE, "vacuum down", MOMENTS if approach == "exact" else moments)
    shown = {"a": path.real("ad a") / N, "b": np.asarray(path.moment("a -1")).imag}
    if approach in ("exact", "c3", "c4"):
        shown |= {"c": path.real("ad a z1"), "d": path.real("z1 +2 -3")}
    return Curves({letter: (TIMES, values) for letter, values in shown.items()}, path.outcome)


def cut(times: ArrayLike) -> NDArray[np.float64]:
    """n of seven atoms with the script's four Fock states, which are too few: no certificate vouches for it."""
    return np.asarray(ps.evolve(model(levels=4), times, moments=["ad a"], keep="none").derived["photons"])


def _cut(axes: Axes) -> None:
    axes.plot(TIMES, cut(TIMES / RATE) / ATOMS, color="#999999", linewidth=1, label=f"4 Fock states, $N={ATOMS}$")


def lines(largest: int) -> list[Line]:
    return [Line(named(one), partial(_path, one, largest), group="N", approach=one) for one in ("exact", "mf", "c2", "c3", "twa")]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    del curves
    ours, mirror = numbers(), laser()
    return [
        Feature("n of the laser with up and down exchanged, t = 100", mirror[0], 0.0, ours[0]),
        Feature("n of that laser, t = 250", mirror[1], 0.0, ours[3]),
        Feature("n with four Fock states, t = 250 (exact: 2.8667)", float(cut([250.0])[0]), 0.0, 1.6306),
    ]


ROW = Row(
    name="counter-laser",
    title="counter-lasing of seven decaying atoms in time, moments up to the third order (--max-N: atoms)",
    model="H = 0.01 (a s.m + ad s.p), kappa = gamma_down = 0.02, N = 7, vacuum, all down",
    citations=(Citation("K. C. Stitely et al., Phys. Rev. Research 4, 023101 (2022)", "10.1103/PhysRevResearch.4.023101"),),
    checks=[
        Check(
            "in-time",
            {
                "n, t=100": "3.174546098",
                "Im <a s->, t=100": "-0.6166500286",
                "<n sz>, t=100": "0.3415918138",
                "n, t=250": "2.866669937",
                "<n s+ s->, t=250": "0.1589686525",
                "<sz s+ s->, t=250": "-0.008536471061",
            },
            numbers,
            quick=True,
        )
    ],
    panels={
        "a": Panel({"xlabel": r"$\gamma t$", "ylabel": "photons per atom", "ylim": (0, 1.1)}, "upper left", _cut),
        "b": Panel({"xlabel": r"$\gamma t$", "ylabel": r"$\mathrm{Im}\,\langle a\,\sigma_1^-\rangle$"}, ""),
        "c": Panel({"xlabel": r"$\gamma t$", "ylabel": r"$\langle a^\dagger a\,\sigma_1^z\rangle$"}, ""),
        "d": Panel({"xlabel": r"$\gamma t$", "ylabel": r"$\langle\sigma_1^z\sigma_2^+\sigma_3^-\rangle$"}, ""),
    },
    lines=lines,
    features=features,
    largest=ATOMS,
)
