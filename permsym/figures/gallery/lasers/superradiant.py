"""Superradiant laser of 200,000 atoms: a line that the cavity hardly pulls, and the same atoms without the cavity, exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import expanded
from permsym.figures.gallery.followed import ORDERS
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, named, real, spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from permsym.cumulants.two_time import CumulantLine
    from permsym.model import Model

ATOMS = 200_000
UP, DOWN, PHI, G, KAPPA, DETUNING = 1000.0, 1.0, 250.0, 1000.0, 5e6, -2500.0
"""Rates over the spontaneous one.  PHI is that of L[sz], a quarter of a rate of |e><e|."""
BROAD = UP + DOWN + 4 * PHI
"""Full width of an atom's line."""
FREQUENCIES = np.linspace(-7, 5, 241)
DETUNINGS = np.linspace(-5000, 5000, 9)
PUMPS = np.geomspace(10**2.75, 10**4.75, 9)


def model(up: float = UP, detuning: float = DETUNING, N: int = ATOMS) -> Model:
    return ps.models.tavis_cummings(N, omega=detuning, epsilon=0, g=G, kappa=KAPPA, gamma_up=up, gamma_down=DOWN, gamma_phi=PHI)


def eliminated(up: float = UP, N: int = ATOMS) -> Model:
    """The atoms alone: a cavity much faster than they are is a collective decay at the rate 4 g^2/kappa."""
    return ps.models.collective_spins(N, Gamma_down=4 * G**2 / KAPPA, gamma_up=up, gamma_down=DOWN, gamma_phi=PHI)


def numbers() -> Sequence[float]:
    state = ps.cumulants.steady_state(model(), order=2)
    line = ps.cumulants.linewidth(state).eigenvalue
    return [state.derived["photons"], state.derived["p_up"], state.moment("+1 -2").real, line.real, line.imag]


def _line(approach: str, system: Model) -> CumulantLine:
    return ps.cumulants.linewidth(ps.cumulants.steady_state(system, order=ORDERS[approach]))


def _frequencies(N: int) -> Curves:
    """Of the line of order 2 over the cavity's detuning."""
    seen = [_line("c2", model(detuning=float(one), N=N)) for one in DETUNINGS]
    return Curves({"b": (DETUNINGS, [line.frequency for line in seen])}, expanded(seen[-1].failures))


def _widths(approach: str, N: int) -> Curves:
    """Of the line of an expansion over the pump."""
    seen = [_line(approach, model(float(up), N=N)) for up in PUMPS]
    return Curves({"c": (PUMPS, [line.fwhm for line in seen])}, expanded(seen[-1].failures))


def lines(largest: int) -> list[Line]:
    N = largest
    pairs = {"d": real("+1 -2")}
    return [
        Line(named("c2"), partial(spectrum, "c2", model(N=N), FREQUENCIES, "a"), group="a", approach="c2"),
        Line("C2, line", partial(_frequencies, N), group="b", approach="c2"),
        *(Line(f"{named(one)}, width", partial(_widths, one, N), group="c", approach=one) for one in ("c2", "c3")),
        Line("atoms alone, exact", partial(along, "exact", lambda up: eliminated(up, N), PUMPS, pairs), group="d", dots=True),
        *(
            Line(f"{named(one)}, with cavity", partial(along, one, lambda up: model(up, N=N), PUMPS, pairs), group="d", approach=one)
            for one in ("mf", "c2", "c3")
        ),
    ]


def pulled(detuning: float) -> float:
    """Mean of the cavity's and the atoms' frequencies (0), weighted with each other's width."""
    return detuning * BROAD / (KAPPA + BROAD)


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    detuning, line = map(np.asarray, curves["C2, line"].xy["b"])
    slope = np.polyfit(detuning, line, 1)[0]
    exact, expanded_ = (np.asarray(curves[label].xy["d"][1]) for label in ("atoms alone, exact", f"{named('c2')}, with cavity"))
    middle = int(np.argmin(np.abs(PUMPS - UP)))
    return [
        Feature("shift of the line at a detuning of -2500", numbers()[4], 0.0, -1.0),
        Feature("slope of the line over the detuning / width ratio", float(slope) * (KAPPA + BROAD) / BROAD, 0.0, 1.0),
        Feature(f"<s1+ s2-> of order 2 over exact, up={PUMPS[middle]:.4g}", float(expanded_[middle] / exact[middle]), 0.0, 1.0),
    ]


def _pulling(axes: Axes) -> None:
    ends = np.array([-5000.0, 5000.0])
    axes.plot(ends, [pulled(one) for one in ends], color="#999999", linewidth=3, alpha=0.5, label="weighted mean")


ROW = Row(
    name="superradiant-laser",
    title="superradiant laser of 200,000 atoms: spectrum, pulling and linewidth of order 2, atoms alone exact",
    model="tavis-cummings: N = 200000, omega = -2500, epsilon = 0, g = 1000, kappa = 5e6, up 1000, down 1, phi 250",
    citations=(
        Citation("D. Meiser, J. Ye, D. R. Carlson, M. J. Holland, Phys. Rev. Lett. 102, 163601 (2009)", "10.1103/PhysRevLett.102.163601"),
    ),
    checks=[
        Check(
            "order-2",
            {
                "n, C2": "19.72982887",
                "p_up, C2": "0.5062480302",
                "<s1+ s2->, C2": "0.00308027401",
                "Re of the line, C2": "-0.815847007",
                "Im of the line, C2": "-0.999284891",
            },
            numbers,
            quick=True,
        )
    ],
    panels={
        "a": Panel({"xlabel": r"$(\omega-\omega_{\rm atom})/\Gamma$", "ylabel": r"$S(\omega)$", "ylim": (0, None)}, ""),
        "b": Panel({"xlabel": r"detuning of the cavity $/\Gamma$", "ylabel": r"line $/\Gamma$"}, "upper left", _pulling),
        "c": Panel({"xlabel": r"pump $/\Gamma$", "ylabel": r"linewidth $/\Gamma$", "xscale": "log", "yscale": "log"}),
        "d": Panel({"xlabel": r"pump $/\Gamma$", "ylabel": r"$\langle\sigma_1^+\sigma_2^-\rangle$", "xscale": "log", "yscale": "log"}),
    },
    lines=lines,
    features=features,
    largest=ATOMS,
)
