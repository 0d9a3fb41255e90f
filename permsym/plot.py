"""How permsym's figures look: a paper's column width, readable labels, colours that survive grey print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from permsym.dataset.files import written_aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.labelsize": 10,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "mathtext.fontset": "cm",
    "font.family": "serif",
    "figure.dpi": 100,
    "savefig.dpi": 200,
}

METHODS: dict[str, dict[str, Any]] = {
    "exact": {"color": "#1f4fbf", "marker": "o", "linestyle": "none", "label": "exact", "zorder": 3},
    "mf": {"color": "#555555", "linestyle": "--", "label": "mean field"},
}
"""Line style of each method, by its name in datasets."""


@contextmanager
def drawing(columns: int = 1, rows: int = 1, width: float = 3.6, height: float = 2.8) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure and its axes, in the house style and without touching global settings or a display."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False)
        yield figure, list(axes.ravel())


def save_figure(figure: Figure, path: Path) -> None:
    """Write a PNG that says who made it, aside and renamed."""
    with written_aside(path) as aside:
        figure.savefig(aside, format="png", metadata={"Software": "permsym"})


def infinite_size_axis(axes: Axes, label: str = "$1/N$") -> None:
    """An axis in 1/N or 1/sqrt(N): N -> infinity is the left edge, and the label says so."""
    axes.set_xlim(left=0)
    axes.set_xlabel(label + r"   ($N\to\infty$ at the left)")


def panel_letter(axes: Axes, letter: str) -> None:
    """(a), (b), ... in the upper left corner, outside the frame."""
    axes.set_title(f"({letter})", loc="left", fontsize=10)
