"""Occupation representation of N identical d-level satellites: SU(d^2), any d.

A symmetric operator is a vector over occupations n_t of the d^2 matrix units t = (ket, bra), sum_t n_t = N.
With the Hilbert-Schmidt scaling (elements of unit norm) a one-body superoperator with matrix s (column b -> row a) acts
like bosonic ladder operators (physics of M. Xu, D. A. Tieri, M. J. Holland, Phys. Rev. A 87, 062101 (2013)):

    c[n]  ->  s[a, b] sqrt(n_b (n_a + 1)) c[n]    added at n - e_b + e_a
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.centre import real_if_real
from permsym.basis.moves import Labels, Move, Moves, Shift, Values, Weight
from permsym.basis.part import Part, exact_sum, refuse_fixed_spin
from permsym.basis.product_space import positions, type_strings
from permsym.basis.spin import Rotation
from permsym.factorials import log_factorial
from permsym.operators import ComplexArray, Matrix, as_array
from permsym.sites import Ensemble


def kron(first: Values, second: Values) -> ComplexArray:
    return np.asarray(np.kron(first, second), dtype=complex)


_COUNTED = 40
"""Satellites of three or more levels up to which a sector is counted exactly; more never fit, and an estimate will do."""

LogScale = Callable[[Labels], Values]
"""Logarithm of a further factor on each coefficient; only for studies of what a bad scaling does."""


def multiplicity_scale(labels: Labels) -> Values:
    """log of sqrt(multinomial): with it coefficients are those of the unscaled occupation basis."""
    labels = np.maximum(labels, 0)  # below zero only behind a move of weight zero
    return 0.5 * (log_factorial(labels.sum(axis=0)) - log_factorial(labels).sum(axis=0))


class OccupationPart(Part):
    """Occupations of the d^2 matrix units of an ensemble.

    log_scale   None for the Hilbert-Schmidt scaling, which is the one to use: with coefficients scaled like moments LU
                returns nonsense at N >= 100 with a residual of 1e-14
    """

    def __init__(self, ensemble: Ensemble, log_scale: LogScale | None = None) -> None:
        refuse_fixed_spin(ensemble)
        self.ensemble = ensemble
        self.levels = ensemble.levels
        self.columns = ensemble.levels**2
        self.log_scale = log_scale
        q = ensemble.excitations
        self.type_difference = np.array([q[k] - q[b] for k in range(self.levels) for b in range(self.levels)])
        self.diagonal = np.array([k == b for k in range(self.levels) for b in range(self.levels)])
        self.transposed = np.array([b * self.levels + k for k in range(self.levels) for b in range(self.levels)])

    @property
    def logarithmic(self) -> bool:
        return self.log_scale is not None

    # -- moves ----------------------------------------------------------------------------------------------------------

    def left(self, matrix: Matrix) -> Moves:
        return self._one_body(kron(as_array(matrix), np.eye(self.levels)))

    def right(self, matrix: Matrix) -> Moves:
        return self._one_body(kron(np.eye(self.levels), as_array(matrix).T))

    def sandwich(self, first: Matrix, second: Matrix) -> Moves:
        return self._one_body(kron(as_array(first), as_array(second).conj()))

    def _one_body(self, s: ComplexArray) -> Moves:
        steps = []
        diagonal = real_if_real(s.diagonal())
        if diagonal.any():
            summands = np.abs(diagonal)
            steps.append(Move((0,) * self.columns, 1.0, lambda labels: diagonal @ labels, lambda labels: summands @ labels))
        for a, b in zip(*np.nonzero(s), strict=True):
            if a != b:
                steps.append(self._hop(int(a), int(b), complex(s[a, b])))
        return Moves(tuple(steps))

    def _hop(self, a: int, b: int, factor: complex) -> Move:
        shift: Shift = tuple(int(t == a) - int(t == b) for t in range(self.columns))

        def weight(labels: Labels) -> Values:
            # below zero only behind a move of weight zero
            value = np.sqrt(np.maximum(labels[b], 0) * np.maximum(labels[a] + 1.0, 0))
            if self.log_scale is not None:
                inside = np.maximum(labels, 0)
                moved = np.maximum(labels + np.array(shift)[:, None], 0)
                value = value * np.exp(self.log_scale(moved) - self.log_scale(inside))
            return value

        return Move(shift, factor, weight)

    # -- functionals ----------------------------------------------------------------------------------------------------

    def _element(self, labels: Labels) -> Values:
        """Coefficient of p_n (multinomial times matrix element) in units of the coefficient in this basis: (N! / prod n_t!)^(1/2)."""
        mantissa, exponent = self._factorials
        inside = np.clip(labels, 0, self.ensemble.N)  # outside only behind a move of weight zero
        power = exponent[self.ensemble.N] - exponent[inside].sum(axis=0)
        value = np.ldexp(np.sqrt(np.ldexp(mantissa[self.ensemble.N] / mantissa[inside].prod(axis=0), power % 2)), power // 2)
        return np.asarray(value if self.log_scale is None else value * np.exp(-self.log_scale(labels)))

    @cached_property
    def _factorials(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """n! = mantissa 2^exponent for n = 0..N, rounded once: logarithms of them would lose ln(N!) eps."""
        mantissas, exponents = [], []
        top, exponent = 1, 0
        for n in range(self.ensemble.N + 1):
            top *= max(n, 1)
            excess = max(top.bit_length() - 128, 0)
            top, exponent = top >> excess, exponent + excess
            mantissa, power = math.frexp(top)
            mantissas.append(mantissa)
            exponents.append(power + exponent)
        return np.array(mantissas), np.array(exponents)

    def trace(self, labels: Labels) -> Values:
        return np.where((labels[~self.diagonal] == 0).all(axis=0), self._element(labels), 0.0)

    def correlator(self, matrices: Sequence[Matrix]) -> Weight:
        return self._correlator(_chosen(matrices))

    def summands(self, matrices: Sequence[Matrix]) -> Weight | None:
        terms = _chosen(matrices)
        if exact_sum(terms.values(), float(self.ensemble.N) ** len(matrices)):
            return None
        return self._correlator(Counter({chosen: abs(value) for chosen, value in terms.items()}))

    def _correlator(self, terms: Counter[tuple[int, ...]]) -> Weight:
        """Sum over choices of a type for each site, over the number of ways to choose the sites."""
        total = float(math.prod(self.ensemble.N - i for i in range(len(next(iter(terms), ())))))

        def weight(labels: Labels) -> Values:
            result = np.zeros(labels.shape[1], dtype=complex)
            for chosen, value in terms.items():
                rest = labels.astype(float)
                ways = np.ones(labels.shape[1])
                for t in chosen:
                    ways = ways * np.maximum(rest[t], 0)
                    rest[t] -= 1
                ways[(rest[~self.diagonal] != 0).any(axis=0)] = 0
                result += value * ways
            return real_if_real(result) * self._element(labels) / total

        return weight

    def elements(self, labels: Labels) -> sparse.csr_array:
        # every string of types belongs to the label that counts them
        strings = type_strings(self.levels, self.ensemble.N)
        digits = (self.ensemble.N + 1) ** np.arange(self.columns)
        numbers, order = digits @ labels, np.argsort(digits @ labels)
        wanted = sum(digits[strings[n]] for n in range(self.ensemble.N))
        at = order[np.minimum(np.searchsorted(numbers[order], wanted), len(order) - 1)]
        there = numbers[at] == wanted
        value = np.exp(-multiplicity_scale(labels) - (0.0 if self.log_scale is None else self.log_scale(labels)))
        kets, bras = np.divmod(strings[:, there], self.levels)
        entries = value[at[there]], (at[there], positions(kets, bras, self.levels))
        return sparse.csr_array(entries, shape=(labels.shape[1], self.levels ** (2 * self.ensemble.N)))

    # -- states ---------------------------------------------------------------------------------------------------------

    def product_state(self, matrix: Matrix) -> Weight:
        entries = as_array(matrix).ravel()

        def weight(labels: Labels) -> Values:
            value = np.prod(entries[:, None] ** np.maximum(labels, 0), axis=0)
            return real_if_real(value) * self._element(labels)

        return weight

    def dicke_state(self, j: float, m: float) -> Weight:
        n = self.ensemble.N
        if self.levels != 2 or 2 * j != n:
            return super().dicke_state(j, m)
        ups = round(n / 2 + m)

        def weight(labels: Labels) -> Values:
            fits = (labels[0] + labels[1] == ups) & (labels[0] + labels[2] == ups)
            return np.where(fits, self._element(labels) / math.comb(n, ups), 0.0)

        return weight

    def rotated(self, values: ComplexArray, turn: Rotation) -> ComplexArray:
        """R on the kets, its conjugate on the bras: two types that a spin's matrix mixes are a spin of n_a + n_b = 2j, n_a - n_b = 2m."""
        if self.levels != 2 or self.logarithmic:
            return super().rotated(values, turn)
        for a, b in ((0, 2), (1, 3)):
            values = self._mixed(values, a, b, turn.matrix)
        for a, b in ((0, 1), (2, 3)):
            values = self._mixed(values, a, b, lambda J: turn.matrix(J).conj())
        return values

    def _mixed(self, values: ComplexArray, a: int, b: int, matrix: Callable[[int], ComplexArray]) -> ComplexArray:
        """Two types mixed: runs of n_a = 0, ..., J at fixed numbers of the others."""
        labels = self.labels(None)
        c, d = (t for t in range(4) if t not in (a, b))
        order = np.lexsort((labels[a], labels[d], labels[c]))
        totals, result = (labels[a] + labels[b])[order], np.empty_like(values)
        for J in range(self.ensemble.N + 1):
            runs = order[totals == J].reshape(-1, J + 1)
            result[runs] = np.einsum("mk,rkn->rmn", matrix(J), values[runs].reshape(*runs.shape, -1)).reshape(values[runs].shape)
        return result

    @property
    def trace_norm(self) -> float:
        return float(self.levels ** (self.ensemble.N / 2))  # the elements have unit Hilbert-Schmidt norm in the whole space

    def element_norm(self, labels: Labels) -> Values:
        return self._element(labels)  # a sum of N! / prod n_t! products of matrix units over the root of their number

    # -- one satellite apart --------------------------------------------------------------------------------------------

    def without_one(self) -> tuple[Part, Part]:
        name, levels = self.ensemble.name, self.levels
        return OccupationPart(Ensemble(self.ensemble.N - 1, name, levels)), OccupationPart(Ensemble(1, name, levels))

    def one_out(self, labels: Labels) -> Iterator[tuple[Labels, Labels, Values]]:
        """c[n] = sum over types t of  sqrt(n_t / N) c[n - e_t] (x) e_t."""
        for t in range(self.columns):
            one = np.zeros((self.columns, labels.shape[1]), dtype=np.int64)
            one[t] = 1
            yield labels - one, one, np.sqrt(labels[t] / self.ensemble.N)

    # -- labels ---------------------------------------------------------------------------------------------------------

    def labels(self, difference: int | None) -> Labels:
        n = self.ensemble.N
        if self.levels == 2:  # (uu, ud, du, dd): directly within the sector
            blocks = []
            for coherences in range(n + 1):
                ups = range(coherences + 1) if difference is None else [(coherences + difference) // 2]
                for ud in ups:
                    du = coherences - ud
                    if 0 <= ud <= coherences and (difference is None or ud - du == difference):
                        uu = np.arange(n - coherences + 1)
                        blocks.append(np.stack([uu, np.full_like(uu, ud), np.full_like(uu, du), n - coherences - uu]))
            return np.concatenate(blocks, axis=1) if blocks else np.zeros((4, 0), dtype=np.int64)
        # stars and bars, then the sector
        bars = np.array(list(itertools.combinations(range(n + self.columns - 1), self.columns - 1)), dtype=np.int64)
        edges = np.concatenate([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), n + self.columns - 1)], axis=1)
        every = (np.diff(edges, axis=1) - 1).T
        return every if difference is None else every[:, self.difference(every) == difference]

    def count(self, difference: int | None) -> int:
        n = self.ensemble.N
        if difference is None:
            return math.comb(n + self.columns - 1, self.columns - 1)
        if self.levels == 2:
            rest = max(n + 1 - abs(difference), 0)
            return (rest + 1) ** 2 // 4
        if n > _COUNTED:
            return math.comb(n + self.columns - 1, self.columns - 1) // len(self.differences())
        return self._counts().get(difference, 0)

    def _counts(self) -> Counter[int]:
        """Number of occupations for every difference: a small dynamic programme over the types."""
        counts: Counter[tuple[int, int]] = Counter({(0, 0): 1})
        for step in self.type_difference:
            grown: Counter[tuple[int, int]] = Counter()
            for (used, total), ways in counts.items():
                for k in range(self.ensemble.N - used + 1):
                    grown[used + k, total + k * int(step)] += ways
            counts = grown
        return Counter({total: ways for (used, total), ways in counts.items() if used == self.ensemble.N})

    def differences(self) -> range:
        span = self.ensemble.N * (max(self.ensemble.excitations) - min(self.ensemble.excitations))
        return range(-span, span + 1)

    def difference(self, labels: Labels) -> NDArray[np.int64]:
        return self.type_difference @ labels

    def conjugate(self, labels: Labels) -> Labels:
        return labels[self.transposed]

    def key(self, labels: Labels) -> Labels:
        if self.levels == 2:
            return np.stack([labels[0], labels[1], labels[1] - labels[2]])
        return labels[:-1]

    def population(self, labels: Labels) -> NDArray[np.bool_]:
        return (labels[~self.diagonal] == 0).all(axis=0)

    def coordinates(self, labels: Labels) -> Labels:
        if self.levels == 2:
            return np.stack([labels[0], np.minimum(labels[1], labels[2]), labels[1] - labels[2]])
        return labels[:-1]


def _chosen(matrices: Sequence[Matrix]) -> Counter[tuple[int, ...]]:
    """A type for each named site: a product of polynomials in the types, each tr(a E_t) = a[bra, ket]."""
    terms: Counter[tuple[int, ...]] = Counter({(): 1})
    for matrix in matrices:
        covector = as_array(matrix).T.ravel()
        expanded: Counter[tuple[int, ...]] = Counter()
        for chosen, value in terms.items():
            for t in np.nonzero(covector)[0]:
                expanded[tuple(sorted((*chosen, int(t))))] += value * covector[t]
        terms = expanded
    return terms
