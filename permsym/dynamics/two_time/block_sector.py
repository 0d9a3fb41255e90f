"""exp(tau L) X on blocks, by products alone.

Vectors are real, pairs of reals or complex: in the neutral sector L is linear over real numbers only, and a complex number is the pair
of its real and imaginary parts.  What a window or a cut-off drops of x in a unit of time is

    (L' - L) x

with L' on what one move reaches outside, and on as many levels more as one move climbs.  Its trace norm serves a cut-off.  At the edge of
a window it is 1e5 to 1e9 times the error: small coherences are many, and A sees little of them.  There X is followed on both sets, and how
far the values on the smaller one are off is what those on the larger one may be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import kernels, machine
from permsym.basis.blocks import Blocks
from permsym.basis.charged_blocks import chunks
from permsym.dynamics.krylov import Step, Subspace, steps, subspace
from permsym.dynamics.propagator import VECTORS
from permsym.dynamics.two_time.regression import Path, Real, followed, rate_of
from permsym.errors import TooLarge
from permsym.matrixfree import BlockLiouvillian
from permsym.steady.cavity.beyond import Wider
from permsym.text import readable

FEWEST = 10  # vectors of a subspace where there is no room for more: steps half as long for the same number of products
OTHERS = 12  # vectors beside those: X, rho, covector, error, and what leaves
_OF_ROOM = 0.5  # of what is free, for a subspace
_LISTS = 140  # bytes a number: links of L and of L', and its diagonal


class BlockSector:
    """L on blocks, and what is lost at their edges.

    frame   i Omega with exp(tau L) = exp(i Omega tau) exp(tau L of the operator), of a charge in a rotating frame
    pairs   whether vectors are pairs of reals
    narrow  the same on the window that the blocks are one move wider than; None: these are all blocks
    """

    def __init__(
        self, operator: BlockLiouvillian, dtype: np.dtype[Any], frame: complex = 0j, narrow: BlockLiouvillian | None = None
    ) -> None:
        self.operator, self.frame = operator, frame
        self.narrow = None if narrow is None else BlockSector(narrow, dtype, frame)
        self.pairs = operator.blocks.hermitian and dtype.kind == "c"
        self._own = np.flatnonzero(operator.blocks.own_conjugate)
        self._leak: _Leak | None = None

    @property
    def blocks(self) -> Blocks:
        return self.operator.blocks

    def vector(self, y: NDArray[Any]) -> NDArray[Any]:
        """Numbers as this sector's vectors have them."""
        return y.view(float) if self.pairs else y

    def numbers(self, vector: NDArray[Any]) -> NDArray[Any]:
        """The inverse of :meth:`vector`."""
        return np.ascontiguousarray(vector).view(complex) if self.pairs else vector

    def path(self, x: NDArray[Any], observed: NDArray[np.complex128], times: Real, error: float) -> Path:
        if self.narrow is not None:
            wide = self.values(x, observed, times, error)
            thin = self.narrow.values(self._restricted(x), self._restricted(observed), times, error)
            return replace(wide, edge=np.abs(wide.values - thin.values), products=wide.products + thin.products)
        if self._leak is None:
            self._leak = _Leak(self)
        return self._path(x, observed, times, error, self._leak)

    def values(self, x: NDArray[Any], observed: NDArray[np.complex128], times: Real, error: float) -> Path:
        """The same where nobody asks what leaves."""
        return self._path(x, observed, times, error, lambda step: 0.0)

    def _path(self, x: NDArray[Any], observed: NDArray[np.complex128], times: Real, error: float, lost: Any) -> Path:
        end, norm = float(times[-1]), self.blocks.trace_norm
        most = _room(x)

        def space(state: NDArray[Any]) -> Subspace:
            return subspace(self._product, state, most, norm)

        moves = steps(space, x, 0.0, end, rate_of(error, norm, x, end)) if end and x.any() else ()
        path = followed(moves, x, observed, times, lost)
        path.values[:] *= np.exp(self.frame * times)
        return path

    def _restricted(self, vector: NDArray[Any]) -> NDArray[Any]:
        """A vector, or a covector, of the narrow set."""
        assert self.narrow is not None
        rows = vector.reshape(self.blocks.numbers, -1)
        return np.concatenate([rows[self.blocks.index(labels)[0]] for _, labels in chunks(self.narrow.blocks)]).ravel()

    def _product(self, v: NDArray[Any]) -> NDArray[Any]:
        y = self.operator.matvec(self.numbers(v))
        if self.pairs:  # rounding leaves the hermitian operators otherwise
            kernels.real_parts(y, self._own, self.blocks.offset)
        return self.vector(y)


class _Leak:
    """Trace norm of what leaves in a step, from above as far as three times of it tell."""

    def __init__(self, sector: BlockSector) -> None:
        self.sector = sector
        wider = Wider(sector.operator)
        self.weights = _leaving(wider)
        self.wide = wider.operator() if self.weights.any() else sector.operator
        self._last: tuple[float, float] = -1.0, 0.0

    def __call__(self, step: Step) -> float:
        if not self.weights.any():
            return 0.0
        half, end = (self._rate(step.space.vectors @ step.space.weights(share * step.length)) for share in (0.5, 1.0))
        at, before = self._last
        first = before if at == step.start else self._rate(step.space.vectors @ step.space.weights(0.0))
        self._last = step.start + step.length, end
        return step.length / 2 * (max(first, half) + max(half, end))

    def _rate(self, vector: NDArray[Any]) -> float:
        sector = self.sector
        y, blocks = sector.numbers(vector), self.wide.blocks
        lost = self.wide.matvec(sector.blocks.embedded(y, blocks))
        lost -= sector.blocks.embedded(sector.operator.matvec(y), blocks)
        return float(self.weights @ np.abs(lost))


def _leaving(wider: Wider) -> NDArray[np.float64]:
    """(numbers of the larger set,) trace norm of each element outside, and at levels where cut operators differ; others 0.

    An element of the neutral sector stands for two.
    """
    own, wide = wider.blocks, wider.wide
    if wide is own:
        return np.zeros(0)
    result = np.zeros(wide.numbers)
    twice = 2.0 if own.hermitian else 1.0
    for mine, labels in chunks(wide):
        outside = own.index(labels)[0] < 0
        at_top = labels[:2].max(axis=0) >= wider.top
        result[mine] = np.where(outside | at_top, twice * wide.element_norms(labels), 0.0)
    return result


def _room(x: NDArray[Any]) -> int:
    """Vectors of a subspace that fit into what is free now."""
    return int(np.clip(_OF_ROOM * machine.available_bytes() / max(x.nbytes, 1) - OTHERS, FEWEST, VECTORS))


def check(numbers: int, real: bool) -> None:
    """TooLarge before blocks are made that cannot be propagated in what is free now."""
    needed = numbers * (1.0 if real else 2.0) * (8.0 * (FEWEST + OTHERS) + _LISTS)
    free = machine.available_bytes()
    if needed > free:
        raise TooLarge(
            f"a two-time function needs about {readable(needed)} here ({numbers:,} numbers of X = B rho C), but {readable(free)} are "
            "available; take fewer satellites, or raise PERMSYM_MEMORY if there is more",
            needed=needed,
            available=free,
        )
