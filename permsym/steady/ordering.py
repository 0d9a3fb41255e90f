"""Geometric nested dissection: an elimination order from lattice positions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_REMEMBERED = 100_000  # unknowns; the cache holds a few lattices of at most this size


def nested_dissection(coordinates: NDArray[np.int64], leaf: int = 8) -> NDArray[np.int64]:
    """Permutation that eliminates two halves of a lattice before the plane that separates them.

    coordinates   (dimensions, n) integer positions; couplings reach at most the neighbouring position in each
                  dimension, so that one plane separates (a longer reach costs fill, never correctness)
    leaf          stop splitting below this many unknowns

    Unknowns at one position stay together.  A. George, SIAM J. Numer. Anal. 10, 345 (1973).
    """
    if not len(coordinates):  # no lattice, no geometry
        return np.arange(coordinates.shape[1])
    if coordinates.shape[1] <= _REMEMBERED:  # a sweep over rates asks for the same lattice at every point
        return _cached(coordinates.tobytes(), coordinates.shape[0], leaf)
    return _dissected(coordinates, leaf)


@lru_cache(maxsize=8)
def _cached(data: bytes, dimensions: int, leaf: int) -> NDArray[np.int64]:
    order = _dissected(np.frombuffer(data, dtype=np.int64).reshape(dimensions, -1), leaf)
    order.setflags(write=False)
    return order


def _dissected(coordinates: NDArray[np.int64], leaf: int) -> NDArray[np.int64]:
    order: list[NDArray[np.int64]] = []
    # Depth first, children before their separator; True marks a finished block to be output.
    stack: list[tuple[NDArray[np.int64], bool]] = [(np.arange(coordinates.shape[1]), False)]
    while stack:
        block, finished = stack.pop()
        if finished or len(block) <= leaf:
            order.append(block)
            continue
        position = coordinates[:, block]
        extent = position.max(axis=1) - position.min(axis=1)
        if extent.max(initial=0) < 2:
            order.append(block)
            continue
        along = position[int(np.argmax(extent))]
        middle = max(int(np.median(along)), int(along.min()) + 1)  # something below the plane
        separator = block[along == middle]
        stack.append((separator, True))
        stack.append((block[along > middle], False))
        stack.append((block[along < middle], False))
    return np.concatenate(order) if order else np.zeros(0, dtype=np.int64)
