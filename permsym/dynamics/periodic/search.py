"""The search for a periodic state: on more Fock states, or with a more accurate map, until it is within the tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.dynamics.evolved.errors import CUT, SectorError
from permsym.dynamics.evolved.state import SectorPart
from permsym.dynamics.initial_density import Initial
from permsym.dynamics.periodic.block_map import BlockMap
from permsym.dynamics.periodic.period_map import MatrixMap, PeriodMap, continued
from permsym.dynamics.sector import block_by_block, watched
from permsym.dynamics.taylor.sector import Asked
from permsym.dynamics.taylor.steps import Clock
from permsym.linear.fixed_point import fixed_point
from permsym.model import Model
from permsym.moments.labels import MomentLabel
from permsym.progress import Progress
from permsym.several_sites import modes_of_centre

_SHARE = 0.05  # of the tolerance: that of the map in a period, and of the residual; |(1 - M)^-1| is 1 to 20 where a period is a lifetime
_ATTEMPTS = 24  # cut-offs, a quarter larger from one to the next, and finer maps
_FINEST = 1e-16  # rate of a map that rounding limits
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Solved:
    """A fixed point x of a map, and what it is off by.

    bound   of the trace norm that the map's image of it is off by; top: largest population of the last Fock states in a period
    """

    mapped: PeriodMap
    x: NDArray[Any]
    residual: float
    amplification: float
    bound: float
    top: float
    maps: int

    @property
    def off(self) -> float:
        """Estimate of the trace norm that it is off by."""
        return self.amplification * (self.mapped.norm * self.residual + self.bound + CUT * self.top)

    @property
    def part(self) -> SectorPart:
        """The state with that error."""
        return SectorPart(self.mapped.basis, self.mapped.state_of(self.x), SectorError(self.off), self.top)


@dataclass
class Search:
    """The search for a periodic state.

    initial          where it starts; grows: whether the cut-off is automatic
    products, maps   of searches on fewer Fock states
    """

    clock: Clock
    period: float
    labels: Sequence[MomentLabel]
    tolerance: float
    representation: str
    initial: Initial
    grows: bool
    progress: Progress
    products: int = 0
    maps: int = 0

    def solved(self, model: Model) -> Solved:
        """The fixed point; ``model`` has the Fock states to begin with."""
        mapped = self._map(model, 1.0)
        x = mapped.started(self.initial)
        if self.grows:
            mapped, x = self._settled(mapped, x)
        for _ in range(_ATTEMPTS):
            solved = self._on(mapped, x)
            self.maps += solved.maps
            scale, x = self._scale(mapped.basis.model), solved.x
            if self.grows and solved.top > self._small(mapped, solved.amplification):
                mapped, x = self._elsewhere(mapped, x, solved.amplification)
            elif (
                scale * solved.amplification * (solved.bound + mapped.norm * solved.residual) > self.tolerance / 2 and mapped.rate > _FINEST
            ):
                mapped.rate /= 4 * solved.amplification
            else:
                break
        return solved

    def spent(self, solved: Solved) -> dict[str, Any]:
        """What the search has taken."""
        products = self.products + solved.mapped.spent
        unknowns = len(solved.x)
        return {"name": "taylor", "products": products, "maps": self.maps, "unknowns": unknowns}

    def _settled(self, mapped: PeriodMap, x: NDArray[Any]) -> tuple[PeriodMap, NDArray[Any]]:
        """A map on Fock states that hold the orbit of a state, before a fixed point is looked for; and the state a period later."""
        for _ in range(_ATTEMPTS):
            image = mapped(x, watched(mapped.basis.model, self.labels))
            self.maps += 1
            if mapped.top <= self._small(mapped, 1.0):
                return mapped, image
            mapped, x = self._elsewhere(mapped, x, 1.0)
        return mapped, x

    def _elsewhere(self, mapped: PeriodMap, x: NDArray[Any], amplification: float) -> tuple[PeriodMap, NDArray[Any]]:
        """The map and the state on more Fock states, or on others where these are fewer."""
        model = mapped.grown(self._small(mapped, amplification))
        self.progress(f"{' x '.join(str(mode.levels) for _, mode in modes_of_centre(model.centre))} levels")
        self.products += mapped.spent
        larger = self._map(model, amplification)
        return larger, continued(mapped, x, larger)

    def _map(self, model: Model, amplification: float) -> PeriodMap:
        rate = _SHARE * self.tolerance / (self._scale(model) * self.period * amplification)
        if block_by_block(model, self.representation, (0,) * len(model.charges)):
            return BlockMap(model, self.representation, Asked(self.labels, self.initial), self.clock, self.period, rate)
        return MatrixMap(model, self.representation, self.clock, self.period, rate)

    def _scale(self, model: Model) -> float:
        return max(label.norm(model) for label in self.labels)

    def _small(self, mapped: PeriodMap, amplification: float) -> float:
        """Population that the last Fock states may have."""
        return self.tolerance / (4 * CUT * amplification * self._scale(mapped.basis.model))

    def _on(self, mapped: PeriodMap, x: NDArray[Any]) -> Solved:
        allowed = max(mapped.rate * self.period / mapped.norm, 20 * _EPS * float(np.linalg.norm(x)))
        point = fixed_point(mapped, x, mapped.total, allowed)
        self.progress(f"{point.products} maps over a period, residual {point.residual:.1e}, {len(x):,} unknowns")
        model = mapped.basis.model
        image = mapped(point.x, watched(model, self.labels) if modes_of_centre(model.centre) else 0)
        residual = float(np.linalg.norm(image - point.x))
        return Solved(mapped, point.x, residual, point.amplification, mapped.bound, mapped.top, point.products + 1)
