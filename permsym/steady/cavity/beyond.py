"""What a window of blocks or a cut-off left out: a residual on a larger set of labels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import Blocks
from permsym.matrixfree import BlockLiouvillian
from permsym.sites import Boson
from permsym.steady.scaling.levels import reach

_CONTINUED = 0.3  # relative error of dual vectors next to a window: mostly 0.13, with two-photon coupling 0.42; doubled later


class Weighed(NamedTuple):
    """A residual weighed with a dual vector; see :func:`permsym.kernels.weigh`."""

    inside: float
    dropped: float
    signed: float
    elsewhere: float


class Wider:
    """What one move of a window's elements reaches, and more levels of the boson.

    blocks   those that were solved on
    wide     the larger set
    """

    def __init__(self, operator: BlockLiouvillian) -> None:
        self._own, model = operator, operator.model
        b = self.blocks = operator.blocks
        more = reach(model) if isinstance(model.centre, Boson) else 0
        levels = model.centre.levels
        self.top = levels - more if more else levels + 1
        if more == 0 and b.boundary == "closed":
            self.wide = b
        else:
            wider = Blocks.of(model.with_levels(levels + more) if more else model, b.representation, charge=b.charge, populated=b.populated)
            self.wide = wider if b.boundary == "closed" else operator.reached(wider)
        found, conjugated = b.find(self.wide.outer)
        self.solved = (found >= 0) & ~conjugated
        self.block = np.where(self.solved, found, operator.neighbour(self.wide.outer))

    def operator(self) -> BlockLiouvillian:
        """The Liouvillian on the larger set."""
        if self.wide is self.blocks:
            return self._own
        whole = BlockLiouvillian(self.wide)
        if whole.dtype.kind == "f" and self._own.dtype.kind == "c":
            return whole.part(whole.model.terms, real=False)
        assert whole.dtype == self._own.dtype
        return whole

    def weighed(self, residual: NDArray[Any], z: NDArray[Any]) -> Weighed:
        """A residual on the larger set, with z continued from the blocks that were solved on."""
        return Weighed(*map(float, kernels.weigh(residual, z, self.top, *self._sets)))

    def folded(self, residual: NDArray[Any]) -> NDArray[Any]:
        """c (numbers,) with c . z = residual . z for every z that is continued beyond a range."""
        result = np.zeros(self.blocks.numbers, dtype=residual.dtype)
        kernels.fold(residual, result, *self._sets)
        return result

    @property
    def _sets(self) -> tuple[kernels.Wide, kernels.Narrow]:
        b, w = self.blocks, self.wide
        wide = kernels.Wide(w.low, w.offset, np.abs(w.difference), self.solved, self.block)
        return wide, kernels.Narrow(b.low, b.high, b.offset)


class Beyond:
    """The residual of a solution on a larger set of labels, r = L' x of a steady state."""

    def __init__(self, wider: Wider, residual: NDArray[Any]) -> None:
        self.wider, self.residual = wider, residual

    @classmethod
    def of(cls, operator: BlockLiouvillian, x: NDArray[Any]) -> Beyond:
        wider = Wider(operator)
        return cls(wider, wider.operator().matvec(operator.blocks.embedded(x, wider.wide)))

    def weighed(self, z: NDArray[Any]) -> tuple[float, float]:
        """(sum of |r| |z| over what was solved on, estimate of the error z . r from what was cut)."""
        inside, dropped, signed, elsewhere = self.wider.weighed(self.residual, z)
        if self.wider.blocks.boundary == "closed":
            return inside, 2 * (dropped + elsewhere)
        # z is smooth across a window's edge: what is lost beyond it cancels as it does in z . r
        return inside, abs(signed) + _CONTINUED * dropped + elsewhere
