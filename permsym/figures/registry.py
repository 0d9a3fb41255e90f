"""Figures by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from permsym import dataset as datasets
from permsym.dataset.files import check_target
from permsym.errors import InputError
from permsym.figures.beyond_cumulants.central_spin import CENTRAL_SPIN as BEYOND_SPIN
from permsym.figures.beyond_cumulants.laser import LASER as BEYOND_LASER
from permsym.figures.beyond_cumulants.tavis_cummings import TAVIS_CUMMINGS as BEYOND_CAVITY
from permsym.figures.gallery import figure as row_figure
from permsym.figures.gallery.rows import ROWS
from permsym.figures.maps import row as map_figure
from permsym.figures.maps.rows import MAPS
from permsym.figures.paper1 import beyond as p1_beyond
from permsym.figures.paper1 import fig3 as p1_fig3
from permsym.figures.paper1 import fig4a as p1_fig4a
from permsym.figures.paper1 import fig4b as p1_fig4b
from permsym.figures.paper1 import fig5 as p1_fig5
from permsym.figures.paper1 import fig6 as p1_fig6
from permsym.figures.paper1 import fig6d as p1_fig6d
from permsym.figures.paper2 import exact as p2_exact
from permsym.figures.paper2 import fig1 as p2_fig1
from permsym.figures.paper2 import fig2 as p2_fig2
from permsym.figures.paper2 import fig3 as p2_fig3
from permsym.figures.paper2 import fig4 as p2_fig4
from permsym.figures.paper2 import fig5 as p2_fig5
from permsym.figures.paper2 import fig6 as p2_fig6
from permsym.figures.paper2 import hysteresis as p2_hysteresis
from permsym.figures.paper2 import switching as p2_switching
from permsym.figures.proved import time_crystal as proved_crystal
from permsym.figures.proved.central_spin import CENTRAL_SPIN as PROVED_SPIN
from permsym.figures.proved.tavis_cummings import TAVIS_CUMMINGS as PROVED_CAVITY
from permsym.figures.two_time import cavities, g2
from permsym.figures.two_time.linewidth import CENTRAL_SPIN, LASER
from permsym.plot import PICTURES, save_figure
from permsym.progress import Counter
from permsym.sites import as_count
from permsym.text import suggestion

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure as Drawing


@dataclass(frozen=True)
class Figure:
    """One figure.

    compute   (largest N, command line, progress) -> dataset
    plot      (dataset, save) -> draws and calls save
    table     dataset -> rows of text, the first one the head
    """

    title: str
    compute: Callable[[int, str, Counter | None], xr.Dataset]
    plot: Callable[[xr.Dataset, Callable[[Drawing], None]], None]
    table: Callable[[xr.Dataset], Sequence[Sequence[str]]]
    default_max_n: int


MOST_SATELLITES = 10**6  # at 10^9 p1-fig3b had not ended after a minute
FIGURES: dict[str, Figure] = {
    "p1-fig3a": Figure(
        "P1 Fig. 3(a): p0_up against 1/N at fixed g sqrt(N) = 3", p1_fig3.compute_a, p1_fig3.plot_a, p1_fig3.table_sizes, 150
    ),
    "p1-fig3b": Figure(
        "P1 Fig. 3(b): p0_up against 1/N at fixed kappa/N = 1/16", p1_fig3.compute_b, p1_fig3.plot_b, p1_fig3.table_sizes, 150
    ),
    "p1-fig3c": Figure("P1 Fig. 3(c): p0_up against the pump ratio at N = 50", p1_fig3.compute_c, p1_fig3.plot_c, p1_fig3.table_pump, 50),
    "p1-fig3d": Figure(
        "P1 Fig. 3(d): errors of mean field and second-order cumulants in Fig. 3(b)",
        p1_fig3.compute_b,
        p1_fig3.plot_d,
        p1_fig3.table_sizes,
        150,
    ),
    "p1-fig4a": Figure(
        "P1 Fig. 4(a): cumulant expansions of order 2 to 8 against 1/N", p1_fig4a.compute, p1_fig4a.plot, p1_fig4a.table, 150
    ),
    "p1-fig4b": Figure(
        "P1 Fig. 4(b): photons per emitter against 1/N, Tavis-Cummings model", p1_fig4b.compute, p1_fig4b.plot_panel, p1_fig4b.table, 20
    ),
    "p1-fig5": Figure("P1 Fig. 5: pair correlations against 1/sqrt(N) at both scalings", p1_fig5.compute, p1_fig5.plot, p1_fig5.table, 150),
    **{
        f"p1-fig5{letter}": Figure(p1_fig5.title(letter), p1_fig5.computed(letter), p1_fig5.plotted(letter), p1_fig5.table_panel, 150)
        for letter in "abcd"
    },
    "p1-fig6a": Figure(
        "P1 Fig. 6(a): third order with and without symmetry breaking, against 1/N",
        p1_fig6.compute_a,
        p1_fig6.plot_a,
        p1_fig6.table_sizes,
        150,
    ),
    "p1-fig6b": Figure(
        "P1 Fig. 6(b): |<s0+>| of the third order with symmetry breaking", p1_fig6.compute_b, p1_fig6.plot_b, p1_fig6.table_onset, 150
    ),
    "p1-fig6c": Figure(
        "P1 Fig. 6(c): population against the pump ratio, third order included", p1_fig6.compute_c, p1_fig6.plot_c, p1_fig6.table_pump, 50
    ),
    "p1-fig6d": Figure(
        "P1 Fig. 6(d): photons per emitter, Tavis-Cummings model, beside symmetry-breaking cumulants",
        p1_fig6d.compute,
        p1_fig6d.plot,
        p1_fig6d.table,
        20,
    ),
    "p1-beyond-limit": Figure(
        "beyond P1: limits N -> infinity at fixed g sqrt(N), exact against mean field and second order",
        p1_beyond.compute,
        p1_beyond.plot_panels,
        p1_beyond.table,
        1000,
    ),
    "p2-fig1": Figure("P2 Fig. 1: semiclassical transmission against the drive", p2_fig1.compute, p2_fig1.plot, p2_fig1.table, 10),
    "p2-fig2a": Figure(
        "P2 Fig. 2(a): order 2 beside the semiclassical curve, C = 14", p2_fig2.compute_a, p2_fig2.plot_a, p2_fig2.table_a, 2500
    ),
    "p2-fig2b": Figure(
        "P2 Fig. 2(b): order 3 beside the semiclassical curve, C = 14", p2_fig2.compute_b, p2_fig2.plot_b, p2_fig2.table_b, 2500
    ),
    "p2-fig2c": Figure(
        "P2 Fig. 2(c): switching on, order 3 and exact (--max-N: size; from 50 on trajectories)",
        p2_fig2.compute_c,
        p2_fig2.plot_c,
        p2_fig2.table_c,
        10,
    ),
    "p2-fig3": Figure(
        "P2 Fig. 3: orders 2 and 3 relative to the semiclassical |<a>|^2", p2_fig3.compute, p2_fig3.plot, p2_fig3.table, 1000
    ),
    "p2-fig4": Figure("P2 Fig. 4: deviations between orders 1, 2 and 3, and N_sc", p2_fig4.compute, p2_fig4.plot, p2_fig4.table, 2500),
    "p2-fig5": Figure("P2 Fig. 5: N_sc against drive and cooperativity", p2_fig5.compute, p2_fig5.plot, p2_fig5.table, 10),
    "p2-fig6": Figure("P2 Fig. 6: broadened ensembles", p2_fig6.compute, p2_fig6.plot, p2_fig6.table, 10),
    "p2-exact": Figure(
        "P2, exact: driven cavity through its bistable region, cumulants, P(n), Wigner function and the gap",
        p2_exact.compute,
        p2_exact.plot,
        p2_exact.table,
        10,
    ),
    "p2-hysteresis": Figure(
        "P2, in time: the drive up and down through the bistable region, exact beside Maxwell-Bloch and orders 2 and 3",
        p2_hysteresis.compute,
        p2_hysteresis.plot,
        p2_hysteresis.table,
        10,
    ),
    "p2-switching": Figure(
        "P2, one trajectory that switches between the branches, beside the exact P(n); dwell times (--max-N: spins)",
        p2_switching.compute,
        p2_switching.plot,
        p2_switching.table,
        10,
    ),
    "linewidth-central-spin": Figure(
        "linewidth of a central spin's satellites against N, exact beside orders 2 to 5",
        CENTRAL_SPIN.compute,
        CENTRAL_SPIN.plot,
        CENTRAL_SPIN.table,
        1000,
    ),
    "linewidth-laser": Figure(
        "linewidth of a bad-cavity laser against N, exact beside orders 2 to 5", LASER.compute, LASER.plot, LASER.table, 20
    ),
    "g2-central-spin": Figure(
        "g2(tau) of a central spin and of its satellites, exact beside orders 2 to 5", g2.compute, g2.plot_panels, g2.table, 20
    ),
    "spectrum-tavis-cummings": Figure(
        "spectrum of a pumped cavity, from Rabi splitting to lasing (--max-N: emitters)",
        cavities.PUMPED.compute,
        cavities.plot_pumped,
        cavities.PUMPED.table,
        4,
    ),
    "spectrum-driven-cavity": Figure(
        "spectrum of a driven cavity through its bistable region (--max-N: spins)",
        cavities.DRIVEN.compute,
        cavities.plot_driven,
        cavities.DRIVEN.table,
        2,
    ),
    **{
        f"beyond-cumulants-{name}": Figure(
            f"{words} against N: exact, C2 to C5, linear noise, truncated Wigner", one.compute, one.plot, one.table, 1000
        )
        for name, words, one in (
            ("central-spin", "central spin", BEYOND_SPIN),
            ("tavis-cummings", "Tavis-Cummings model near its threshold", BEYOND_CAVITY),
            ("laser", "laser above its threshold", BEYOND_LASER),
        )
    },
    "bounds-central-spin": Figure(
        "Proved bounds of the central spin's population, and the approximations that they exclude",
        PROVED_SPIN.compute,
        PROVED_SPIN.plot,
        PROVED_SPIN.table,
        10**6,
    ),
    "bounds-tavis-cummings": Figure(
        "Proved bounds of the photons per emitter of a Tavis-Cummings model, and the approximations that they exclude",
        PROVED_CAVITY.compute,
        PROVED_CAVITY.plot,
        PROVED_CAVITY.table,
        10**6,
    ),
    "bounds-time-crystal": Figure(
        "Proved bounds of a boundary time crystal, and what its mean field is off by",
        proved_crystal.compute,
        proved_crystal.plot_panels,
        proved_crystal.table,
        10**6,
    ),
    **{name: Figure(one.title, one.compute, map_figure.plot, map_figure.table, one.largest) for name, one in MAPS.items()},
    **{
        name: Figure(row.title, row_figure.computed(row), row_figure.plotted(row), row_figure.table, row.largest)
        for name, row in ROWS.items()
    },
}
FORMATS = tuple(suffix[1:] for suffix in PICTURES)


def expand(name: str) -> list[str]:
    """Names of the figures that a name stands for: itself, or all panels of a name without a letter."""
    if name in FIGURES:
        return [name]
    panels = [panel for panel in FIGURES if panel[:-1] == name and panel[-1].isalpha()]
    if not panels:
        raise InputError(f"there is no figure {name!r}; {suggestion(name, FIGURES, 'the figures are')}")
    return panels


def draw(
    name: str, folder: Path, max_n: int | None = None, command: str = "", progress: Counter | None = None, form: str = "png"
) -> tuple[xr.Dataset, list[Path]]:
    """Compute a figure's data and write NAME.nc and a picture, NAME.png, .pdf or .svg by ``form``, into a folder.

    Returns the dataset and the paths written.
    """
    figure = FIGURES[name]
    largest = figure.default_max_n if max_n is None else as_count("max-N", max_n, 2)
    if largest > MOST_SATELLITES:
        raise InputError(f"max-N must be at most {MOST_SATELLITES:,}, but is {max_n:g}; leave it out for the range of the paper")
    picture = picture_of(folder, name, form)
    target = datasets.check(folder / f"{name}.nc")
    numbers = figure.compute(largest, command, progress).assign_attrs(figure=name, max_N=largest)
    datasets.save(numbers, target)
    figure.plot(numbers, lambda drawing: save_figure(drawing, picture))
    return numbers, [target, picture]


def picture_of(folder: Path, name: str, form: str) -> Path:
    """Where a picture goes; the folder is made.  InputError for a format that there is not, and where nothing can be written."""
    if form not in FORMATS:
        raise InputError(f"the format must be one of {', '.join(FORMATS)}, but is {form!r}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {str(folder)!r}: {error.strerror}; choose another with -o") from error
    picture = folder / f"{name}.{form}"
    check_target(picture, (f".{form}",))
    return picture


def drawn_from(data: xr.Dataset, picture: Path) -> None:
    """Draw a figure's picture again from its data; InputError for a figure that there is not."""
    name = str(data.attrs["figure"])
    if name not in FIGURES:
        raise InputError(f"the file says that it is the figure {name!r}, which this version does not draw")
    FIGURES[name].plot(data, lambda drawing: save_figure(drawing, picture))


def redrawn(data: xr.Dataset, progress: Counter | None = None) -> xr.Dataset:
    """The data of a figure computed again, as its attributes ``figure`` and ``max_N`` say."""
    name, largest = str(data.attrs["figure"]), int(data.attrs.get("max_N", 0))
    if name not in FIGURES or largest < 1:
        raise InputError(f"the file says that it is the figure {name!r} up to N={largest}, which this version does not draw")
    return FIGURES[name].compute(largest, str(data.attrs.get("command", "")), progress)
