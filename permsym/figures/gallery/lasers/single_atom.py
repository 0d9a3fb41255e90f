"""One-atom laser: one pumped atom in a cavity, exact beside cumulant expansions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, derived, named, spectrum, summit

if TYPE_CHECKING:
    from permsym.model import Model

UP = 4.0
FREQUENCIES = np.linspace(-4, 4, 201)
PUMPS = np.geomspace(0.05, 60, 41)


def model(up: float = UP) -> Model:
    return ps.models.tavis_cummings(1, omega=0, epsilon=0, g=1.5, kappa=1, gamma_up=up, gamma_down=0.25)


def steady() -> Sequence[float]:
    values = ps.steady_state(model()).derived
    return [values["photons"], values["g2"]]


def light() -> Sequence[float]:
    return [*map(float, ps.spectrum(model(), [0, 0.5, 1]).power), ps.linewidth(model()).eigenvalue.real]


def second_order() -> Sequence[float]:
    state = ps.cumulants.steady_state(model(), order=2)
    return [state.derived["photons"], *map(float, ps.cumulants.spectrum(state, [0, 0.5]).power)]


def lines(largest: int) -> list[Line]:
    del largest  # one atom
    orders, coherence = ("exact", "c2", "c3", "c4"), ("exact", "c4")
    return [
        *(Line(named(one), partial(spectrum, one, model(), FREQUENCIES, "a"), group="a", approach=one) for one in orders),
        *(
            Line(f"{named(one)}, n", partial(along, one, model, PUMPS, {"b": derived("photons")}), group="b", approach=one)
            for one in ("exact", "mf", "c2", "c3", "c4")
        ),
        *(Line(f"{named(one)}, g2", partial(along, one, model, PUMPS, {"c": derived("g2")}), group="c", approach=one) for one in coherence),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    pump, n = map(np.asarray, curves[f"{named('exact')}, n"].xy["b"])
    _, g2 = map(np.asarray, curves[f"{named('exact')}, g2"].xy["c"])
    light_now, second = light(), second_order()
    return [
        Feature("S(0) of order 2", second[1], 0.0, 12.01916024),
        Feature("S(0.5) of order 2", second[2], 0.0, 2.68311074),
        Feature("S(0) of order 2 over exact", second[1] / light_now[0], 0.0, 1.0),
        Feature("n of order 2 over exact", second[0] / steady()[0], 0.0, 1.0),
        Feature("pump of most photons", summit(pump, n)[0], 0.0, np.nan),
        Feature("smallest g2(0) over the pump", float(np.nanmin(g2)), 0.0, np.nan),
    ]


ROW = Row(
    name="single-atom-laser",
    title="one-atom laser: its spectrum, photons and g2(0), exact beside cumulant expansions",
    model="tavis-cummings: N = 1, omega = epsilon = 0, g = 1.5, kappa = 1, gamma_up = 4, gamma_down = 0.25",
    citations=(Citation("Y. Mu, C. M. Savage, Phys. Rev. A 46, 5944 (1992)", "10.1103/PhysRevA.46.5944"),),
    checks=[
        Check("steady", {"n": "1.250768726", "g2(0)": "0.9604963422"}, steady, quick=True),
        Check("light", {"S(0)": "9.692680166", "S(0.5)": "2.319044366", "S(1)": "0.6152508357", "eigenvalue": "-0.2925652258"}, light),
        Check("order-2", {"n, C2": "1.4835418046", "S(0), C2": "12.01916044", "S(0.5), C2": "2.683110854"}, second_order),
    ],
    panels={
        "a": Panel({"xlabel": r"$\omega/\kappa$", "ylabel": r"$S(\omega)$", "yscale": "log", "xlim": (-4, 4)}),
        "b": Panel({"xlabel": r"pump $\Gamma_\uparrow/\kappa$", "ylabel": "photons", "xscale": "log", "ylim": (0, None)}, "upper left"),
        "c": Panel({"xlabel": r"pump $\Gamma_\uparrow/\kappa$", "ylabel": r"$g^{(2)}(0)$", "xscale": "log", "ylim": (0, None)}),
    },
    lines=lines,
    features=features,
    largest=2,
)
