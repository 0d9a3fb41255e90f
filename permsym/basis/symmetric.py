"""N identical d-level satellites in states that no exchange changes: bosons in d modes, one a level.

Elements |n><n'| of occupations n_0 + ... + n_{d-1} = N of the levels, ket and bra; the label is (n, n').  A sum over satellites is

    S = sum_ij s_ij a_i^dag a_j,        |n>  ->  s_ij sqrt(n_j (n_i + 1)) |n - e_j + e_i>

and operators on distinct satellites are normal ordered: sums of a_i^dag a_k^dag ... a_j a_l ... over N (N - 1) ....
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.centre import real_if_real
from permsym.basis.moves import Labels, Move, Moves, Values, Weight
from permsym.basis.part import Part
from permsym.basis.product_space import compositions
from permsym.errors import InputError
from permsym.factorials import log_factorial
from permsym.operators import Matrix, as_array, entries
from permsym.sites import Ensemble

_ROUNDING = 1e-12  # of a pure state's density matrix


class SymmetricPart(Part):
    """Matrix units of the symmetric subspace of an ensemble, C(N + d - 1, d - 1)^2 of them."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.ensemble, self.levels = ensemble, ensemble.levels
        self.columns = 2 * ensemble.levels
        self.excitations = np.array(ensemble.excitations)

    @cached_property
    def states(self) -> Labels:
        """Occupations (levels, states)."""
        return compositions(self.ensemble.N, self.levels)

    # -- moves ----------------------------------------------------------------------------------------------------------

    def left(self, matrix: Matrix) -> Moves:
        return self._moves(matrix, 0)

    def right(self, matrix: Matrix) -> Moves:
        return self._moves(tuple(zip(*matrix, strict=True)), self.levels)  # the bra moves by the transposed matrix

    def _moves(self, matrix: Matrix, start: int) -> Moves:
        def hop(i: int, j: int, value: complex) -> Move:
            shift = tuple(int(t == start + i) - int(t == start + j) for t in range(self.columns))
            # below zero only behind a move of weight zero
            return Move(shift, value, lambda n: np.sqrt(np.maximum(n[start + j], 0) * np.maximum(n[start + i] + 1.0, 0)))

        steps = [hop(i, j, value) for i, j, value in entries(matrix) if i != j]
        diagonal = as_array(matrix).diagonal()
        if diagonal.any():
            mine, own = slice(start, start + self.levels), real_if_real(diagonal)
            steps.append(Move((0,) * self.columns, 1.0, lambda n: own @ n[mine], lambda n: np.abs(own) @ n[mine]))
        return Moves(tuple(steps))

    def sandwich(self, first: Matrix, second: Matrix) -> Moves:
        raise InputError("a jump of single satellites leaves the states that no exchange changes; leave symmetric=True out")

    # -- functionals ----------------------------------------------------------------------------------------------------

    def _halves(self, labels: Labels) -> tuple[Labels, Labels]:
        return labels[: self.levels], labels[self.levels :]

    def trace(self, labels: Labels) -> Values:
        kets, bras = self._halves(labels)
        return (kets == bras).all(axis=0).astype(float)

    def correlator(self, matrices: Sequence[Matrix]) -> Weight:
        terms: dict[tuple[tuple[int, ...], tuple[int, ...]], complex] = {((), ()): 1}
        for matrix in matrices:
            grown: dict[tuple[tuple[int, ...], tuple[int, ...]], complex] = {}
            for ((up, down), value), (i, j, entry) in itertools.product(terms.items(), list(entries(matrix))):
                key = tuple(sorted((*up, i))), tuple(sorted((*down, j)))
                grown[key] = grown.get(key, 0) + value * entry
            terms = grown
        pairs = float(math.perm(self.ensemble.N, len(matrices)))

        def weight(labels: Labels) -> Values:
            kets, bras = self._halves(labels)
            result = np.zeros(labels.shape[1], dtype=complex)
            for (up, down), value in terms.items():
                (rest, some), (other, more) = _lowered(kets, down), _lowered(bras, up)
                result += value * np.sqrt(some * more) * (rest == other).all(axis=0)
            return real_if_real(result) / pairs

        return weight

    def elements(self, labels: Labels) -> sparse.csr_array:
        d, n = self.levels, self.ensemble.N
        strings = np.array(list(itertools.product(range(d), repeat=n)), dtype=np.int64).reshape(-1, n)
        counts = np.stack([(strings == k).sum(axis=1) for k in range(d)])
        rows = []
        for label in labels.T:
            ket, bra = (np.flatnonzero((counts == half[:, None]).all(axis=0)) for half in (label[:d], label[d:]))
            at = (ket[:, None] * d**n + bra).ravel()
            values = np.full(len(at), 1 / math.sqrt(len(ket) * len(bra)))
            rows.append(sparse.csr_array((values, (np.zeros(len(at), dtype=np.int64), at)), shape=(1, d ** (2 * n))))
        return sparse.vstack(rows, format="csr")

    # -- states ---------------------------------------------------------------------------------------------------------

    def product_state(self, matrix: Matrix) -> Weight:
        """Of a pure one-site state, |v><v|: products of others are not symmetric."""
        rho = as_array(matrix)
        at = int(np.argmax(rho.diagonal().real))
        v = rho[:, at] / math.sqrt(rho[at, at].real)
        if np.abs(rho - np.outer(v, v.conj())).max() > _ROUNDING:
            raise InputError(f"satellites of ensemble {self.ensemble.name!r} stay in symmetric states, so that they start from a pure one")

        def amplitudes(n: Labels) -> Values:
            inside = np.clip(n, 0, self.ensemble.N)
            ways = np.exp(0.5 * (log_factorial(np.array(self.ensemble.N)) - log_factorial(inside).sum(axis=0)))
            return ways * np.prod(v[:, None] ** inside, axis=0)

        def weight(labels: Labels) -> Values:
            kets, bras = self._halves(labels)
            return real_if_real(np.asarray(amplitudes(kets) * amplitudes(bras).conj(), dtype=complex))

        return weight

    @property
    def trace_norm(self) -> float:
        return math.sqrt(math.comb(self.ensemble.N + self.levels - 1, self.levels - 1))

    # -- labels ---------------------------------------------------------------------------------------------------------

    def labels(self, difference: int | None) -> Labels:
        kets, bras = np.divmod(np.arange(self.states.shape[1] ** 2), self.states.shape[1])
        every = np.concatenate([self.states[:, kets], self.states[:, bras]])
        return every if difference is None else every[:, self.difference(every) == difference]

    def count(self, difference: int | None) -> int:
        if difference is None:
            return math.comb(self.ensemble.N + self.levels - 1, self.levels - 1) ** 2
        numbers = Counter((self.excitations @ self.states).tolist())
        return sum(ways * numbers[q - difference] for q, ways in numbers.items())

    def differences(self) -> range:
        span = self.ensemble.N * int(self.excitations.max() - self.excitations.min())
        return range(-span, span + 1)

    def difference(self, labels: Labels) -> NDArray[np.int64]:
        kets, bras = self._halves(labels)
        return np.asarray(self.excitations @ (kets - bras))

    def conjugate(self, labels: Labels) -> Labels:
        return np.concatenate(self._halves(labels)[::-1])

    def key(self, labels: Labels) -> Labels:
        kets, bras = self._halves(labels)
        return np.concatenate([kets[:-1], bras[:-1]])

    def population(self, labels: Labels) -> NDArray[np.bool_]:
        kets, bras = self._halves(labels)
        return np.asarray((kets == bras).all(axis=0))

    def coordinates(self, labels: Labels) -> Labels:
        return self.key(labels)


def _lowered(n: Labels, levels: Sequence[int]) -> tuple[Labels, Values]:
    """Occupations with one satellite less in each of some levels, and the product of the factors that this brings."""
    rest, ways = n.copy(), np.ones(n.shape[1])
    for level in levels:
        ways = ways * np.maximum(rest[level], 0)
        rest[level] -= 1
    return rest, ways
