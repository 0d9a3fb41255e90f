"""Steady states on the boundary of the moment matrices: dark states, vacua, spins that are down for certain.

Where equalities give  sum_i w_i <O_i^dag O_i> = 0  with all w_i > 0, each O_i annihilates the steady state.  Its row of the moment matrices
is zero, which gives more equalities, and the rest of the matrices has a point inside again - or the next rows vanish.  Tried are the
operators of the matrices, and those with z + 1 or z - 1 in place of z, 1 - |i><i| in place of |i><i|.
The weights are a vertex of the polytope  sum_i w_i f_i = 0, sum_i w_i = 1, w >= 0,  f_i a square as a form of the free unknowns.  Doubles
find which w_i are not zero; rational numbers, unique at a vertex, then say what they are, and are checked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from flint import fmpq, fmpq_mat

from permsym.bounding.pencil import RealBlock, real_block
from permsym.bounding.relaxed.equations import on_grid
from permsym.bounding.relaxed.matrices import Block
from permsym.bounding.relaxed.relaxation import Equality, Relaxation, whole
from permsym.bounding.relaxed.unknowns import CONSTANT, Form
from permsym.cumulants.equations.alphabet import Alphabet

_PRESENT = 1e-7  # weight at a vertex that is not zero
Vector = dict[int, fmpq]
"""An operator in terms of a block's: row -> number."""


@dataclass(frozen=True)
class Face:
    """Operators that annihilate every steady state, and why.

    weights      (block, row, w); rows behind those of the block are :attr:`Faces.vectors`
    multipliers  number of each equality that takes part: position -> number
    """

    weights: tuple[tuple[int, int, fmpq], ...]
    multipliers: dict[int, fmpq]


@dataclass
class Faces:
    """All faces of a relaxation, in the order of their proofs.

    vectors  for each block operators behind its own
    echelon  for each block what annihilates the steady state: (row that is expressed by others, operator)
    """

    steps: list[Face] = field(default_factory=list)
    vectors: dict[int, list[Vector]] = field(default_factory=dict)
    echelon: dict[int, list[tuple[int, Vector]]] = field(default_factory=dict)

    def rest(self, b: int, vector: Vector) -> Vector:
        """What operators that annihilate the steady state leave of another."""
        for pivot, own in self.echelon.get(b, ()):
            factor = vector.get(pivot, fmpq(0))
            if factor != 0:
                vector = {i: vector.get(i, fmpq(0)) - factor * own.get(i, fmpq(0)) for i in {*vector, *own}}
        return {i: x for i, x in vector.items() if x != 0}

    def put(self, b: int, size: int, vector: Vector) -> int:
        """The row of one more operator."""
        rest = self.rest(b, vector)
        if rest:
            pivot = max(rest)
            self.echelon.setdefault(b, []).append((pivot, {i: x / rest[pivot] for i, x in rest.items()}))
        if len(vector) == 1:
            return next(iter(vector))
        self.vectors.setdefault(b, []).append(vector)
        return size + len(self.vectors[b]) - 1

    def without(self, b: int) -> list[int]:
        """Rows of a block that others express."""
        return [pivot for pivot, _ in self.echelon.get(b, ())]


def reduce(relaxation: Relaxation) -> Faces:
    """All faces that can be seen so; their equalities are added to the relaxation."""
    blocks = [real_block(block, relaxation.unknowns, b) for b, block in enumerate(relaxation.blocks)]
    every = [(b, vector) for b, block in enumerate(blocks) for vector in _candidates(relaxation.alphabet, block.block)]
    faces = Faces()
    while True:
        left = [(b, vector) for b, vector in every if faces.rest(b, vector)]
        forms, multipliers = _modulo(relaxation, [_square(blocks[b], vector) for b, vector in left])
        weights = _weights(forms)
        if not weights:
            return faces
        parts, numbers, new = [], dict[int, fmpq](), list[Equality]()
        for k, w in weights:
            b, vector = left[k]
            if not forms[k] and not faces.rest(b, vector):  # others of this step say so
                continue
            row = faces.put(b, blocks[b].block.size, vector)
            parts.append((b, row, w))
            new += _zeros(blocks[b], b, row, vector)
            for position, value in multipliers[k].items():
                numbers[position] = numbers.get(position, fmpq(0)) - w * value
        faces.steps.append(Face(tuple(parts), {e: value for e, value in numbers.items() if value != 0}))
        relaxation.add(new)


def _candidates(alphabet: Alphabet, block: Block) -> Iterator[Vector]:
    """Operators that may annihilate a state."""
    index = {row: i for i, row in enumerate(block.rows)}
    for i, row in enumerate(block.rows):
        yield {i: fmpq(1)}
        for e, (site, word) in enumerate(zip(alphabet.ensembles, row.letters, strict=True)):
            for g, m in enumerate(word):
                matrix = site.basis[g + 1]
                if not m or np.any(matrix != np.diag(np.diag(matrix))):
                    continue
                for value in sorted({complex(x) for x in np.diag(matrix) if x != 0}, key=lambda x: x.real):
                    words = [(*word[:g], k, *word[g + 1 :]) for k in range(m + 1)]
                    rows = [index.get(replace(row, letters=(*row.letters[:e], each, *row.letters[e + 1 :]))) for each in words]
                    numbers = [math.comb(m, k) * (-on_grid(value)[0]) ** (m - k) for k in range(m + 1)]
                    if None not in rows:
                        yield {k: x for k, x in zip(rows, numbers, strict=True) if k is not None}


def _element(block: RealBlock, i: int, j: int, part: int) -> Form:
    """Real (0) or imaginary (1) part of an element."""
    i, j = (len(block.rows) + i, j) if part else (max(i, j), min(i, j))
    return block.forms[i * (i + 1) // 2 + j]


def _sum(parts: Iterator[tuple[fmpq, Form]]) -> Form:
    total: Form = {}
    for number, form in parts:
        for unknown, value in form.items():
            total[unknown] = total.get(unknown, fmpq(0)) + number * value
    return {unknown: value for unknown, value in total.items() if value != 0}


def _square(block: RealBlock, vector: Vector) -> Form:
    return _sum((x * y, _element(block, i, j, 0)) for i, x in vector.items() for j, y in vector.items())


def _zeros(block: RealBlock, b: int, row: int, vector: Vector) -> Iterator[Equality]:
    """<O^dag O_j> = 0 for an operator that annihilates the state."""
    for j in block.rows:
        for part in range(1 + (block.size > len(block.rows))):
            form = _sum((x, _element(block, i, j, part)) for i, x in vector.items())
            if any(unknown != CONSTANT for unknown in form):
                factor = whole(form)
                yield Equality((), part, factor, {u: value * factor for u, value in form.items()}, None, (b, row, j))


def _modulo(relaxation: Relaxation, forms: Sequence[Form]) -> tuple[list[Form], list[dict[int, fmpq]]]:
    """Forms without what the equalities give, and the equalities' numbers that were taken off."""
    independent, pivots = relaxation.pivots
    if not pivots or not forms:
        return list(forms), [{} for _ in forms]
    rows = {u: i for i, u in enumerate(pivots)}
    left, right = fmpq_mat(len(pivots), len(pivots)), fmpq_mat(len(pivots), len(forms))
    for j, e in enumerate(independent):
        for unknown, value in relaxation.equalities[e].form.items():
            if unknown in rows:
                left[rows[unknown], j] = value
    for j, form in enumerate(forms):
        for unknown, value in form.items():
            if unknown in rows:
                right[rows[unknown], j] = value
    numbers = left.solve(right, algorithm="dixon")
    reduced, multipliers = [], []
    for j, form in enumerate(forms):
        mine = {e: numbers[i, j] for i, e in enumerate(independent) if numbers[i, j] != 0}
        rest = dict(form)
        for e, number in mine.items():
            for unknown, value in relaxation.equalities[e].form.items():
                rest[unknown] = rest.get(unknown, fmpq(0)) - number * value
        reduced.append({unknown: value for unknown, value in rest.items() if value != 0})
        multipliers.append(mine)
    return reduced, multipliers


def _weights(forms: Sequence[Form]) -> list[tuple[int, fmpq]]:
    """Positive numbers with which some forms add up to zero; none where there are none."""
    zero = [(k, fmpq(1)) for k, form in enumerate(forms) if not form]
    return zero or _vertex(forms)


def _vertex(forms: Sequence[Form]) -> list[tuple[int, fmpq]]:
    from scipy.optimize import linprog

    unknowns = sorted({unknown for form in forms for unknown in form})
    if not unknowns:
        return []
    matrix = np.zeros((len(unknowns) + 1, len(forms)))
    scales = [max(abs(value) for value in form.values()) for form in forms]
    for k, form in enumerate(forms):
        for unknown, value in form.items():
            ratio = value / scales[k]
            matrix[unknowns.index(unknown), k] = int(ratio.numerator) / int(ratio.denominator)
    matrix[-1] = 1
    solution = linprog(np.zeros(len(forms)), A_eq=matrix, b_eq=[*[0.0] * len(unknowns), 1.0], method="highs-ds")
    if solution.x is None or solution.status != 0:
        return []
    support = [k for k, w in enumerate(solution.x) if w > _PRESENT]
    exact = fmpq_mat(len(unknowns), len(support))
    for j, k in enumerate(support):
        for unknown, value in forms[k].items():
            exact[unknowns.index(unknown), j] = value
    reduced, rank = exact.rref()
    if rank != len(support) - 1 or any(reduced[i, i] == 0 for i in range(rank)):
        return []  # no vertex: doubles took something for zero that is not
    weights = [-reduced[i, rank] for i in range(rank)] + [fmpq(1)]
    return list(zip(support, weights, strict=True)) if all(w > 0 for w in weights) else []
