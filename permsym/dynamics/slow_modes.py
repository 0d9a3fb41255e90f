"""Slowest eigenvalues of a matrix-free Liouvillian: Arnoldi on its inverse, each solve by iteration.

    M = L - s v tr,   tr v = 1

has the eigenvalues of L, the zero of the steady state moved to -s; L x = lambda x with lambda != 0 has tr x = 0, so that its vectors are
those of M too.  No factorisation and no shift: the largest eigenvalues of M^-1 are the slowest rates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import Blocks
from permsym.errors import SolverFailed
from permsym.matrixfree import BlockLiouvillian
from permsym.steady import krylov
from permsym.steady.progress import Progress

_SOLVES = 60  # most vectors of the subspace
_INNER = 1e-9  # relative residual of a solve
_PRODUCTS = 40_000  # most products of a solve
_ACCURACY = 1e-7  # |L x - lambda x| / |lambda x| at which an eigenvalue counts as found


class _Deflated:
    """M with its rows scaled by the diagonal of L, on arrays of real numbers."""

    def __init__(self, operator: BlockLiouvillian) -> None:
        self.operator = operator
        self.place, _, level = operator.blocks.populations
        self.trace = operator.blocks.population_traces
        weights = self.trace * 0.5**level
        self.v = weights / (self.trace @ weights)
        diagonal = operator.diagonal[self.place].real
        self.strength = float(np.abs(diagonal) @ (self.v * self.trace))
        self.scale = np.where(diagonal == 0, 1.0, diagonal)

    def stored(self, x: NDArray[np.float64]) -> NDArray[Any]:
        return x if self.operator.dtype == float else x.view(complex)

    def product(self, x: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        y, result = self.stored(x), self.stored(out)
        self.operator.matvec(y, result, scaled=True)
        result[self.place] -= self.strength * (self.trace @ y[self.place].real) * self.v / self.scale

    def symmetrise(self, x: NDArray[np.float64]) -> None:
        """Keep the hermitian part: on the rest, which rounding brings in, the stored form of L is singular."""
        b = self.operator.blocks
        kernels.real_parts(self.stored(x), np.flatnonzero(b.own_conjugate), b.offset)

    def scaled(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        diagonal = self.operator.diagonal
        right = self.stored(x) / np.where(diagonal == 0, 1.0, diagonal)
        return right if right.dtype == float else right.view(float)


def slowest(
    operator: BlockLiouvillian, k: int, progress: Progress
) -> tuple[NDArray[np.complex128], NDArray[np.complex128], NDArray[np.float64]]:
    """The zero and the k - 1 other eigenvalues nearest to it, vectors (n, k - 1) of the latter, all residuals |L x - lambda x| / |x|.

    Only the part of the neutral sector that holds the steady state: on resonance the other quadrature is a part of its own.
    """
    deflated = _Deflated(operator)
    start = _start(operator.blocks, operator.dtype == float)
    vectors = [start / np.linalg.norm(start)]
    h = np.zeros((_SOLVES + 1, _SOLVES))
    for step in range(_SOLVES):
        x = np.zeros_like(start)
        right = deflated.scaled(vectors[-1])
        outcome = krylov.bicgstab(deflated.product, right, x, 2, _INNER * float(np.linalg.norm(right)), _PRODUCTS)
        if not outcome.residual < 1e4 * _INNER * float(np.linalg.norm(right)):
            raise SolverFailed("the iteration for the slowest modes did not converge; use fewer satellites")
        deflated.symmetrise(x)
        for _ in range(2):
            for i, known in enumerate(vectors):
                part = float(known @ x)
                x -= part * known
                h[i, step] += part
        h[step + 1, step] = np.linalg.norm(x)
        inverse, mixed = np.linalg.eig(h[: step + 1, : step + 1])
        order = np.argsort(-np.abs(inverse), kind="stable")[: k - 1]
        left = np.abs(h[step + 1, step] * mixed[-1, order] / inverse[order])
        progress(f"{step + 1} solves ({outcome.products} products): slowest {-1 / inverse[order[0]].real:.10g}, residual {left[0]:.1e}")
        if step + 1 >= k and (left < _ACCURACY).all():
            break
        vectors.append(x / h[step + 1, step])
    else:
        raise SolverFailed(f"{_SOLVES} solves did not find the {k} slowest modes; ask for fewer")
    values = 1 / inverse[order]
    found = np.stack(vectors[: step + 1], axis=1) @ mixed[:, order]
    residuals = [_residual(operator, found[:, i], values[i]) for i in range(len(values))]
    return np.concatenate([[0], values]), found, np.array([0.0, *residuals])


def _start(blocks: Blocks, real: bool) -> NDArray[np.float64]:
    """A hermitian operator that any mode has a part in: the same every time."""
    unknowns = np.random.default_rng(0).standard_normal(blocks.dimension)
    stored = blocks.stored_from(unknowns, real)
    return stored if real else stored.view(float)


def _residual(operator: BlockLiouvillian, vector: NDArray[np.complex128], value: complex) -> float:
    """|L x - lambda x| / |x|, for a complex combination of stored real arrays."""

    def acted(part: NDArray[np.float64]) -> NDArray[np.float64]:
        contiguous = np.ascontiguousarray(part)
        return operator.matvec(contiguous if operator.dtype == float else contiguous.view(complex)).view(float)

    left = acted(vector.real) + 1j * acted(vector.imag)
    return float(np.linalg.norm(left - value * vector) / np.linalg.norm(vector))


def top_weight(blocks: Blocks, vectors: NDArray[np.complex128], count: int = 2) -> float:
    """Largest share of a vector's norm in the last ``count`` levels."""
    _, n, m = blocks.places
    top = np.maximum(n, m) >= blocks.model.centre.levels - count
    rows = np.repeat(top, len(vectors) // len(top))
    return float(max((np.linalg.norm(v[rows]) / np.linalg.norm(v) for v in vectors.T), default=0.0))
