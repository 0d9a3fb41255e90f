"""The relaxation of a steady state: unknowns, equalities and positive matrices, exactly and as numbers of extended precision."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from flint import arb, arb_mat, fmpq, nmod_mat

from permsym.bounding.relaxed.casimir import Casimir
from permsym.bounding.relaxed.equations import ExactRows, Gaussian, times
from permsym.bounding.relaxed.matrices import Block, MomentMatrices
from permsym.bounding.relaxed.product_state import near, without_order
from permsym.bounding.relaxed.unknowns import CONSTANT, Form, Unknowns, phase
from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.errors import SolverFailed
from permsym.model import Model

_FEW = 4  # orders up to which many models have no bound without pairs, whose matrices are small here
_WORTH = 6  # orders from which a mean field saves more time than it takes: a slow one takes nine seconds
_PRIME = 2**61 - 1  # ranks are found modulo this; a wrong one makes a proof fail, never succeed


@dataclass(frozen=True)
class Equality:
    """The real (part 0) or imaginary (1) part of i^g d<moment>/dt = 0, with whole coefficients.

    factor   what the part was multiplied by
    spin     None; or the ensemble whose (J^2 - j(j+1)) O stands for dO/dt
    element  None; or (block, row, column) of a moment matrix, which stands for dO/dt; the row may be one of more operators
    """

    moment: Counts
    part: int
    factor: fmpq
    form: Form
    spin: int | None = None
    element: tuple[int, int, int] | None = None


class Relaxation:
    """All about a model and an order ``k`` = 2 d of moments that no observable enters.

    k        largest number of operators (of a finite centre: of satellites) of a moment
    compact  whether pairs of satellites are singled out, too: without them moments of many satellites may have no bound
    """

    def __init__(self, model: Model, k: int) -> None:
        self.model, self.k = model, k
        self.alphabet = Alphabet(model)
        self.compact = self.alphabet.boson or k < _FEW
        self.rows = ExactRows(model, self.alphabet)
        cache: dict[Counts, dict[Counts, Gaussian]] = {}

        def row(moment: Counts) -> dict[Counts, Gaussian]:
            if moment not in cache:
                cache[moment] = self.rows.of(moment)
            return cache[moment]

        moments = list(neutral_moments(self.alphabet, model.sizes, k))
        self.unknowns = Unknowns.of(self.alphabet, moments, row)
        self.equalities = list(self._equalities(cache))
        for e, ensemble in enumerate(model.ensembles):
            if ensemble.j is not None:
                self.equalities += self._equalities(self._casimir(e), e)

    @cached_property
    def blocks(self) -> list[Block]:
        """Positive matrices; none where the equalities give all moments."""
        if not self.free:
            return []
        fixed = tuple(ensemble.j is not None for ensemble in self.model.ensembles)
        matrices = MomentMatrices(self.alphabet, self.model.sizes, self.unknowns.gauge, fixed)
        blocks = matrices.blocks(self.k // 2)
        for e in range(len(self.model.sizes)):
            if fixed[e]:
                continue
            if self.k % 2:
                blocks += matrices.blocks(self.k // 2, 1, e)
            if self.compact and self.k > 1:
                blocks += matrices.blocks(self.k // 2 - 1, 2, e)
        return blocks

    def operators(self, moment: Counts) -> int:
        """What an order counts."""
        return sum(moment) if self.alphabet.boson else sum(self.alphabet.satellites(moment))

    def _casimir(self, e: int) -> dict[Counts, dict[Counts, Gaussian]]:
        """What the total spin of an ensemble makes vanish, for all moments that leave room for two more satellites."""
        casimir = Casimir(self.alphabet, e, self.model.ensembles[e], self.k - 2)
        moments = [self.alphabet.empty, *self.unknowns.moments]
        return {m: casimir.of(m) for m in moments if self.operators(m) <= self.k - 2}

    def _equalities(self, rows: Mapping[Counts, Mapping[Counts, Gaussian]], spin: int | None = None) -> Iterator[Equality]:
        for moment, row in rows.items():
            if any(self.operators(other) > self.k for other in row):
                continue
            turns = self.unknowns.turns(moment)
            gauged = {other: times(value, phase(turns - self.unknowns.turns(other))) for other, value in row.items()}
            for part in (0, 1):
                form = self.unknowns.form(gauged, part)
                if form:
                    factor = whole(form)
                    yield Equality(moment, part, factor, {u: value * factor for u, value in form.items()}, spin)

    def add(self, equalities: list[Equality]) -> None:
        """More equalities."""
        self.equalities += equalities
        for name in ("pivots", "free"):
            self.__dict__.pop(name, None)

    @cached_property
    def columns(self) -> list[int]:
        """Unknowns, highest moments first."""
        return sorted(range(len(self.unknowns)), key=lambda u: -self.unknowns.order[u])

    @cached_property
    def pivots(self) -> tuple[list[int], list[int]]:
        """Positions of independent equalities, and the unknowns that they give."""
        table = _modular(self.equalities, self.columns)
        reduced, rank = table.transpose().rref()
        independent = _leading(reduced, rank)
        reduced, rank = _modular([self.equalities[i] for i in independent], self.columns).rref()
        return independent, [self.columns[j] for j in _leading(reduced, rank)]

    @cached_property
    def free(self) -> list[int]:
        """Unknowns that no equality gives, in terms of which the others are."""
        solved = set(self.pivots[1])
        return [u for u in range(len(self.unknowns)) if u not in solved]

    def solved(self) -> arb_mat:
        """All unknowns as x0 + X t, (unknowns, 1 + free), in the precision of the context; SolverFailed where it is too low."""
        independent, pivots = self.pivots
        width = 1 + len(self.free)
        position = {u: i for i, u in enumerate(pivots)}
        others = {u: 1 + i for i, u in enumerate(self.free)} | {CONSTANT: 0}
        left, right = [[0] * len(pivots) for _ in independent], [[0] * width for _ in independent]
        for i, row in enumerate(independent):
            for unknown, value in self.equalities[row].form.items():
                if unknown in position:
                    left[i][position[unknown]] = arb(value)
                else:
                    right[i][others[unknown]] = -arb(value)
        try:
            values = arb_mat(left).solve(arb_mat(right), algorithm="lu").tolist() if pivots else []
        except ZeroDivisionError:
            raise PrecisionError from None
        result = [[arb(0)] * width for _ in range(len(self.unknowns))]
        for u, value in zip(pivots, values, strict=True):
            result[u] = [v.mid() for v in value]
        for i, u in enumerate(self.free):
            result[u][1 + i] = arb(1)
        return arb_mat(result)

    @cached_property
    def product_state(self) -> list[fmpq]:
        """Value of every unknown in a product state: about the mean field, or where that is none or not worth its time, without order."""
        state = near(self.model, self.alphabet) if self.k >= _WORTH else None
        state = state or without_order(self.alphabet, self.model.sizes)
        return state.values(self.unknowns)


def whole(form: Form) -> fmpq:
    """What makes the coefficients of a form whole numbers without a common factor."""
    factor = fmpq(math.lcm(*(int(value.denominator) for value in form.values())))
    return factor / math.gcd(*(int((value * factor).numerator) for value in form.values()))


class PrecisionError(SolverFailed):
    """More bits are needed."""


class UnboundedError(SolverFailed):
    """Moments of a relaxation have no bound: more matrices are needed."""


def neutral_moments(alphabet: Alphabet, sizes: tuple[int, ...], k: int) -> Iterator[Counts]:
    """Moments without charge up to an order that have no more satellites than there are."""
    for moment in alphabet.all_counts(k if alphabet.boson else k + 1):
        taken = alphabet.satellites(moment)
        small = alphabet.boson or sum(taken) <= k
        if small and not any(alphabet.charge(moment)) and all(t <= n for t, n in zip(taken, sizes, strict=True)):
            yield moment


def _modular(equalities: list[Equality], columns: list[int]) -> nmod_mat:
    position = {u: j for j, u in enumerate(columns)}
    values = [[0] * len(columns) for _ in equalities]
    for i, equality in enumerate(equalities):
        for unknown, value in equality.form.items():
            if unknown != CONSTANT:
                values[i][position[unknown]] = int(value.numerator) % _PRIME
    return nmod_mat(len(values), len(columns), list(itertools.chain.from_iterable(values)), _PRIME)


def _leading(reduced: nmod_mat, rank: int) -> list[int]:
    rows = reduced.tolist()
    return [next(j for j, value in enumerate(rows[i]) if value != 0) for i in range(rank)]
