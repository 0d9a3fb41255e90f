"""Pictures of states: P(n), the Wigner function, P(j, m)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from permsym import plot
from permsym.errors import InputError
from permsym.pictures.picture import Panel, Picture, chosen, drawn
from permsym.several_sites import modes_of_centre

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from permsym.states.density import DensityOperator

_REACH = 5.0  # standard deviations of j and m to each side
_WHOLE = 50  # satellites up to which the whole lattice is drawn
_MOST = 200  # values of j, and of m


def state(one: DensityOperator, what: str | Sequence[str] | None = None, ax: Axes | None = None) -> Picture | Axes:
    """A picture of a state; see :meth:`permsym.State.plot`."""
    panels = _panels(one)
    if not panels:
        raise InputError("this state has neither a mode nor P(j, m) to draw; of one ensemble of spins, solve with basis='dicke'")
    standard = [name for name in panels if not name.startswith("husimi")]
    return drawn([panels[name] for name in chosen(standard, what, list(panels), "this state")], ax)


def _panels(one: DensityOperator) -> dict[str, Panel]:
    """What can be drawn, by name."""
    panels: dict[str, Panel] = {}
    for _, site in modes_of_centre(one.model.centre):
        mode, at = (one.mode_of(site.name), f"@{site.name}") if site.name else (one.mode, "")
        panels[f"photons{at}"] = partial(plot.photons, distribution=mode.photon_distribution(errors=False))
        panels[f"wigner{at}"] = partial(plot.wigner_map, mode=mode)
        panels[f"husimi{at}"] = partial(plot.husimi_map, mode=mode)
    if one.has_spin:
        panels["spin"] = partial(_spin, one)
    return panels


def _spin(one: DensityOperator, axes: Axes) -> None:
    """P(j, m) on a part of the lattice that carries it: one column for every j, of which 2j has the parity of N."""
    N, spin = one.model.sizes[0], one.spin
    points = one.distribution()
    (j, m), (wide, high) = points.mean, points.deviations
    if N <= _WHOLE:
        wide = high = N
    columns = _lattice(N, max((N % 2) / 2, j - _REACH * wide), min(N / 2, j + _REACH * wide))
    rows = _lattice(N, max(-N / 2, m - _REACH * high), min(N / 2, m + _REACH * high))
    values = spin.density(*np.meshgrid(columns, rows))
    values = np.ma.masked_where(np.abs(rows)[:, None] > columns[None, :] + 0.25, values)
    shown = axes.pcolormesh(columns, rows, values, shading="nearest", rasterized=True, cmap="cividis", vmin=0.0)
    axes.set_xlabel("$j$")
    axes.set_ylabel("$m$")
    axes.figure.colorbar(shown, ax=axes, label="$P(j, m)$")


def _lattice(N: int, low: float, high: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Values of j or m from ``low`` to ``high``, a few hundred at most, all with N/2 minus a whole number."""
    first, last = int(np.floor(N / 2 - high)), int(np.ceil(N / 2 - low))
    down = np.arange(max(first, 0), last + 1, max(1, (last - first) // _MOST))
    return np.asarray(N / 2 - down[::-1], dtype=float)
