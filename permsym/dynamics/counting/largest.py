"""How often a jump could happen at most, and what levels above a boson's cut-off would add."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.operators import Monomial, Product, as_array
from permsym.sites import Boson
from permsym.steady.state import State
from permsym.terms import Term


def largest_rate(model: Model, jump: Term, ladder: float | None = None) -> float:
    """A bound of the norm of J, rate * |x^dag x|, on a model's levels.

    ladder   the norm of a ladder operator; None: (levels - 1)^(1/2) + |alpha|
    """
    individual, centre = jump.kind == "individual", model.centre
    if ladder is None:
        ladder = math.sqrt(centre.levels - 1) + abs(centre.displacement) if isinstance(centre, Boson) else 1.0

    def norm(key: Product) -> float:
        size = 1.0
        if key.centre is not None:
            size = ladder ** sum(key.centre) if isinstance(key.centre, Monomial) else float(np.linalg.norm(as_array(key.centre), 2))
        for name, matrix in key.satellites:
            size *= float(np.linalg.norm(as_array(matrix), 2)) * (1 if individual else model.sizes[model.ensemble(name)])
        return size

    copies = max(model.sizes[model.ensemble(name)] for key, _ in jump.structure for name, _ in key.satellites) if individual else 1
    return float(abs(jump.coefficient) * copies * sum(abs(value) * norm(key) for key, value in jump.structure) ** 2)


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
        rate = largest_rate(self.state.model, self.jump, ladder=1.0)
        return rate * self.state.above_the_cutoff(ladders, fock=self.state.basis.centre_populations(v))
