"""Second-order coherence of a central spin and its satellites, exact beside cumulant expansions; parameters of P1 Fig. 3(b).

    centre       <s0+ (s0+ s0-)(tau) s0-> / p0_up^2:  a two-level emitter emits one photon at a time, so that it starts at zero
    satellites   <J+ (J+ J-)(tau) J-> / <J+ J->^2:    what all satellites emit together, into a mode that sees them alike

N independent emitters have 2 (1 - 1/N) at tau = 0, thermal light for large N.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import permsym as ps
from permsym import plot
from permsym.dataset.status import EXACT, Outcome, Status, expanded, failure, spelled
from permsym.errors import BeyondOrder, PermsymError, UncertifiedWarning
from permsym.figures.labelled import counted
from permsym.figures.paper2.shared import colours
from permsym.figures.two_time.shared import APPROACHES, CROSSED, ORDERS, dataset, of_exact, sizes, verdicts
from permsym.progress import Counter

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from permsym.model import Model
    from permsym.steady.state import State

    Curve = tuple[NDArray[np.float64], NDArray[np.float64], Outcome]

FIXED: dict[str, Any] = {"omega": 1.0, "epsilon": 1.0, "g": 0.75, "kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5}
DELAYS = np.linspace(0, 6, 121)
EMITTERS = ("centre", "satellites")
_SIZES = (2, 5, 20, 50, 100, 300, 1000)
_SUM: dict[str, Any] = {"of": "+ -", "right": "-", "left": "+"}


def compute(largest: int, command: str, progress: Counter | None) -> xr.Dataset:
    """g2 over the delay by every approach at every size."""
    numbers, over = sizes(largest, _SIZES), ("emitter", "N", "approach")
    shape = (len(EMITTERS), len(numbers), len(APPROACHES))
    values, errors = np.full((2, *shape, len(DELAYS)), np.nan)
    status = np.empty(shape, dtype=object)
    count = counted(progress, int(np.prod(shape)))
    for i, n in enumerate(numbers):
        model = ps.models.central_spin(N=n, **FIXED)
        for k, approach in enumerate(APPROACHES):
            for e, emitter in enumerate(EMITTERS):
                values[e, i, k], errors[e, i, k], status[e, i, k] = _curve(model, approach, emitter)
                count()
    return dataset(
        "central-spin",
        FIXED,
        {
            "emitter": (("emitter",), EMITTERS, "1", "whose emission it is: the centre's, or that of all satellites together"),
            "N": (("N",), numbers, "1", "number of satellites"),
            "approach": (("approach",), APPROACHES, "1", "exact, or order of the cumulant expansion"),
            "delay": (("delay",), DELAYS, "1/frequency", "tau"),
        },
        {
            "g2": ((*over, "delay"), values, "1", "<C (A)(tau) B> / <A>^2 with C B = A: second-order coherence"),
            "g2_error": ((*over, "delay"), errors, "1", "estimate of the absolute error of the exact g2"),
            "error_estimate": (over, errors.max(axis=-1), "1", "largest error estimate over the delays"),
            **verdicts(over, status, APPROACHES),
        },
        command,
    )


def _curve(model: Model, approach: str, emitter: str) -> Curve:
    nothing = np.full(len(DELAYS), np.nan)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)  # said in ``status``
            if approach == EXACT:
                return _exact(ps.steady_state(model), emitter)
            return _expanded(model, ORDERS[approach], emitter)
    except BeyondOrder as error:  # order 2 knows no J+ J- beside J-
        return nothing, nothing, (Status.NOT_APPLICABLE, str(error))
    except PermsymError as error:
        return nothing, nothing, failure(error)


def _exact(state: State, emitter: str) -> Curve:
    if emitter == "centre":
        one = state.g2(DELAYS)
        return one.values.real, one.errors, of_exact(one.certificate.reasons)
    pair = state.correlation(times=DELAYS, **_SUM)
    square, n, errors = pair.coherent.real, state.model.ensembles[0].N, state.certificate.errors
    values = pair.values.real / square
    # <J+ J-> = N p_up + N (N - 1) <+1 -2>
    rate = (n * errors["z1"] / 2 + n * (n - 1) * errors["+1 -2"]) / np.sqrt(square)
    return values, pair.errors / square + 2 * rate * np.abs(values), of_exact(pair.certificate.reasons)


def _expanded(model: Model, order: int, emitter: str) -> Curve:
    state = ps.cumulants.steady_state(model, order=order)
    if emitter == "centre":
        one = ps.cumulants.g2(state, DELAYS)
        return one.values.real, np.full(len(DELAYS), np.nan), expanded(one.failures)
    pair = ps.cumulants.correlation(state, times=DELAYS, **_SUM)
    return pair.values.real / pair.coherent.real, np.full(len(DELAYS), np.nan), expanded(pair.failures)


def plot_panels(data: xr.Dataset, save: Callable[[Figure], None]) -> None:
    """Above: exact at every size.  Below: the largest size by every order."""
    numbers = data["N"].values
    with plot.drawing(columns=2, rows=2, width=3.7) as (figure, grid):
        for axes, emitter in zip(grid[:2], EMITTERS, strict=True):
            for shade, n in zip(colours(len(numbers), "plasma"), numbers, strict=True):
                one = data.sel(emitter=emitter, N=n, approach=EXACT)
                sure = one["status"] == Status.OK
                axes.plot(
                    data["delay"],
                    one["g2"],
                    color=shade,
                    linestyle="-" if sure else ":",
                    label=f"$N={n}$" + ("" if sure else " (uncertified)"),
                )
            axes.set_title(f"{'central spin' if emitter == 'centre' else 'all satellites together'}, exact", fontsize=9)
        for axes, emitter in zip(grid[2:], EMITTERS, strict=True):
            _orders(axes, data.sel(emitter=emitter, N=numbers[-1]))
            axes.set_title(f"{'central spin' if emitter == 'centre' else 'all satellites together'}, $N={numbers[-1]}$", fontsize=9)
        for letter, axes in zip("abcd", grid, strict=True):
            axes.axhline(1, color="#999999", linewidth=0.6, zorder=0)
            axes.set_xlim(DELAYS[0], DELAYS[-1])
            axes.set_xlabel(r"delay $\tau$ (in units of $1/\omega$)")
            axes.set_ylabel(r"$g^{(2)}(\tau)$")
            axes.legend(fontsize=7, loc="best")
            plot.panel_letter(axes, letter)
        save(figure)


def _orders(axes: Axes, data: xr.Dataset) -> None:
    """Every approach at one size; those that failed are crosses that no line joins."""
    for approach in APPROACHES:
        one, look = data.sel(approach=approach), plot.METHODS[approach]
        if not np.isfinite(one["g2"].values).any():
            continue
        if approach == EXACT:
            axes.plot(data["delay"][::4], one["g2"][::4], **look | {"markersize": 3})
        elif one["status"] == Status.OK:
            axes.plot(data["delay"], one["g2"], **look)
        else:
            cross = CROSSED | {"markersize": 3, "label": f"{look['label']}, {one['status'].values}"}
            axes.plot(data["delay"][::3], one["g2"][::3], color=look["color"], **cross)
    exact = data["g2"].sel(approach=EXACT)
    low, high = min(1.0, float(exact.min())), max(1.0, float(exact.max()))
    margin = max(0.05, (high - low) / 4)
    axes.set_ylim(low - margin, high + margin)  # approximations may run away


def table(data: xr.Dataset) -> Sequence[Sequence[str]]:
    """g2 at three delays."""
    rows: list[Sequence[str]] = [("emitter", "N", "approach", *(f"g2({tau:g})" for tau in DELAYS[::40][:3]), "error estimate", "status")]
    for emitter in EMITTERS:
        for n in data["N"].values:
            for approach in APPROACHES:
                one = data.sel(emitter=emitter, N=n, approach=approach)
                values = [f"{value:.9f}" for value in one["g2"].values[::40][:3]]
                how = spelled(str(one["status"].values), str(one["reason"].values))
                rows.append((emitter, f"{n}", approach, *values, f"{float(one['error_estimate']):.0e}", how))
    return rows
