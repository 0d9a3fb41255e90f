"""Pictures of datasets: a quantity along an axis, one line for every approach, and what became of the points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.dataset.columns import column
from permsym.dataset.schema import DERIVED_NAMES
from permsym.dataset.status import Status
from permsym.errors import InputError
from permsym.pictures.picture import Picture, drawn, label_lines

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def dataset(data: xr.Dataset, quantity: str | None = None, over: str | None = None, ax: Axes | None = None) -> Picture | Axes:
    """A quantity of a sweep along one of its axes.

    quantity   a derived quantity or the label of a moment; by default the first derived one
    over       an axis; by default the longest.  Other axes must be chosen from before, with ``data.sel(g=0.5)``
    """
    axes_of = [str(name) for name in data["status"].dims if name != "approach"]
    if not axes_of:
        raise InputError("this dataset is one point, which makes no line; look at its values")
    axis = max(axes_of, key=lambda name: data.sizes[name]) if over is None else over
    if axis not in axes_of:
        raise InputError(f"this dataset has no axis {axis!r}; it has {', '.join(axes_of)}")
    if others := [name for name in axes_of if name != axis and data.sizes[name] > 1]:
        raise InputError(f"a line has one axis; choose a value of {', '.join(others)}, as in data.sel({others[0]}=..., method='nearest')")
    data = data.squeeze([name for name in axes_of if name != axis])
    name = _quantities(data)[0] if quantity is None else quantity
    if name not in _quantities(data):
        raise InputError(f"this dataset has no quantity {name!r}; it has {', '.join(_quantities(data))}")
    return drawn([lambda axes: _draw(data, name, axis, axes)], ax)


def _quantities(data: xr.Dataset) -> list[str]:
    """Derived quantities, then moments."""
    own = data["status"].dims
    numbers = [str(name) for name, variable in data.data_vars.items() if set(variable.dims) == set(own) and variable.dtype.kind == "f"]
    derived = [name for name in numbers if name.partition("@")[0] in DERIVED_NAMES]
    return derived + [str(label) for label in data["moment"].values]


def _draw(data: xr.Dataset, quantity: str, axis: str, axes: Axes) -> None:
    methods = [str(name) for name in np.atleast_1d(data["approach"].values)] if "approach" in data.dims else [str(data.attrs["approach"])]
    values, errors = column(data, quantity)
    x = np.asarray(data[axis].values, dtype=float)
    lost = []
    for method in methods:
        part = {"approach": method} if "approach" in data.dims else {}
        codes = [str(code) for code in data["status"].sel(part).values]
        y = np.asarray(values.sel(part).values)
        _line(axes, x, y.real if not np.any(np.abs(y.imag) > 0) else np.abs(y), codes, _look(method), np.asarray(errors.sel(part).values))
        lost += [(at, code) for at, code in zip(x, codes, strict=True) if code and not Status(code).has_values]
    for at in sorted({at for at, _ in lost}):
        axes.plot(at, 0.02, "x", color=plot.LOST, transform=axes.get_xaxis_transform(), clip_on=False, markersize=5)
    if lost:
        kinds = ", ".join(sorted({code for _, code in lost}))
        axes.text(1, 1.02, f"x: {kinds}", transform=axes.transAxes, color=plot.LOST, fontsize=7, ha="right", va="bottom")
    if x.min() > 0 and x.max() > 30 * x.min():
        axes.set_xscale("log")
    axes.set_xlabel(f"${axis}$" if len(axis) == 1 else axis)
    axes.set_ylabel(quantity)
    label_lines(axes)


def _look(method: str) -> dict[str, Any]:
    look = {**plot.METHODS.get(method, {"color": "#000000", "marker": "o", "label": method})}
    return look | ({"linestyle": "-", "linewidth": 0.6} if look.get("linestyle") == "none" else {})


def _line(axes: Axes, x: Any, y: Any, codes: list[str], look: dict[str, Any], errors: Any) -> None:
    """A line through all points with values; open circles where they are unstable, unphysical or not certified."""
    axes.plot(x, y, **look)
    if np.any(errors > 0):
        axes.fill_between(x, y - np.nan_to_num(errors), y + np.nan_to_num(errors), color=look["color"], alpha=0.2, linewidth=0)
    doubtful = np.array([bool(code) and Status(code).has_values and Status(code) is not Status.OK for code in codes])
    if doubtful.any():
        axes.plot(x[doubtful], y[doubtful], "o", markerfacecolor="white", markeredgecolor=look["color"], markersize=5, zorder=4)
