"""Pictures of what runs over time, delay or frequency: lines with bands of their errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.pictures.picture import Panel, Picture, chosen, drawn, label_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from permsym.dynamics.evolved.evolution import Evolution
    from permsym.dynamics.spectra.spectrum import PowerSpectrum
    from permsym.dynamics.two_time.result import Correlation

Line = tuple[str, "ArrayLike", "ArrayLike"]
"""Label, values, errors."""


def evolution(one: Evolution, what: str | Sequence[str] | None = None, ax: Axes | None = None) -> Picture | Axes:
    """A picture of an evolution; see :meth:`permsym.Evolution.plot`."""
    derived, errors = one.derived, one.derived_errors
    moments = one.moments
    shown = [name for name, values in derived.items() if np.any(values != 0)]  # not what a symmetry forbids
    names = chosen(shown or list(moments), what, [*derived, *moments], "this evolution")
    groups: dict[str, list[Line]] = {}
    for name in names:
        if name in derived:
            group = "population" if name.partition("@")[0] in ("p_up", "p0_up") else name
            groups.setdefault(group, []).append((name, derived[name], errors[name]))
        else:
            groups.setdefault("moment", []).extend(_parts(name, moments[name], one.certificate.errors.get(name, 0.0)))
    panels: list[Panel] = [partial(_lines, one.times, lines, "$t$", group) for group, lines in groups.items()]
    if ax is not None:
        panels = [partial(_lines, one.times, [line for lines in groups.values() for line in lines], "$t$", "")]
    return drawn(panels, ax)


def spectrum(one: PowerSpectrum, ax: Axes | None = None) -> Picture | Axes:
    """A picture of a power spectrum; see :meth:`permsym.PowerSpectrum.plot`."""
    lines: list[Line] = [("S", one.power, one.errors)]
    return drawn([partial(_lines, one.frequencies, lines, r"$\omega$", r"$S(\omega)$")], ax)


def correlation(one: Correlation, ax: Axes | None = None) -> Picture | Axes:
    """A picture of a function of two times; see :meth:`permsym.Correlation.plot`."""
    return drawn([partial(_lines, one.times, _parts(one.name, one.values, one.errors), r"$\tau$", one.name)], ax)


def _parts(name: str, values: Any, errors: Any) -> list[Line]:
    """The real part, and the imaginary one where it is not zero within its error."""
    values, errors = np.asarray(values), np.broadcast_to(errors, np.shape(values))
    if not np.any(np.abs(values.imag) > errors):
        return [(name, values.real, errors)]
    if not np.any(np.abs(values.real) > errors):
        return [(f"Im {name}", values.imag, errors)]
    return [(f"Re {name}", values.real, errors), (f"Im {name}", values.imag, errors)]


def _lines(x: Any, lines: Sequence[Line], over: str, title: str, axes: Axes) -> None:
    for (label, values, errors), look in zip(lines, cycle(plot.CYCLE), strict=False):
        values, errors = np.asarray(values, dtype=float), np.nan_to_num(np.asarray(errors, dtype=float), posinf=0.0)
        axes.plot(x, values, label=label, **look)
        axes.fill_between(x, values - errors, values + errors, color=look["color"], alpha=0.25, linewidth=0)
    axes.set_xlabel(over)
    axes.set_ylabel(title if len(lines) > 1 or title else lines[0][0])
    axes.margins(x=0)
    label_lines(axes)
