"""Two superradiant ensembles of different frequency: synchronised while their coupling through the field is strong enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

import permsym as ps
from permsym.dataset.status import EXACT
from permsym.figures.gallery.followed import steady
from permsym.figures.gallery.row import Check, Citation, Curves, Feature, Line, Panel, Row
from permsym.figures.gallery.scans import along, named

if TYPE_CHECKING:
    from permsym.figures.gallery.followed import Followed
    from permsym.model import Model

_SIZES = (2, 5, 10)
_DETUNINGS = np.linspace(0, 2, 21)  # d / (n Gamma)
_LABEL = "+1@A -1@B"


def model(n: int, detuning: float) -> Model:
    """n emitters in each ensemble, pumped at n times the collective rate."""
    return ps.models.two_ensembles(n, delta=detuning)


def lines_of(n: int, detuning: float) -> complex:
    """The slowest eigenvalue of charge -1 with Im >= 0: width and frequency of the emitted line."""
    slowest = ps.eigenvalues(model(n, detuning), k=2, charge=-1).eigenvalues
    value = max(slowest, key=lambda one: (round(one.real, 9), one.imag))
    return complex(value)


def _coherence(state: Followed) -> tuple[float, float]:
    return abs(complex(state.moment(_LABEL))), state.error(_LABEL)


def _coherences(approach: str, n: int, letter: str) -> Curves:
    return along(approach, lambda x: model(n, x * n), _DETUNINGS, {letter: _coherence}, [_LABEL])


def _split(n: int) -> Curves:
    values = [lines_of(n, float(x * n)) for x in _DETUNINGS]
    return Curves({"b": (_DETUNINGS, [value.imag / n for value in values])})


def lines(largest: int) -> list[Line]:
    shown = sorted({n for n in _SIZES if n < largest} | {largest})
    return [
        *(Line(f"$n={n}$", partial(_coherences, EXACT, n, "a"), group=f"{n}") for n in shown),
        *(
            Line(f"{named(one)}, $n={shown[-1]}$", partial(_coherences, one, shown[-1], "c"), group="c", approach=one)
            for one in (EXACT, "c2", "c3", "c4", "twa")
        ),
        *(Line(f"line, $n={n}$", partial(_split, n), group=f"{n}") for n in shown),
    ]


def features(curves: Mapping[str, Curves]) -> Sequence[Feature]:
    """Where one line becomes two: the first detuning of the figure with Im lambda."""
    result = []
    for label, curve in curves.items():
        if label.startswith("line"):
            x, y = map(np.asarray, curve.xy["b"])
            split = x[y > 1e-6]
            result.append(Feature(f"first d/(n Gamma) with two lines, {label[6:]}", float(split[0]) if len(split) else np.nan, 0.0, 1.0))
    return result


_NUMBERS = {
    (2, 2.0): ("0.04174445395", "0.02901061161", "-1.734624437", "1.12481899"),
    (2, 4.0): ("0.02251175889", "0.03130905196", "-1.562273884", "2.145732566"),
    (5, 2.0): ("0.07995629956", "0.03396911732", "-2.068683082"),
    (5, 4.0): ("0.05998096785", "0.0517150751", "-3.198401725", "1.753215484"),
}
_NAMES = ("Re <s+A s-B>", "Im <s+A s-B>", "Re lambda", "Im lambda")


def _numbers(n: int, detuning: float, count: int) -> list[float]:
    coherence = complex(steady("exact", model(n, detuning), [_LABEL]).moment(_LABEL))
    line = lines_of(n, detuning)
    return [coherence.real, coherence.imag, line.real, line.imag][:count]


ROW = Row(
    name="synchronisation",
    title="two superradiant ensembles over their detuning: one line or two (--max-N: emitters of one)",
    model="H = d/2 (Jz_A - Jz_B), L[J-_A + J-_B], n sum L[sn+] over both ensembles of n",
    citations=(
        Citation(
            "M. Xu, D. A. Tieri, E. C. Fine, J. K. Thompson, M. J. Holland, Phys. Rev. Lett. 113, 154101 (2014)",
            "10.1103/PhysRevLett.113.154101",
        ),
    ),
    checks=[
        Check(
            f"{n}-{detuning:g}",
            {f"{name}, n={n}, d={detuning:g}": text for name, text in zip(_NAMES, texts, strict=False)},
            partial(_numbers, n, detuning, len(texts)),
            quick=n == 2,
        )
        for (n, detuning), texts in _NUMBERS.items()
    ],
    panels={
        "a": Panel(
            {"xlabel": r"detuning $d/(n\Gamma)$", "ylabel": r"$|\langle\sigma^+_A\sigma^-_B\rangle|$", "xlim": (0, 2), "ylim": (0, None)}
        ),
        "b": Panel({"xlabel": r"detuning $d/(n\Gamma)$", "ylabel": r"Im $\lambda/(n\Gamma)$", "xlim": (0, 2), "ylim": (-0.02, None)}),
        "c": Panel({"xlabel": r"detuning $d/(n\Gamma)$", "ylabel": r"$|\langle\sigma^+_A\sigma^-_B\rangle|$", "xlim": (0, 2)}),
    },
    lines=lines,
    features=features,
    largest=10,
)
