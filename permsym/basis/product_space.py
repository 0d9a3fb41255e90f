"""The product space of identical satellites: exchange, strings of types, positions of matrix elements, occupations; knows no basis."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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


def type_strings(levels: int, N: int) -> NDArray[np.int64]:
    """All ways to put one of the levels^2 types (ket, bra) on each of N satellites, shape (N, levels^(2N))."""
    return np.array(list(itertools.product(range(levels**2), repeat=N)), dtype=np.int64).T


def positions(kets: NDArray[np.int64], bras: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """Position in the ravelled matrix of the product basis, for levels (N, n) of the ket and of the bra."""
    N = len(kets)
    digits = levels ** np.arange(N - 1, -1, -1)
    return (digits @ kets) * levels**N + digits @ bras


def compositions(n: int, width: int) -> NDArray[np.int64]:
    """All ways (width, ways) to write n as a sum of ``width`` numbers >= 0."""
    if not width:
        return np.zeros((0, int(n == 0)), dtype=np.int64)
    columns, rest = np.zeros((0, 1), dtype=np.int64), np.array([n])
    for _ in range(width - 1):
        ways = rest + 1
        source = np.repeat(np.arange(len(rest)), ways)
        value = np.arange(ways.sum()) - np.repeat(np.cumsum(ways) - ways, ways)
        columns, rest = np.concatenate([columns[:, source], value[None]]), rest[source] - value
    return np.concatenate([columns, rest[None]])
