"""How often a jump could happen at most, and what levels above the modes' cut-offs would add."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.model import Model
from permsym.operators import Monomial, Product, as_array
from permsym.several_sites import modes_of_centre
from permsym.sites import Boson
from permsym.steady.state import State
from permsym.terms import Term


def largest_rate(model: Model, jump: Term, ladder: float | None = None) -> float:
    """A bound of the norm of J, rate * |x^dag x|, on a model's levels.

    ladder   the norm of a ladder operator; None: (levels - 1)^(1/2) + |alpha| of each mode
    """
    individual = jump.kind == "individual"

    def norm(key: Product) -> float:
        size = 1.0
        for site, one in zip(model.centre_sites, model.on_centre_sites(key), strict=True):
            if isinstance(one, Monomial):
                assert isinstance(site, Boson)
                size *= (math.sqrt(site.levels - 1) + abs(site.displacement) if ladder is None else ladder) ** sum(one)
            elif one is not None:
                size *= float(np.linalg.norm(as_array(one), 2))
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
        """An estimate for v as the state's basis holds it; 0 without a mode."""
        model = self.state.model
        ones = [model.on_centre_sites(key) for key, _ in self.jump.structure]
        ladders = {at: 2 * max(sum(each[at] or ()) for each in ones) for at, _ in modes_of_centre(model.centre)}  # type: ignore[arg-type]
        if not any(ladders.values()):
            return 0.0
        return largest_rate(model, self.jump, ladder=1.0) * self.state.above_the_cutoffs(ladders, vector=v)
