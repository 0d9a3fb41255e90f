"""What a state does in time: methods that call permsym's own public functions, which load when they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from numpy.typing import ArrayLike

import permsym
from permsym.moments.labels import MomentLabel
from permsym.operators import Operator
from permsym.progress import Progress
from permsym.steady.gradient import Family

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class InTime:
    """Two-time functions as methods of a :class:`permsym.State` or of one on its way; ``tolerance``: its own where none is asked for."""

    tolerance: float

    @property
    def _itself(self) -> permsym.State | permsym.EvolvedState:
        return cast("permsym.State | permsym.EvolvedState", self)

    def _aimed_at(self, tolerance: float | None) -> float:
        return self.tolerance if tolerance is None else tolerance

    def correlation(
        self,
        of: Operator | str,
        right: Operator | str,
        times: ArrayLike,
        left: Operator | str | None = None,
        tolerance: float | None = None,
        progress: Progress | None = None,
    ) -> permsym.Correlation:
        """<C(0) A(tau) B(0)> at delays ``times``, with A = ``of``, B = ``right``, C = ``left``: see :func:`permsym.correlation`.

        Of a state on its way, at time t: <C(t) A(t + tau) B(t)>.
        """
        return permsym.correlation(self._itself, of, right, times, left=left, tolerance=self._aimed_at(tolerance), progress=progress)

    def g1(self, times: ArrayLike, tolerance: float | None = None) -> permsym.Correlation:
        """First-order coherence of the centre: g1(tau) = <a^dag(tau) a> / <a^dag a>; of a spin, of sigma^-."""
        return permsym.g1(self._itself, times, tolerance=self._aimed_at(tolerance))

    def plot(self, what: str | Sequence[str] | None = None, ax: Axes | None = None) -> permsym.pictures.Picture | Axes:
        """A picture: of a mode P(n) and the Wigner function, of one ensemble of spins P(j, m).

        what   of "photons", "wigner", "husimi" (``"wigner@x"`` of one of several modes) and "spin", one or several
        ax     matplotlib's axes to draw the first of them on, which it returns then; else it returns a Picture

        InputError where there is nothing of that kind.
        """
        return permsym.pictures.state(self._itself, what, ax)

    def g2(self, times: ArrayLike, tolerance: float | None = None) -> permsym.Correlation:
        """Second-order coherence: g2(tau) = <a^dag (a^dag a)(tau) a> / <a^dag a>^2; of a spin, of sigma^-."""
        return permsym.g2(self._itself, times, tolerance=self._aimed_at(tolerance))


class AtRest(InTime):
    """What a steady state alone answers, as methods of a :class:`permsym.State`."""

    def counting(self, jump: str, efficiency: float = 1.0, order: Literal[2, 4] = 4) -> permsym.FullCounting:
        """Current, counting Fano factor, noise and cumulants of a jump, such as ``"L[a] central"``: see :func:`permsym.full_counting`."""
        return permsym.full_counting(cast("permsym.State", self), jump, efficiency=efficiency, order=order)

    def gradient(self, label: str | MomentLabel, family: Family | None = None, parameters: Sequence[str] | None = None) -> permsym.Gradient:
        """d<moment>/d parameter, for all but sizes and levels, or that of a derived quantity such as "g2": see :func:`permsym.gradient`."""
        return permsym.gradient(cast("permsym.State", self), label, family, parameters)

    def fisher(self, name: str, family: Family | None = None) -> permsym.ParameterFisher:
        """Fisher information about a parameter, of the state, of light and system, of photons: see :func:`permsym.fisher`."""
        return permsym.fisher(cast("permsym.State", self), name, family)


class OverFrequencies:
    """Pictures of a :class:`permsym.PowerSpectrum`."""

    def plot(self, ax: Axes | None = None) -> permsym.pictures.Picture | Axes:
        """S(omega) with the band of its errors, as a Picture; on ``ax`` where axes are there, which it returns then."""
        return permsym.pictures.spectrum(cast("permsym.PowerSpectrum", self), ax)


class OverDelays:
    """Pictures of a :class:`permsym.Correlation`."""

    def plot(self, ax: Axes | None = None) -> permsym.pictures.Picture | Axes:
        """Real and imaginary part with bands of their errors, as a Picture; on ``ax`` where axes are there, which it returns then."""
        return permsym.pictures.correlation(cast("permsym.Correlation", self), ax)


class OnItsWay:
    """Counting and pictures as methods of a :class:`permsym.Evolution`."""

    def plot(self, what: str | Sequence[str] | None = None, ax: Axes | None = None) -> permsym.pictures.Picture | Axes:
        """Derived quantities, or moments by their labels, over time with bands of their errors.

        what   one or several of those that were followed; by default all derived quantities
        ax     matplotlib's axes to draw on, which it returns then; else it returns a Picture
        """
        return permsym.pictures.evolution(cast("permsym.Evolution", self), what, ax)

    def counting(self, jump: str, efficiency: float = 1.0, order: Literal[2, 4] = 2) -> permsym.CountedNumber:
        """Mean, variance and counting Fano factor of how often a jump has happened until each time: :func:`permsym.counted_number`."""
        return permsym.counted_number(cast("permsym.Evolution", self), jump, efficiency=efficiency, order=order)
