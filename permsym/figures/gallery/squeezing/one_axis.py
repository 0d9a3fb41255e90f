"""One-axis twisting: spin squeezing by Jz^2, in closed form and as computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import judged, physical
from permsym.figures.gallery.fits import exponent, peak
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from permsym.model import Model
    from permsym.states.squeezing import SqueezingSeries

_SIZES = (10, 20, 50, 100)
_TIMES = np.linspace(0, 1.2, 121)  # chi t N^(2/3)
_GROWING = (50, 100, 200, 400, 800)


def model(N: int, j: bool = True) -> Model:
    return ps.models.collective_spins(N, j=N / 2 if j else None, twist=1)


def squeezing(N: int, times: ArrayLike) -> SqueezingSeries:
    """Both kinds of squeezing from all spins along x."""
    return ps.evolve(model(N), times, initial="bloch=pi/2,0", keep="none").squeezing()


def closed_form(N: int, times: ArrayLike) -> NDArray[np.float64]:
    """Kitagawa and Ueda's xi^2 = 1 + (N-1)/4 [A - sqrt(A^2 + B^2)]."""
    mu = 2 * np.asarray(times, dtype=float)
    A, B = 1 - np.cos(mu) ** (N - 2), 4 * np.sin(mu / 2) * np.cos(mu / 2) ** (N - 2)
    return np.asarray(1 + (N - 1) / 4 * (A - np.sqrt(A**2 + B**2)))


def smallest(of: Callable[[NDArray[np.float64]], NDArray[np.float64]], N: int) -> tuple[float, float]:
    """The minimum of a squeezing over the time, and when it is."""
    unit = N ** (-2 / 3)
    time, value = peak(lambda times: -of(times), 0.4 * unit, 1.7 * unit)
    return -value, time


def _exact(N: int) -> Curves:
    evolution = ps.evolve(model(N), _TIMES * N ** (-2 / 3), initial="bloch=pi/2,0", keep="none")
    both = evolution.squeezing()
    xy = {"a": (_TIMES, both.kitagawa_ueda), "b": (_TIMES, both.wineland)}
    return Curves(xy, judged(evolution.certificate), {"a": both.errors["kitagawa_ueda"], "b": both.errors["wineland"]})


def _expanded(order: int, N: int) -> Curves:
    trajectory = ps.cumulants.evolve(model(N, j=False), _TIMES * N ** (-2 / 3), "bloch=pi/2,0", order=order, errors=False)
    values = trajectory.squeezing().kitagawa_ueda
    return Curves({"a": (_TIMES, values)}, physical(trajectory.unphysical))


def _minima(largest: int, definition: str) -> Curves:
    sizes = [N for N in _GROWING if largest >= N] or [largest]
    values = [smallest(lambda times, N=N: getattr(squeezing(N, times), definition), N)[0] for N in sizes]  # type: ignore[misc]
    return Curves({"c": (sizes, values)})


def lines(largest: int) -> list[Line]:
    shown = sorted({N for N in _SIZES if largest > N} | {min(largest, _SIZES[-1])})
    N = shown[-1]
    return [
        *(Line(f"$N={N}$", partial(_exact, N), group=f"{N}") for N in shown),
        *(Line(f"C{order}, $N={N}$", partial(_expanded, order, N), group=f"{N}", approach=f"c{order}") for order in (2, 3)),
        Line("Kitagawa, Ueda", partial(_minima, largest, "kitagawa_ueda"), dots=True),
        Line("Wineland", partial(_minima, largest, "wineland"), dots=True),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    result = []
    for name in ("Kitagawa, Ueda", "Wineland"):
        sizes, values = (np.asarray(part)[-3:] for part in curves[name].xy["c"])
        result.append(Feature(f"exponent of the minimum over N, {name}", *exponent(sizes, values), -2 / 3))
    N = max(int(label[3:-1]) for label in curves if label.startswith("$"))
    times, computed = map(np.asarray, curves[f"$N={N}$"].xy["a"])
    worst = float(np.abs(computed - closed_form(N, times * N ** (-2 / 3))).max())
    return [*result, Feature(f"largest distance from the closed form, N={N}", worst, 0.0, 0.0)]


_NUMBERS = {
    20: (("0.1322763584", "0.157533"), ("0.1978965694", "0.134157")),
    50: (("0.07503986269", "0.086124"), ("0.1040387868", "0.0773813")),
}


def _numbers(N: int) -> list[float]:
    return [
        number
        for definition in ("kitagawa_ueda", "wineland")
        for number in smallest(lambda times: getattr(squeezing(N, times), definition), N)  # noqa: B023
    ]


_FRAME = {
    "xlabel": r"$\chi t N^{2/3}$",
    "ylabel": r"$\xi^2$ (Kitagawa, Ueda)",
    "xlim": (0, 1.2),
    "yscale": "log",
    "ylim": (0.03, 1.1),
}

ROW = Row(
    name="one-axis-twisting",
    title="squeezing by one-axis twisting beside its closed form (--max-N: spins)",
    model="H = chi Jz^2, all spins along x at t = 0",
    citations=(Citation("M. Kitagawa, M. Ueda, Phys. Rev. A 47, 5138 (1993)", "10.1103/PhysRevA.47.5138"),),
    checks=[
        Check(
            f"{N}",
            {
                f"{name}, {kind}, N={N}": text
                for kind, texts in zip(("Kitagawa-Ueda", "Wineland"), pairs, strict=True)
                for name, text in zip(("smallest xi2", "chi t of it"), texts, strict=True)
            },
            partial(_numbers, N),
            quick=N == 20,
        )
        for N, pairs in _NUMBERS.items()
    ],
    panels={
        "a": Panel(_FRAME, "lower left"),
        "b": Panel(_FRAME | {"ylabel": r"$\xi^2$ (Wineland)"}, ""),
        "c": Panel({"xlabel": "$N$", "ylabel": r"smallest $\xi^2$", "xscale": "log", "yscale": "log", "xlim": (10, 1000)}),
    },
    lines=lines,
    features=features,
    largest=800,
)
