"""A row of the gallery: one published result as data.

A row says what is published (a citation and numbers), how each number is computed from the public interface, and which lines its picture
has.  A new row is one file with a ``Row`` and a line in :mod:`permsym.figures.gallery.rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from permsym.dataset.status import EXACT, Outcome, Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Corner = Literal["best", "upper right", "upper left", "lower left", "lower right", "upper center", "lower center", "center right", ""]
RELATIVE = 1e-8
"""Part of a number that two ways of computing it may differ by."""


@dataclass(frozen=True)
class Citation:
    """Whose result it is.

    text   authors, journal, volume, page (year)
    doi    where it is sure
    """

    text: str
    doi: str = ""

    def __str__(self) -> str:
        return f"{self.text}, doi:{self.doi}" if self.doi else self.text


@dataclass(frozen=True)
class Check:
    """Numbers that one computation must give.

    name      of the computation, for tests
    expected  label -> the number as it is printed: its last digit says how far it can be trusted
    compute   () -> values in the order of ``expected``
    quick     whether it takes well below half a second
    """

    name: str
    expected: Mapping[str, str]
    compute: Callable[[], Sequence[float]]
    quick: bool = False

    def published(self) -> NDArray[np.float64]:
        """The numbers, (K,)."""
        return np.array([float(text) for text in self.expected.values()])

    def tolerances(self) -> NDArray[np.float64]:
        """How far a computed number may be off, (K,): 1e-8 of it or one unit of its last printed digit, whichever is larger."""
        return np.array([max(RELATIVE * abs(float(text)), last_digit(text)) for text in self.expected.values()])


def last_digit(text: str) -> float:
    """One unit of the last digit that is printed.

    >>> last_digit("0.212843208"), last_digit("-17"), last_digit("2.672e-07")
    (1e-09, 1.0, 1e-10)
    """
    digits, _, power = text.lower().partition("e")
    return float(f"1e{int(power or 0) - len(digits.partition('.')[2])}")


@dataclass(frozen=True)
class Feature:
    """What a figure shows, as a number: an exponent, a position, a limit.

    value, error   as computed; the error is that of a fit, 0 where nothing was fitted
    expected       what the source has for it; nan for nothing
    """

    name: str
    value: float
    error: float
    expected: float


@dataclass(frozen=True)
class Curves:
    """What one computation draws.

    xy       panel's letter -> x, y, each (P,)
    errors   panel's letter -> estimate of y's error, a number or (P,); none for approximations
    outcome  status and reason
    """

    xy: Mapping[str, tuple[ArrayLike, ArrayLike]]
    outcome: Outcome = (Status.OK, "")
    errors: Mapping[str, ArrayLike] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One computation of a figure.

    label     in the legend
    compute   () -> its curves
    group     lines of one group have one colour: the same system by several approaches
    approach  "exact", or an approximation beside it, as in ``permsym.plot.METHODS``
    dots      whether points are drawn, and not joined
    """

    label: str
    compute: Callable[[], Curves]
    group: str = ""
    approach: str = EXACT
    dots: bool = False


@dataclass(frozen=True)
class Panel:
    """One frame of a figure.

    settings   of the axes, as matplotlib's ``Axes.set`` takes them: xlabel, ylabel, xscale, xlim, ...
    legend     where the legend stands; "" for none
    guides     draws what is no result, such as a limit, behind the curves
    """

    settings: Mapping[str, Any]
    legend: Corner = "best"
    guides: Callable[[Axes], None] | None = None


@dataclass(frozen=True)
class Row:
    """One published result.

    name       of the figure
    title      what ``permsym figure --list`` says
    model      the equation, in the convention of ``docs/conventions.md``
    citations  whose result it is; "ours" are rows whose parameters are not the source's
    checks     numbers
    panels     letter -> frame
    lines      largest number of satellites -> the computations of the picture
    features   the picture's curves -> what they show
    largest    default of ``--max-N``
    """

    name: str
    title: str
    model: str
    citations: Sequence[Citation]
    checks: Sequence[Check]
    panels: Mapping[str, Panel]
    lines: Callable[[int], Sequence[Line]]
    features: Callable[[Mapping[str, Curves]], Sequence[Feature]]
    largest: int
