"""Coupled Dicke representation of N two-level satellites.  Long because moves, functionals and states share its formulas.

E(j, m, m') is the average over the copies of spin j of \\|j,m><j,m'\\|; the coefficients of E(j, m, m) are probabilities,
so that everything stays O(1) for any N.  Labels are (2j, 2m, 2m').  One-body superoperators, with s_q in {s+, s-, sz/2}
(B. A. Chase, J. M. Geremia, Phys. Rev. A 78, 052101 (2008), extended to all nine pairs):

    sum_n s_q E(j,m,m') s_r^dag =  (N/2+1)/(2j(j+1))        A_q(j,m) A_r(j,m') E(j,   m+q, m'+r)
                                 + (N/2+j+1)/(2j(2j+1))     B_q(j,m) B_r(j,m') E(j-1, m+q, m'+r)
                                 + (N/2-j)/(2(j+1)(2j+1))   D_q(j,m) D_r(j,m') E(j+1, m+q, m'+r)
"""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.centre import real_if_real
from permsym.basis.moves import Labels, Move, Moves, Values, Weight
from permsym.basis.part import Part, exact_sum
from permsym.basis.spin import (
    STEPS,
    A,
    B,
    D,
    Elements,
    Powers,
    Rotation,
    clebsch_gordan,
    components,
    coupled_shares,
    distinct,
    multiplets,
    rotation,
)
from permsym.basis.window import Boundary, Window
from permsym.errors import InputError
from permsym.factorials import log_factorial
from permsym.operators import ComplexArray, Matrix
from permsym.sites import Ensemble


class DickePart(Part):
    """Labels (2j, 2m, 2m') of an ensemble of spins.

    window   the sites of the basis; None: all
    """

    columns = 3

    def __init__(self, ensemble: Ensemble, window: Window | None = None) -> None:
        if ensemble.levels != 2:
            raise InputError(
                f"the Dicke representation needs two-level satellites, but ensemble {ensemble.name} has {ensemble.levels} levels; "
                "use occupation"
            )
        if window is not None and window.N != ensemble.N:
            raise InputError(f"this window was made for N={window.N}, but the ensemble has N={ensemble.N}; make one for this N")
        self.N = ensemble.N
        self.window = window
        self.fixed = None if ensemble.j is None else round(2 * ensemble.j)

    @property
    def boundary(self) -> Boundary:
        return "closed" if self.window is None else self.window.boundary

    # -- moves ----------------------------------------------------------------------------------------------------------

    def left(self, matrix: Matrix) -> Moves:
        return self._collective(matrix, column=1)

    def right(self, matrix: Matrix) -> Moves:
        # E a = (a^dag E^dag)^dag: the bra moves by the adjoint, with conjugated numbers = the transposed matrix
        return self._collective(tuple(zip(*matrix, strict=True)), column=2)

    def _collective(self, matrix: Matrix, column: int) -> Moves:
        (uu, ud), (du, dd) = matrix

        def move(q: str, value: complex) -> Move:
            shift = tuple(2 * STEPS[q] if i == column else 0 for i in range(3))
            return Move(shift, value, lambda labels: A[q](labels[0] * 1.0, labels[column] * 1.0))

        def populations(up: complex, down: complex) -> Weight:
            return lambda labels: real_if_real(np.asarray(up * (self.N + labels[column]) / 2 + down * (self.N - labels[column]) / 2))

        steps = [move(q, value) for q, value in (("+", ud), ("-", du)) if value != 0]
        if uu == -dd != 0:  # no sum of N/2 + m and N/2 - m that cancels
            steps.append(move("z", 2 * uu))
        elif uu != 0 or dd != 0:
            steps.append(Move((0, 0, 0), 1.0, populations(uu, dd), populations(abs(uu), abs(dd))))
        return Moves(tuple(steps))

    def _uniform(self, value: complex) -> Move:
        return Move((0, 0, 0), value * self.N, lambda labels: np.ones(labels.shape[1]))

    @property
    def spins(self) -> NDArray[np.int64]:
        """2j of all labels, rising: the fixed one, or all there are."""
        return np.arange(self.N % 2, self.N + 1, 2) if self.fixed is None else np.array([self.fixed])

    def sandwich(self, first: Matrix, second: Matrix) -> Moves:
        if self.fixed is not None:
            raise InputError("a sum over satellites changes their total spin, which j fixes; leave j out")
        a0, a = components(first)
        b0, b = components(second)
        moves = Moves()
        if a0 != 0 and b0 != 0:
            moves += Moves((self._uniform(a0 * b0.conjugate()),))
        if a0 != 0:
            for r, value in b.items():
                moves += _bra(r) * (a0 * value.conjugate())
        if b0 != 0:
            for q, value in a.items():
                moves += _ket(q) * (value * b0.conjugate())
        for q, x in a.items():
            for r, y in b.items():
                moves += self._pair(q, r) * (x * y.conjugate())
        return moves

    def _pair(self, q: str, r: str) -> Moves:
        """sum_n s_q E s_r^dag."""
        half = self.N / 2

        def move(step: int, side: Elements, rate: Callable[[Values], Values]) -> Move:
            def weight(labels: Labels) -> Values:
                J = labels[0] * 1.0
                return rate(J / 2) * side[q](J, labels[1] * 1.0) * side[r](J, labels[2] * 1.0)

            return Move((2 * step, 2 * STEPS[q], 2 * STEPS[r]), 1.0, weight)

        def same(j: Values) -> Values:
            return np.where(j > 0, (half + 1) / (2 * np.maximum(j, 0.5) * (j + 1)), 0.0)

        def down(j: Values) -> Values:
            return np.where(j > 0, (half + j + 1) / (2 * np.maximum(j, 0.5) * (2 * j + 1)), 0.0)

        def up(j: Values) -> Values:
            return np.maximum(half - j, 0) / (2 * (j + 1) * (2 * j + 1))

        return Moves((move(0, A, same), move(-1, B, down), move(1, D, up)))

    # -- functionals ----------------------------------------------------------------------------------------------------

    def trace(self, labels: Labels) -> Values:
        return (labels[1] == labels[2]).astype(float)

    def correlator(self, matrices: Sequence[Matrix]) -> Weight:
        return self._correlator(_expanded(matrices), -1.0)

    def summands(self, matrices: Sequence[Matrix]) -> Weight | None:
        terms = _expanded(matrices)
        # |S(k)| and what it is summed from stay below (2 N)^|k|
        if exact_sum(terms.values(), (2.0 * self.N) ** len(matrices)):
            return None
        return self._correlator({counts: abs(value) for counts, value in terms.items()}, 1.0)

    def _correlator(self, terms: dict[Powers, complex], sign: float) -> Weight:
        """Sum of factors times S(k), over the number of ways to choose the sites; ``sign``: of :func:`permsym.basis.spin.distinct`."""
        most = max(map(sum, terms), default=0)
        ordered = [math.prod(self.N - i for i in range(sites, most)) for sites in range(most + 1)]

        def weight(labels: Labels) -> Values:
            result = np.zeros(labels.shape[1], dtype=complex)
            cache: dict[Powers, Values] = {}
            for counts, value in terms.items():
                step = 2 * (counts[0] - counts[1])
                matrix_element = distinct(self.N, counts, labels[0] * 1.0, labels[1] * 1.0, cache, sign)
                result += np.where(labels[2] == labels[1] + step, value * float(ordered[sum(counts)]) * matrix_element, 0.0)
            return real_if_real(result) / float(math.prod(self.N - i for i in range(most)))

        return weight

    def elements(self, labels: Labels) -> sparse.csr_array:
        states, side = multiplets(self.N), 2**self.N
        rows, columns, values = [], [], []
        for i, (J, M, bra) in enumerate(labels.T.tolist()):
            (up, left), (down, right) = states[J, M], states[J, bra]
            columns.append((up[:, None] * side + down).ravel())
            values.append((left @ right.T / left.shape[1]).ravel())
            rows.append(np.full(len(columns[-1]), i))
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
        return sparse.csr_array(entries, shape=(labels.shape[1], side**2))

    # -- states ---------------------------------------------------------------------------------------------------------

    def product_state(self, matrix: Matrix) -> Weight:
        """With r = R diag(p, q) R^dag, block j of r (x) r (x) ... is, for all its copies together,

        d_j (p q)^(N/2-j) D_j(R) diag(p^(j+k) q^(j-k)) D_j(R)^dag,   d_j = N! (2j+1) / ((N/2+j+1)! (N/2-j)!)
        """
        from scipy.special import xlogy  # a steady state does without: it takes longer to load than a small one to solve

        (uu, ud), (_, dd) = matrix
        p, q, theta, phi = uu.real, dd.real, 0.0, 0.0
        if ud != 0:  # else it is diagonal as it stands
            length = math.hypot(p - q, 2 * abs(ud))
            theta, phi = math.atan2(2 * abs(ud), p - q), -cmath.phase(ud)
            p, q = (1 + length) / 2, max((1 - length) / 2, 0.0)

        def along_axis(J: int) -> Values:
            k = np.arange(-J, J + 1, 2) / 2
            copies = math.log(math.comb(self.N, (self.N - J) // 2)) + math.log((J + 1) / ((self.N + J) // 2 + 1))
            return np.asarray(np.exp(copies + xlogy(self.N / 2 + k, p) + xlogy(self.N / 2 - k, q)))

        def block(J: int) -> ComplexArray:
            k, weights, turned = np.arange(-J, J + 1, 2) / 2, along_axis(J), rotation(J, theta)
            phases = np.exp(-1j * phi * k) if phi else np.ones(len(k))
            return phases[:, None] * (turned * weights @ turned.T) * phases.conj()

        def weight(labels: Labels) -> Values:
            result = np.zeros(labels.shape[1], dtype=complex)
            for J in np.unique(labels[0]):
                here = np.flatnonzero(labels[0] == J)
                ket, bra = (labels[1:, here] + J) // 2
                if theta == 0 and (min(p, q) > 0 or self.N == J):
                    result[here] = np.where(ket == bra, along_axis(int(J))[ket], 0)
                elif min(p, q) > 0 or self.N == J:
                    result[here] = block(int(J))[ket, bra]
            return real_if_real(result)

        return weight

    def dicke_state(self, j: float, m: float) -> Weight:
        return lambda labels: ((labels[0] == 2 * j) & (labels[1] == 2 * m) & (labels[2] == 2 * m)).astype(float)

    def rotated(self, values: ComplexArray, turn: Rotation) -> ComplexArray:
        """Block by block: D_j X D_j^dag."""
        result, start = np.empty_like(values), 0
        for J in self.spins.tolist():
            d, mine = turn.matrix(J), slice(start, start + (J + 1) ** 2)
            block = np.tensordot(d, values[mine].reshape(J + 1, J + 1, -1), axes=1)
            result[mine] = np.einsum("akn,bk->abn", block, d.conj(), optimize=True).reshape(values[mine].shape)
            start = mine.stop
        return result

    @property
    def trace_norm(self) -> float:
        """Block j is a matrix of rank 2j+1 at most, spread evenly over its copies: sqrt(sum_j (2j+1)) by Cauchy-Schwarz."""
        return math.sqrt(self.count(0))

    def log_norm(self, labels: Labels) -> Values:
        """E(j, m, m') is spread evenly over the N! (2j+1) / ((N/2+j+1)! (N/2-j)!) copies of j."""
        J, N = labels[0], np.array(self.N)
        copies = log_factorial(N) + np.log(J + 1) - log_factorial((N + J) // 2 + 1) - log_factorial((N - J) // 2)
        return np.asarray(-copies / 2)

    # -- one satellite apart --------------------------------------------------------------------------------------------

    def without_one(self) -> tuple[Part, Part]:
        window = None
        if self.window is not None:  # the sites j +- 1/2, m +- 1/2
            sites = np.concatenate([self.window.sites() + np.array([[dj], [dm]]) for dj in (-1, 1) for dm in (-1, 1)], axis=1)
            window = Window.at_sites(self.N - 1, sites)
        return type(self)(Ensemble(self.N - 1), window), type(self)(Ensemble(1))

    def one_out(self, labels: Labels) -> Iterator[tuple[Labels, Labels, Values]]:
        """E_N(j,m,m') = sum over J, s, s' of  r_J <J,m-s;1/2,s|j,m> <J,m'-s';1/2,s'|j,m'>  E_(N-1)(J,m-s,m'-s') (x) |s><s'|

        r_(j-1/2) = 2j (N/2+j+1) / (N (2j+1)),    r_(j+1/2) = (2j+2) (N/2-j) / (N (2j+1))
        """
        J, M, bra = labels * 1.0
        for (step, share), s, t in itertools.product(coupled_shares(self.N, J), (1, -1), (1, -1)):
            weight = share * clebsch_gordan(step, s, J, M) * clebsch_gordan(step, t, J, bra)
            one = np.tile([[1], [s], [t]], (1, labels.shape[1]))
            yield labels + np.array([[step], [-s], [-t]]), one, weight

    # -- labels ---------------------------------------------------------------------------------------------------------

    def labels(self, difference: int | None) -> Labels:
        if self.window is not None:
            return self._windowed(self.window, difference)
        J = self.spins
        if difference is None:
            sides = [np.arange(-j, j + 1, 2) for j in J]
            blocks = [np.stack([np.full((j + 1) ** 2, j), np.repeat(m, j + 1), np.tile(m, j + 1)]) for j, m in zip(J, sides, strict=True)]
            return np.concatenate(blocks, axis=1)
        size = np.maximum(J + 1 - abs(difference), 0)
        column = np.repeat(J, size)
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        lower = -column + 2 * within  # the smaller of 2m and 2m'
        ket, bra = max(difference, 0), max(-difference, 0)
        return np.stack([column, lower + 2 * ket, lower + 2 * bra])

    def _windowed(self, window: Window, difference: int | None) -> Labels:
        """Labels whose ket site (2j, 2m) and bra site (2j, 2m') are both in the window."""
        if difference is None:
            raise InputError("a window needs a U(1) symmetry that ties m' to m, which this model lacks; use window='full'")
        J, M = window.sites()
        bra = M - 2 * difference
        both = window.contains(J, bra)
        return np.stack([J[both], M[both], bra[both]])

    def count(self, difference: int | None) -> int:
        if self.window is not None:
            return self.labels(difference).shape[1]
        if self.fixed is not None:
            return (self.fixed + 1) ** 2 if difference is None else max(self.fixed + 1 - abs(difference), 0)
        # sums over 2j + 1 = n, n - 2, ... in closed form, with whole numbers that cannot overflow
        n = self.N + 1
        if difference is None:
            return n * (n + 1) * (n + 2) // 6
        rest = max(n - abs(difference), 0)
        return (rest + 1) ** 2 // 4

    def differences(self) -> range:
        most = self.N if self.fixed is None else self.fixed
        return range(-most, most + 1)

    def difference(self, labels: Labels) -> NDArray[np.int64]:
        return (labels[1] - labels[2]) // 2

    def conjugate(self, labels: Labels) -> Labels:
        return labels[[0, 2, 1]]

    def key(self, labels: Labels) -> Labels:
        return np.stack([labels[0] // 2, labels[1] // 2, (labels[1] - labels[2]) // 2])

    def population(self, labels: Labels) -> NDArray[np.bool_]:
        return labels[1] == labels[2]

    def coordinates(self, labels: Labels) -> Labels:
        return np.stack([labels[0] // 2, np.minimum(labels[1], labels[2]) // 2, (labels[1] - labels[2]) // 2])


def _ket(q: str) -> Moves:
    return Moves((Move((0, 2 * STEPS[q], 0), 1.0, lambda labels: A[q](labels[0] * 1.0, labels[1] * 1.0)),))


def _bra(r: str) -> Moves:
    """E s_r^dag: the bra moves by r."""
    return Moves((Move((0, 0, 2 * STEPS[r]), 1.0, lambda labels: A[r](labels[0] * 1.0, labels[2] * 1.0)),))


def _expanded(matrices: Sequence[Matrix]) -> dict[Powers, complex]:
    """A product of operators on distinct sites in 1, s+, s-, sz; an identity only drops its site."""
    terms: dict[Powers, complex] = {(0, 0, 0): 1.0}
    for matrix in matrices:
        identity, parts = components(matrix)
        expanded: dict[Powers, complex] = {}
        for counts, value in terms.items():
            if identity != 0:
                expanded[counts] = expanded.get(counts, 0) + value * identity
            for q, factor in parts.items():
                grown = tuple(k + (q == name) for k, name in zip(counts, "+-z", strict=True))
                scale = 0.5 if q == "z" else 1.0  # sz = 2 * (sz/2)
                expanded[grown] = expanded.get(grown, 0) + value * factor * scale  # type: ignore[index, arg-type]
        terms = expanded
    return terms
