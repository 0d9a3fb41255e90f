"""From factorial moments of a number to its cumulants, with errors.

m_2 = f_2 + f_1,   m_3 = f_3 + 3 f_2 + f_1,   m_4 = f_4 + 6 f_3 + 7 f_2 + f_1
c_2 = m_2 - m_1^2,   c_3 = m_3 - 3 m_2 m_1 + 2 m_1^3,   c_4 = m_4 - 4 m_3 m_1 - 3 m_2^2 + 12 m_2 m_1^2 - 6 m_1^4
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
Pair = tuple[Real, Real]
"""Values over the times, and bounds of their errors."""

_STIRLING = ((1,), (1, 1), (1, 3, 1), (1, 6, 7, 1))  # of f_k, f_(k-1), ... in m_k
_ROUNDED = 8 * float(np.finfo(float).eps)  # of the terms of a sum


@dataclass(frozen=True)
class Numbers:
    """Current and factorial moments f_1, f_2, ... over the times (T,), with bounds of their errors."""

    times: Real
    current: Real
    moments: Sequence[Real]
    of_current: Real
    off: Sequence[Real]

    def _raw(self, order: int) -> Pair:
        """m_k."""
        pairs = list(zip(_STIRLING[order - 1], reversed(range(order)), strict=True))
        return sum(a * self.moments[k] for a, k in pairs), sum(a * self.off[k] for a, k in pairs)  # type: ignore[return-value]

    @property
    def mean(self) -> Pair:
        return self.moments[0], self.off[0]

    @property
    def variance(self) -> Pair:
        mean, of_mean = self.mean
        second, of_second = self._raw(2)
        return second - mean**2, of_second + 2 * np.abs(mean) * of_mean + of_mean**2

    @property
    def fano(self) -> Pair:
        """Variance over mean; an error of inf where nothing was counted."""
        (mean, of_mean), (variance, of_variance) = self.mean, self.variance
        with np.errstate(divide="ignore", invalid="ignore"):
            fano = variance / mean
            return fano, np.where(mean > of_mean, (of_variance + np.abs(fano) * of_mean) / (mean - of_mean), np.inf)

    @property
    def higher(self) -> list[Pair]:
        """c_3 and c_4, where there are four moments."""
        if len(self.moments) < 4:
            return []
        raw = [self._raw(k) for k in (1, 2, 3, 4)]
        products = (
            [(1, (3,)), (-3, (2, 1)), (2, (1, 1, 1))],
            [(1, (4,)), (-4, (3, 1)), (-3, (2, 2)), (12, (2, 1, 1)), (-6, (1, 1, 1, 1))],
        )
        return [self._combined(raw, terms) for terms in products]

    def _combined(self, raw: Sequence[Pair], terms: Sequence[tuple[int, tuple[int, ...]]]) -> Pair:
        """A sum of products of raw moments; what each may be off by, and what cancels between them."""
        total, error = np.zeros(len(self.times)), np.zeros(len(self.times))
        for factor, orders in terms:
            value, largest = np.full(len(self.times), float(factor)), np.full(len(self.times), abs(float(factor)))
            for k in orders:
                value, largest = value * raw[k - 1][0], largest * (np.abs(raw[k - 1][0]) + raw[k - 1][1])
            total, error = total + value, error + largest - np.abs(value) + _ROUNDED * largest
        return total, error

    def a_unit_of_time(self, values: Real, errors: Real) -> Pair:
        """A cumulant over t; at t = 0 that is the current, as of rare events."""
        with np.errstate(divide="ignore", invalid="ignore"):
            started = self.times > 0
            return np.where(started, values / self.times, self.current), np.where(started, errors / self.times, self.of_current)
