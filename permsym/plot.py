"""How permsym's figures look: a paper's column width, readable labels, colours that survive grey print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym.writing import written_aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from permsym.moments.mode import Mode, PhotonDistribution

PICTURES = (".png", ".pdf", ".svg")
"""Formats of pictures, by the ends of their names."""
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
    "exact": {"color": "#000000", "marker": "o", "linestyle": "none", "label": "exact", "zorder": 3},
    "mf": {"color": "#56B4E9", "linestyle": "--", "label": "mean field"},
    "c2": {"color": "#D55E00", "linestyle": "-", "label": "C2"},
    "c3": {"color": "#0072B2", "linestyle": (0, (6, 1.5)), "label": "C3"},
    "c4": {"color": "#E69F00", "linestyle": "-.", "label": "C4"},
    "c5": {"color": "#009E73", "linestyle": (0, (4, 1, 1, 1, 1, 1)), "label": "C5"},
    "c6": {"color": "#E69F00", "linestyle": "-", "linewidth": 0.8, "alpha": 0.7, "label": "C6"},
    "c7": {"color": "#009E73", "linestyle": "-", "linewidth": 0.8, "alpha": 0.7, "label": "C7"},
    "c8": {"color": "#00796b", "linestyle": "-", "linewidth": 0.8, "alpha": 0.7, "label": "C8"},
    "ln": {"color": "#999999", "marker": "^", "markersize": 3, "linestyle": "-.", "linewidth": 1, "label": "linear noise"},
    "trajectories": {"color": "#000000", "marker": "D", "markersize": 3, "linewidth": 0, "label": "trajectories"},
    "bounds": {"color": "#4d4d4d", "linestyle": "none", "marker": "_", "label": "proved bounds"},
    "twa": {"color": "#CC79A7", "marker": "s", "markersize": 3, "linewidth": 1, "label": "truncated Wigner"},
    "c3-broken": {"color": "#0072B2", "linestyle": (0, (1, 1.2)), "linewidth": 1.8, "label": "C3, symmetry broken"},
}
"""Line style of each method, by its name in datasets."""

CYCLE: tuple[dict[str, Any], ...] = (
    {"color": "#0072B2", "linestyle": "-"},
    {"color": "#D55E00", "linestyle": (0, (6, 1.5))},
    {"color": "#009E73", "linestyle": "-."},
    {"color": "#CC79A7", "linestyle": (0, (1, 1.2))},
    {"color": "#000000", "linestyle": (0, (4, 1, 1, 1, 1, 1))},
)
"""Looks of lines that are no methods: colours of Okabe and Ito, each with its own dash."""

LOST = "#7f7f7f"
"""Colour of marks for points without a value."""


DECADES = 2
"""Of errors to each side of a tolerance that colours of maps tell apart."""


def error_colours() -> Colormap:
    """Colours of log10(|error| / tolerance): white at 0, blue where better, brown where worse."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("within", ["#08519c", "#6baed6", "#ffffff", "#fdae6b", "#8c3a00"])


def spans_decades(values: Sequence[float]) -> bool:
    """Whether an axis with these values is drawn logarithmically."""
    return min(values) > 0 and max(values) > 20 * min(values)


def called(method: str) -> str:
    """A method as sentences and labels call it."""
    return str(METHODS[method]["label"]) if method in METHODS else method


@contextmanager
def drawing(columns: int = 1, rows: int = 1, width: float = 3.6, height: float = 2.8) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure and its axes, in the house style and without touching global settings or a display.

    What has been set in matplotlib since it was imported, by ``plt.style.use`` for instance, wins over the house style.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    own = {name: value for name, value in STYLE.items() if mpl.rcParams[name] == mpl.rcParamsOrig[name]}  # type: ignore[index]
    with mpl.rc_context(own):  # type: ignore[arg-type]
        figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False)
        yield figure, list(axes.ravel())


def photons(axes: Axes, distribution: PhotonDistribution, smallest: float = 1e-4) -> None:
    """P(n) as bars with their error estimates, up to the last one above ``smallest`` times the largest."""
    shown = np.flatnonzero(distribution.probability > smallest * distribution.probability.max())[-1] + 1
    error = None if distribution.error is None else distribution.error[:shown]
    axes.bar(distribution.n[:shown], distribution.probability[:shown], width=0.8, color="#7f9fd9", yerr=error, ecolor="#1f4fbf")
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="x", which="minor", bottom=False, top=False)
    axes.set_xlabel("photon number $n$")
    axes.set_ylabel("$P(n)$")


def wigner_map(axes: Axes, mode: Mode, points: int = 121, side: float | None = None) -> None:
    """W(x, p) as a map, white at zero: blue where it is negative, red where positive."""
    x, p = _plane(mode, points, side)
    wigner_values(axes, x, p, mode.wigner(x, p))


def wigner_values(axes: Axes, x: NDArray[np.float64], p: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    """Values W(x, p), shape (len(p), len(x)), drawn as :func:`wigner_map` draws them."""
    largest = float(np.abs(values).max())
    _map(axes, x, p, values, "$W(x, p)$", cmap="RdBu_r", vmin=-largest, vmax=largest)


def husimi_map(axes: Axes, mode: Mode, points: int = 121, side: float | None = None) -> None:
    """Q(alpha) as a map over x = sqrt(2) Re alpha, p = sqrt(2) Im alpha, the coordinates of the Wigner function."""
    x, p = _plane(mode, points, side)
    values = mode.husimi((x[None, :] + 1j * p[:, None]) / np.sqrt(2))
    _map(axes, x, p, values, r"$Q(\alpha)$", cmap="viridis", vmin=0.0)


def mode_figure(mode: Mode, errors: bool = True) -> Figure:
    """P(n), W(x, p) and Q(alpha) of a mode side by side; save it with its ``savefig``.

    errors   show those of P(n) too: see :meth:`Mode.photon_distribution`
    """
    with drawing(columns=3) as (figure, (first, second, third)):
        photons(first, mode.photon_distribution(errors))
        wigner_map(second, mode)
        husimi_map(third, mode)
        return figure


def _plane(mode: Mode, points: int, side: float | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A square of the phase plane around the mode's mean, ``side`` to each side; None: wide enough for rings and twin peaks."""
    reach = 2 + 2.2 * np.sqrt(mode.quadratures.largest) if side is None else side
    centre = np.sqrt(2) * mode.amplitude
    step = np.linspace(-reach, reach, points)
    return centre.real + step, centre.imag + step


def _map(axes: Axes, x: NDArray[np.float64], p: NDArray[np.float64], values: NDArray[np.float64], label: str, **look: Any) -> None:
    shown = axes.pcolormesh(x, p, values, shading="gouraud", rasterized=True, **look)
    axes.set_aspect("equal")
    axes.set_xlabel("$x$")
    axes.set_ylabel("$p$")
    axes.figure.colorbar(shown, ax=axes, label=label)


_MAKERS = {"png": "Software", "pdf": "Creator", "svg": "Creator"}  # the entry of a file's metadata that says what made it


WIDTHS = {"column": 3.375, "page": 7.0}
"""Widths of pictures in inches, by name: those of the Physical Review."""

_CORNERS = ("upper right", "upper left", "lower left", "lower right", "center right", "center left", "upper center", "lower center")


def save_figure(figure: Figure, path: Path, width: float | None = None) -> None:
    """Write a picture that says who made it, in the format of its name: png, pdf or svg; it is written aside and renamed.

    width   of the picture in inches; letters keep their size.  No legend is left over a curve
    """
    if width is not None:
        before, height = figure.get_size_inches()
        figure.set_size_inches(width, height * width / before)
    for axes in figure.axes:
        _settle(figure, axes)
    form = path.suffix.removeprefix(".")
    with written_aside(path) as aside:
        figure.savefig(aside, format=form, metadata={_MAKERS[form]: "permsym"})


def _settle(figure: Figure, axes: Axes) -> None:
    """Move a legend that lies over a curve to a free corner, or beside the axes where none is free."""
    legend: Any = axes.get_legend()
    if legend is None:
        return
    for place in (None, *_CORNERS):
        if place is not None:
            legend.set_loc(place)
        figure.draw_without_rendering()
        if not covered(axes):
            return
    legend.set_bbox_to_anchor((1.02, 0.5), transform=axes.transAxes)
    legend.set_loc("center left")


def covered(axes: Axes) -> bool:
    """Whether the axes' legend lies over a curve, a mark or a bar, as they were drawn last."""
    legend = axes.get_legend()
    if legend is None:
        return False
    box = legend.get_window_extent().padded(1)
    for line in axes.lines:
        data = line.get_path().transformed(line.get_transform())
        points = np.asarray(data.vertices)
        solid = line.get_linestyle() not in ("None", "none", "", " ")
        if (points.size and solid and data.intersects_bbox(box, filled=False)) or box.count_contains(points):
            return True
    return any(box.overlaps(patch.get_window_extent()) for patch in axes.patches)


def infinite_size_axis(axes: Axes, label: str = "$1/N$") -> None:
    """An axis in 1/N or 1/sqrt(N): N -> infinity is the left edge, and the label says so."""
    axes.set_xlim(left=0)
    axes.set_xlabel(label + r"   ($N\to\infty$ at the left)")


def panel_letter(axes: Axes, letter: str) -> None:
    """(a), (b), ... in the upper left corner, outside the frame."""
    axes.set_title(f"({letter})", loc="left", fontsize=10)
