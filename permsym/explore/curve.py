"""Where a curve is computed: a few points first, then halves of the gaps that matter most."""

from __future__ import annotations

import itertools
import math

from permsym.explore.request import Curve

FIRST, MOST = 5, 17
"""Points of the first coarse curve, and of the last."""

_WIDE = 50.0  # ratio of the ends from which on the axis is logarithmic


class Grid:
    """The points of a curve, in the order in which they are computed.

    log   whether they are spread over the logarithm of the parameter
    """

    def __init__(self, curve: Curve, counts: bool) -> None:
        self.curve, self._counts = curve, counts
        self.log = curve.start > 0 and curve.stop / curve.start >= _WIDE
        self._values: dict[float, float | None] = {}
        ends = self._scale(curve.start), self._scale(curve.stop)
        inner = [self._number(ends[0] + (ends[1] - ends[0]) * k / (FIRST - 1)) for k in range(1, FIRST - 1)]
        self._waiting = list(dict.fromkeys([self._whole(curve.start), self._whole(curve.stop), *inner]))

    @property
    def xs(self) -> list[float]:
        """Those computed so far, in order along the axis."""
        return sorted(self._values)

    def enter(self, x: float, value: float | None) -> None:
        """What came of a point; None where it has no value."""
        self._values[x] = value

    def next(self) -> float | None:
        """The point to compute next; None at the end."""
        while self._waiting:
            x = self._waiting.pop(0)
            if x not in self._values:
                return x
        return self._half() if len(self._values) < MOST else None

    def _half(self) -> float | None:
        """The middle of the gap with the largest gap^2 + jump^2, both relative to the whole curve."""
        xs = self.xs
        values = [value for value in self._values.values() if value is not None]
        width = self._scale(xs[-1]) - self._scale(xs[0]) if len(xs) > 1 else 0.0
        height = max(values) - min(values) if values else 0.0
        best, middle = 0.0, None
        for left, right in itertools.pairwise(xs):
            gap = (self._scale(right) - self._scale(left)) / width
            ends = self._values[left], self._values[right]
            jump = abs(ends[1] - ends[0]) / height if height and ends[0] is not None and ends[1] is not None else 0.0
            x = self._number((self._scale(left) + self._scale(right)) / 2)
            if gap**2 + jump**2 > best and left < x < right:
                best, middle = gap**2 + jump**2, x
        return middle

    def _scale(self, x: float) -> float:
        return math.log(x) if self.log else x

    def _number(self, scaled: float) -> float:
        """A value of the parameter, with as many digits as its place on a picture has."""
        return self._whole(float(f"{math.exp(scaled) if self.log else scaled:.6g}"))

    def _whole(self, x: float) -> float:
        return round(x) if self._counts else x
