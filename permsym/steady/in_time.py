"""What a steady state does in time.  These methods open a lower row of the house, when they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from numpy.typing import ArrayLike

from permsym.operators import Operator
from permsym.progress import Progress

if TYPE_CHECKING:
    from permsym.dynamics.two_time.result import Correlation
    from permsym.steady.state import State


class InTime:
    """Two-time functions as methods of a :class:`permsym.State`; ``tolerance``: that of the state where none is asked for."""

    tolerance: float

    @property
    def _state(self) -> State:
        return cast("State", self)

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
    ) -> Correlation:
        """<C(0) A(tau) B(0)> at delays ``times``, with A = ``of``, B = ``right``, C = ``left``: see :func:`permsym.correlation`."""
        from permsym.dynamics.two_time.correlation import correlation

        return correlation(self._state, of, right, times, left=left, tolerance=self._aimed_at(tolerance), progress=progress)

    def g1(self, times: ArrayLike, tolerance: float | None = None) -> Correlation:
        """First-order coherence of the centre: g1(tau) = <a^dag(tau) a> / <a^dag a>; of a spin, of sigma^-."""
        from permsym.dynamics.two_time.correlation import g1

        return g1(self._state, times, tolerance=self._aimed_at(tolerance))

    def g2(self, times: ArrayLike, tolerance: float | None = None) -> Correlation:
        """Second-order coherence: g2(tau) = <a^dag (a^dag a)(tau) a> / <a^dag a>^2; of a spin, of sigma^-."""
        from permsym.dynamics.two_time.correlation import g2

        return g2(self._state, times, tolerance=self._aimed_at(tolerance))
