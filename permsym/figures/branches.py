"""Lines of a figure: branches of cumulant steady states along one parameter, folds and loss of stability included.

A figure's dataset has the sweep's points, every method at the same parameters.  Beside them stand these lines, which reach farther than
the exact points: variables ``curve_<parameter>``, ``curve_<quantity>`` and ``curve_stable`` over the dimensions ``curve_approach`` and
``curve`` (position along the line; the parameter turns back at folds).
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym import plot
from permsym.cumulants import Branch, BranchPoint, continuation, mean_field, steady_state
from permsym.cumulants.newton import UNSTABLE
from permsym.cumulants.path import model_at
from permsym.dataset.status import EXACT, Status
from permsym.errors import PermsymError, UncertifiedWarning
from permsym.models.registry import lookup

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Moment = Callable[[str], complex]
Quantities = Mapping[str, Callable[[Moment, float], float]]
"""Name -> value from the moments and the number of satellites."""
LineRow = tuple[float, bool, list[float]]
"""Parameter, whether the state is stable, quantities."""

P0_UP: Quantities = {"p0_up": lambda moment, N: (1 + moment("z0").real) / 2}
PHOTONS: Quantities = {"photons_per_emitter": lambda moment, N: moment("ad a").real / N}


@dataclass(frozen=True)
class Line:
    """What a figure's lines show: quantities of a model between two values of a parameter.

    fixed     the other parameters
    points    least number of points
    """

    model: str
    quantities: Quantities
    over: str
    start: float
    stop: float
    fixed: Mapping[str, Any]
    points: int = 30

    def branch(self, order: int, **options: Any) -> Branch:
        """The branch of an order; options of ``continuation`` may replace the line's own."""
        own = {"over": self.over, "start": self.start, "stop": self.stop, "points": self.points, **self.fixed}
        return continuation(lookup(self.model), order=order, **(own | options))

    def grid(self, points: int) -> list[float]:
        """Values of the parameter, in proportion for N, else at equal distances."""
        space = np.geomspace if self.over == "N" else np.linspace
        return space(self.start, self.stop, points).tolist()


def with_curves(data: xr.Dataset, methods: Sequence[str], line: Line, ends: Mapping[str, float] | None = None) -> xr.Dataset:
    """The dataset with a line for each method (``ends``: another last value for some methods)."""
    lines: list[list[LineRow]] = []
    notes: dict[str, Any] = {}
    for method in methods:
        try:
            rows, notes[method] = _line(replace(line, stop=(ends or {}).get(method, line.stop)), method)
        except PermsymError as error:
            rows, notes[method] = [], {"failed": str(error)}
        lines.append(rows)
    shape = (len(methods), max(1, *(len(rows) for rows in lines)))
    parameter, stable = np.full(shape, np.nan), np.zeros(shape, dtype=np.int8)
    values = np.full((*shape, len(line.quantities)), np.nan)
    for i, rows in enumerate(lines):
        for j, row in enumerate(rows):
            parameter[i, j], stable[i, j], values[i, j] = row
    dims, over = ("curve_approach", "curve"), line.over
    added: dict[str, Any] = {
        f"curve_{over}": (dims, parameter, {"units": "1" if over == "N" else "frequency", "long_name": f"{over} along the line"}),
        "curve_stable": (dims, stable, {"units": "1", "long_name": "whether the fixed point is stable (1) or not (0)"}),
    }
    for k, name in enumerate(line.quantities):
        added[f"curve_{name}"] = (dims, values[:, :, k], {"units": "1", "long_name": f"{name} along the line"})
    result = data.assign(added).assign_coords(
        curve_approach=("curve_approach", np.array(list(methods), dtype=str), {"units": "1", "long_name": "how the line was computed"})
    )
    result.attrs["curve_notes"] = json.dumps(notes, sort_keys=True)
    return result


def _line(line: Line, method: str) -> tuple[list[LineRow], dict[str, Any]]:
    """Rows of one method, and what happens on the way."""
    expansion = re.fullmatch(r"c(\d+)(-broken)?", method)
    if expansion is None:
        return _mean_field(line), {}
    order = int(expansion[1])
    branch = line.branch(order)
    rows = _rows(branch.points, line.quantities)
    if expansion[2]:
        # from the onset on the stable broken state replaces the symmetric one
        broken = [row for row in _rows(_broken(line, order), line.quantities) if row[1]]
        onset = min((row[0] for row in broken), default=np.inf)
        return [row for row in rows if row[0] < onset] + broken, {"onset": onset}
    events = {
        "folds": [event.value for event in branch.folds],
        "hopf": [[event.value, event.omega] for event in branch.hopf],
        "ended": branch.ended,
    }
    return rows, events


def _rows(points: Sequence[BranchPoint], quantities: Quantities) -> list[LineRow]:
    rows: list[LineRow] = []
    for spot in points:
        equations, y = spot.point.equations, spot.point.y
        moment, N = partial(equations.moment, y), sum(equations.sizes)
        rows.append((spot.value, spot.point.stable, [quantity(moment, N) for quantity in quantities.values()]))
    return rows


def _broken(line: Line, order: int) -> list[BranchPoint]:
    """The branch of states that break the symmetry: an evolution comes to rest on it, and it is followed to the onset and to the end."""
    source = lookup(line.model)
    for value in line.grid(12)[2:]:
        parameters = {**line.fixed, line.over: value}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UncertifiedWarning)  # the branch beside it is drawn as unphysical as it is
                state = steady_state(model_at(source, parameters), order, break_symmetry=True, source=(source, parameters))
        except PermsymError:
            continue
        if not state.point.broken:
            continue
        parts = []
        for end in (line.start, line.stop):
            branch = line.branch(order, start=value, stop=end, break_symmetry=True, initial=state.point, most_folds=0)
            # at the onset the amplitude passes through zero and the branch retraces itself with the opposite phase
            parts.append([spot for spot in branch.points if spot.beyond == 0])
        return parts[0][:0:-1] + parts[1]
    return []


def _mean_field(line: Line) -> list[LineRow]:
    """Mean field on a grid of the parameter."""
    source = lookup(line.model)
    rows: list[LineRow] = []
    for value in line.grid(line.points):
        product = mean_field(model_at(source, {**line.fixed, line.over: value}))
        N = float(sum(product.equations.sizes))
        rows.append((value, product.stability <= UNSTABLE, [quantity(product.moment, N) for quantity in line.quantities.values()]))
    return rows


def draw_curves(axes: Axes, data: xr.Dataset, name: str, over: str, x: Callable[[Any], Any], methods: Sequence[str] | None = None) -> None:
    """Lines of the chosen methods: full where the fixed point is stable, dotted where it is not, none around points that failed."""
    for method in map(str, data["curve_approach"].values):
        if methods is not None and method not in methods:
            continue
        mine = data.sel({"curve_approach": method})
        there = np.isfinite(mine[f"curve_{over}"].values)
        parameter, value = mine[f"curve_{over}"].values[there], mine[f"curve_{name}"].values[there]
        value, abscissa = np.where(_interrupted(data, method, over, parameter), np.nan, value), x(parameter)
        stable = mine["curve_stable"].values[there] == 1
        look = plot.METHODS[method]
        axes.plot(abscissa, np.where(stable, value, np.nan), **look)
        if (~stable).any():
            faint = {**look, "linestyle": ":", "linewidth": 0.9}
            faint.pop("label")
            # the dotted part begins at the last stable point, so that no gap is left
            shown = ~stable | np.roll(~stable, -1)
            axes.plot(abscissa, np.where(shown, value, np.nan), **faint)


def _interrupted(data: xr.Dataset, method: str, over: str, parameter: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where along a line the method failed: between the sweep's points next to those without a value."""
    if over not in data.dims or method not in data["approach"].values:
        return np.zeros(len(parameter), dtype=bool)
    codes = data["status"].sel({"approach": method}).values.astype(str)
    failed = np.array([not Status(code).has_values for code in codes])
    at = data[over].values.astype(float)
    after = np.searchsorted(at, parameter)
    beside = [np.clip(each, 0, len(at) - 1) for each in (after - 1, after)]
    inside = (parameter >= at[0]) & (parameter <= at[-1])
    return np.asarray(inside & (failed[beside[0]] | failed[beside[1]]))


def statuses(points: Mapping[str, xr.Dataset]) -> str:
    """A row's status by all methods: that of the exact one, and the others that have no value.

    >>> import xarray as xr
    >>> codes = {"exact": "ok", "c2": "ok", "c3": "no-fixed-point"}
    >>> statuses({name: xr.Dataset({"status": code}) for name, code in codes.items()})
    'ok, c3 no-fixed-point'
    """
    codes = {name: Status(str(point["status"].values)) for name, point in points.items()}
    return ", ".join([codes[EXACT], *(f"{name} {code}" for name, code in codes.items() if name != EXACT and not code.has_values)])


def inverse(N: Any) -> Any:
    """1/N."""
    return 1 / N
