"""A picture that a notebook shows once and that saves itself, without a display and without pyplot."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.dataset.files import check_target
from permsym.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf", "svg")
Panel = Callable[["Axes"], None]
"""Draws on axes."""

_GAP = 1.25  # heights of a letter between the labels of two lines' ends
_MOST = 6  # lines that are labelled at their ends


@dataclass(frozen=True)
class Picture:
    """A drawn figure.

    figure   matplotlib's; its ``axes`` may be changed before it is saved
    """

    figure: Figure

    @property
    def axes(self) -> list[Axes]:
        """The panels, and what stands beside them, such as bars of colours."""
        return list(self.figure.axes)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write FILE.png, .pdf or .svg; returns the path.  InputError for another format, and where nothing can be written."""
        target = Path(path)
        check_target(target, tuple(f".{form}" for form in FORMATS))
        plot.save_figure(self.figure, target)
        return target

    def _repr_png_(self) -> bytes:
        image = io.BytesIO()
        self.figure.savefig(image, format="png", metadata={"Software": "permsym"})
        return image.getvalue()

    def __repr__(self) -> str:
        width, height = self.figure.get_size_inches()
        return f"Picture({width:.1f} x {height:.1f} in; save('FILE.pdf') writes it)"


def drawn(panels: Sequence[Panel], ax: Axes | None) -> Picture | Axes:
    """The panels side by side as a picture; on axes of the caller's, the first of them."""
    if ax is not None:
        panels[0](ax)
        return ax
    with plot.drawing(columns=len(panels)) as (figure, axes):
        for draw, one in zip(panels, axes, strict=True):
            draw(one)
        return Picture(figure)


def chosen(names: Sequence[str], what: str | Sequence[str] | None, there_are: Sequence[str], thing: str) -> list[str]:
    """The quantities that are asked for, by default ``names``; InputError for one that there is not."""
    if what is None:
        return list(names)
    asked = [what] if isinstance(what, str) else list(what)
    for name in asked:
        if name not in there_are:
            raise InputError(f"{thing} has no {name!r} to draw; it has {', '.join(there_are) or 'nothing'}")
    return asked


def label_lines(axes: Axes) -> None:
    """Labels of lines at their right ends, in their colours; where they would overlap, a legend beside the axes, over no curve."""
    handles, labels = axes.get_legend_handles_labels()
    if len(handles) < 2:
        return
    lines = dict(zip(labels, handles, strict=True))
    ends = {label: _end(axes, line) for label, line in lines.items()}
    heights = sorted(place[1] for place in ends.values() if place is not None)
    letter = plot.STYLE["legend.fontsize"] * axes.figure.dpi / 72
    apart = all(second - first > _GAP * letter for first, second in itertools.pairwise(heights))
    if len(lines) > _MOST or len(heights) < len(lines) or not apart:
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), borderaxespad=0)
        return
    for label, line in lines.items():
        axes.annotate(
            label,
            (1, _last(line)),
            color=line.get_color(),
            fontsize=plot.STYLE["legend.fontsize"],
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )


def _last(line: Any) -> float:
    return float(line.get_ydata()[-1])


def _end(axes: Axes, line: Any) -> tuple[float, float] | None:
    """Where a line ends, in pixels; None: not at the right side, or nowhere."""
    if not hasattr(line, "get_ydata"):
        return None
    x, y = np.asarray(line.get_xdata(), dtype=float), _last(line)
    if not np.isfinite(y) or x[-1] < max(np.max(each.get_xdata()) for each in axes.lines):
        return None
    place = axes.transData.transform((x[-1], y))
    return float(place[0]), float(place[1])
