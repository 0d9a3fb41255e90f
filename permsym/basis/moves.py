"""Moves: how a superoperator acts on basis labels.

A move shifts a label by a fixed vector and multiplies by a weight that depends on the label it starts from:

    rho_l  ->  factor * weight(l) * rho_l   added at   l + shift

Superoperators are sums and compositions of moves.  Compositions are formed *before* any label is looked up: products
of matrices that were truncated to a sector or a window would be wrong at its edge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
"""Basis labels, shape (columns, n): one column of the array for each basis element."""

Values = NDArray[Any]
Weight = Callable[[Labels], Values]
Shift = tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """One move: where to, and with which weight."""

    shift: Shift
    factor: complex
    weight: Weight


@dataclass(frozen=True)
class Moves:
    """A superoperator as a sum of moves; ``a @ b`` applies b first."""

    steps: tuple[Move, ...] = ()

    def __add__(self, other: Moves) -> Moves:
        return Moves(self.steps + other.steps)

    def __mul__(self, factor: complex) -> Moves:
        return Moves(tuple(Move(step.shift, step.factor * factor, step.weight) for step in self.steps))

    __rmul__ = __mul__

    def __matmul__(self, first: Moves) -> Moves:
        return Moves(tuple(_composed(second, before) for second in self.steps for before in first.steps))

    def embedded(self, start: int, columns: int) -> Moves:
        """The same moves on columns start, start+1, ... of longer labels."""
        width = len(self.steps[0].shift) if self.steps else 0
        mine = slice(start, start + width)

        def widened(step: Move) -> Move:
            shift = (0,) * start + step.shift + (0,) * (columns - start - width)
            return Move(shift, step.factor, lambda labels: step.weight(labels[mine]))

        return Moves(tuple(widened(step) for step in self.steps))

    def weights(self, labels: Labels) -> dict[Shift, Values]:
        """Total weight of each distinct shift, evaluated on all labels at once."""
        merged: dict[Shift, Values] = {}
        for step in self.steps:
            factor = step.factor if step.factor.imag else step.factor.real
            value = factor * step.weight(labels)
            merged[step.shift] = merged[step.shift] + value if step.shift in merged else value
        return merged


def identity(columns: int) -> Moves:
    """The superoperator that changes nothing."""
    return Moves((Move((0,) * columns, 1.0, lambda labels: np.ones(labels.shape[1])),))


def _composed(second: Move, first: Move) -> Move:
    step = np.array(first.shift)[:, None]
    shift = tuple(a + b for a, b in zip(first.shift, second.shift, strict=True))
    if not any(first.shift):
        return Move(shift, first.factor * second.factor, lambda labels: first.weight(labels) * second.weight(labels))
    return Move(shift, first.factor * second.factor, lambda labels: first.weight(labels) * second.weight(labels + step))
