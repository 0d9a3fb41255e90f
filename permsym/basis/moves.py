"""Moves: how a superoperator acts on basis labels.

A move shifts a label by a fixed vector and multiplies by a weight that depends on the label it starts from:

    rho_l  ->  factor * weight(l) * rho_l   added at   l + shift

Superoperators are sums and compositions of moves.  Compositions are formed *before* any label is looked up: products
of matrices that were truncated to a sector or a window would be wrong at its edge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
"""Basis labels, shape (columns, n): one column of the array for each basis element."""

Values = NDArray[Any]
Weight = Callable[[Labels], Values]
Shift = tuple[int, ...]

ENTRY_ROUNDING = 12
"""Roundings, of eps / 2 each, in the weight of a move: up to 7 in matrix elements, 2 in factors, 3 where terms add up."""


@dataclass(frozen=True)
class Move:
    """One move: where to, and with which weight.

    size   sum of the moduli of what a weight is the sum of, real; None: the weight's own modulus
    """

    shift: Shift
    factor: complex
    weight: Weight
    size: Weight | None = None

    def sized(self, labels: Labels) -> Values:
        """The sum of the moduli of the summands of :attr:`weight`."""
        return np.abs(self.weight(labels)) if self.size is None else self.size(labels)


@dataclass(frozen=True)
class Moves:
    """A superoperator as a sum of moves; ``a @ b`` applies b first."""

    steps: tuple[Move, ...] = ()

    def __add__(self, other: Moves) -> Moves:
        return Moves(self.steps + other.steps)

    def __mul__(self, factor: complex) -> Moves:
        return Moves(tuple(replace(step, factor=step.factor * factor) for step in self.steps))

    __rmul__ = __mul__

    def __matmul__(self, first: Moves) -> Moves:
        return Moves(tuple(_composed(second, before) for second in self.steps for before in first.steps))

    def embedded(self, start: int, columns: int) -> Moves:
        """The same moves on columns start, start+1, ... of longer labels."""
        width = len(self.steps[0].shift) if self.steps else 0
        mine = slice(start, start + width)

        def widened(step: Move) -> Move:
            shift = (0,) * start + step.shift + (0,) * (columns - start - width)
            return moved(step, shift, mine)

        return Moves(tuple(widened(step) for step in self.steps))

    def weights(self, labels: Labels) -> dict[Shift, Values]:
        """Total weight of each distinct shift, evaluated on all labels at once."""
        return {shift: total for shift, (total, _) in self.sums(labels).items()}

    def sums(self, labels: Labels) -> dict[Shift, tuple[Values, Values]]:
        """Total weight of each distinct shift, and its :func:`size`: rounding is a part of that, also where summands cancel."""
        merged: dict[Shift, tuple[Values, Values]] = {}
        for step in self.steps:
            factor = step.factor if step.factor.imag else step.factor.real
            weight = step.weight(labels)
            value = factor * weight
            mine = size(value) if step.size is None else _summands(factor, np.iscomplexobj(weight), step.size(labels))
            before = merged.get(step.shift)
            merged[step.shift] = (value, mine) if before is None else (before[0] + value, before[1] + mine)
        return merged


def size(values: Values, modulus: Values | None = None) -> Values:
    """|Re w| + i |Im w|; where w has both parts, each may have the rounding of |w|.  Real where w is.

    modulus   what stands for |w|: the sum of the moduli of its summands
    """
    modulus = np.abs(values) if modulus is None else modulus
    if not np.iscomplexobj(values):
        return modulus
    return np.where(values.real != 0, modulus, 0) + 1j * np.where(values.imag != 0, modulus, 0)


def _summands(factor: complex, mixed: bool, sizes: Values) -> Values:
    """:func:`size` for a factor times a weight whose summands have these moduli; ``mixed``: the weight is complex."""
    if mixed:
        return (1 + 1j) * (abs(factor) * sizes)
    return abs(factor.real) * sizes + 1j * (abs(factor.imag) * sizes) if factor.imag else abs(factor) * sizes


def moved(step: Move, shift: Shift, rows: Any) -> Move:
    """The same move of some rows of longer labels."""
    sized = None if step.size is None else (lambda labels: step.sized(labels[rows]))
    return Move(shift, step.factor, lambda labels: step.weight(labels[rows]), sized)


def identity(columns: int) -> Moves:
    """The superoperator that changes nothing."""
    return Moves((Move((0,) * columns, 1.0, lambda labels: np.ones(labels.shape[1])),))


def _composed(second: Move, first: Move) -> Move:
    step = np.array(first.shift)[:, None]
    shift = tuple(a + b for a, b in zip(first.shift, second.shift, strict=True))

    def product(a: Weight, b: Weight) -> Weight:
        return lambda labels: b(labels) * a(labels + step if any(first.shift) else labels)

    sizes = None if first.size is second.size is None else product(second.sized, first.sized)
    return Move(shift, first.factor * second.factor, product(second.weight, first.weight), sizes)
