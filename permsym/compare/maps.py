"""Comparisons over two parameters: a map of the error for each quantity and approximation, white at a tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym import plot
from permsym.compare.comparison import Comparison
from permsym.compare.verdicts import relative_errors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOLERANCE = 0.01
"""What is white where no tolerance was asked for."""
_FEWEST = 3  # values along each side, below which lines say more


@dataclass(frozen=True)
class Plane:
    """Two parameters that vary on their own, and their values, rising."""

    names: tuple[str, str]
    values: tuple[tuple[float, ...], tuple[float, ...]]


def plane_of(comparison: Comparison) -> Plane | None:
    """The two parameters of a sweep over a grid; None where there are others, or hardly a grid."""
    if len(comparison.free) != 2:
        return None
    first, second = comparison.free
    points = [comparison.points[i] for i in comparison.used if first in comparison.points[i] and second in comparison.points[i]]
    sides = [tuple(sorted({point[name] for point in points})) for name in (first, second)]
    if min(map(len, sides)) < _FEWEST or 2 * len(points) < len(sides[0]) * len(sides[1]):
        return None
    return Plane((first, second), (sides[0], sides[1]))


def errors_on(plane: Plane, comparison: Comparison, quantity: str, method: str) -> NDArray[np.float64]:
    """(first, second) errors as verdicts reckon them; nan where there is no value."""
    errors = np.full([len(side) for side in plane.values], np.nan)
    rows = [row for row in comparison.rows if row.quantity == quantity and row.method == method]
    for row, error in zip(rows, relative_errors(comparison, rows), strict=True):
        point = comparison.points[row.point]
        index = tuple(side.index(point[name]) for name, side in zip(plane.names, plane.values, strict=True))
        errors[index] = error
    return errors


def figure_of(plane: Plane, comparison: Comparison, quantities: list[str], tolerance: float | None) -> Figure:
    """A row of maps for each quantity, a column for each approximation."""
    methods, w = comparison.methods, tolerance or TOLERANCE
    with plot.drawing(columns=len(methods), rows=len(quantities), width=2.4, height=2.5) as (figure, panels):
        shown: Any = None
        for k, axes in enumerate(panels):
            quantity, method = quantities[k // len(methods)], methods[k % len(methods)]
            shown = _panel(axes, plane, errors_on(plane, comparison, quantity, method), w)
            axes.set_title(f"{quantity}: {plot.called(method)}".replace("$", r"\$"), fontsize=8)
            if k % len(methods):
                axes.set_ylabel("")
            if k // len(methods) < len(quantities) - 1:
                axes.set_xlabel("")
        bar = figure.colorbar(shown, ax=panels, location="bottom", shrink=min(1.0, 2 / len(methods)), aspect=30)
        ticks = range(-plot.DECADES, plot.DECADES + 1)
        bar.set_ticks(list(ticks), labels=[f"{w * 10.0**tick:.3g}" for tick in ticks])
        bar.ax.minorticks_off()
        bar.set_label(f"relative |error|; white at {w:g}")
        return figure


def _panel(axes: Any, plane: Plane, errors: NDArray[np.float64], tolerance: float) -> Any:
    """log10(|error| / w) by colour, with a line where it is 0; returns what a colour bar is of."""
    image = np.log10(np.maximum(errors / tolerance, 1e-9))
    (x, x_log), (y, y_log) = (_edges(side) for side in plane.values)
    look = {"cmap": plot.error_colours(), "vmin": -plot.DECADES, "vmax": plot.DECADES}
    shown = axes.pcolormesh(x, y, np.ma.masked_invalid(image.T), rasterized=True, **look)
    axes.set_facecolor("0.8")
    if np.nanmin(image, initial=np.inf) < 0 < np.nanmax(image, initial=-np.inf):
        axes.contour(*plane.values, np.ma.masked_invalid(image.T), levels=[0.0], colors="black", linewidths=0.9)
    if x_log:
        axes.set_xscale("log")
    if y_log:
        axes.set_yscale("log")
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
    axes.set_xlabel(plane.names[0].replace("$", r"\$"))
    axes.set_ylabel(plane.names[1].replace("$", r"\$"))
    return shown


def _edges(values: tuple[float, ...]) -> tuple[NDArray[np.float64], bool]:
    """Edges of cells around rising values, and whether they are equal in logarithms rather than in values."""
    log = plot.spans_decades(values)
    at = np.log(values) if log else np.asarray(values, dtype=float)
    middle = (at[1:] + at[:-1]) / 2
    edges = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return (np.exp(edges) if log else edges), log
