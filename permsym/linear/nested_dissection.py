"""Geometric nested dissection: an elimination order from lattice positions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
_REMEMBERED = 100_000  # unknowns up to which orders are cached: eight in three dimensions take 26 MB with their lattices


def nested_dissection(coordinates: Indices, leaf: int = 24) -> Indices:
    """Permutation that eliminates two halves of a lattice before the plane that separates them.

    coordinates   (dimensions, n) integer positions; couplings reach at most the neighbouring position in each
                  dimension, so that one plane separates (a longer reach costs fill, never correctness)
    leaf          stop splitting below this many unknowns

    Unknowns at one position stay together.  A. George, SIAM J. Numer. Anal. 10, 345 (1973).
    """
    if not coordinates.size:  # no lattice, no geometry
        return np.arange(coordinates.shape[1])
    if coordinates.shape[1] <= _REMEMBERED:  # callers change a matrix's values more often than its lattice
        return _cached(coordinates.tobytes(), coordinates.shape[0], leaf)
    return _ordered(coordinates, leaf)


@lru_cache(maxsize=8)
def _cached(data: bytes, dimensions: int, leaf: int) -> Indices:
    order = _ordered(np.frombuffer(data, dtype=np.int64).reshape(dimensions, -1), leaf)
    order.setflags(write=False)
    return order


def _ordered(coordinates: Indices, leaf: int) -> Indices:
    sites, members, counts = _sites(coordinates)
    order = _dissected(sites, max(1, leaf * len(counts) // coordinates.shape[1]))
    # expand sites to their unknowns: member k of site s sits at starts[s] + k of ``members``
    counts, starts = counts[order], (np.cumsum(counts) - counts)[order]
    within = np.arange(len(members)) - np.repeat(np.cumsum(counts) - counts, counts)
    return members[np.repeat(starts, counts) + within]


def _sites(coordinates: Indices) -> tuple[Indices, Indices, Indices]:
    """(distinct positions, unknowns sorted by position, number of unknowns at each position)."""
    shifted = coordinates - coordinates.min(axis=1, keepdims=True)
    numbers = np.ravel_multi_index(tuple(shifted), tuple(shifted.max(axis=1) + 1))
    members = np.argsort(numbers, kind="stable")
    first = np.flatnonzero(np.diff(numbers[members], prepend=-1))
    return shifted[:, members[first]], members, np.diff(first, append=len(members))


def _dissected(position: Indices, leaf: int) -> Indices:
    order: list[Indices] = []
    # Depth first, children before their separator; True marks a finished block to be output.
    stack: list[tuple[Indices, bool]] = [(np.arange(position.shape[1]), False)]
    while stack:
        block, finished = stack.pop()
        if finished or len(block) <= leaf:
            order.append(block)
            continue
        here = position[:, block]
        low = here.min(axis=1)
        extent = here.max(axis=1) - low
        axis = int(np.argmax(extent))
        if extent[axis] < 2:
            order.append(block)
            continue
        along = here[axis]
        half = len(along) // 2
        middle = max(int(np.partition(along, half)[half]), int(low[axis]) + 1)  # something below the plane
        stack.append((block[along == middle], True))
        stack.append((block[along > middle], False))
        stack.append((block[along < middle], False))
    return np.concatenate(order)
