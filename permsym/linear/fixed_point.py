"""The fixed point of a linear map M that conserves a sum, and the map's largest eigenvalues, by products with M alone.

    M x = x,   s x = 1,   where s M = s.

From a start x0 with s x0 = 1 the correction solves (1 - M) d = M x0 - x0 = r in the span of r, M r, M^2 r, ... (GMRES).  A map that
contracts is solved so in a few products: its powers leave a few directions only.  Y. Saad, M. H. Schultz, SIAM J. Sci. Stat. Comput. 7, 856
(1986).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]
Apply = Callable[[Vector], Vector]
EPS = float(np.finfo(float).eps)
_ROUNDS = 4  # restarts of GMRES, each with a residual computed anew: maps that contract take two


@dataclass(frozen=True)
class FixedPoint:
    """M x = x.

    residual        |M x - x|
    amplification   estimate of |(1 - M)^-1| on vectors of sum zero: x is off by residual times that, in Euclid's norm
    products        with M
    """

    x: Vector
    residual: float
    amplification: float
    products: int


@dataclass(frozen=True)
class Krylov:
    """M V = V H + h w e^T.

    vectors    (n, m), orthonormal; square (m, m) is H; beyond is h
    """

    vectors: Vector
    square: Vector
    beyond: float

    @property
    def ritz(self) -> tuple[NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64]]:
        """Eigenvalues of H, largest modulus first, the residuals of their vectors, and the condition of each: 1 / |left . right|."""
        values, right = np.linalg.eig(self.square)
        left = np.linalg.pinv(right)
        order = np.argsort(-np.abs(values), kind="stable")
        residuals = self.beyond * np.abs(right[-1])
        return values[order], residuals[order], np.linalg.norm(left, axis=1)[order]


def krylov(apply: Apply, start: Vector, most: int, enough: Callable[[Krylov], bool]) -> Krylov:
    """The Krylov space of a vector, until ``enough`` says so, ``most`` vectors are there, or it is closed."""
    vectors: list[Vector] = [start / np.linalg.norm(start)]
    square = np.zeros((most + 1, most), dtype=start.dtype)
    for k in range(most):
        image = apply(vectors[k])
        scale = float(np.linalg.norm(image))
        basis = np.array(vectors)
        for _ in range(2):  # twice is enough
            part = basis.conj() @ image
            image = image - part @ basis
            square[: k + 1, k] += part
        beyond = float(np.linalg.norm(image))
        closed = beyond <= 10 * EPS * max(scale, EPS) or k + 1 == len(start)
        space = Krylov(basis.T, square[: k + 1, : k + 1].copy(), 0.0 if closed else beyond)
        if closed or enough(space):
            break
        square[k + 1, k] = beyond
        vectors.append(image / beyond)
    return space


def fixed_point(apply: Apply, start: Vector, total: Vector, tolerance: float, most: int = 60) -> FixedPoint:
    """The fixed point of M from a start.

    total       s, the covector whose product with x is conserved
    tolerance   of |M x - x|
    most        products in one round
    """
    x = start / (total @ start)
    products, amplification, residual = 0, 1.0, np.inf
    best = x
    for _ in range(_ROUNDS):
        defect = apply(x) - x
        products += 1
        defect = defect - (total @ defect) * x
        size = float(np.linalg.norm(defect))
        if size < residual:
            best, residual = x, size
        if size <= tolerance:
            break
        space = krylov(_without(apply, total, x), defect, most, lambda space, size=size: _solved(space, size)[1] < 0.1 * tolerance)  # type: ignore[misc]
        products += len(space.square)
        amplification = max(amplification, amplified(space))
        x = x + space.vectors @ _solved(space, size)[0]
        x = x / (total @ x)
    return FixedPoint(best, residual, amplification, products)


def _without(apply: Apply, total: Vector, x: Vector) -> Apply:
    """M on vectors of sum zero, whose image has none either: what rounding adds goes along x, where 1 - M is singular."""

    def projected(v: Vector) -> Vector:
        image = apply(v)
        return np.asarray(image - (total @ image) * x)

    return projected


def _solved(space: Krylov, size: float) -> tuple[Vector, float]:
    """The least residual of (1 - M) V y = size V e_1, and its norm."""
    m = len(space.square)
    matrix = np.vstack([np.eye(m) - space.square, np.zeros((1, m))])
    matrix[m, m - 1] = -space.beyond
    right = np.zeros(m + 1, dtype=matrix.dtype)
    right[0] = size
    y, *_ = np.linalg.lstsq(matrix, right, rcond=None)
    return y, float(np.linalg.norm(right - matrix @ y))


def amplified(space: Krylov) -> float:
    """|(1 - H)^-1|, or 1 / |1 - mu| of the eigenvalue next to 1 where that is larger."""
    m = len(space.square)
    smallest = float(np.linalg.svd(np.eye(m) - space.square, compute_uv=False)[-1])
    distance = float(np.abs(1 - space.ritz[0]).min())
    return 1 / max(min(smallest, distance), EPS)


def largest_eigenvalues(
    apply: Apply, start: Vector, total: Vector, point: Vector, count: int, tolerance: float, most: int = 80
) -> tuple[NDArray[np.complex128], NDArray[np.float64], Krylov]:
    """Eigenvalues of M on vectors of sum zero with the largest moduli (k,), k <= count, their errors, and the space that they are from.

    An eigenvalue is off by about its vector's residual times its condition; both are those of the Krylov space.

    start       any vector that has a part of every eigenvector
    total       s; point: the fixed point of M
    tolerance   of an eigenvalue, at which no more products are made
    """

    def enough(space: Krylov) -> bool:
        _, residuals, condition = space.ritz
        return len(residuals) > count and bool((residuals * condition)[:count].max() < tolerance)

    start = start - (total @ start) * point
    space = krylov(_without(apply, total, point), start, min(most, len(start) - 1), enough)
    values, residuals, condition = space.ritz
    errors = residuals * condition + EPS * condition
    whole = min(count, len(values))
    if whole < len(values) and np.iscomplex(values[whole - 1]) and np.isclose(values[whole], values[whole - 1].conj()):
        whole += 1  # not one of a pair alone
    return values[:whole], errors[:whole], space
