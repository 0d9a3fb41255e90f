"""How often a jump could happen above a boson's cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.operators import Monomial, Product, as_array
from permsym.steady.state import State
from permsym.terms import Term


@dataclass(frozen=True)
class Tail:
    """What levels above the cut-off would add to tr J v."""

    state: State
    jump: Term

    def above(self, v: NDArray[Any]) -> float:
        """An estimate for v as the state's basis holds it; 0 without a boson."""
        ladders = 2 * max((sum(key.centre) for key, _ in self.jump.structure if isinstance(key.centre, Monomial)), default=0)
        if not ladders:
            return 0.0
        return self._rate * self.state.above_the_cutoff(ladders, fock=self.state.basis.centre_populations(v))

    @property
    def _rate(self) -> float:
        """The rate of x^dag x but for its ladder operators, at most."""
        individual = self.jump.kind == "individual"
        norm = sum(abs(value) * self._norm(key, individual) for key, value in self.jump.structure)
        copies = max(self.state.model.sizes) if individual else 1
        return float(abs(self.jump.coefficient) * copies * norm**2)

    def _norm(self, key: Product, individual: bool) -> float:
        norm = 1.0
        for name, matrix in key.satellites:
            copies = 1 if individual else self.state.model.sizes[self.state.model.ensemble(name)]
            norm *= copies * float(np.linalg.norm(as_array(matrix), 2))
        return norm
