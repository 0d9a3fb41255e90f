"""Pictures of a validity map.

Two axes: at the left the cheapest approximation that is within, named in place; white is left to the exact solution.  At the right
the error of each approximation, white at the tolerance.  One axis: errors over it, and bars where each approximation is within.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym.dataset.status import Status
from permsym.plot import DECADES, METHODS, STYLE, called, error_colours
from permsym.validity.axes import Axis
from permsym.validity.regions import Region, ValidityMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FILL = 0.62  # opacity of regions
_LARGEST, _SMALLEST = 13.0, 7.0  # points of names in place
_FEW_DECADES = 2e3  # ratio of an axis' ends up to which labels between its decades have room
_CONTOURS = (0.02, 0.05, 0.1, 0.2, 0.5)
_HATCHES = {
    Status.UNSTABLE: ("\\\\\\", "unstable"),
    Status.UNPHYSICAL: ("xx", "unphysical"),
    Status.NO_FIXED_POINT: ("++", "no fixed point"),
    Status.FAILED: ("..", "failed"),
    Status.NOT_APPLICABLE: ("oo", "not applicable"),
    Status.BEYOND_ORDER: ("--", "beyond order"),
}


def draw(judged: ValidityMap, small: bool = False) -> Figure:
    """The picture of a map; ``small``: of two axes the regions alone."""
    if len(judged.grid.lines) == 1:
        return _curves(judged)
    return _regions_alone(judged) if small else _regions_and_errors(judged)


@contextmanager
def _figure(width: float, height: float) -> Iterator[Figure]:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE | {"savefig.dpi": 90, "font.family": "sans-serif", "hatch.linewidth": 0.5}):  # type: ignore[arg-type]
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


# -- two axes -------------------------------------------------------------------------------------------------------------------


def _regions_alone(judged: ValidityMap) -> Figure:
    with _figure(5.3, 4.6) as figure:
        axes = figure.subplots()
        _cheapest(axes, judged)
        return figure


def _regions_and_errors(judged: ValidityMap) -> Figure:
    with _figure(10.6, 5.3) as figure:
        rows = 2 if len(judged.methods) <= 5 else 3
        columns = -(-(len(judged.methods) + 1) // rows)
        left, right = figure.subfigures(1, 2, width_ratios=[5.0, 1.9 * columns], squeeze=False)[0]
        _cheapest(left.subplots(), judged)
        panels = right.subplots(rows, columns, squeeze=False).ravel()
        shown: Any = None
        for axes, (name, region) in zip(panels, judged.regions.items(), strict=False):
            shown = _error(axes, judged, name, region)
        for axes in panels[len(judged.methods) :]:
            axes.set_axis_off()
        _key(panels[len(judged.methods)], "no proved interval" if judged.proved else "no exact value")
        for k, axes in enumerate(panels[: len(judged.methods)]):
            if k % columns:
                axes.tick_params(labelleft=False)
                axes.set_ylabel("")
            if k + columns < len(judged.methods):
                axes.tick_params(labelbottom=False)
                axes.set_xlabel("")
        bar = right.colorbar(shown, ax=panels.tolist(), location="bottom", shrink=0.8, aspect=40)
        ticks = np.arange(-DECADES, DECADES + 1)
        bar.set_ticks(ticks.tolist(), labels=[_spelled(judged, judged.tolerance * 10.0**tick) for tick in ticks])
        bar.ax.minorticks_off()
        bar.set_label(f"{judged.errors.scale.words}{', at least' if judged.proved else ''}; white at the tolerance")
        return figure


def _cheapest(axes: Axes, judged: ValidityMap) -> None:
    """The cheapest approximation within, by colour and name; in what is left, the smallest error of all."""
    from matplotlib.colors import to_rgb

    image = np.ones((*judged.grid.shape, 3))
    for k, name in enumerate(judged.methods):
        image[judged.cheapest == k] = _FILL * np.array(to_rgb(METHODS[name]["color"])) + 1 - _FILL
    image[judged.cheapest == -2] = 0.8
    _show(axes, judged, image)
    mesh = _mesh(judged)
    for k in range(-2, len(judged.methods)):
        axes.contour(*mesh, (judged.cheapest == k).T, levels=[0.5], colors="black", linewidths=0.7)
    left = judged.cheapest == -1
    # contours run between samples; along steps they would be a ladder
    best = np.where(left & np.isfinite(judged.best) & ~judged.grid.stepped, judged.best, np.nan)
    if np.nanmax(best, initial=0) > _CONTOURS[0]:
        lines = axes.contour(*mesh, np.ma.masked_invalid(best.T), levels=_CONTOURS, colors="0.35", linewidths=0.7, linestyles="--")
        axes.clabel(lines, fmt=partial(_spelled, judged), fontsize=7)
    behind = judged.overtaken & left
    if behind.any():
        axes.contourf(*mesh, behind.T, levels=[0.5, 1.5], hatches=["///"], colors="none").set(edgecolor="0.75", linewidth=0)
    for name, region in judged.regions.items():
        if region.accident.any():
            axes.contour(*mesh, region.accident.T, levels=[0.5], colors=METHODS[name]["color"], linewidths=0.9, linestyles=":")
    for k, name in enumerate(judged.methods):
        _name(axes, judged, judged.cheapest == k, called(name))
    _name(axes, judged, left, "all excluded" if judged.proved else "exact only", weight="normal")
    quantity = ", ".join(judged.errors.quantities)
    axes.set_title(f"cheapest approximation of {quantity} within {judged.within}", fontsize=10)
    _label(axes, judged, [1, 2, 5])


def _error(axes: Axes, judged: ValidityMap, name: str, region: Region) -> Any:
    """log10(|e| / w) by colour; returns what a colour bar is of."""
    sampled = np.arcsinh(judged.errors.signed[name] / (3 * judged.tolerance))
    e = 3 * np.sinh(np.abs(judged.grid.monotone(sampled)))
    image = np.log10(np.maximum(e, 1e-9))
    there = judged.grid.spread(~np.isnan(judged.errors.signed[name])) & ~judged.holes
    mesh = _mesh(judged)
    shown = axes.pcolormesh(
        *mesh, np.ma.masked_array(image, ~there).T, cmap=error_colours(), vmin=-DECADES, vmax=DECADES, shading="nearest", rasterized=True
    )
    axes.set_facecolor("0.8")
    edge = float(np.arcsinh(1 / 3))
    t = np.ma.masked_array(region.t, ~there)
    axes.contour(*mesh, np.abs(t).T, levels=[edge], colors="black", linewidths=0.9)
    axes.contour(*mesh, t.T, levels=[0.0], colors="0.2", linewidths=0.7, linestyles=":")
    for status, (hatch, words) in _HATCHES.items():
        mask = judged.grid.spread(judged.errors.status[name] == status)
        if mask.any():
            axes.contourf(*mesh, mask.T, levels=[0.5, 1.5], hatches=[hatch], colors="none").set(edgecolor="0.35", linewidth=0)
            _name(axes, judged, mask, words, weight="normal", largest=8.0)
    axes.set_title(called(name), fontsize=9)
    _label(axes, judged, [1, 3], small=True)
    return shown


def _show(axes: Axes, judged: ValidityMap, image: NDArray[np.float64]) -> None:
    mesh = _mesh(judged)
    axes.pcolormesh(*mesh, image.transpose(1, 0, 2), shading="nearest", rasterized=True)


def _mesh(judged: ValidityMap) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = judged.grid.lines
    return first.values, second.values


def _name(axes: Axes, judged: ValidityMap, region: NDArray[np.bool_], text: str, weight: str = "bold", largest: float = _LARGEST) -> None:
    """A name at the most interior point of a region, as large as it has room; none below a smallest size."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    at = np.unravel_index(int(depth.argmax()), depth.shape)
    line = region[:, at[1]]
    edges = np.flatnonzero(np.pad(~line, 1, constant_values=True))  # one cell on
    half = int(np.abs(edges - 1 - at[0]).min())  # cells to the next edge, along the line of the text
    box = axes.get_window_extent().transformed(axes.figure.dpi_scale_trans.inverted())
    width = 2 * half / len(line) * box.width * 72  # points
    height = 2 * float(depth[at]) / max(region.shape) * box.height * 72
    size = min(largest, 0.9 * width / (len(text) * 0.65), height)
    if size < _SMALLEST:
        return
    x, y = (line.values[i] for line, i in zip(judged.grid.lines, at, strict=True))
    axes.text(x, y, text, ha="center", va="center", fontsize=size, fontweight=weight, color="0.1")


def _key(axes: Axes, hole: str) -> None:
    """What lines and marks mean, in the free panel."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks = [
        Line2D([], [], color="black", linewidth=0.9, label="at the tolerance"),
        Line2D([], [], color="0.2", linewidth=0.7, linestyle=":", label="error changes sign"),
        Line2D([], [], color="0.35", linewidth=0.7, linestyle="--", label="smallest error of all"),
        Patch(facecolor="none", edgecolor="0.6", hatch="///", linewidth=0, label="a lower order is better"),
        Patch(facecolor="0.8", label=hole),
    ]
    axes.legend(handles=marks, loc="center left", fontsize=7, borderaxespad=0, handlelength=1.6)


def _label(axes: Axes, judged: ValidityMap, steps: list[int], small: bool = False) -> None:
    first, second = judged.errors.axes
    for axis, set_scale, set_limits, set_label, which in (
        (first, axes.set_xscale, axes.set_xlim, axes.set_xlabel, axes.xaxis),
        (second, axes.set_yscale, axes.set_ylim, axes.set_ylabel, axes.yaxis),
    ):
        _scale(axis, set_scale, which, steps)
        set_limits(axis.low, axis.high)
        set_label(axis.name, fontsize=8 if small else 10)
    axes.tick_params(labelsize=7 if small else 9)


def _scale(axis: Axis, set_scale: Any, which: Any, steps: list[int]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if axis.log:
        set_scale("log")
        subs = steps if axis.high / axis.low < _FEW_DECADES else [1]
        which.set_major_locator(LogLocator(subs=[float(step) for step in subs], numticks=20))
        which.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if value < 1e4 else f"$10^{{{math.log10(value):.0f}}}$"))
        which.set_minor_formatter(NullFormatter())


def _spelled(judged: ValidityMap, error: float) -> str:
    """An error as labels have it."""
    size = judged.errors.scale.size
    return f"{100 * error:.3g} %" if size is None else f"{error * size:.3g}"


# -- one axis -------------------------------------------------------------------------------------------------------------------


def _curves(judged: ValidityMap) -> Figure:
    """|e| over the axis by approximation, and bars where each is within."""
    line = judged.grid.lines[0]
    with _figure(5.6, 4.4) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        floor = judged.tolerance * 1e-4
        for name, region in judged.regions.items():
            look = METHODS[name]
            e = np.where(judged.grid.spread(~np.isnan(judged.errors.signed[name])), np.abs(region.error(judged.tolerance)), np.nan)
            upper.plot(line.values, np.maximum(e, floor), color=look["color"], linestyle=look["linestyle"] if "c" in name else "-", lw=1.2)
            sampled = np.maximum(np.abs(judged.errors.signed[name]), floor)
            for good, marker in ((True, "o"), (False, "x")):
                chosen = (judged.errors.status[name] == Status.OK) == good
                upper.plot(line.samples[chosen], sampled[chosen], marker, color=look["color"], markersize=3.5)
            position = len(judged.methods) - judged.methods.index(name)
            lower.fill_between(line.values, position - 0.35, position + 0.35, where=region.within, color=look["color"], alpha=_FILL, lw=0)
            lower.fill_between(
                line.values, position - 0.35, position + 0.35, where=region.accident, facecolor="none", edgecolor=look["color"], ls=":"
            )
        upper.axhline(judged.tolerance, color="black", linewidth=0.8)
        upper.set_yscale("log")
        upper.set_ylabel(judged.errors.scale.words)
        quantity = ", ".join(judged.errors.quantities)
        upper.set_title(f"{quantity}: where each approximation is within {judged.within}", fontsize=10)
        lower.set_yticks(range(len(judged.methods), 0, -1), [called(name) for name in judged.methods])
        lower.minorticks_off()
        lower.set_ylim(0.4, len(judged.methods) + 0.6)
        _scale(line.axis, lower.set_xscale, lower.xaxis, [1, 2, 5])
        lower.set_xlim(line.axis.low, line.axis.high)
        lower.set_xlabel(line.axis.name)
        return figure
