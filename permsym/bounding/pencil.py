"""The blocks of a relaxation as numbers of extended precision: B_b(t) = B_b0 + sum_f t_f B_bf, and their whitening.

At a point where all blocks are positive, B_b(t) = L_b L_b^T.  In coordinates t + T v with T^T H T = 1, H_fg = sum_b tr B^-1 B_f B^-1 B_g,

    L_b^-1 B_b(t + T v) L_b^-T = 1 + sum_f v_f A_bf,        sum_b <A_bf, A_bg> = delta_fg

All A are of order one however small the eigenvalues of B are (N^-d), so that doubles can take the next steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from permsym.bounding.relaxed.matrices import Block
from permsym.bounding.relaxed.relaxation import PrecisionError, Relaxation
from permsym.bounding.relaxed.unknowns import CONSTANT, Form, Unknowns

_DOUBLES = 60  # bits behind the point that doubles can use
Numbers = list[arb]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class RealBlock:
    """A block as a real symmetric matrix of linear forms; a hermitian R + iI is [[R, -I], [I, R]].

    position  of the block in the relaxation
    rows      those of the block that take part
    forms     elements (i, j), j <= i, row by row
    """

    block: Block
    position: int
    rows: tuple[int, ...]
    size: int
    forms: tuple[Form, ...]


def real_block(block: Block, unknowns: Unknowns, position: int, without: Collection[int] = ()) -> RealBlock:
    """The linear forms of a block's elements, some rows left out."""
    live = tuple(i for i in range(block.size) if i not in without)
    pairs = [(i, j) for i in range(len(live)) for j in range(i + 1)]
    entries = [block.entries[live[i] * (live[i] + 1) // 2 + live[j]] for i, j in pairs]
    parts: list[dict[tuple[int, int], Form]] = []
    for part in (0,) if unknowns.gauge is not None else (0, 1):
        parts.append({})
        for pair, entry in zip(pairs, entries, strict=True):
            parts[part][pair] = unknowns.form({m: (value, value * 0) for m, value in entry.items()}, part)
    if unknowns.gauge is not None:
        return RealBlock(block, position, live, len(live), tuple(parts[0][pair] for pair in pairs))
    n = len(live)
    forms = []
    for i, j in ((row, column) for row in range(2 * n) for column in range(row + 1)):
        if (i < n) == (j < n):
            forms.append(parts[0][i % n, j % n])
        else:
            row, column = i - n, j
            forms.append(parts[1][row, column] if row >= column else {u: -v for u, v in parts[1][column, row].items()})
    return RealBlock(block, position, live, 2 * n, tuple(forms))


@dataclass(frozen=True)
class Whitened:
    """The pencil at a point t, see above.

    t        the point, exact
    inverse  L_b^-1
    C        T^T
    V        (variables, elements (i, j), j <= i, of all blocks): L_b^-1 B_bf L_b^-T, so that A = C V
    parts    slices of the columns of V, one for each block
    """

    t: Numbers
    inverse: list[arb_mat]
    C: arb_mat
    V: arb_mat
    parts: list[slice]
    sizes: list[int]

    @property
    def T(self) -> arb_mat:
        """Coordinates."""
        return self.C.transpose()

    def doubles(self) -> list[Array]:
        """A_bf as arrays (variables, n, n), one for each block: with as many bits as cancel in C V, and 60 more."""
        before = ctx.prec
        largest = np.abs(_floats(self.C)) @ np.abs(_floats(self.V)).max(axis=1)
        cancelled = np.log2(max(1.0, float(largest.max())))
        try:
            ctx.prec = min(before, _DOUBLES + math.ceil(cancelled)) if np.isfinite(cancelled) else before
            values = _floats(self.C * self.V)
        finally:
            ctx.prec = before
        arrays = []
        for mine, n in zip(self.parts, self.sizes, strict=True):
            i, j = np.tril_indices(n)
            array = np.empty((len(values), n, n))
            array[:, i, j] = array[:, j, i] = values[:, mine]
            arrays.append(array)
        return arrays

    def combined(self, v: Sequence[arb]) -> list[arb_mat]:
        """sum_f v_f A_bf of every block."""
        values = (arb_mat([list(v)]) * self.C * self.V).entries() if v else [arb(0)] * self.parts[-1].stop
        return [_symmetric(values[mine], n) for mine, n in zip(self.parts, self.sizes, strict=True)]

    def moved(self, v: Array) -> Numbers:
        """t + T v."""
        step = self.T * arb_mat([[float(value)] for value in v])
        return [(a + b).mid() for a, b in zip(self.t, step.entries(), strict=True)]

    def slopes(self, c: Sequence[arb]) -> Numbers:
        """T^T c."""
        return [value.mid() for value in (self.T.transpose() * arb_mat([[x] for x in c])).entries()]

    def traces(self) -> Numbers:
        """sum_b tr A_bf."""
        diagonal = [mine.start + i * (i + 3) // 2 for mine, n in zip(self.parts, self.sizes, strict=True) for i in range(n)]
        traces = [[sum((row[i] for i in diagonal), arb(0))] for row in self.V.tolist()]
        return [value.mid() for value in (self.C * arb_mat(traces)).entries()]


class Pencil:
    """Elements of all blocks as linear functions of variables, in the precision of the context.

    values   (elements, 1 + variables)
    """

    def __init__(self, values: arb_mat, sizes: Sequence[int]) -> None:
        self.values, self.sizes = values, list(sizes)
        self.variables = values.ncols() - 1
        ends = [0, *itertools.accumulate(n * (n + 1) // 2 for n in sizes)]
        self.parts = [slice(a, b) for a, b in itertools.pairwise(ends)]
        self.twice = [1 if i == j else 2 for n in sizes for i in range(n) for j in range(i + 1)]
        self.columns = values.transpose().tolist()

    @classmethod
    def of(cls, relaxation: Relaxation, blocks: Sequence[RealBlock], values: arb_mat) -> Pencil:
        """The blocks of a relaxation; ``values``: its unknowns in terms of the free ones."""
        solved = values.tolist()
        width = 1 + len(relaxation.free)
        constant = [arb(1)] + [arb(0)] * (width - 1)
        rows = [combined(form, solved, constant) for block in blocks for form in block.forms]
        return cls(arb_mat(rows), [block.size for block in blocks])

    def extended(self, column: Sequence[arb]) -> Pencil:
        """With one more variable."""
        rows = [[*row, value] for row, value in zip(self.values.tolist(), column, strict=True)]
        return Pencil(arb_mat(rows), self.sizes)

    def at(self, t: Sequence[arb]) -> list[arb_mat]:
        """B_b(t)."""
        entries = (self.values * arb_mat([[arb(1)], *([x] for x in t)])).entries()
        return [_symmetric(entries[mine], n) for mine, n in zip(self.parts, self.sizes, strict=True)]

    def inverses(self, t: Sequence[arb]) -> list[arb_mat]:
        """L_b^-1 with B_b(t) = L_b L_b^T; PrecisionError where a block is not positive."""
        return [inverse_factor(matrix) for matrix in self.at(t)]

    def positive(self, t: Sequence[arb]) -> bool:
        """Whether all blocks are positive."""
        try:
            self.inverses(t)
        except PrecisionError:
            return False
        return True

    def whitened(self, t: Sequence[arb]) -> Whitened:
        """The pencil in coordinates of its own at t; PrecisionError where a block is not positive."""
        inverse = self.inverses(t)
        rows: list[Numbers] = [[] for _ in range(self.variables)]
        for factor, mine, n in zip(inverse, self.parts, self.sizes, strict=True):
            matrices = [_full(column[mine], n) for column in self.columns[1:]]
            beside = arb_mat([list(itertools.chain.from_iterable(matrix[i] for matrix in matrices)) for i in range(n)])
            half = _mid(factor * beside).tolist()
            below = arb_mat([half[i][f * n : (f + 1) * n] for f in range(self.variables) for i in range(n)])
            lines = _mid(below * factor.transpose()).tolist()
            for f, row in enumerate(rows):
                for i in range(n):
                    row += lines[f * n + i][: i + 1]
        V = arb_mat(rows)
        weighted = arb_mat([[w * value for w, value in zip(self.twice, row, strict=True)] for row in rows])
        C = inverse_factor(_mid(V * weighted.transpose()))
        return Whitened(list(t), inverse, C, V, self.parts, self.sizes)


def _floats(matrix: arb_mat) -> Array:
    return np.array([float(value) for value in matrix.entries()]).reshape(matrix.nrows(), matrix.ncols())


def combined(form: Form, solved: Sequence[Numbers], constant: Numbers) -> Numbers:
    """A linear form of the unknowns as one of the variables."""
    total = [arb(0)] * len(constant)
    for unknown, value in form.items():
        row, factor = constant if unknown == CONSTANT else solved[unknown], arb(value)
        total = [a + factor * b for a, b in zip(total, row, strict=True)]
    return [value.mid() for value in total]


def _mid(matrix: arb_mat) -> arb_mat:
    return matrix.mid()


def _full(triangle: Sequence[arb], n: int) -> list[Numbers]:
    rows: list[Numbers] = [[arb(0)] * n for _ in range(n)]
    values = iter(triangle)
    for i in range(n):
        for j in range(i + 1):
            rows[i][j] = rows[j][i] = next(values)
    return rows


def _symmetric(triangle: Sequence[arb], n: int) -> arb_mat:
    return _mid(arb_mat(_full(triangle, n)))


def cholesky(matrix: arb_mat) -> arb_mat:
    """L of a matrix L L^T, of midpoints; PrecisionError where it is not positive."""
    n = matrix.nrows()
    a = matrix.tolist()
    lower: list[Numbers] = [[arb(0)] * n for _ in range(n)]
    for i in range(n):
        mine = lower[i]
        for j in range(i):
            other, total = lower[j], a[i][j]
            for x, y in zip(mine[:j], other[:j], strict=True):
                total -= x * y
            mine[j] = (total / other[j]).mid()
        total = a[i][i]
        for x in mine[:i]:
            total -= x * x
        total = total.mid()
        if not total > 0:
            raise PrecisionError
        mine[i] = total.sqrt().mid()
    return arb_mat(lower)


def inverse_factor(matrix: arb_mat) -> arb_mat:
    """L^-1 of a matrix L L^T, of midpoints."""
    n = matrix.nrows()
    inverse = cholesky(matrix).solve(arb_mat([[int(i == j) for j in range(n)] for i in range(n)]), algorithm="approx")
    return _mid(inverse)
