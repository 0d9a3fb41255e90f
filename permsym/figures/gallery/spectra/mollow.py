"""Mollow's triplet: the light of one strongly driven atom has sidebands at its Rabi frequency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.figures.gallery.fits import limit
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import named, spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from permsym.model import Model

SHOWN = (0.25, 0.5, 1.0, 2.0)
DRIVES = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
"""Omega over gamma; the Rabi frequency is 2 Omega."""
FREQUENCIES = np.linspace(-7, 7, 281)


def model(omega: float) -> Model:
    """H = Omega (s.p + s.m), decay at rate 1, without a centre."""
    s = ps.Ensemble(1)
    return ps.Model(None, s, omega * (s.p + s.m), [ps.Individual(1.0, s.m)])


def sideband(omega: float) -> float:
    """Im of the oscillating eigenvalue, sqrt(4 Omega^2 - 1/16); 0 below Omega = 1/8."""
    return float(np.sqrt(max(4 * omega**2 - 1 / 16, 0)))


def steady() -> Sequence[float]:
    state = ps.steady_state(model(2.0))
    return [state.derived["p_up"], abs(state.moment("-1")) ** 2]


def power() -> Sequence[float]:
    return [*map(float, ps.spectrum(model(2.0), [0, 1, 4], "+", "-").power)]


def decay() -> Sequence[float]:
    values = ps.eigenvalues(model(2.0), k=3).eigenvalues
    slow, fast = values[1], values[2]
    return [slow.real, fast.real, abs(fast.imag)]


def _ratios() -> Curves:
    """Heights of the triplet's lines, and the share of light that is coherent."""
    height, share = [], []
    for omega in DRIVES:
        middle, side = ps.spectrum(model(omega), [0, sideband(omega)], "+", "-").power
        state = ps.steady_state(model(omega))
        height.append(middle / side)
        share.append(abs(state.moment("-1")) ** 2 / state.derived["p_up"])
    return Curves({"b": (DRIVES, height), "c": (DRIVES, share)})


def lines(largest: int) -> list[Line]:
    del largest  # one atom
    return [
        *(Line(rf"$\Omega={omega:g}$", partial(spectrum, "exact", model(omega), FREQUENCIES, "a", "+", "-")) for omega in SHOWN),
        Line(
            rf"{named('c2')}, $\Omega={SHOWN[-1]:g}$",
            partial(spectrum, "c2", model(SHOWN[-1]), FREQUENCIES, "a", "+", "-"),
            group=rf"$\Omega={SHOWN[-1]:g}$",
            approach="c2",
        ),
        Line("exact", _ratios, dots=True),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    omega, ratio = map(np.asarray, curves["exact"].xy["b"])
    s = np.asarray(curves[rf"$\Omega={SHOWN[-1]:g}$"].xy["a"][1])
    c2 = np.asarray(curves[rf"{named('c2')}, $\Omega={SHOWN[-1]:g}$"].xy["a"][1])
    values = decay()
    return [
        Feature("S(0) over S(2 Omega) as Omega grows", *limit(1 / omega[-4:] ** 2, ratio[-4:]), 3.0),
        Feature("S(0) over S(4) at Omega = 2", power()[0] / power()[2], 0.0, 3.116),
        Feature("sidebands' frequency at Omega = 2", values[2], 0.0, sideband(2.0)),
        Feature("largest difference of C2 from exact, Omega = 2", float(np.abs(c2 - s).max()), 0.0, 0.0),
    ]


def _closed(axes: Axes) -> None:
    omega = np.geomspace(DRIVES[0], DRIVES[-1], 200)
    axes.plot(omega, 1 / (1 + 8 * omega**2), color="#999999", linewidth=1, linestyle="--", label=r"$1/(1+8\Omega^2)$")


def _three(axes: Axes) -> None:
    axes.axhline(3, color="#999999", linewidth=1, linestyle="--")


ROW = Row(
    name="mollow",
    title="Mollow's triplet: resonance fluorescence of one atom, its lines' heights and its coherent part",
    model="H = Omega (s.p + s.m), d rho/dt = -i [H, rho] + L[s.m] rho, one spin",
    citations=(Citation("B. R. Mollow, Phys. Rev. 188, 1969 (1969)", "10.1103/PhysRev.188.1969"),),
    checks=[
        Check("steady", {"p_up, Omega=2": "0.48484848484848486", "coherent part, Omega=2": "0.01469237833"}, steady, quick=True),
        Check(
            "power", {"S(0), Omega=2": "1.025795141", "S(1), Omega=2": "0.255920025", "S(4), Omega=2": "0.3292339844"}, power, quick=True
        ),
        Check("decay", {"slow eigenvalue": "-0.5", "Re of the pair": "-0.75", "Im of the pair": "3.992179856"}, decay),
    ],
    panels={
        "a": Panel({"xlabel": r"$\omega/\gamma$", "ylabel": r"incoherent $S(\omega)$", "xlim": (-7, 7)}),
        "b": Panel(
            {"xlabel": r"$\Omega/\gamma$", "ylabel": r"$S(0)/S(\omega_{\rm side})$", "xscale": "log", "xlim": (0.1, 10), "ylim": (1, 4)},
            "",
            _three,
        ),
        "c": Panel(
            {"xlabel": r"$\Omega/\gamma$", "ylabel": "coherent share", "xscale": "log", "yscale": "log", "xlim": (0.1, 10)},
            "lower left",
            _closed,
        ),
    },
    lines=lines,
    features=features,
    largest=2,
)
