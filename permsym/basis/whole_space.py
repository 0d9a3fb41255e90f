"""From a basis to matrices of the whole space, every satellite on its own, and back: for small systems, and for other programs.

Matrices are in the product basis, centre first, then the satellites, ensemble after ensemble, level 0 (up) first on each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from permsym.basis.basis import Basis
from permsym.basis.moves import Labels
from permsym.basis.product_space import permutation_asymmetry
from permsym.errors import InputError, TooLarge
from permsym.operators import ComplexArray

LARGEST = 4096
"""Dimension of the whole space up to which its matrices are made: 4096 x 4096 complex numbers are 270 MB."""

TOLERANCE = 1e-10
"""Largest violation of a symmetry, relative to the largest element of a matrix."""


def dense(basis: Basis, vector: ComplexArray | NDArray[np.float64]) -> ComplexArray:
    """The operator with these coefficients (basis.dimension,), shape (D, D); displaced Fock states are undone."""
    levels, satellites = _dimensions(basis)
    labels, at = _ensemble_labels(basis)
    values = basis.coefficients(vector)
    if basis.hermitian:
        values = np.where(basis.paired, values, 0.5 * values)
    cut = basis.model.centre.levels
    centre = np.zeros((labels.shape[1], cut, cut), dtype=complex)
    np.add.at(centre, (at, *_centre_levels(basis)), values)
    matrix = basis.in_fock_states(centre).reshape(-1, levels**2).T @ _elements(basis, labels)
    matrix = matrix.reshape(levels, levels, satellites, satellites).transpose(0, 2, 1, 3).reshape(levels * satellites, -1)
    return matrix + matrix.conj().T if basis.hermitian else matrix


def project(basis: Basis, matrix: ComplexArray, sector_only: bool = False) -> ComplexArray | NDArray[np.float64]:
    """Coefficients (basis.dimension,) of an operator of the whole space; the inverse of :func:`dense`.

    sector_only   leave out what lies beyond the basis's charge sector

    Refuses what the basis cannot hold: operators that change when satellites are exchanged, operators that are not
    hermitian where it has real unknowns, and, unless ``sector_only``, coherences beyond its charge sector or window.
    """
    if basis.centre_levels != basis.model.centre.levels:
        raise InputError("matrices are not projected onto displaced Fock states; use plain ones, such as model.with_levels(20)")
    levels, satellites = _dimensions(basis)
    matrix = np.asarray(matrix, dtype=complex)
    size = levels * satellites
    if matrix.shape != (size, size):
        raise InputError(
            f"the matrix must be {size} x {size} (the centre's {levels} levels times {satellites} states of the satellites), "
            f"but has shape {matrix.shape}"
        )
    if not np.isfinite(matrix).all():
        raise InputError("the matrix must be finite, but holds nan or infinity")
    scale = TOLERANCE * max(float(np.abs(matrix).max()), np.finfo(float).tiny)
    if basis.hermitian and np.abs(matrix - matrix.conj().T).max() > scale:
        raise InputError("the matrix must be hermitian, but is not; project onto a basis with a charge, or pass (A + A^dag)/2")
    asymmetry = permutation_asymmetry(matrix, [levels], [(each.levels, each.N) for each in basis.model.ensembles])
    if asymmetry > scale:
        raise InputError(
            f"the matrix must be symmetric under exchange of satellites, but elements change by up to {asymmetry:.1e}; "
            "average it over the permutations first"
        )
    labels, at = _ensemble_labels(basis)
    elements = _elements(basis, labels)
    norms = np.asarray(elements.multiply(elements).sum(axis=1)).ravel()
    blocks = matrix.reshape(levels, satellites, levels, satellites).transpose(1, 3, 0, 2).reshape(satellites**2, levels**2)
    overlaps = elements @ blocks
    ket, bra = _centre_levels(basis)
    values = overlaps[at, ket * levels + bra] / norms[at]
    vector = np.concatenate([values.real, values.imag[basis.paired]]) if basis.hermitian else values
    if sector_only:
        return vector
    missed = float(np.abs(matrix - dense(basis, vector)).max())
    if missed > scale:
        raise InputError(
            f"the matrix has elements up to {missed:.1e} outside this basis: coherences between states of different "
            f"conserved charge (this basis holds charge {basis.charge}), or beyond its window"
        )
    return vector


def _dimensions(basis: Basis) -> tuple[int, int]:
    """Levels of the centre and states of all satellites together."""
    levels = basis.centre_levels
    # python integers: no overflow at any N
    satellites = int(np.prod([each.levels**each.N for each in basis.model.ensembles], dtype=object))
    if levels * satellites > LARGEST:
        raise TooLarge(
            f"the whole space has {levels * satellites:.3g} states, but at most {LARGEST} are written out; "
            "use reduced density matrices and moments instead"
        )
    return levels, satellites


def _centre_levels(basis: Basis) -> Labels:
    """(2, n) ket and bra of the whole centre of each label, the last of its sites running fastest."""
    own = basis.labels[: 2 * basis.width].reshape(basis.width, 2, -1)
    total = np.zeros_like(own[0])
    for site, pair in zip(basis.model.centre_sites, own, strict=True):
        total = total * site.levels + pair
    return total


def _ensemble_labels(basis: Basis) -> tuple[Labels, NDArray[np.int64]]:
    """Distinct labels of the ensembles, and which of them each label of the basis has."""
    labels, at = np.unique(basis.labels[basis.slices[basis.width].start :], axis=1, return_inverse=True)
    return labels, at.ravel()


def _elements(basis: Basis, labels: Labels) -> sparse.csr_array:
    """Elements of all ensembles together, one a row, shape (n, satellites^2)."""
    shift = basis.slices[basis.width].start
    parts = []
    for part, mine in zip(basis.ensemble_parts, basis.slices[basis.width :], strict=True):
        distinct, at = np.unique(labels[mine.start - shift : mine.stop - shift], axis=1, return_inverse=True)
        parts.append(part.elements(distinct)[at.ravel()])
    if len(parts) == 1:
        return parts[0]
    sides = [each.levels**each.N for each in basis.model.ensembles]
    rows = []
    for i in range(labels.shape[1]):
        one = sparse.csr_array(np.ones((1, 1)))
        for part, side in zip(parts, sides, strict=True):
            one = sparse.kron(one, part[[i]].reshape((side, side)), format="csr")
        rows.append(one.reshape((1, -1)))
    return sparse.csr_array(sparse.vstack(rows, format="csr"))
