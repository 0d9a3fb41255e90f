"""Quantum Fisher information of a rotation angle of the satellites, exp(-i theta n.J) rho exp(i theta n.J).

With the eigenvalues l of the block of each total spin j, summed over its copies (which cancel):

    F(a, b) = sum over j, k, l of  2 (l_k - l_l)^2 / (l_k + l_l)  Re J^a_kl J^b_lk,        F(n) = n . F n

Two sides, for a state whose trace norm is off by e.  Proved, given e, with A = n.J:

    lower    F = max over X of tr(rho Y), Y = 2 i[A, X] - X^2: with the X of the computed state, e/2 times the spread of Y below
    upper    F = 4 min over C of |(A (x) 1 - 1 (x) C) Psi|^2 with a purification Psi; those of two states are sqrt(e) apart (Uhlmann):
             sqrt(F) <= sqrt(F computed) + 2 N sqrt(e).  Small eigenvalues allow no bound linear in e
    both     where a symmetry makes all blocks diagonal, F itself changes by at most  12 e max_m (J_x^2)_mm

S. L. Braunstein, C. M. Caves, Phys. Rev. Lett. 72, 3439 (1994); B. M. Escher et al., Nature Physics 7, 406 (2011).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import machine
from permsym.errors import InputError, TooLarge
from permsym.model import Model
from permsym.operators import ComplexArray
from permsym.states.collective_spin import DickePopulations
from permsym.text import finite, readable

EPS = float(np.finfo(float).eps)
WHOSE = {"satellites": False, "joint": True}
"""Whose state measures a rotation, as commands and sweeps name it -> whether that is the joint state of satellites and centre."""
Real = NDArray[np.float64]
_DIAGONAL = 12.0  # 4 |A_kl|^2 f(l_k, l_l) a pair, f = (a - b)^2 / (a + b), |df/da| <= 3


@dataclass(frozen=True)
class RotationFisher:
    """Quantum Fisher information about an angle of rotation of N satellites; a coherent state has N, a GHZ state N^2.

    matrix             (3, 3) F(a, b) of rotations about x, y, z
    largest, axis      its largest eigenvalue, and the axis (3,) of that, up to its sign
    lower, upper       between which the largest lies, if the state is off by no more than ``trace_norm_error``; nan where that is unknown
    trace_norm_error   estimate of the trace norm of the state's error
    joint              whether it is that of satellites and centre together, else of the satellites' reduced state
    allowed            distance between the sides, relative to the largest, that counts as certified; nan: none
    """

    matrix: Real
    largest: float
    axis: Real
    lower: float
    upper: float
    trace_norm_error: float
    joint: bool
    allowed: float = math.nan

    @property
    def error(self) -> float:
        """How far the largest may be from what it is said to be: to the farther side."""
        return max(self.upper - self.largest, self.largest - self.lower)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified; below the square of ``allowed`` it is nothing."""
        if self.upper - self.lower <= self.allowed * max(self.largest, self.allowed):
            return ()
        whose = "joint" if self.joint else "satellites'"
        between = "has no sides" if math.isnan(self.upper) else f"is between {self.lower:.6g} and {self.upper:.6g}"
        return (f"the {whose} Fisher information of rotations, {self.largest:.6g}, {between}",)

    def about(self, axis: Iterable[float]) -> float:
        """F(n) of the axis n, which need not be normalised."""
        n = np.array(list(axis), dtype=float)
        n = n / np.linalg.norm(n)
        return float(n @ self.matrix @ n)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: numbers that are not finite become None."""
        return {
            "matrix": self.matrix.tolist(),
            "largest": self.largest,
            "axis": self.axis.tolist(),
            "lower": finite(self.lower),
            "upper": finite(self.upper),
            "trace_norm_error": finite(self.trace_norm_error),
            "joint": self.joint,
        }


@dataclass(frozen=True)
class RotationFisherSeries:
    """Fisher information about angles of rotation over time.

    rows   one for each time
    """

    rows: tuple[RotationFisher, ...] = field(repr=False)

    @property
    def matrix(self) -> Real:
        """(T, 3, 3)"""
        return np.array([row.matrix for row in self.rows])

    @property
    def largest(self) -> Real:
        """(T,)"""
        return np.array([row.largest for row in self.rows])

    @property
    def axis(self) -> Real:
        """(T, 3)"""
        return np.array([row.axis for row in self.rows])

    @property
    def lower(self) -> Real:
        """(T,)"""
        return np.array([row.lower for row in self.rows])

    @property
    def upper(self) -> Real:
        """(T,)"""
        return np.array([row.upper for row in self.rows])

    @property
    def joint(self) -> bool:
        return self.rows[0].joint

    @property
    def error(self) -> Real:
        """(T,) to the farther side."""
        return np.array([row.error for row in self.rows])

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not certified, of the first time that is not."""
        return next((row.reasons for row in self.rows if row.reasons), ())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the keys of one, each a list over the times."""
        rows = [row.to_dict() for row in self.rows]
        return {name: [row[name] for row in rows] for name in rows[0] if name != "joint"} | {"joint": self.joint}


def check_rotations(model: Model) -> None:
    """InputError for a model whose satellites have no collective spin to be rotated as a whole here: it has one ensemble, of spins-1/2."""
    if len(model.ensembles) != 1 or model.ensembles[0].kind != "spin":
        raise InputError(
            f"the Fisher information of rotations is that of one ensemble of spins-1/2, but {model.name} has "
            f"{', '.join(f'{each.size:g} satellites of {each.levels} levels' for each in model.ensembles)}"
        )


def spin_matrices(j: float) -> ComplexArray:
    """(3, 2j+1, 2j+1) J_x, J_y, J_z, with m = j, ..., -j."""
    m = j - np.arange(round(2 * j) + 1)
    plus = np.diag(np.sqrt(j * (j + 1) - m[1:] * (m[1:] + 1)), 1).astype(complex)
    return np.array([(plus + plus.T) / 2, (plus - plus.T) / 2j, np.diag(m)])


def fisher_of_blocks(blocks: Iterable[tuple[float, ComplexArray]], N: int, error: float, *, joint: bool) -> RotationFisher:
    """Of a density operator of N spins from its blocks.

    blocks     j and the block (centre (2j+1), centre (2j+1)), or without a centre (2j+1, 2j+1), summed over the copies of j; largest first
    error      of the trace norm; nan: unknown
    """
    every: list[_Block] = []
    for j, block in blocks:
        if not every:
            _check_memory(N, len(block))
        every.append(_Block.of(j, block))
    matrix = np.sum([block.fisher for block in every], axis=0)
    values, vectors = np.linalg.eigh(matrix)
    largest, axis = max(float(values[-1]), 0.0), vectors[:, -1]
    axis = axis * np.sign(axis[np.argmax(np.abs(axis))])
    size = max(len(block.values) for block in every)
    error = error + 2 * sum(block.negative for block in every) + size * EPS  # what is not in the sum, and rounding of eigenvalues
    spans = [(0.0, 0.0), *(block.span(axis) for block in every)]
    spread = max(high for _, high in spans) - min(low for low, _ in spans)
    upper = min((math.sqrt(largest) + 2 * N * math.sqrt(error)) ** 2, float(N) ** 2)
    known = not math.isnan(error)
    return RotationFisher(
        matrix=matrix,
        largest=largest,
        axis=axis,
        lower=max(0.0, largest - error * spread / 2) if known else math.nan,
        upper=max(largest, upper) if known else math.nan,
        trace_norm_error=error,
        joint=joint,
    )


def _check_memory(N: int, largest: int) -> None:
    """TooLarge where the blocks of N spins, with so many rows and less, do not fit into what is free now: six arrays of complex numbers."""
    needed, free = 96.0 * largest**2 * (1 + N / 6), machine.available_bytes()
    if needed > free:
        message = (
            f"the blocks of all total spins need about {readable(needed)}, but {readable(free)} are available; take fewer satellites, "
            "or the reduced state of a model with a U(1) charge, which needs populations alone"
        )
        raise TooLarge(message, needed=needed, available=free)


def fisher_of_populations(populations: DickePopulations, N: int, error: float) -> RotationFisher:
    """Of a state that is diagonal in (j, m): F(x, x) = F(y, y), the only ones, from P(j, m) at any N.

    With p, p' of neighbours m, m + 1:      F = sum of  (j (j + 1) - m (m + 1)) (p - p')^2 / (p + p')
    """
    order = np.lexsort((populations.m, populations.j))
    j, m, p = (np.asarray(each)[order] for each in (populations.j, populations.m, populations.probability))
    negative, p = -float(np.minimum(p, 0).sum()), np.maximum(p, 0)
    follows = np.append((np.diff(j) == 0) & (np.diff(m) == 1), False)
    above = np.where(follows, np.append(p[1:], 0.0), 0.0)
    first = ~np.append(False, follows[:-1])  # nothing is listed below
    ladder = j * (j + 1) - m * (m + 1)
    total = p + above
    pairs = ladder * np.divide((p - above) ** 2, total, out=np.zeros_like(p), where=total > 0)
    below = np.where(first, (j * (j + 1) - m * (m - 1)) * p, 0.0)
    largest = float(pairs.sum() + below.sum())
    error = error + 2 * negative + EPS
    change = _DIAGONAL * error * N / 2 * (N / 2 + 1) / 2
    known = not math.isnan(error)
    return RotationFisher(
        matrix=np.diag([largest, largest, 0.0]),
        largest=largest,
        axis=np.array([1.0, 0.0, 0.0]),
        lower=max(0.0, largest - change) if known else math.nan,
        upper=max(largest, min(largest + change, float(N) ** 2)) if known else math.nan,
        trace_norm_error=error,
        joint=False,
    )


@dataclass(frozen=True)
class _Block:
    """Eigenvalues (n,) of the block of one j, and J (3, n, n) in its eigenbasis; ``negative``: how much the eigenvalues below zero hold."""

    j: float
    values: Real
    J: ComplexArray
    negative: float

    @classmethod
    def of(cls, j: float, matrix: ComplexArray) -> _Block:
        values, vectors = np.linalg.eigh(matrix)
        J = spin_matrices(j)
        together = np.array([np.kron(np.eye(len(matrix) // len(each)), each) for each in J])
        return cls(j, np.maximum(values, 0.0), vectors.conj().T @ together @ vectors, -float(np.minimum(values, 0.0).sum()))

    @property
    def _ratio(self) -> Real:
        """(n, n) (l_k - l_l) / (l_k + l_l)."""
        total = self.values[:, None] + self.values
        return np.divide(self.values[:, None] - self.values, total, out=np.zeros_like(total), where=total > 0)

    @property
    def fisher(self) -> Real:
        """(3, 3)."""
        weights = 2 * self._ratio * (self.values[:, None] - self.values)
        return np.einsum("akl,kl,blk->ab", self.J, weights, self.J).real

    def span(self, axis: Real) -> tuple[float, float]:
        """Smallest and largest eigenvalue of 2 i[A, X] - X^2 with X = 2i (l_k - l_l)/(l_k + l_l) A_kl, the logarithmic derivative."""
        A = np.einsum("a,akl->kl", axis, self.J)
        X = 2j * self._ratio * A
        values = np.linalg.eigvalsh(2j * (A @ X - X @ A) - X @ X)
        return float(values[0]), float(values[-1])
