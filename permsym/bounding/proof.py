"""From a point near the end of a path to a proof in rational numbers.

A lower bound of an observable A is proved by an identity between operators, up to what vanishes in a steady state:

    A - lower = sum_b sum_ij Z_b[i, j] O_i^dag O_j + L^dag(X),      Z_b > 0

L^dag is the generator of Heisenberg's equations, X any operator.  Z = B^-1 / tau of the path, improved by one Newton step, becomes
Z = G^T G + D + changes: D is diagonal, at most half of Z (for Z >= e_i e_i^T / (Z^-1)_ii), and G is rounded to multiples of 2^-q.  The
numbers of X, ``lower`` and changes of F elements, F the free unknowns, then solve one linear system in rational numbers: what is left is
exactly zero.  Z is positive because D + changes is diagonally dominant.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz, fmpz_mat

from permsym.bounding.pencil import Pencil, RealBlock, Whitened, cholesky, inverse_factor
from permsym.bounding.relaxed.relaxation import PrecisionError, Relaxation
from permsym.bounding.relaxed.unknowns import CONSTANT, Form

_CANDIDATES = 40  # elements tried for each variable, where there are more


@dataclass(frozen=True)
class Dual:
    """A rounded dual point Z_b = G_b^T G_b / 4^q + D_b of every block.

    factors    G_b, of whole numbers
    slack      diagonals of D_b
    weights    sum_b <Z_b, M_b> as a linear form of the unknowns
    """

    q: int
    factors: list[fmpz_mat]
    slack: list[list[fmpq]]
    weights: Form


@dataclass(frozen=True)
class Proof:
    """A proved lower bound of a linear form of the unknowns.

    bound        exact
    dual         rounded part of Z
    changes      (block, element of its triangle, number) that is added to Z
    multipliers  number of each equality that takes part: position -> number
    """

    bound: fmpq
    dual: Dual
    changes: tuple[tuple[int, int, fmpq], ...]
    multipliers: dict[int, fmpq]


@dataclass
class Prover:
    """Proves bounds of one relaxation: the linear system is that of all observables.

    positions   (block, element of its triangle) that are changed
    """

    relaxation: Relaxation
    blocks: Sequence[RealBlock]
    positions: tuple[tuple[int, int], ...]

    @cached_property
    def _changes(self) -> list[Form]:
        """What a change of each position adds to the weights."""
        return [_weighted(self.blocks[b], k) for b, k in self.positions]

    @cached_property
    def _system(self) -> tuple[fmpq_mat, list[int]]:
        """Columns: equalities, changes, the constant.  Rows: the unknowns, the constant.  And what the columns were multiplied by."""
        columns = [self.relaxation.equalities[i].form for i in self.relaxation.pivots[0]]
        factors = [1] * len(columns)
        for form in self._changes:
            factors.append(math.lcm(*(int(value.denominator) for value in form.values())))
            columns.append({u: value * factors[-1] for u, value in form.items()})
        columns.append({CONSTANT: fmpq(1)})
        height = len(self.relaxation.unknowns) + 1
        matrix = fmpq_mat(height, len(columns))
        for j, form in enumerate(columns):
            for unknown, value in form.items():
                matrix[height - 1 if unknown == CONSTANT else unknown, j] = value
        return matrix, [*factors, 1]

    def prove(self, forms: Sequence[Form], duals: Sequence[Dual]) -> list[Proof]:
        """Lower bounds of forms from one rounded dual point each; PrecisionError where there is no proof."""
        matrix, factors = self._system
        right = fmpq_mat(matrix.nrows(), len(forms))
        for j, (form, dual) in enumerate(zip(forms, duals, strict=True)):
            for unknown in {*form, *dual.weights}:
                row = matrix.nrows() - 1 if unknown == CONSTANT else unknown
                right[row, j] = form.get(unknown, fmpq(0)) - dual.weights.get(unknown, fmpq(0))
        try:
            solution = matrix.solve(right, algorithm="dixon")
        except ZeroDivisionError:
            raise PrecisionError from None
        if matrix * solution != right:
            raise PrecisionError
        return [self._proof([solution[i, j] * factors[i] for i in range(matrix.ncols())], dual) for j, dual in enumerate(duals)]

    def _proof(self, numbers: list[fmpq], dual: Dual) -> Proof:
        equalities = self.relaxation.pivots[0]
        multipliers = {i: value for i, value in zip(equalities, numbers, strict=False) if value != 0}
        every = [(b, k, value) for (b, k), value in zip(self.positions, numbers[len(equalities) : -1], strict=True)]
        changes = [change for change in every if change[2] != 0]
        if not dominant(dual.slack, changes):
            raise PrecisionError
        return Proof(numbers[-1], dual, tuple(changes), multipliers)


def positions(pencil: Pencil, here: Whitened) -> tuple[tuple[int, int], ...]:
    """As many elements of the blocks as there are variables, which together reach all directions well.

    The longest row first, then the longest of what is left orthogonal to it, and so on, in extended precision: doubles take rows for
    independent that are not.
    """
    rows = pencil.values.tolist()
    tried = list(range(len(rows)))
    random.Random(0).shuffle(tried)  # neighbours say much the same
    number = _CANDIDATES * pencil.variables
    while (chosen := _independent(tried[:number], [rows[i][1:] for i in tried[:number]], here)) is None:
        if number >= len(rows):
            raise PrecisionError
        number *= 2
    return tuple(next((b, i - part.start) for b, part in enumerate(pencil.parts) if i < part.stop) for i in sorted(chosen))


def _independent(names: Sequence[int], rows: Sequence[Sequence[arb]], here: Whitened) -> list[int] | None:
    """Names of as many independent rows as there are variables; None where there are not so many."""
    left = (arb_mat(rows) * here.T).mid().tolist()
    chosen: list[int] = []
    least: arb | None = None
    for _ in range(len(rows[0])):
        lengths = [sum((x * x for x in row), arb(0)).mid() for row in left]
        best = max(range(len(left)), key=lengths.__getitem__)
        least = lengths[best] * arb(2) ** (-ctx.prec) if least is None else least
        if not lengths[best] > least:
            return None
        matrix, direction = arb_mat(left), arb_mat([[x] for x in left[best]])
        left = (matrix - matrix * direction * (1 / lengths[best]) * direction.transpose()).mid().tolist()
        chosen.append(names[best])
    return chosen


def rounded(blocks: Sequence[RealBlock], here: Whitened, slopes: Sequence[arb], tau: float) -> Dual:
    """Z = L^-T (1 - sum_f u_f A_f) L^-1 / tau, u the Newton step, as a factor in multiples of 2^-q and a diagonal."""
    q = int(ctx.prec) // 2
    weight = arb(fmpq(*float(tau).as_integer_ratio()))
    step = [trace - weight * slope for trace, slope in zip(here.traces(), slopes, strict=True)]
    factors, slack = [], []
    for factor, change, n in zip(here.inverse, here.combined(step), here.sizes, strict=True):
        inside = arb_mat([[int(i == j) for j in range(n)] for i in range(n)]) - change
        Z = ((factor.transpose() * inside * factor) * (1 / weight)).mid()
        slack.append(
            [_power_below(1 / (2 * n * sum((x * x for x in column), arb(0)))) for column in inverse_factor(Z).transpose().tolist()]
        )
        rest = Z - arb_mat([[arb(slack[-1][i]) if i == j else arb(0) for j in range(n)] for i in range(n)])
        factors.append(fmpz_mat([[_nearest(x, q) for x in row] for row in cholesky(rest.mid()).transpose().tolist()]))
    return Dual(q, factors, slack, weights(blocks, factors, slack, q))


def nothing(blocks: Sequence[RealBlock]) -> Dual:
    """Z = 0, which proves what follows from the equalities alone."""
    return Dual(0, [fmpz_mat(0, block.size) for block in blocks], [[fmpq(0)] * block.size for block in blocks], {})


def weights(blocks: Sequence[RealBlock], factors: Sequence[fmpz_mat], slack: Sequence[Sequence[fmpq]], q: int) -> Form:
    """sum_b <Z_b, M_b> as a linear form."""
    total: Form = {}
    unit = fmpq(4) ** q
    for block, G, diagonal in zip(blocks, factors, slack, strict=True):
        Z = (G.transpose() * G).tolist()
        numbers = [Z[i][j] + (diagonal[i] * unit if i == j else 0) for i in range(block.size) for j in range(i + 1)]
        for k, number in enumerate(numbers):
            if number:
                for unknown, value in _weighted(block, k).items():
                    total[unknown] = total.get(unknown, fmpq(0)) + value * number
    return {unknown: value / unit for unknown, value in total.items() if value != 0}


def dominant(slack: Sequence[Sequence[fmpq]], changes: Sequence[tuple[int, int, fmpq]]) -> bool:
    """Whether every diagonal plus its change is at least as large as the changes beside it."""
    room = [list(diagonal) for diagonal in slack]
    for b, k, value in changes:
        i, j = element(k)
        room[b][i] += value if i == j else -abs(value)
        room[b][j] -= 0 if i == j else abs(value)
    return all(x >= 0 for diagonal in room for x in diagonal)


def element(k: int) -> tuple[int, int]:
    """Row and column of an element of a triangle."""
    row = (math.isqrt(8 * k + 1) - 1) // 2
    return row, k - row * (row + 1) // 2


def _weighted(block: RealBlock, k: int) -> Form:
    """An element of a triangle as it enters <Z, M>: twice beside the diagonal."""
    i, j = element(k)
    return block.forms[k] if i == j else {unknown: 2 * value for unknown, value in block.forms[k].items()}


def _power_below(value: arb) -> fmpq:
    """The power of two that is next below a positive number."""
    return fmpq(2) ** int((value.mid().log() / arb.const_log2()).mid().floor().unique_fmpz())


def _nearest(value: arb, q: int) -> fmpz:
    return (value.mid() * arb(2) ** q + arb(0.5)).floor().mid().unique_fmpz()
