"""X = B rho C on the blocks of a cavity's charge sector, for a path by products alone.

An operator of the neutral sector is two hermitian ones,

    X = H + i H',    H = (X + X^dag) / 2,    H' = (X - X^dag) / 2i,    X^dag = C^dag rho B^dag

of which blocks hold one element of each conjugate pair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.blocks import Blocks
from permsym.basis.charged_blocks import IDENTITY, applied, left_out, weights, window
from permsym.basis.representations import dimension
from permsym.dynamics.spectra.cavity import frame_of, turned
from permsym.dynamics.two_time.block_sector import BlockSector, check
from permsym.dynamics.two_time.source import operator_norm
from permsym.matrixfree import BlockLiouvillian
from permsym.operators import Operator
from permsym.rotating import in_rotating_frame
from permsym.steady.cavity.beyond import Wider
from permsym.steady.cavity.solution import BlockSolution
from permsym.steady.scaling.decoupling import Decoupling
from permsym.steady.state import State

EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class _Part:
    """X, or one of its two hermitian parts.

    half   1 for H, 1j for H'; None: X itself, of a charged sector
    """

    right: Operator
    left: Operator
    half: complex | None

    def of(self, basis: Basis, y: NDArray[Any], blocks: Blocks) -> NDArray[np.complex128]:
        """Its numbers, from an operator like rho with the numbers y on a basis."""
        x = applied(self.right.terms, basis, y, blocks, self.left.terms)
        if self.half is None:
            return x
        mirrored = applied(self.left.dag().terms, basis, y, blocks, self.right.dag().terms)
        return np.asarray((x + self.half**2 * mirrored) / (2 * self.half))


@dataclass(frozen=True)
class BlockSource:
    """A part of X in one charge sector; :class:`permsym.dynamics.two_time.source.Source` says what its fields are.

    part, turn   how X becomes of rho, and the phase that was taken out of it
    rho          (n,) the state itself as this sector has it; None in a charged sector
    """

    sector: BlockSector
    x: NDArray[Any]
    observed: NDArray[np.complex128]
    lost: float
    norm: float
    part: _Part
    turn: complex
    rho: NDArray[Any] | None

    @property
    def dimension(self) -> int:
        return len(self.x)

    @property
    def charge(self) -> tuple[int, ...]:
        return self.sector.blocks.charge

    @property
    def value(self) -> complex:
        """Its part of <C A B>, at tau = 0."""
        return complex(self.observed @ self.x)

    @property
    def moving(self) -> tuple[NDArray[Any], complex]:
        """What of X decays, and the value of what does not."""
        return self.decaying(self.x)

    def decaying(self, x: NDArray[Any]) -> tuple[NDArray[Any], complex]:
        """The same of any vector of the sector."""
        if self.rho is None:
            return x, 0j
        share = self.trace_of(x)
        return x - share * self.rho, share * complex(self.observed @ self.rho)

    def trace_of(self, x: NDArray[Any]) -> float:
        """tr X; zero in a charged sector."""
        return 0.0 if self.rho is None else float(self._trace @ self.sector.numbers(x)[self.sector.blocks.populations[0]].real)

    @cached_property
    def _trace(self) -> NDArray[np.float64]:
        return self.sector.blocks.population_traces

    def changed(self, basis: Basis, delta: NDArray[Any]) -> tuple[NDArray[Any], complex]:
        """What changes of :attr:`moving`, to first order, as rho changes by an operator without trace."""
        x = self._fitted(self.part.of(basis, delta, self.sector.blocks))
        if self.rho is None:
            return x, 0j
        direct = self._fitted(applied(IDENTITY, basis, delta, self.sector.blocks))
        share, whole = self.trace_of(x), self.trace_of(self.x)
        limit = self.observed @ (share * self.rho + whole * direct)
        return x - share * self.rho - whole * direct, complex(limit)

    def _fitted(self, numbers: NDArray[np.complex128]) -> NDArray[Any]:
        return _fitted(self.sector, numbers / self.turn, self.x.dtype.kind == "f" and not self.sector.pairs)


def block_sources(state: State, operators: tuple[Operator, Operator, Operator], more: int = 0) -> list[BlockSource]:
    """The parts of X = B rho C that A sees, beside the steady state of a cavity.

    operators   A, B and C on the sites of the state's model
    more        levels of the mode beyond those of the state

    TooLarge before anything is made that does not fit.
    """
    of, right, left = operators
    result = []
    for charge in sorted({tuple(-q for q in charge) for charge in state.model.charges_of(of)}):
        every = _liouvillians(state, charge, more)
        operator = every[0]
        seen = weights(of.terms, operator.blocks)
        halves: tuple[complex | None, ...] = (None,) if any(charge) else (1, 1j) if left - right.dag() else (1,)
        for half in halves:
            source = _source(state, every, _Part(right, left, half), seen)
            if source.x.any() and source.observed.any():
                result.append(replace(source, norm=operator_norm(operator.blocks.model, of)))
    return result


def _source(
    state: State,
    operators: tuple[BlockLiouvillian, BlockLiouvillian | None],
    part: _Part,
    seen: tuple[NDArray[np.complex128], NDArray[np.complex128]],
) -> BlockSource:
    operator, narrow = operators
    blocks, turn = operator.blocks, 1 + 0j
    numbers, real = part.of(state.basis, state.x, blocks), False
    if operator.dtype.kind == "f":
        if part.half is None:
            one = turned(numbers)
            numbers, turn, real = (numbers, turn, False) if one is None else (*one, True)
        else:
            real = bool(np.abs(numbers.imag).max(initial=0.0) <= 64 * EPS * np.abs(numbers).max(initial=0.0))
    frame = frame_of(state.model, blocks) if any(blocks.charge) else 0j
    sector = BlockSector(operator, np.dtype(float if real else complex), frame, narrow)
    a, b = seen
    factor = turn * (1 if part.half is None else part.half)
    observed = factor * (np.stack([a + b, 1j * (a - b)], axis=1).ravel() if sector.pairs else a + b)
    rho = None if any(blocks.charge) else _fitted(sector, applied(IDENTITY, state.basis, state.x, blocks), real)
    lost = left_out(part.right.terms, state.basis, state.x, blocks, part.left.terms)
    return BlockSource(sector, _fitted(sector, numbers, real), observed, lost, 1.0, part, turn, rho)


def _fitted(sector: BlockSector, numbers: NDArray[Any], real: bool) -> NDArray[Any]:
    """Numbers as vectors of a sector, real ones where they can be."""
    return numbers.real.copy() if real else sector.vector(numbers)


def _liouvillians(state: State, charge: tuple[int, ...], more: int) -> tuple[BlockLiouvillian, BlockLiouvillian | None]:
    """L on the blocks of a charge beside a state, and on the smaller set that one move makes it of where the state has a window.

    Without a window: on all blocks, and more levels.
    """
    basis, solution, real = state.basis, state.solution, Decoupling(state.model).real
    reusable = isinstance(solution, BlockSolution) and not any(charge) and not more and not basis.lacks_elements
    neutral = solution.operator if isinstance(solution, BlockSolution) and reusable else None
    if not isinstance(basis, Blocks) or basis.boundary != "reflecting":
        model = state.model.with_levels(state.model.centre.levels + more) if more else state.model
        unknowns = dimension(model, basis.representation, charge)
        check(unknowns if any(charge) else (unknowns + 1) // 2, real)
        return neutral or BlockLiouvillian(Blocks.of(model, basis.representation, charge=charge), in_rotating_frame(model)), None
    check(basis.numbers * (2 if any(charge) else 1), real)
    narrow = neutral or BlockLiouvillian(window(basis, state.x, charge), in_rotating_frame(state.model))
    wider = Wider(narrow)
    check(wider.wide.numbers, real)
    return wider.operator(), narrow
