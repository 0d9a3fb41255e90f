"""Lines of a figure: branches of cumulant steady states along one parameter, folds and loss of stability included.

A dataset of a figure holds the sweep's points, every method at the same parameters, and beside them these lines, which
reach farther than the exact points do: variables ``curve_<parameter>``, ``curve_<quantity>`` and ``curve_stable`` over the
dimensions ``curve_method`` and ``curve`` (position along the line; the parameter turns back at folds).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.cumulants import BranchPoint, continuation, mean_field, steady_state
from permsym.cumulants.newton import UNSTABLE
from permsym.cumulants.path import model_at
from permsym.errors import PermsymError
from permsym.models.registry import lookup

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Moment = Callable[[str], complex]
Quantities = Mapping[str, Callable[[Moment, float], float]]
"""Name -> value from the moments and the number of satellites."""
Row = tuple[float, bool, list[float]]
"""Parameter, whether the state is stable, quantities."""

P0_UP: Quantities = {"p0_up": lambda moment, N: (1 + moment("z0").real) / 2}
PHOTONS: Quantities = {"photons_per_emitter": lambda moment, N: moment("ad a").real / N}


def with_curves(
    data: xr.Dataset,
    model: str,
    methods: Sequence[str],
    quantities: Quantities,
    over: str,
    start: float,
    stop: float,
    fixed: Mapping[str, Any],
    points: int = 30,
    ends: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """The dataset with a line for each method between two values of a parameter (``ends``: another last value for some methods)."""
    lines: list[list[Row]] = []
    notes: dict[str, Any] = {}
    for method in methods:
        try:
            rows, notes[method] = _line(model, method, quantities, over, start, (ends or {}).get(method, stop), fixed, points)
        except PermsymError as error:
            rows, notes[method] = [], {"failed": str(error)}
        lines.append(rows)
    length = max(1, *(len(rows) for rows in lines))
    shape = (len(methods), length)
    place, stable = np.full(shape, np.nan), np.zeros(shape, dtype=np.int8)
    values = np.full((*shape, len(quantities)), np.nan)
    for i, rows in enumerate(lines):
        for j, (parameter, is_stable, found) in enumerate(rows):
            place[i, j], stable[i, j], values[i, j] = parameter, is_stable, found
    dims = ("curve_method", "curve")
    added: dict[str, Any] = {
        f"curve_{over}": (dims, place, {"units": "1" if over == "N" else "frequency", "long_name": f"{over} along the line"}),
        "curve_stable": (dims, stable, {"units": "1", "long_name": "whether the fixed point is stable (1) or not (0)"}),
    }
    for k, name in enumerate(quantities):
        added[f"curve_{name}"] = (dims, values[:, :, k], {"units": "1", "long_name": f"{name} along the line"})
    result = data.assign(added).assign_coords(
        curve_method=("curve_method", np.array(list(methods), dtype=str), {"units": "1", "long_name": "how the line was computed"})
    )
    result.attrs["curve_notes"] = json.dumps(notes, sort_keys=True)
    return result


def _line(
    model: str, method: str, quantities: Quantities, over: str, start: float, stop: float, fixed: Mapping[str, Any], points: int
) -> tuple[list[Row], dict[str, Any]]:
    """Rows of one method, and what happens on the way."""
    found = re.fullmatch(r"c(\d+)(-broken)?", method)
    if found is None:
        return _mean_field(model, quantities, over, start, stop, fixed, points), {}
    order = int(found[1])
    branch = continuation(model, over=over, start=start, stop=stop, order=order, points=points, **fixed)
    rows = _rows(branch.points, quantities)
    if found[2]:
        # from the onset on the stable broken state replaces the symmetric one
        broken = [row for row in _rows(_broken(model, order, over, start, stop, fixed, points), quantities) if row[1]]
        onset = min((row[0] for row in broken), default=np.inf)
        return [row for row in rows if row[0] < onset] + broken, {"onset": onset}
    events = {
        "folds": [event.value for event in branch.folds],
        "hopf": [[event.value, event.omega] for event in branch.hopf],
        "ended": branch.ended,
    }
    return rows, events


def _rows(points: Sequence[BranchPoint], quantities: Quantities) -> list[Row]:
    rows: list[Row] = []
    for each in points:
        equations, y = each.point.equations, each.point.y
        N, largest = sum(equations.sizes), float(np.abs(equations.coefficients).max())
        values = [value(lambda label, e=equations, y=y: e.moment(y, label), N) for value in quantities.values()]  # type: ignore[misc]
        rows.append((each.value, bool(each.point.stability < UNSTABLE * largest), values))
    return rows


def _broken(model: str, order: int, over: str, start: float, stop: float, fixed: Mapping[str, Any], points: int) -> list[BranchPoint]:
    """The branch of states that break the symmetry: found by evolution somewhere, followed both ways, to the onset and to the end."""
    source = lookup(model)
    trials = np.geomspace(start, stop, 12) if over == "N" else np.linspace(start, stop, 12)
    for value in trials[2:].tolist():
        given = {**fixed, over: value}
        try:
            state = steady_state(model_at(source, given), order, break_symmetry=True, source=(source, given))
        except PermsymError:
            continue
        if not state.point.broken:
            continue
        ends = []
        for end in (start, stop):
            branch = continuation(
                source,
                over=over,
                start=value,
                stop=end,
                order=order,
                points=points,
                break_symmetry=True,
                initial=state.point,
                most_folds=0,
                **fixed,
            )
            # at the onset the amplitude passes through zero and the branch retraces itself with the opposite phase
            ends.append([each for each in branch.points if each.beyond == 0])
        return ends[0][:0:-1] + ends[1]
    return []


def _mean_field(
    model: str, quantities: Quantities, over: str, start: float, stop: float, fixed: Mapping[str, Any], points: int
) -> list[Row]:
    """Mean field on a grid of the parameter."""
    source = lookup(model)
    grid = np.geomspace(start, stop, points) if over == "N" else np.linspace(start, stop, points)
    rows: list[Row] = []
    for value in grid.tolist():
        product = mean_field(model_at(source, {**fixed, over: value}))
        N = float(sum(product.equations.sizes))
        rows.append((value, product.stability <= UNSTABLE, [quantity(product.moment, N) for quantity in quantities.values()]))
    return rows


def draw_curves(axes: Axes, data: xr.Dataset, name: str, over: str, x: Callable[[Any], Any], methods: Sequence[str] | None = None) -> None:
    """Lines of the chosen methods: full where the fixed point is stable, dotted where it is not."""
    for method in [str(each) for each in data["curve_method"].values]:
        if methods is not None and method not in methods:
            continue
        mine = data.sel({"curve_method": method})
        there = np.isfinite(mine[f"curve_{over}"].values)
        place, value = x(mine[f"curve_{over}"].values[there]), mine[f"curve_{name}"].values[there]
        stable = mine["curve_stable"].values[there] == 1
        look = plot.METHODS[method]
        axes.plot(place, np.where(stable, value, np.nan), **look)
        if (~stable).any():
            faint = {**look, "linestyle": ":", "linewidth": 0.9}
            faint.pop("label")
            # the dotted part begins at the last stable point, so that no gap is left
            shown = ~stable | np.roll(~stable, -1)
            axes.plot(place, np.where(shown, value, np.nan), **faint)


def inverse(N: Any) -> Any:
    """1/N."""
    return 1 / N
