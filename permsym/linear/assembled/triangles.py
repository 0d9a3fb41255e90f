# mypy: disable-error-code="no-untyped-def"
"""Compiled solves with the two triangles of a sparse matrix: both together are as dear as a product with it.

For each row i the entries to the left of the diagonal end at ``split[i]``, and ``inverse`` is 1 / D.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def measured(data, indices, pointers):
    """(split, diagonal, norms, larger): 2-norms of the rows, and the larger of the sums of |a_ij| on the two sides of the diagonal."""
    n = len(pointers) - 1
    split, diagonal = np.empty(n, dtype=pointers.dtype), np.zeros(n, dtype=data.dtype)
    norms, larger = np.empty(n), np.empty(n)
    for i in range(n):
        split[i] = pointers[i + 1]
        squares = before = after = 0.0
        for k in range(pointers[i], pointers[i + 1]):
            j, size = indices[k], abs(data[k])
            squares += size * size
            if j >= i and split[i] > k:
                split[i] = k
            if j == i:
                diagonal[i] = data[k]
            elif j < i:
                before += size
            else:
                after += size
        norms[i], larger[i] = np.sqrt(squares), max(before, after)
    return split, diagonal, norms, larger


@njit(cache=True, fastmath=True)
def solve_lower(x, data, indices, pointers, split, inverse):
    """x <- (I + D^-1 L)^-1 x"""
    for i in range(len(x)):
        total = x[i] * 0
        for k in range(pointers[i], split[i]):
            total += data[k] * x[indices[k]]
        x[i] -= inverse[i] * total


@njit(cache=True, fastmath=True)
def solve_upper(x, data, indices, pointers, split, inverse):
    """x <- (I + D^-1 U)^-1 x"""
    for i in range(len(x) - 1, -1, -1):
        total = x[i] * 0
        for k in range(split[i], pointers[i + 1]):
            if indices[k] != i:
                total += data[k] * x[indices[k]]
        x[i] -= inverse[i] * total


@njit(cache=True, fastmath=True)
def times_upper(x, data, indices, pointers, split, inverse):
    """x <- (I + D^-1 U) x"""
    for i in range(len(x)):
        total = x[i] * 0
        for k in range(split[i], pointers[i + 1]):
            if indices[k] != i:
                total += data[k] * x[indices[k]]
        x[i] += inverse[i] * total


@njit(cache=True, fastmath=True)
def product(y, out, work, excess, data, indices, pointers, split, inverse, index, column, row):
    """out = (D + L)^-1 (A + v t^T) (I + D^-1 U)^-1 y; twelve parameters: arrays.

    excess               a_ii / D_i - 2
    index, column, row   rising positions, v and t there
    """
    n = len(y)
    for i in range(n - 1, -1, -1):
        total = y[i] * 0
        for k in range(split[i], pointers[i + 1]):
            if indices[k] != i:
                total += data[k] * out[indices[k]]
        out[i] = y[i] - inverse[i] * total
    moved = 0.0
    for q in range(len(index)):
        moved += row[q] * out[index[q]].real
    q = 0
    for i in range(n):
        total = y[i] * 0
        for k in range(pointers[i], split[i]):
            total += data[k] * work[indices[k]]
        if q < len(index) and index[q] == i:
            total -= moved * column[q]
            q += 1
        work[i] = y[i] + excess[i] * out[i] - inverse[i] * total
        out[i] += work[i]
