"""A row of the gallery as a figure: its dataset, its picture and its table.

The dataset has the curves (dimension ``curve``, each of at most ``point`` points), the published numbers beside ours (``check``), and
what the curves show (``feature``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from permsym import plot
from permsym.dataset.schema import CONVENTION
from permsym.dataset.status import EXACT, Status, failure
from permsym.errors import PermsymError
from permsym.figures.gallery.row import Curves, Line, Row
from permsym.figures.labelled import LabelledArray, counted, labelled, outcomes
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHES = {EXACT: "-", "mf": "--", "c2": "-.", "c3": ":", "twa": (0, (1, 1.5)), "c4": (0, (5, 1, 1, 1, 1, 1))}
_CENTRE_OF_SHADES = (0.05, 0.8)  # of the colour map: both ends are too light or too dark to tell from their neighbours


def computed(row: Row) -> Callable[[int, str, Counter | None], xr.Dataset]:
    """The row's function from a largest size, a command and progress to its dataset."""

    def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
        lines = row.lines(largest)
        count = counted(progress, len(lines) + len(row.checks))
        curves = {}
        for line in lines:
            curves[line.label] = _attempted(line)
            count()
        ours = []
        for check in row.checks:
            ours += [float(value) for value in check.compute()]
            count()
        origin = {
            "model": row.model,
            "citation": "; ".join(map(str, row.citations)),
            "command": command,
            "convention": CONVENTION,
        }
        coordinates, variables = _curves(row, lines, curves)
        numbers, features = _checks(row, ours), _features(row, curves)
        return labelled(coordinates | numbers[0] | features[0], variables | numbers[1] | features[1], origin)

    return compute


def _attempted(line: Line) -> Curves:
    try:
        return line.compute()
    except PermsymError as error:
        return Curves({}, failure(error))


Entries = dict[str, LabelledArray]


def _curves(row: Row, lines: Sequence[Line], curves: Mapping[str, Curves]) -> tuple[Entries, Entries]:
    """Every line in every panel that it has points in; one without any stands in the first panel, with its reason."""
    drawn = [(line, letter) for line in lines for letter in (curves[line.label].xy or list(row.panels)[:1])]
    nothing: tuple[list[float], list[float]] = ([], [])
    pairs = [[np.asarray(part, dtype=float) for part in curves[line.label].xy.get(letter, nothing)] for line, letter in drawn]
    x, y = (_padded([pair[i] for pair in pairs]) for i in range(2))
    errors = np.full(y.shape, np.nan)
    for k, (line, letter) in enumerate(drawn):
        if letter in curves[line.label].errors:
            errors[k, : len(pairs[k][1])] = curves[line.label].errors[letter]
    outcome = [curves[line.label].outcome for line, _ in drawn]
    vouched = [line.approach == EXACT and curves[line.label].outcome[0] is Status.OK for line, _ in drawn]
    texts = {
        "panel": ([letter for _, letter in drawn], "panel of the figure"),
        "label": ([line.label for line, _ in drawn], "what the curve is of"),
        "group": ([line.group or line.label for line, _ in drawn], "curves of one system"),
        "approach": ([line.approach for line, _ in drawn], "exact, or an approximation"),
        "dots": ([str(int(line.dots)) for line, _ in drawn], "1 where points are not joined"),
    }
    over = ("curve", "point")
    return {name: (("curve",), values, "1", words) for name, (values, words) in texts.items()}, {
        "x": (over, x, "as the panel's axis", "abscissa"),
        "y": (over, y, "as the panel's axis", "ordinate"),
        "y_error": (over, errors, "as the panel's axis", "estimate of the ordinate's absolute error"),
        "certified": (("curve",), np.array(vouched, dtype=np.int8), "1", "whether a certificate vouches for the curve (1) or not (0)"),
        **outcomes(("curve",), outcome),
    }


def _padded(series: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    result = np.full((len(series), max([1, *map(len, series)])), np.nan)
    for row, values in zip(result, series, strict=True):
        row[: len(values)] = values
    return result


def _checks(row: Row, ours: Sequence[float]) -> tuple[Entries, Entries]:
    published = np.concatenate([check.published() for check in row.checks])
    tolerances = np.concatenate([check.tolerances() for check in row.checks])
    difference = np.array(ours) - published
    labels = [label for check in row.checks for label in check.expected]
    return {"check": (("check",), labels, "1", "published or independently computed number")}, {
        "published": (("check",), published, "1", "the number as printed"),
        "computed": (("check",), np.array(ours), "1", "the number computed here"),
        "difference": (("check",), difference, "1", "computed - published"),
        "tolerance": (("check",), tolerances, "1", "1e-8 of the number, or one unit of its last printed digit"),
        "met": (("check",), (np.abs(difference) <= tolerances).astype(np.int8), "1", "whether the difference is within the tolerance"),
    }


def _features(row: Row, curves: Mapping[str, Curves]) -> tuple[Entries, Entries]:
    try:
        features = row.features(curves)
    except KeyError:
        if all(one.xy for one in curves.values()):
            raise
        features = ()  # one is read off a line that came to nothing
    columns = {name: np.array([getattr(one, name) for one in features], dtype=float) for name in ("value", "error", "expected")}
    return {"feature": (("feature",), np.array([one.name for one in features], dtype=str), "1", "what the curves show")}, {
        "feature_value": (("feature",), columns["value"], "1", "its value"),
        "feature_error": (
            ("feature",),
            columns["error"],
            "1",
            "standard error of the fit; 0 where none was made",
        ),
        "feature_expected": (("feature",), columns["expected"], "1", "what the source has for it"),
    }


def plotted(row: Row) -> Callable[[xr.Dataset, Callable[[Figure], None]], None]:
    """The row's function from a dataset and a way to save to its picture."""

    def draw(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
        from matplotlib.ticker import NullFormatter

        columns = 3 if len(row.panels) == 3 else min(2, len(row.panels))
        rows = -(-len(row.panels) // columns)
        with plot.drawing(columns, rows, width=3.6) as (figure, grid):
            for axes, (letter, panel) in zip(grid, row.panels.items(), strict=False):
                if panel.guides is not None:
                    panel.guides(axes)
                _draw_curves(axes, data.isel(curve=np.flatnonzero(data["panel"].values == letter)))
                axes.set(**panel.settings)
                if axes.get_xscale() == "log":
                    axes.xaxis.set_minor_formatter(NullFormatter())  # 2 x 10^1, 3 x 10^1, ... overlap within a decade
                if panel.legend:
                    axes.legend(loc=panel.legend, prop={"size": 7})
                if len(row.panels) > 1:
                    plot.panel_letter(axes, letter)
            for axes in grid[len(row.panels) :]:
                axes.remove()
            save(figure)

    return draw


def _draw_curves(axes: Axes, data: xr.Dataset) -> None:
    """Exact curves are solid, in the colour of their group; approximations have the dashes of :data:`DASHES`."""
    groups = list(dict.fromkeys(map(str, data["group"].values)))
    shades = dict(zip(groups, _shades(len(groups)), strict=True))
    for k in range(data.sizes["curve"]):
        one = data.isel(curve=k)
        status, approach = str(one["status"].values), str(one["approach"].values)
        look: dict[str, Any] = {"linestyle": DASHES[approach], "linewidth": 1.5 if approach == EXACT else 1.2}
        if len(groups) == 1 and approach != EXACT:
            look = {"color": plot.METHODS[approach]["color"]} | look
        else:
            look["color"] = shades[str(one["group"].values)]
        if int(one["dots"].values):
            look |= {"linestyle": "none", "marker": "o", "markersize": 3}
        label = str(one["label"].values)
        if status != Status.OK:
            look |= {"linestyle": "none", "marker": "x", "markersize": 3}
            label += f" ({status})"
        if np.isfinite(one["y"].values).any():  # no line goes through a point that is left out
            axes.plot(one["x"].values, one["y"].values, label=label, **look)


def _shades(number: int) -> list[Any]:
    import matplotlib as mpl

    return [mpl.colormaps["plasma"](value) for value in np.linspace(*_CENTRE_OF_SHADES, number)]


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    """Our numbers beside published ones, then the features."""
    rows: list[Sequence[str]] = [("quantity", "here", "published", "difference", "")]
    for one in comparison(data):
        numbers = (f"{one['computed']:.10g}", f"{one['published']:.10g}", f"{one['difference']:.1e}")
        rows.append((one["name"], *numbers, "met" if one["met"] else "MISSED"))
    for one in features(data):
        fit = f" +- {one['error']:.1g}" if one["error"] else ""
        value = "" if one["value"] is None else f"{one['value']:.6g}{fit}"
        said = ("", "") if None in (one["expected"], one["value"]) else (f"{one['expected']:.6g}", f"{one['value'] - one['expected']:.1e}")
        rows.append((one["name"], value, *said, ""))
    return rows


def judged(data: xr.Dataset) -> dict[str, list[dict[str, Any]]]:
    """Of a row's dataset the numbers beside published ones and the features, JSON-ready; nothing of other figures'."""
    return {"numbers": comparison(data), "features": features(data)} if "check" in data.coords else {}


def comparison(data: xr.Dataset) -> list[dict[str, Any]]:
    """Every published number beside ours, JSON-ready."""
    names = ("published", "computed", "difference", "tolerance")
    return [
        {"name": str(label), **{name: _number(data[name].values[k]) for name in names}, "met": bool(data["met"].values[k])}
        for k, label in enumerate(data["check"].values)
    ]


def features(data: xr.Dataset) -> list[dict[str, Any]]:
    """What the curves show, JSON-ready."""
    names = ("value", "error", "expected")
    return [
        {"name": str(label), **{name: _number(data[f"feature_{name}"].values[k]) for name in names}}
        for k, label in enumerate(data["feature"].values)
    ]


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
