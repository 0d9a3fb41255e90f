"""Slowest eigenvalues of a matrix-free Liouvillian: a subspace that grows by inexact solves (Davidson), without a factorisation.

    L x = lambda x,   lambda != 0   =>   tr x = 0,   M x = L x,   M = L - s v tr

so that the inverse of M, which has no zero, has the slowest modes on top.  With D the 2-norms of rows, the subspace holds traceless
hermitian x_i whose images w_i = D^-1 M x_i are orthonormal; on it

    H_ij = w_i . D^-1 x_j,   H c = c / lambda,   x = sum c_i x_i,   r = D^-1 (L - lambda) x = w - lambda D^-1 x  orthogonal to all w_i

(harmonic Ritz values: none is near zero by accident).  It grows by a t with

    (1 - P) D^-1 M t = r

solved to a third only, P the projector on the images w of the converged modes and of the next one: what P takes away moves t within the
subspace, and the slow modes no longer slow the iteration.  In all the slowest one takes about as many products as the steady state.
G. L. G. Sleijpen, H. A. van der Vorst, SIAM J. Matrix Anal. Appl. 17, 401 (1996), with the shift in their correction equation left at
zero: moved to lambda it makes the solves as much longer as it makes them fewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from permsym import kernels
from permsym.basis.blocks import Blocks
from permsym.errors import SolverFailed
from permsym.linear import bicgstab
from permsym.matrixfree import EPS, BlockLiouvillian
from permsym.progress import Progress
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.shifted import ShiftedProblem, reals

_ACCURACY = 1e-8  # |L x - lambda x| / |lambda x| of a converged eigenvalue
_ROUNDING = 64 * EPS  # of the largest rate: what products leave of |L x - lambda x| / |x|
_INNER = 0.3  # relative residual of a solve
_PRODUCTS = 100_000  # most of a search
_SPARE = 6  # modes beyond those asked for that survive when a subspace is cut back
_SMOOTH = 0.5  # decay with each level of the start

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Modes:
    """The slowest modes but the steady state, largest real part first.

    blocks     their basis
    values     (k,) eigenvalues
    vectors    (k, n) complex combinations of states on the blocks, as reals
    residuals  (k,) |L x - lambda x| / |x|
    """

    blocks: Blocks
    values: NDArray[np.complex128]
    vectors: NDArray[np.complex128]
    residuals: NDArray[np.float64]

    def top_weight(self, count: int = 2) -> float:
        """Largest share of a vector's norm in the boson's last ``count`` levels."""
        _, n, m = self.blocks.places
        top = np.maximum(n, m) >= self.blocks.model.centre.levels - count
        shown = np.repeat(top, self.vectors.shape[1] // len(top))
        return float(max((np.linalg.norm(x[shown]) / np.linalg.norm(x) for x in self.vectors), default=0.0))


def slowest(operator: BlockLiouvillian, k: int, progress: Progress, earlier: Modes | None = None) -> Modes:
    """The ``k`` eigenvalues nearest to the zero of the steady state.

    earlier   modes on fewer levels of the same boson, to start from

    Only in the steady state's part of the neutral sector: on resonance the other quadrature is a part of its own.

    Raises SolverFailed where a solve or the search does not converge.
    """
    space = _Subspace(operator, k)
    if earlier is None:
        space.grow(_start(operator), np.zeros((0, space.numbers)))
    else:
        for part in np.concatenate([earlier.vectors.real, earlier.vectors.imag]):
            space.add(reals(earlier.blocks.embedded(space.problem.as_elements(part), operator.blocks)))
    least = _ROUNDING * float(np.abs(operator.diagonal).max())
    while True:
        values, mixed = space.pairs(k)
        for sought, value in enumerate(values):
            x, r = space.pair(value, mixed[:, sought])
            size = float(np.linalg.norm(space.unscaled(r)) / np.linalg.norm(x))
            if size > max(_ACCURACY * abs(value), least):
                break
        else:
            if len(values) == k:
                break
        progress(f"{space.products} products: eigenvalue {value:.10g}, residual {size:.1e}")
        if space.products > _PRODUCTS:
            raise SolverFailed(f"{space.products:,} products did not find the {k} slowest modes; ask for fewer, or use fewer satellites")
        images = space.images_of(mixed[:, : sought + 1])
        if space.full:
            space.cut(k + _SPARE)
        for part in (r.real, r.imag):
            if np.linalg.norm(part) > 1e-3 * np.linalg.norm(r):
                space.grow(np.ascontiguousarray(part), images)
    order = np.argsort(-values.real, kind="stable")
    vectors = np.stack([space.pair(values[i], mixed[:, i])[0] for i in order])
    residuals = [_residual(operator, x, value) for x, value in zip(vectors, values[order], strict=True)]
    return Modes(operator.blocks, values[order], vectors, np.array(residuals))


class _Subspace:
    """Traceless hermitian operators over D, D^-1 x_i, and images D^-1 M x_i that are orthonormal: rows of two arrays."""

    def __init__(self, operator: BlockLiouvillian, k: int) -> None:
        self.problem = ShiftedProblem(operator)
        self.degree = MatrixFree().l
        self.numbers, most = len(reals(self.problem.rows)), capacity(k)
        self.scaled, self.images = np.empty((most, self.numbers)), np.empty((most, self.numbers))
        self.projected = np.zeros((most, most))
        self.count = self.products = 0

    @property
    def full(self) -> bool:
        return self.count + 2 > len(self.images)

    def grow(self, right: Vector, images: Vector) -> None:
        """Add x with (1 - P) D^-1 M x = right, about; P the projector on orthonormal images (rows)."""

        def product(y: Vector, out: Vector) -> None:
            self.problem.product(y, out)
            for row in images:  # not a matrix product: the threads of its library make those of the kernels wait
                np.subtract(out, kernels.dot(row, out) * row, out=out)

        x, size = np.zeros_like(right), float(np.linalg.norm(right))
        outcome = bicgstab.bicgstab(product, right, x, self.degree, _INNER * size, _PRODUCTS)
        self.products += outcome.products
        if not outcome.residual < size:
            raise SolverFailed("the iteration for the slowest modes did not converge; use fewer satellites")
        self.add(x)

    def add(self, x: Vector) -> None:
        """Take in x, unless it lies in the subspace already."""
        problem, elements, m = self.problem, self.problem.as_elements(x), self.count
        problem.symmetrise(elements)
        elements[problem.populations] -= (problem.trace @ elements[problem.populations].real) * problem.v
        image, scaled = np.empty_like(x), reals(elements * problem.rows)
        problem.product(x, image)
        self.products += 1
        size = np.linalg.norm(image)
        for _ in range(2):
            parts = self.images[:m] @ image
            image -= parts @ self.images[:m]
            scaled -= parts @ self.scaled[:m]
        rest = np.linalg.norm(image)
        if not rest > 1e-10 * size:
            return
        self.images[m], self.scaled[m] = image / rest, scaled / rest
        self.projected[: m + 1, m] = self.images[: m + 1] @ self.scaled[m]
        self.projected[m, :m] = self.scaled[:m] @ self.images[m]
        self.count += 1

    def pairs(self, k: int) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """The (at most) k eigenvalues nearest to zero, and the combinations (count, k) that belong to them."""
        inverse, mixed = np.linalg.eig(self.projected[: self.count, : self.count])
        nearest = np.argsort(-np.abs(inverse), kind="stable")[:k]
        return np.asarray(1 / inverse[nearest] + 0j, dtype=complex), mixed[:, nearest] + 0j

    def pair(self, value: complex, c: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """x, and the residual (L - value) x over D."""
        scaled, image = _combined(c, self.scaled[: self.count]), _combined(c, self.images[: self.count])
        return self.unscaled(scaled), image - value * scaled

    def images_of(self, mixed: NDArray[np.complex128]) -> Vector:
        """Orthonormal rows that span the images of combinations (count, k) and of their conjugates."""
        return _spanned(mixed).T @ self.images[: self.count]

    def cut(self, k: int) -> None:
        """Cut the subspace back to the span of the k pairs nearest to zero."""
        q, m = _spanned(self.pairs(k)[1]), self.count
        self.count = q.shape[1]
        for rows in (self.scaled, self.images):
            rows[: self.count] = q.T @ rows[:m]
        self.projected[: self.count, : self.count] = q.T @ self.projected[:m, :m] @ q

    def unscaled(self, x: NDArray[np.complex128]) -> NDArray[np.complex128]:
        real, imaginary = (reals(self.problem.as_elements(np.ascontiguousarray(part)) / self.problem.rows) for part in (x.real, x.imag))
        return real + 1j * imaginary


def capacity(k: int) -> int:
    """Most vectors in each half of a subspace for k modes."""
    return 2 * (k + _SPARE)


def _combined(c: NDArray[np.complex128], rows: Vector) -> NDArray[np.complex128]:
    return c.real @ rows + 1j * (c.imag @ rows)


def _spanned(mixed: NDArray[np.complex128]) -> Vector:
    """Orthonormal columns that span the real and imaginary parts of columns."""
    u, size, _ = np.linalg.svd(np.hstack([mixed.real, mixed.imag]), full_matrices=False)
    return u[:, size > 1e-8 * size[0]]


def _start(operator: BlockLiouvillian) -> Vector:
    """A right side that any mode has a part in, smooth in the levels: the same every time."""
    blocks = operator.blocks
    _, n, m = blocks.places
    y = blocks.from_unknowns(np.random.default_rng(0).standard_normal(blocks.dimension), operator.dtype == float)
    return reals(y * _SMOOTH ** ((n + m) / 2))


def _residual(operator: BlockLiouvillian, x: NDArray[np.complex128], value: complex) -> float:
    """|L x - value x| / |x|, for a complex combination of states on the blocks, as reals."""

    def acted(part: Vector) -> Vector:
        y = np.ascontiguousarray(part)
        return reals(operator.matvec(y if operator.dtype == float else y.view(complex)))

    left = acted(x.real) + 1j * acted(x.imag)
    return float(np.linalg.norm(left - value * x) / np.linalg.norm(x))
