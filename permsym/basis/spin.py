"""Collective spins of N spins-1/2: matrix elements of one-site operators, rotations, multiplets; knows no basis.

Quantum numbers are doubled, J = 2j and M = 2m, as in the labels of dicke.py.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from permsym.basis.moves import Values
from permsym.operators import ComplexArray, Matrix, as_array

Elements = dict[str, Callable[[Values, Values], Values]]
"""Matrix elements of s+, s- and sz/2 as functions of (J, M)."""
Powers = tuple[int, int, int]
"""(k+, k-, kz): numbers of factors s+, s- and sz."""

_NO_ANGLE = 1e-15  # modulus of a spin-1/2's matrix element that is rounding of a zero

# One-site matrices in terms of 1, s+, s-, sz/2: a = a_1 + a_+ s+ + a_- s- + a_z sz/2.
STEPS = {"+": 1, "-": -1, "z": 0}


def components(matrix: Matrix) -> tuple[complex, dict[str, complex]]:
    """(a_1, {q: a_q}) of a 2 x 2 matrix, zero components left out."""
    (uu, ud), (du, dd) = matrix
    return (uu + dd) / 2, {q: value for q, value in (("+", ud), ("-", du), ("z", uu - dd)) if value != 0}


def _root(a: Values, b: Values) -> Values:
    """sqrt(a b), zero where a factor is negative: labels outside the triangle occur only behind weight zero."""
    return np.sqrt(np.maximum(a, 0) * np.maximum(b, 0))


# The A, B and D of the equation in dicke.py, as functions of float arrays; j + m = (J + M)/2 and so on.
A: Elements = {
    "+": lambda J, M: _root((J - M) / 2, (J + M) / 2 + 1),
    "-": lambda J, M: _root((J + M) / 2, (J - M) / 2 + 1),
    "z": lambda J, M: M / 2,
}
B: Elements = {
    "+": lambda J, M: _root((J - M) / 2, (J - M) / 2 - 1),
    "-": lambda J, M: -_root((J + M) / 2, (J + M) / 2 - 1),
    "z": lambda J, M: _root((J + M) / 2, (J - M) / 2),
}
D: Elements = {
    "+": lambda J, M: -_root((J + M) / 2 + 1, (J + M) / 2 + 2),
    "-": lambda J, M: _root((J - M) / 2 + 1, (J - M) / 2 + 2),
    "z": lambda J, M: _root((J - M) / 2 + 1, (J + M) / 2 + 1),
}


def coupled_shares(N: int, J: Values) -> tuple[tuple[int, Values], tuple[int, Values]]:
    """(step, r) for the spins J + step = J -+ 1 of N - 1 satellites that couple with one more to J: r of :meth:`DickePart.one_out`."""
    j, half = J / 2, N / 2
    return (-1, J * (half + j + 1) / (N * (J + 1))), (1, (J + 2) * (half - j) / (N * (J + 1)))


def clebsch_gordan(step: int, s: int, J: Values, M: Values) -> Values:
    """<J + step, M - s; 1, s | J, M> of a spin J + step = J -+ 1 and a spin-1/2."""
    if step < 0:
        return _root((J + s * M) / 2, 1 / np.maximum(J, 1))
    return -s * _root((J - s * M) / 2 + 1, 1 / (J + 2))


def rotation(J: int, theta: float) -> NDArray[np.float64]:
    """<j, m| exp(-i theta J_y) |j, k>, m and k ascending."""
    if theta == 0:
        return np.eye(J + 1)
    m = np.arange(-J, J, 2) * 1.0
    raising = np.diag(A["+"](J * np.ones(J), m), -1) / 2
    return np.asarray(linalg.expm(theta * (raising.T - raising)))


@dataclass(frozen=True)
class Rotation:
    """exp(-i angle n . J) of collective spins, as exp(-i alpha J_z) exp(-i beta J_y) exp(-i gamma J_z).

    A beta of 0 or pi is exact: no element then hides rounding, and charges stay apart.
    """

    alpha: float
    beta: float
    gamma: float

    @classmethod
    def about(cls, axis: tuple[float, float, float], angle: float) -> Rotation:
        """About a unit vector n; the spin-1/2 matrix is cos(angle/2) - i sin(angle/2) n . sigma."""
        x, y, z = axis
        c, s = math.cos(angle / 2), math.sin(angle / 2)
        up, down = complex(c, -s * z), complex(s * y, -s * x)  # <up|R|up>, <down|R|up>
        beta = 2 * math.atan2(abs(down), abs(up))
        if abs(down) < _NO_ANGLE:
            return cls(-2 * cmath.phase(up), 0.0, 0.0)
        if abs(up) < _NO_ANGLE:
            return cls(2 * cmath.phase(down), math.pi, 0.0)
        # <up|R|up> = cos(beta/2) exp(-i (alpha + gamma)/2), <down|R|up> = sin(beta/2) exp(i (alpha - gamma)/2)
        return cls(cmath.phase(down) - cmath.phase(up), beta, -cmath.phase(up) - cmath.phase(down))

    def matrix(self, J: int) -> ComplexArray:
        """<j, m| R |j, k> of the spin 2j = J, (J + 1, J + 1), m and k ascending."""
        m = np.arange(-J, J + 1, 2) / 2
        flip = np.diag((-1.0) ** np.arange(J + 1))[:, ::-1]  # <m|exp(-i pi J_y)|k> = (-1)^(j + m) where m = -k, else 0
        turned = flip if self.beta == math.pi else rotation(J, self.beta)
        return np.asarray(np.exp(-1j * self.alpha * m)[:, None] * turned * np.exp(-1j * self.gamma * m))


def distinct(N: int, k: Powers, J: Values, M: Values, cache: dict[Powers, Values], sign: float = -1.0) -> Values:
    """<j, m + k+ - k-| S(k) |j, m> for S(k) = sum over ordered distinct sites of s+^k+ s-^k- sz^kz, on N sites.

        S(k + e_a) = J_a S(k) - sum_b k_b [ c0(a,b) (N-M+1) S(k-e_b) + sum_g c_g(a,b) S(k-e_b+e_g) ],    M = |k|

    The square roots of the way from m to m + k+ - k- stand in front; what they multiply is a sum of whole numbers, exact up to 2^53.

    cache   elements for smaller k, at the same labels; filled in
    sign    1: of the moduli of all summands instead, the size of what cancels
    """
    steps, position, root = k[0] - k[1], M, np.ones_like(J)
    for _ in range(abs(steps)):
        root = root * A["+" if steps > 0 else "-"](J, position)
        position = position + (2 if steps > 0 else -2)
    return root * _without_roots(N, k, J, M, cache, sign)


def _without_roots(N: int, k: Powers, J: Values, M: Values, cache: dict[Powers, Values], sign: float) -> Values:
    if min(k) < 0:
        return np.zeros_like(J)
    if sum(k) == 0:
        return np.ones_like(J)
    if k not in cache:
        a = next(i for i in (2, 1, 0) if k[i] > 0)  # raise z last: diagonal factors are exact
        rest = _changed(k, a, -1)
        value = _step(a, rest, J, M, sign) * _without_roots(N, rest, J, M, cache, sign)
        for b in range(3):
            if rest[b] == 0:
                continue
            constant, others = _PRODUCTS[a, b]
            if constant:
                value = value + sign * rest[b] * constant * (N - sum(rest) + 1) * _without_roots(
                    N, _changed(rest, b, -1), J, M, cache, sign
                )
            for g, factor in others.items():
                fewer = _changed(_changed(rest, b, -1), g, 1)
                value = value + sign * rest[b] * (abs(factor) if sign > 0 else factor) * _without_roots(N, fewer, J, M, cache, sign)
        cache[k] = value
    return cache[k]


def _step(a: int, rest: Powers, J: Values, M: Values, sign: float) -> Values:
    """What J_a multiplies S(rest) with: of J_+ and J_- on the way back, both square roots of a step."""
    there = rest[0] - rest[1]
    position = M + 2 * there  # where S(rest) has taken m
    if a == 2:
        return np.abs(position) if sign > 0 else position
    if (there < 0) if a == 0 else (there > 0):
        ahead, behind = (J - position) / 2, (J + position) / 2
        return np.maximum(ahead + a, 0) * np.maximum(behind + 1 - a, 0)
    return np.ones_like(J)


def _changed(k: Powers, position: int, step: int) -> Powers:
    values = list(k)
    values[position] += step
    return values[0], values[1], values[2]


def _products() -> dict[tuple[int, int], tuple[float, dict[int, float]]]:
    """s_a s_b = c0 + sum_g c_g s_g for a, b in (s+, s-, sz), from the 2 x 2 matrices themselves."""
    matrices: list[ComplexArray] = [as_array(((0, 1), (0, 0))), as_array(((0, 0), (1, 0))), as_array(((1, 0), (0, -1)))]
    table = {}
    for a, first in enumerate(matrices):
        for b, second in enumerate(matrices):
            (uu, ud), (du, dd) = (first @ second).real
            factors = {0: ud, 1: du, 2: (uu - dd) / 2}
            table[a, b] = (float(uu + dd) / 2, {g: float(value) for g, value in factors.items() if value})
    return table


_PRODUCTS = _products()


def multiplets(N: int) -> dict[tuple[int, int], tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """States \\|j, m, copy> of N spins: (2j, 2m) -> rows of the product basis and amplitudes (rows, copies) there.

    The highest states of each j span the kernel of J_+ at m = j; J_- makes the others, for all copies alike.
    """
    flipped = np.array([bin(state).count("1") for state in range(2**N)])  # bit 1 is down
    rows = [np.flatnonzero(flipped == downs) for downs in range(N + 1)]
    lower = [_lowering(rows[downs], rows[downs + 1], N) for downs in range(N)]
    states_of = {}
    for downs in range(N // 2 + 1):
        J = N - 2 * downs
        states = linalg.null_space(lower[downs - 1].T) if downs else np.ones((1, 1))
        for step in range(J + 1):
            states_of[J, J - 2 * step] = rows[downs + step], states
            if step < J:
                states = lower[downs + step] @ states / np.sqrt((J - step) * (step + 1.0))
    return states_of


def _lowering(source: NDArray[np.int64], target: NDArray[np.int64], N: int) -> NDArray[np.float64]:
    """J_- from one sector of m to the one below."""
    matrix = np.zeros((len(target), len(source)))
    for n in range(N):
        columns = np.flatnonzero(source >> n & 1 == 0)
        matrix[np.searchsorted(target, source[columns] | 1 << n), columns] = 1
    return matrix
