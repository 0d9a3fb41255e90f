"""Blocks beside a steady state: which elements of B rho C a charge can fill, that operator on them, and covectors of operators.

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
from permsym.basis.centre import CentrePart
from permsym.basis.moves import Labels, Move
from permsym.operators import ComplexArray, Monomial, Product

EPS = 1e-12
"""Of the largest population.  Error of a linewidth, cavities of 20 to 100 emitters: 1e-10 of it, with 1e-10 a hundred times that."""
_CHUNK = 2**18  # labels at a time

Integers = NDArray[np.int64]
Terms = Mapping[Product, complex]
IDENTITY: Terms = {Product(): 1}


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


def applied(operator: Terms, basis: Basis, x: NDArray[np.float64] | ComplexArray, blocks: Blocks, left: Terms = IDENTITY) -> ComplexArray:
    """Numbers (blocks.numbers,) of B rho C, from the state x as its own basis holds it, with C = ``left``.

    Of a boson the blocks may have more levels than the state; what is not on the blocks is left out, see :func:`left_out`.
    """
    rho, result = basis.coefficients_of(x), np.zeros(blocks.numbers, dtype=complex)
    moves = _moves(operator, left, blocks)
    for mine, labels in chunks(blocks):
        for step in moves:
            source = labels - np.array(step.shift)[:, None]
            position, conjugated = basis.index(source)
            some = np.flatnonzero(position >= 0)
            values = rho[position[some]]
            values = np.where(conjugated[some], values.conj(), values)
            result[mine][some] += step.factor * step.weight(source[:, some]) * values
    return result / _phases(blocks)


def left_out(operator: Terms, basis: Basis, x: NDArray[np.float64] | ComplexArray, blocks: Blocks, left: Terms = IDENTITY) -> float:
    """Bound of the trace norm of what B rho C has in the charge sector of some blocks, but not on them."""
    rho, total = np.abs(basis.coefficients_of(x)), 0.0
    climbed = [key.centre.p for key in operator if isinstance(key.centre, Monomial)]
    climbed += [key.centre.q for key in left if isinstance(key.centre, Monomial)]
    model = blocks.model.with_levels(blocks.model.centre.levels + max(climbed)) if any(climbed) else blocks.model
    space = Basis(model, [CentrePart(model.centre), *blocks.parts[1:]], blocks.representation, blocks.charge)
    moves = _moves(operator, left, space)
    for some, labels in chunks(basis):
        size = rho[some]
        mirrored = basis.conjugate(labels)
        pairs = (labels != mirrored).any(axis=0)
        labels, size = np.concatenate([labels, mirrored[:, pairs]], axis=1), np.concatenate([size, size[pairs]])
        for step in moves:
            target = labels + np.array(step.shift)[:, None]
            mine = np.flatnonzero(_charged(space, target) & (blocks.index(target)[0] < 0))
            lost = np.abs(step.factor * step.weight(labels[:, mine])) * size[mine]
            total += float(blocks.element_norms(target[:, mine]) @ lost)
    return total


def weights(operator: Terms, blocks: Blocks) -> tuple[ComplexArray, ComplexArray]:
    """(a, b), (blocks.numbers,) each, with tr A Y = sum a y + b conj(y) of an operator Y with the numbers y; b = 0 in a charged sector."""
    direct, mirrored = np.zeros(blocks.numbers, dtype=complex), np.zeros(blocks.numbers, dtype=complex)
    for mine, labels in chunks(blocks):
        direct[mine] = _traced(operator, blocks, labels)
        if blocks.hermitian:
            other = blocks.conjugate(labels)
            pairs = np.flatnonzero((labels != other).any(axis=0))
            mirrored[mine][pairs] = _traced(operator, blocks, other[:, pairs])
    phases = _phases(blocks)
    return direct * phases, mirrored * phases.conj()


def covector(operator: Terms, blocks: Blocks) -> ComplexArray:
    """u (blocks.numbers,) of a charged sector with sum conj(u) y = tr A Y of an operator Y with the numbers y."""
    return weights(operator, blocks)[0].conj()


def _traced(operator: Terms, blocks: Blocks, labels: Labels) -> ComplexArray:
    result = np.zeros(labels.shape[1], dtype=complex)
    for key, value in operator.items():
        for shift, factors in blocks.left(key).weights(labels).items():
            result += value * factors * blocks.trace(labels + np.array(shift)[:, None])
    return result


def _moves(right: Terms, left: Terms, space: Basis) -> list[Move]:
    """rho -> B rho C."""
    products = ((space.left(b) @ space.right(c)) * (x * y) for b, x in right.items() for c, y in left.items())
    return [step for each in products for step in each.steps]


def _charged(space: Basis, labels: Labels) -> NDArray[np.bool_]:
    """Which labels, on a lattice or beyond it, are of the space's charge."""
    differences = [part.difference(labels[mine]) for part, mine in zip(space.parts, space.slices, strict=True)]
    inside = np.ones(labels.shape[1], dtype=bool)
    for charge, value in zip(space.model.charges, space.charge, strict=True):
        inside &= sum(w * d for w, d in zip(charge, differences, strict=True)) == value
    return inside


def _phases(blocks: Blocks) -> ComplexArray:
    return np.repeat(blocks.phase, np.diff(blocks.offset))


def chunks(basis: Basis) -> Iterator[tuple[slice, Labels]]:
    """Numbers and their labels, a few hundred thousand at a time."""
    if not isinstance(basis, Blocks):
        for start in range(0, basis.size, _CHUNK):
            yield slice(start, start + _CHUNK), basis.labels[:, start : start + _CHUNK]
        return
    bounds = np.unique(np.append(np.searchsorted(basis.offset, np.arange(0, basis.numbers, _CHUNK)), len(basis.low)))
    for first, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        yield slice(int(basis.offset[first]), int(basis.offset[stop])), basis.labels_of(first, stop)
