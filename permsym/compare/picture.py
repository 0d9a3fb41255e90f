"""The picture of a comparison: values and errors along the axis, one row a quantity."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from permsym import plot
from permsym.compare.judge import Comparison, Row
from permsym.dataset.files import written_aside

_ROWS = 3
_GREY = "#9ca3af"
_COLOURS = ("#c2410c", "#15803d", "#7e22ce", "#0e7490", "#a16207", "#be185d", "#4d7c0f")


def write_png(found: Comparison, path: Path) -> None:
    """The picture as a file."""
    image = png(found)
    with written_aside(path) as aside:
        aside.write_bytes(image)


def png(found: Comparison) -> bytes:
    """The picture: on the left the values, on the right |error| on a logarithmic scale."""
    shown = pictured(found)
    with plot.drawing(columns=2, rows=len(shown), width=4.2, height=3.0) as (figure, axes):
        for row, quantity in enumerate(shown):
            _values(found, quantity, axes[2 * row])
            _errors(found, quantity, axes[2 * row + 1])
        return _image(figure)


def panels(found: Comparison) -> list[tuple[str, bytes]]:
    """The same as single pictures, each with a title, for pages that put them below each other on a narrow screen."""
    pictures = []
    for quantity in pictured(found):
        for title, draw in ((f"{quantity}: values", _values), (f"{quantity}: errors", _errors)):
            with plot.drawing(width=4.2, height=3.0) as (figure, (axes,)):
                draw(found, quantity, axes)
                pictures.append((title, _image(figure)))
    return pictures


def _image(figure: Any) -> bytes:
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": "permsym"})
    return image.getvalue()


def pictured(found: Comparison) -> list[str]:
    """The quantities to show: derived ones first."""
    return found.quantities[:_ROWS]


def _title(found: Comparison, quantity: str) -> str:
    return quantity if _is_real(found, quantity) else f"|{quantity}|"


def _is_real(found: Comparison, quantity: str) -> bool:
    return all(abs(row.reference.imag) <= 1e-12 * (1 + abs(row.reference)) for row in found.rows if row.quantity == quantity)


def _part(found: Comparison, quantity: str, value: complex) -> float:
    return value.real if _is_real(found, quantity) else abs(value)


def _style(found: Comparison, method: str) -> dict[str, Any]:
    known = plot.METHODS.get(method)
    if known is not None:
        return {**known}
    position = [name for name in found.methods if name not in plot.METHODS].index(method)
    return {"color": _COLOURS[position % len(_COLOURS)], "marker": "os^vD"[position % 5], "markersize": 3, "linewidth": 1, "label": method}


def _values(found: Comparison, quantity: str, axes: Any) -> None:
    """Values of the methods and of the reference."""
    truth = {row.point: row.reference for row in found.rows if row.quantity == quantity}
    if found.axis is None:
        rows = [row for row in found.rows if row.quantity == quantity]
        axes.bar([row.method for row in rows], [_part(found, quantity, row.value) for row in rows], color=_GREY)
        axes.axhline(_part(found, quantity, rows[0].reference), color=plot.METHODS["exact"]["color"], label="reference")
    else:
        group = _along(found, found.axis, axes)
        for method, x, rows in _curves(found, quantity, group):
            axes.plot(x, [_part(found, quantity, row.value) for row in rows], **_style(found, method))
        points = [i for i in group if i in truth]
        exact = {**plot.METHODS["exact"], "label": "reference"}
        axes.plot([found.points[i][found.axis] for i in points], [_part(found, quantity, truth[i]) for i in points], **exact)
    axes.set_ylabel(_title(found, quantity))
    axes.legend(fontsize=7)


def _errors(found: Comparison, quantity: str, axes: Any) -> None:
    """Moduli of the errors."""
    rows = [row for row in found.rows if row.quantity == quantity]
    positive = [abs(row.error) for row in rows if row.error]
    if positive:
        axes.set_yscale("log")
        axes.set_ylim(min(positive) / 2, max(positive) * 2)
    if found.axis is None:
        axes.bar([row.method for row in rows], [abs(row.error) for row in rows], color=_GREY)
    else:
        for method, x, line in _curves(found, quantity, _along(found, found.axis, axes)):
            axes.plot(x, [abs(row.error) or np.nan for row in line], **_style(found, method))
        axes.legend(fontsize=7)
    axes.set_ylabel(f"|error| of {quantity}")


def _along(found: Comparison, axis: str, axes: Any) -> list[int]:
    """The longest line of points along the axis; its scale and label."""
    line, group = max(found.lines(axis), key=lambda each: len(each[1]))
    x = [found.points[i][axis] for i in group]
    if min(x) > 0 and max(x) > 20 * min(x):
        axes.set_xscale("log")
    axes.set_xlabel(axis + "".join(f",  {name} = {value:g}" for name, value in line.items()))
    return group


def _curves(found: Comparison, quantity: str, group: Sequence[int]) -> Iterator[tuple[str, list[float], list[Row]]]:
    """(method, positions, rows) of every method that has values there."""
    for method in found.methods:
        rows = [found.table[i, quantity, method] for i in group if (i, quantity, method) in found.table]
        if rows and found.axis is not None:
            yield method, [found.points[row.point][found.axis] for row in rows], rows
