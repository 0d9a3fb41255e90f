"""What a window of blocks or a cut-off left out: the residual of the state on a larger set of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import Blocks
from permsym.matrixfree import BlockLiouvillian
from permsym.model import Model
from permsym.sites import Boson
from permsym.steady.scaling.levels import reach

_CONTINUED = 0.3  # relative error of dual vectors next to a window: mostly 0.13, with two-photon coupling 0.42; doubled later


class Beyond:
    """The residual r = L' x on a larger set of labels: what one move of a window's elements reaches, and more levels of the boson."""

    def __init__(self, operator: BlockLiouvillian, x: NDArray[Any], model: Model) -> None:
        b = self.blocks = operator.blocks
        more = reach(model) if isinstance(model.centre, Boson) else 0
        levels = model.centre.levels
        self.top = levels - more if more else levels + 1
        if more == 0 and b.boundary == "closed":
            self.wide, self.residual = b, operator.matvec(x)
        else:
            wider = Blocks.of(model.with_levels(levels + more) if more else model, b.representation)
            self.wide = wider if b.boundary == "closed" else operator.reached(wider)
            whole = BlockLiouvillian(self.wide)
            assert whole.dtype == operator.dtype
            self.residual = whole.matvec(b.embedded(x, self.wide))
        found, conjugated = b.find(self.wide.outer)
        self.solved = (found >= 0) & ~conjugated
        self.block = np.where(self.solved, found, operator.neighbour(self.wide.outer))

    def weighed(self, z: NDArray[Any]) -> tuple[float, float]:
        """(sum of |r| |z| over what was solved on, estimate of the error z . r from what was cut), see :func:`permsym.kernels.weigh`."""
        b, w = self.blocks, self.wide
        wide = kernels.Wide(w.low, w.offset, np.abs(w.difference), self.solved, self.block)
        narrow = kernels.Narrow(b.low, b.high, b.offset)
        inside, dropped, signed, elsewhere = map(float, kernels.weigh(self.residual, z, self.top, wide, narrow))
        if b.boundary == "closed":
            return inside, 2 * (dropped + elsewhere)
        # z is smooth across a window's edge: what is lost beyond it cancels as it does in z . r
        return inside, abs(signed) + _CONTINUED * dropped + elsewhere
