"""Eigenvalues of a sparse matrix with right and left vectors, and what rounding may move them by.

    A x = lambda x,    A^T w = lambda w,    d lambda = w . dA x / w . x

With the bound  rho(|x|) >= |dA x|  of what A x may be off by:

    simple       |d lambda| <= |w| . rho(|x|) / |w . x|
    m together   Q, P orthonormal bases of their right and left vectors, B = (P^T Q)^-1 P^T A Q,  delta = |B - tr B / m|,
                 E = | |P|^T rho(|Q|) | / smallest singular value of P^T Q:      |d lambda| <= E + (delta^(m-1) E)^(1/m)

The second is that of eigenvalues that perturbations of size E may bring together: exact multiplets have delta of the size of E, and
at an exceptional point the root is what is left of the digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy  # scipy.optimize loads on use: 70 ms that a steady state does not need
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse import csgraph

EPS = float(np.finfo(float).eps)
Complex = NDArray[np.complex128]
Rounding = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_TOGETHER = 10.0  # in units of the larger error of two eigenvalues: their distance up to which they are perturbed together
_ALIGNED = 0.5  # |x . x'| of two unit vectors from which they may be one of an exceptional point
_EQUAL = 100 * EPS  # of the largest eigenvalue's modulus: the distance of eigenvalues that may be one multiplet

_SAME = 1e-11  # of the largest singular value of vectors: less is rounding, and at an exceptional point of two 1e-8 are left


@dataclass(frozen=True)
class Eigenpairs:
    """values (k,); right and left (n, k), columns of unit length."""

    values: Complex
    right: Complex
    left: Complex

    def chosen(self, which: NDArray[np.int64]) -> Eigenpairs:
        return Eigenpairs(self.values[which], self.right[:, which], self.left[:, which])


def every(matrix: sparse.csc_array) -> Eigenpairs:
    """All eigenpairs, by dense algebra."""
    values, left, right = linalg.eig(matrix.toarray(), left=True)
    return Eigenpairs(values.astype(complex), right.astype(complex), left.conj().astype(complex))


def paired(values: Complex, right: Complex, left_values: Complex, left: Complex) -> Eigenpairs:
    """Right vectors with the left ones of the nearest eigenvalues."""
    rows, columns = scipy.optimize.linear_sum_assignment(np.abs(values[:, None] - left_values))
    return Eigenpairs(values[rows], right[:, rows], left[:, columns])


def improved(matrix: sparse.csc_array, rounding: Rounding, pairs: Eigenpairs, apart: float = np.inf) -> tuple[Complex, NDArray[np.float64]]:
    """(k,) values w . A x / w . x with their errors; as they were where several are too near to each other.

    pairs   all that are near, for neighbours decide what is one multiplet
    apart   distance of all other eigenvalues, at least: the error of second order in the residuals is over it
    """
    values, right, left = pairs.values, pairs.right, pairs.left
    overlap = (left * right).sum(axis=0)
    image, back = matrix @ right, matrix.T @ left
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = (left * image).sum(axis=0) / overlap
        errors = (np.abs(left) * rounding(np.abs(right))).sum(axis=0) / np.abs(overlap)
        residuals = np.linalg.norm(image - right * quotients, axis=0) * np.linalg.norm(back - left * quotients, axis=0) / np.abs(overlap)
    errors = np.where(np.isfinite(errors), errors, np.inf)
    distances = np.abs(values[:, None] - values)
    unclear = (distances <= _TOGETHER * np.maximum.outer(errors, errors)) & (np.abs(right.conj().T @ right) > _ALIGNED)
    equal = distances <= _EQUAL * np.abs(values).max(initial=0.0)
    count, group = csgraph.connected_components(sparse.csr_array(unclear | equal), directed=False)
    nearest = (distances + np.diag(np.full(len(values), np.inf))).min(axis=1, initial=apart)
    for multiplet in range(count):
        members = np.flatnonzero(group == multiplet)
        if len(members) > 1:
            others = float(np.delete(distances[members], members, axis=1).min(initial=apart))
            quotients[members], errors[members] = _together(matrix, rounding, pairs.chosen(members), others)
        else:
            errors[members] += residuals[members] / nearest[members]
    return quotients, errors


def _together(matrix: sparse.csc_array, rounding: Rounding, pairs: Eigenpairs, apart: float) -> tuple[Complex, float]:
    """Eigenvalues of a multiplet and the error of each; ``apart``: their distance from all others."""
    count = len(pairs.values)
    q, p = _orthonormal(pairs.right), _orthonormal(pairs.left)
    if q.shape[1] < count or p.shape[1] < count:
        return pairs.values, float("inf")
    overlap, image, back = p.T @ q, matrix @ q, matrix.T @ p
    smallest = float(np.linalg.svd(overlap, compute_uv=False)[-1])
    inner = np.linalg.solve(overlap, p.T @ image)
    missed = np.linalg.norm(image - q @ inner) * np.linalg.norm(back - p @ np.linalg.solve(overlap.T, q.T @ back)) / apart
    moved = float(np.linalg.norm(np.abs(p).T @ rounding(np.abs(q))) + missed) / smallest
    spread = float(np.linalg.norm(inner - np.trace(inner) / count * np.eye(count), 2))
    values = np.linalg.eigvals(inner)
    _, order = scipy.optimize.linear_sum_assignment(np.abs(pairs.values[:, None] - values))
    return values[order], moved + (spread ** (count - 1) * moved) ** (1 / count)


def _orthonormal(vectors: Complex) -> Complex:
    u, size, _ = np.linalg.svd(vectors, full_matrices=False)
    return np.asarray(u[:, size > _SAME * size[0]])
