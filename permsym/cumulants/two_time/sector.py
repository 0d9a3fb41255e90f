"""Moments of a source X = B rho C, closed linearly around a state.

The source is one more factor of a moment, m(n, X) = tr[O_n X], and its joint cumulants with n vanish beyond the order.  With
X - rho tr X in place of X, so that X alone has none,

    m(n, X) = sum over blocks b <= n, not empty, of  prod_l C(n_l, b_l)  kappa(b, X) m(n - b)

which is linear: m = W kappa, and kappa = W_RR^{-1} u for the retained moments u.  With the rows G of the Heisenberg equations

    du/dtau = G W W_RR^{-1} u.

Moments are scaled as those of :class:`~permsym.cumulants.equations.closed.Equations`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp
from numpy.typing import NDArray

from permsym.cumulants.equations.alphabet import Alphabet, Counts
from permsym.cumulants.equations.structure import Rows, falling
from permsym.cumulants.newton import FixedPoint
from permsym.model import Model
from permsym.operators import ComplexArray

Image = dict[Counts, complex]
"""A sum of moments."""


class Background:
    """The moments of a fixed point, for counts of a model that may have more ensembles: marked satellites are like the others.

    parts   for each ensemble of this model the position of its ensemble in the fixed point's
    """

    def __init__(self, point: FixedPoint, model: Model, parts: Sequence[int]) -> None:
        self.point, self.model, self.alphabet = point, model, Alphabet(model)
        self.sizes = tuple(float(ensemble.size) for ensemble in model.ensembles)
        self._theirs = point.equations.hierarchy.alphabet
        self.origin = list(range(self.alphabet.slices[0].stop))
        for mine, part in zip(self.alphabet.slices[1:], parts, strict=True):
            start = self._theirs.slices[1 + part].start
            self.origin += range(start, start + mine.stop - mine.start)
        self.symmetric = bool(self._theirs.charges) and not point.broken

    def merged(self, counts: Counts) -> Counts:
        """The same moment without marks."""
        result = [0] * self._theirs.size
        for position, number in zip(self.origin, counts, strict=True):
            result[position] += number
        return tuple(result)

    def charge(self, counts: Counts) -> tuple[int, ...]:
        """Charges under which the fixed point is symmetric or turns."""
        return self._theirs.charge(self.merged(counts))

    def turning(self, counts: Counts) -> float:
        """The frequency that a moment turns with."""
        return float(sum(f * q for f, q in zip(self.point.frequencies, self.charge(counts), strict=False)))

    def exists(self, counts: Counts) -> bool:
        """Whether there are so many satellites; between whole numbers there are always enough."""
        return all(m <= n or n != round(n) for m, n in zip(self.alphabet.satellites(counts), self.sizes, strict=True))

    def scale(self, counts: Sequence[Counts]) -> NDArray[np.float64]:
        """Natural sizes of moments."""
        return self.point.equations.root ** np.array([self.alphabet.photon_operators(c) for c in counts], dtype=float)

    def moments(self, counts: Sequence[Counts]) -> ComplexArray:
        """Scaled moments; those beyond the order are the closure's."""
        program = self.point.equations.hierarchy.observed
        nodes = [program.moment(self.merged(c)) if not (self.symmetric and any(self.charge(c))) else None for c in counts]
        values = program.values(self.point.x)
        return np.array([0 if node is None else values[node] for node in nodes], dtype=complex)

    def image(self, rows: Rows, counts: Counts) -> Image:
        """What rows make of a moment, with the numbers of satellites put in."""
        total: Image = {}
        taken = self.alphabet.satellites(counts)
        for (moment, new), value in rows.of(counts).items():
            number = value * falling(self.sizes, taken, new)
            if number:
                total[moment] = total.get(moment, 0) + number
        return total

    def expectations(self, images: Sequence[Image]) -> ComplexArray:
        """Sums of moments in the fixed point."""
        position: dict[Counts, int] = {}
        raw = _matrix(images, position)
        moments = list(position)
        return np.asarray(raw @ (self.moments(moments) * self.scale(moments)))


def _matrix(images: Sequence[Image], position: dict[Counts, int]) -> sp.csr_matrix:
    """Sums of moments as rows; ``position`` of the moments is filled on the way."""
    entries = [(i, position.setdefault(c, len(position)), value) for i, image in enumerate(images) for c, value in image.items()]
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return sp.csr_matrix((np.array(values, dtype=complex), (rows, columns)), shape=(len(images), len(position)))


@dataclass(frozen=True)
class Sector:
    """Retained moments of sources of one kind, and how the others follow from them.

    unknowns   u, lowest order first
    """

    background: Background
    unknowns: tuple[Counts, ...]

    def closed(self, images: Sequence[Image]) -> ComplexArray:
        """Sums of moments as rows (images, n) on the scaled unknowns: G W W_RR^{-1}."""
        position = {counts: i for i, counts in enumerate(self.unknowns)}
        raw, n = _matrix(images, position), len(self.unknowns)
        moments = list(position)
        blocks = self._blocks(moments, {c: i for i, c in enumerate(self.unknowns)})
        onto = (raw @ sp.diags(self.background.scale(moments)) @ blocks).toarray()
        unit = blocks[:n].toarray()
        return np.asarray(la.solve_triangular(unit, onto.T, trans="T", lower=True, unit_diagonal=True).T, dtype=complex)

    def _blocks(self, moments: Sequence[Counts], position: dict[Counts, int]) -> sp.csr_matrix:
        """W, (moments, n); that of the identity is zero, for X - rho tr X has no trace."""
        entries = [
            (i, position[block], number, rest) for i, c in enumerate(moments) for block, rest, number in _blocks(c) if block in position
        ]
        rests = {rest: i for i, rest in enumerate(dict.fromkeys(rest for *_, rest in entries))}
        values = self.background.moments(list(rests))
        rows, columns, numbers, which = zip(*((i, j, number, rests[rest]) for i, j, number, rest in entries), strict=True)
        return sp.csr_matrix((np.array(numbers) * values[list(which)], (rows, columns)), shape=(len(moments), len(position)))


def _blocks(counts: Counts) -> Iterator[tuple[Counts, Counts, int]]:
    """Blocks b of a multiset n, the rest n - b, and the number of such blocks."""
    for block in itertools.product(*(range(n + 1) for n in counts)):
        if any(block):
            yield block, tuple(n - b for n, b in zip(counts, block, strict=True)), math.prod(map(math.comb, counts, block))
