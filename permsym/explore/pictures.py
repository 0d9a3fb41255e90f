"""Pictures of an exact state as numbers for a page: P(n), Wigner and Husimi functions, P(j, m), the Husimi function of the spins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.errors import PermsymError
from permsym.several_sites import modes_of_centre
from permsym.text import finite

if TYPE_CHECKING:
    from permsym.moments.mode import Mode
    from permsym.steady.state import State

_POINTS = 61  # along each side of a phase plane: more than the pixels of a picture show
_SMALLEST = 1e-4  # share of the largest probability that is still shown
_MOST_CELLS = 160  # of P(j, m) along a side
_MOST_SPINS = 100  # whose Husimi function is summed over all j at once: a tenth of a second


def pictures(state: State) -> Iterator[dict[str, Any]]:
    """Every picture that the state has, with what its values are off by; one that it lacks is a sentence."""
    off = _attempt("state", lambda: {"error": state.trace_norm_error}).get("error")
    bound = float(off) if isinstance(off, float) and math.isfinite(off) else None
    for _, site in modes_of_centre(state.model.centre):
        mode = state.mode_of(site.name) if site.name else state.mode
        of = f" of {site.name}" if site.name else ""
        yield _attempt(f"Photon distribution P(n){of}", lambda mode=mode: _photons(mode, bound))  # type: ignore[misc]
        yield _attempt(f"Wigner function{of}", lambda mode=mode: _plane(mode, "wigner", bound))  # type: ignore[misc]
        yield _attempt(f"Husimi function{of}", lambda mode=mode: _plane(mode, "husimi", bound))  # type: ignore[misc]
    if len(state.model.ensembles) == 1 and state.model.ensembles[0].levels == 2:
        yield _attempt("Collective spin P(j, m)", lambda: _spin(state, bound))
        if state.model.sizes[0] <= _MOST_SPINS:
            yield _attempt("Husimi function of the spins", lambda: _sphere(state, bound))


def _attempt(title: str, draw: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A picture under its title, or why there is none."""
    try:
        return {"title": title, **draw()}
    except PermsymError as error:
        return {"title": title, "kind": "none", "caption": str(error)}


def _off(bound: float | None, factor: float = 1.0) -> str:
    return "its error was not estimated" if bound is None else f"off by at most about {factor * bound:.0e}"


def _photons(mode: Mode, bound: float | None) -> dict[str, Any]:
    distribution = mode.photon_distribution(errors=False)
    p = distribution.probability
    shown = int(np.flatnonzero(p > _SMALLEST * p.max())[-1]) + 1
    caption = f"photon number n = 0 ... {shown - 1}; {_off(bound)}"
    return {"kind": "bars", "x": distribution.n[:shown].tolist(), "values": p[:shown].tolist(), "caption": caption}


def _plane(mode: Mode, name: str, bound: float | None) -> dict[str, Any]:
    """W(x, p), or Q at alpha = (x + i p) / sqrt(2): each is off by at most the trace norm of the state's error over pi."""
    reach = 2 + 2.2 * math.sqrt(mode.quadratures.largest)
    middle = math.sqrt(2) * mode.amplitude
    step = np.linspace(-reach, reach, _POINTS)
    x, p = middle.real + step, middle.imag + step
    values = mode.wigner(x, p) if name == "wigner" else mode.husimi((x[None, :] + 1j * p[:, None]) / math.sqrt(2))
    caption = f"{_ends('x', x)}, {_ends('p', p)}; {_off(bound, 1 / math.pi)}"
    return _map(values, caption, diverging=name == "wigner")


def _spin(state: State, bound: float | None) -> dict[str, Any]:
    """P(j, m): one column a value of j, whose parity is that of N, one row a value of m; binned where there are too many."""
    populations = state.populations()
    shown = populations.probability > _SMALLEST * populations.probability.max()
    j, m, p = populations.j[shown], populations.m[shown], populations.probability[shown]
    sides = [np.arange(axis.min(), axis.max() + 1) for axis in (j, m)]
    bins = [max(1, math.ceil(len(side) / _MOST_CELLS)) for side in sides]
    grid = np.zeros((-(-len(sides[1]) // bins[1]), -(-len(sides[0]) // bins[0])))
    np.add.at(grid, ((m - sides[1][0]).round().astype(int) // bins[1], (j - sides[0][0]).round().astype(int) // bins[0]), p)
    binned = "" if bins == [1, 1] else f", sums over {bins[0]} x {bins[1]} sites"
    return _map(grid, f"{_ends('j', sides[0])} across, {_ends('m', sides[1])} up{binned}; {_off(bound)}", sharp=True)


def _sphere(state: State, bound: float | None) -> dict[str, Any]:
    """Q(theta, phi) of the collective spin, summed over j: theta = 0 (all up) at the top, phi from -pi to pi across."""
    theta, phi = np.linspace(math.pi, 0, 46), np.linspace(-math.pi, math.pi, 61)
    largest = (state.model.sizes[0] + 1) / (4 * math.pi)  # of Q: that of a coherent state
    values = state.spin_husimi(theta[:, None], phi[None, :], collective=True)
    return _map(np.broadcast_to(values, (46, 61)), f"azimuth -pi ... pi across, all spins up at the top; {_off(bound, largest)}")


def _ends(name: str, axis: NDArray[np.float64]) -> str:
    return f"{name} = {axis[0]:.3g} ... {axis[-1]:.3g}"


def _map(values: NDArray[np.float64], caption: str, diverging: bool = False, sharp: bool = False) -> dict[str, Any]:
    """Rows from below, drawn as cells where they are sharp; four digits are more than a colour shows."""
    rows = [[finite(float(f"{value:.4g}")) for value in row] for row in values]
    largest = float(np.nanmax(np.abs(values)))
    return {
        "kind": "map",
        "rows": rows,
        "largest": largest,
        "diverging": diverging,
        "sharp": sharp,
        "caption": f"{caption}; largest {largest:.3g}",
    }
