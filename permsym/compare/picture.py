"""The picture of a comparison: values and errors along the axis, or maps over two; one row for each quantity."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from permsym import plot
from permsym.compare.comparison import Comparison, Row
from permsym.compare.maps import figure_of, plane_of

_ROWS = 3
_GREY = "#9ca3af"
_COLOURS = ("#c2410c", "#15803d", "#7e22ce", "#0e7490", "#a16207", "#be185d", "#4d7c0f")


def write_picture(comparison: Comparison, path: Path, within: float | None = None) -> None:
    """The picture as a file.

    Over two parameters maps of the error, white at the tolerance; else values at the left, |error| on a logarithmic scale at the right.
    """
    shown, plane = pictured(comparison), plane_of(comparison)
    if plane is not None:
        return plot.save_figure(figure_of(plane, comparison, shown, within), path)
    with plot.drawing(columns=2, rows=len(shown), width=4.2, height=3.0) as (figure, axes):
        for row, quantity in enumerate(shown):
            _values(comparison, quantity, axes[2 * row])
            _errors(comparison, quantity, axes[2 * row + 1])
        plot.save_figure(figure, path)


def panels(comparison: Comparison, within: float | None = None) -> list[tuple[str, bytes]]:
    """The panels of :func:`write_picture` one by one, with titles, for a page that stacks them on a narrow screen."""
    pictures, plane = [], plane_of(comparison)
    for quantity in pictured(comparison):
        if plane is not None:
            pictures.append((f"{quantity}: errors", _image(figure_of(plane, comparison, [quantity], within))))
            continue
        for title, draw in ((f"{quantity}: values", _values), (f"{quantity}: errors", _errors)):
            with plot.drawing(width=4.2, height=3.0) as (figure, (axes,)):
                draw(comparison, quantity, axes)
                pictures.append((title, _image(figure)))
    return pictures


def _image(figure: Any) -> bytes:
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": "permsym"})
    return image.getvalue()


def pictured(comparison: Comparison) -> list[str]:
    """The quantities to show: derived ones first."""
    return comparison.quantities[:_ROWS]


def _title(comparison: Comparison, quantity: str) -> str:
    return quantity if _is_real(comparison, quantity) else f"|{quantity}|"


def literal(text: str) -> str:
    """A text of a file as matplotlib shows it: dollar signs begin no formula, and what no font has is a blank."""
    return "".join(character if character.isprintable() else " " for character in text).replace("$", r"\$")


def _is_real(comparison: Comparison, quantity: str) -> bool:
    return all(abs(row.reference.imag) <= 1e-12 * (1 + abs(row.reference)) for row in comparison.rows if row.quantity == quantity)


def _part(comparison: Comparison, quantity: str, value: complex) -> float:
    return value.real if _is_real(comparison, quantity) else abs(value)


def _style(comparison: Comparison, method: str) -> dict[str, Any]:
    if method in plot.METHODS:
        return {**plot.METHODS[method]}
    position = [name for name in comparison.methods if name not in plot.METHODS].index(method)
    return {
        "color": _COLOURS[position % len(_COLOURS)],
        "marker": "os^vD"[position % 5],
        "markersize": 3,
        "linewidth": 1,
        "label": literal(method),
    }


def _values(comparison: Comparison, quantity: str, axes: Any) -> None:
    """Values of the methods and of the reference."""
    truth = {row.point: row.reference for row in comparison.rows if row.quantity == quantity}
    if comparison.axis is None:
        rows = [row for row in comparison.rows if row.quantity == quantity]
        axes.bar([literal(row.method) for row in rows], [_part(comparison, quantity, row.value) for row in rows], color=_GREY)
        axes.axhline(_part(comparison, quantity, rows[0].reference), color=plot.METHODS["exact"]["color"], label="reference")
    else:
        group = _along(comparison, comparison.axis, axes)
        for method, x, rows in _curves(comparison, quantity, group):
            look, bars = _style(comparison, method), [row.bar for row in rows]
            axes.plot(x, [_part(comparison, quantity, row.value) for row in rows], **look)
            if any(bars):
                axes.errorbar(
                    x, [_part(comparison, quantity, row.value) for row in rows], bars, fmt="none", ecolor=look["color"], capsize=2
                )
        points = [i for i in group if i in truth]
        exact = {**plot.METHODS["exact"], "label": "reference"}
        axes.plot([comparison.points[i][comparison.axis] for i in points], [_part(comparison, quantity, truth[i]) for i in points], **exact)
    axes.set_ylabel(_title(comparison, quantity))
    axes.legend(fontsize=7)


def _errors(comparison: Comparison, quantity: str, axes: Any) -> None:
    """Moduli of the errors."""
    rows = [row for row in comparison.rows if row.quantity == quantity]
    positive = [abs(row.error) for row in rows if row.error]
    if positive:
        axes.set_yscale("log")
        axes.set_ylim(min(positive) / 2, max(positive) * 2)
    if comparison.axis is None:
        axes.bar([literal(row.method) for row in rows], [abs(row.error) for row in rows], color=_GREY)
    else:
        for method, x, line in _curves(comparison, quantity, _along(comparison, comparison.axis, axes)):
            axes.plot(x, [abs(row.error) or np.nan for row in line], **_style(comparison, method))
        axes.legend(fontsize=7)
    axes.set_ylabel(f"|error| of {quantity}")


def _along(comparison: Comparison, axis: str, axes: Any) -> list[int]:
    """The longest line of points along the axis; scales and labels the picture's axis."""
    line, group = max(comparison.lines(axis), key=lambda entry: len(entry[1]))
    x = [comparison.points[i][axis] for i in group]
    if plot.spans_decades(x):
        axes.set_xscale("log")
    axes.set_xlabel(literal(axis + "".join(f",  {name} = {value:g}" for name, value in line.items())))
    return group


def _curves(comparison: Comparison, quantity: str, group: Sequence[int]) -> Iterator[tuple[str, list[float], list[Row]]]:
    """(method, positions, rows) of every method that has values there."""
    for method in comparison.methods:
        rows = [comparison.table[i, quantity, method] for i in group if (i, quantity, method) in comparison.table]
        if rows and comparison.axis is not None:
            yield method, [comparison.points[row.point][comparison.axis] for row in rows], rows
