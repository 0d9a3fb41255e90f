"""What the figures in time and frequency share: datasets, outcomes, and lines that stop where an approximation fails.

A value that is not certified, or whose approximation failed, is in the data with its status and its reason.  In a picture it is a cross,
and no line goes through it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from permsym import plot
from permsym.dataset.schema import CONVENTION
from permsym.dataset.status import EXACT, Outcome, Status
from permsym.figures.labelled import LabelledArray, labelled, outcomes

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

ORDERS = {"c2": 2, "c3": 3, "c4": 4, "c5": 5}
APPROACHES = ("exact", *ORDERS)
TWO_TIMES = (
    "S(omega) = int <A(tau) B(0)> exp(-i omega tau) d tau without its coherent part: for A = a^dag, B = a a peak at the emitted frequency; "
    "cumulant expansions count B as one more operator (regression='operators')"
)
CROSSED: dict[str, Any] = {"linestyle": "none", "marker": "x", "markersize": 5, "markeredgewidth": 1.0}


def sizes(largest: int, usual: Sequence[int]) -> list[int]:
    """Numbers of satellites below the largest one asked for, and that one."""
    return sorted({n for n in usual if n < largest} | {largest})


def dataset(
    model: str,
    fixed: Mapping[str, Any],
    coordinates: Mapping[str, LabelledArray],
    variables: Mapping[str, LabelledArray],
    command: str,
    convention: str = CONVENTION,
) -> xr.Dataset:
    """A labelled dataset that says where it comes from.

    fixed    parameters that are the same at every point, or formulas of the others
    """
    origin = {
        "model": model,
        "definition": json.dumps({"name": model, "fixed": dict(fixed)}, sort_keys=True),
        "command": command,
        "convention": f"{convention}; {TWO_TIMES}",
    }
    return labelled(coordinates, variables, origin | dict(fixed))


def of_exact(reasons: Sequence[str]) -> Outcome:
    """Status and reason of an exact value with its reasons against it."""
    return (Status.UNCERTIFIED, "; ".join(reasons)) if reasons else (Status.OK, "")


def verdicts(dims: Sequence[str], status: NDArray[Any], approaches: Sequence[str] = (EXACT,)) -> dict[str, LabelledArray]:
    """Entries for an array of outcomes whose last dimension is the approach: whether a certificate vouches, the codes, the reasons.

    approaches   those along the last dimension; a certificate vouches for the exact one alone
    """
    sure = np.array([outcome[0] is Status.OK for outcome in status.ravel()]).reshape(status.shape)
    vouched = sure & (np.array(approaches) == EXACT) if len(approaches) > 1 else sure
    words = "whether the certificate is within its tolerance (1) or not (0)"
    return {"certified": (dims, vouched.astype(np.int8), "1", words), **outcomes(dims, status)}


def draw_points(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], status: NDArray[np.str_], approach: str) -> None:
    """One approach's values (P,): a line or dots through those in order, crosses where it is not."""
    look, good = plot.METHODS[approach], status == Status.OK
    axes.plot(x, np.where(good, y, np.nan), **look)
    axes.plot(x, np.where(good, np.nan, y), color=look["color"], **CROSSED)
