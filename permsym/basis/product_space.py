"""The product space of identical satellites: multiplets of a total spin, strings of types, places of matrix elements."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from permsym.operators import ComplexArray


def permutation_asymmetry(matrix: ComplexArray, before: Sequence[int], ensembles: Sequence[tuple[int, int]]) -> float:
    """Largest change of an element when two neighbouring satellites of one ensemble are exchanged.

    before      dimensions in front of the satellites
    ensembles   (levels, N) each
    """
    dims = [*before, *(levels for levels, number in ensembles for _ in range(number))]
    tensor, kinds = matrix.reshape(dims + dims), len(dims)
    worst, start = 0.0, len(before)
    for _, number in ensembles:
        for n in range(start, start + number - 1):
            swapped = tensor.swapaxes(n, n + 1).swapaxes(kinds + n, kinds + n + 1)
            worst = max(worst, float(np.abs(swapped - tensor).max()))
        start += number
    return worst


def spin_multiplets(N: int) -> dict[tuple[int, int], tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """States \\|j, m, copy> of N spins: (2j, 2m) -> rows of the product basis and amplitudes (rows, copies) there.

    The highest states of each j span the kernel of J_+ at m = j; J_- makes the others, for all copies alike.
    """
    flipped = np.array([bin(state).count("1") for state in range(2**N)])  # bit 1 is down
    rows = [np.flatnonzero(flipped == downs) for downs in range(N + 1)]
    lower = [_lowering(rows[downs], rows[downs + 1], N) for downs in range(N)]
    multiplets = {}
    for downs in range(N // 2 + 1):
        J = N - 2 * downs
        states = linalg.null_space(lower[downs - 1].T) if downs else np.ones((1, 1))
        for step in range(J + 1):
            multiplets[J, J - 2 * step] = rows[downs + step], states
            if step < J:
                states = lower[downs + step] @ states / np.sqrt((J - step) * (step + 1.0))
    return multiplets


def _lowering(source: NDArray[np.int64], target: NDArray[np.int64], N: int) -> NDArray[np.float64]:
    """J_- from one sector of m to the one below."""
    matrix = np.zeros((len(target), len(source)))
    for n in range(N):
        columns = np.flatnonzero(source >> n & 1 == 0)
        matrix[np.searchsorted(target, source[columns] | 1 << n), columns] = 1
    return matrix


def type_strings(levels: int, N: int) -> NDArray[np.int64]:
    """All ways to put one of the levels^2 types (ket, bra) on each of N satellites, shape (N, levels^(2N))."""
    return np.array(list(itertools.product(range(levels**2), repeat=N)), dtype=np.int64).T


def positions(kets: NDArray[np.int64], bras: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """Position in the ravelled matrix of the product basis, for levels (N, n) of the ket and of the bra."""
    N = len(kets)
    digits = levels ** np.arange(N - 1, -1, -1)
    return (digits @ kets) * levels**N + digits @ bras
