"""Charged blocks beside a steady state: which elements of B rho C it can fill, that operator on them, and covectors of operators.

    |rho_ab|^2 <= P_a P_b

with the populations P of the state bounds what disturbs it, too: X = a rho evolves where the state is.  A window is the runs

    sqrt(P_a P_b) > eps max P

P must be of a window that has found itself.  One that is predicted and has not grown leaves 7e-4 of a laser's linewidth (N = 100).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from permsym.basis.basis import Basis
from permsym.basis.blocks import BlockRanges, Blocks
from permsym.basis.moves import Labels
from permsym.operators import ComplexArray, Product

EPS = 1e-12
"""Of the largest population.  Error of a linewidth, cavities of 20 to 100 emitters: 1e-10 of it, with 1e-10 a hundred times that."""
_CHUNK = 2**18  # labels at a time

Integers = NDArray[np.int64]
Terms = Mapping[Product, complex]


def window(neutral: Blocks, y: NDArray[np.float64] | ComplexArray, charge: tuple[int, ...], eps: float = EPS) -> Blocks:
    """The blocks of a charge that the populations of a state y on neutral blocks of one Dicke ensemble leave; an absorbing edge."""
    whole = Blocks.of(neutral.model, neutral.representation, charge=charge)
    N, levels = neutral.model.sizes[0], neutral.model.centre.levels
    position, block, level = neutral.populations
    P = np.zeros((N // 2 + 1, N + 1, levels))
    J, M = neutral.outer[1:3, block]
    P[J // 2, (J + M) // 2, level] = np.sqrt(np.abs(y[position]))
    least = eps * float(P.max()) ** 2
    d, J, M, other = whole.outer
    low, high = np.zeros_like(d), np.zeros_like(d)
    for difference in whole.kinds:
        mine = np.flatnonzero(d == difference)
        a, b = max(int(difference), 0), max(-int(difference), 0)
        row, ket, bra = J[mine] // 2, (J + M)[mine] // 2, (J + other)[mine] // 2
        low[mine], high[mine] = runs(P[row, ket, a : levels - b] * P[row, bra, b : levels - a] > least)
    some = high > low
    return Blocks.of(neutral.model, neutral.representation, BlockRanges(whole.outer[:, some], low[some], high[some]), "absorbing", charge)


def runs(mask: NDArray[np.bool_]) -> Integers:
    """(2, ...) first True along the last axis, and one past the last; (0, 0) where there is none."""
    some = mask.any(axis=-1)
    low = np.where(some, mask.argmax(axis=-1), 0)
    high = np.where(some, mask.shape[-1] - mask[..., ::-1].argmax(axis=-1), 0)
    return np.stack([low, high])


def applied(operator: Terms, basis: Basis, x: NDArray[np.float64] | ComplexArray, blocks: Blocks) -> ComplexArray:
    """Numbers (blocks.numbers,) of B rho, from the state x as its own basis holds it."""
    rho, result = basis.coefficients_of(x), np.zeros(blocks.numbers, dtype=complex)
    moves = [step for key, value in operator.items() for step in (basis.left(key) * value).steps]
    for mine, labels in _chunks(blocks):
        for step in moves:
            source = labels - np.array(step.shift)[:, None]
            position, conjugated = basis.index(source)
            some = np.flatnonzero(position >= 0)
            values = rho[position[some]]
            values = np.where(conjugated[some], values.conj(), values)
            result[mine][some] += step.factor * step.weight(source[:, some]) * values
    return result / _phases(blocks)


def covector(operator: Terms, blocks: Blocks) -> ComplexArray:
    """u (blocks.numbers,) with sum conj(u) y = tr A Y of an operator Y with the numbers y."""
    result = np.zeros(blocks.numbers, dtype=complex)
    for mine, labels in _chunks(blocks):
        for key, value in operator.items():
            for shift, weights in blocks.left(key).weights(labels).items():
                result[mine] += value * weights * blocks.trace(labels + np.array(shift)[:, None])
    return (result * _phases(blocks)).conj()


def _phases(blocks: Blocks) -> ComplexArray:
    return np.repeat(blocks.phase, np.diff(blocks.offset))


def _chunks(blocks: Blocks) -> Iterator[tuple[slice, Labels]]:
    """Numbers and their labels, a few hundred thousand at a time."""
    bounds = np.unique(np.append(np.searchsorted(blocks.offset, np.arange(0, blocks.numbers, _CHUNK)), len(blocks.low)))
    for first, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        yield slice(int(blocks.offset[first]), int(blocks.offset[stop])), blocks.labels_of(first, stop)
