"""Geometric nested dissection: an elimination order from lattice positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nested_dissection(coordinates: NDArray[np.int64], leaf: int = 8) -> NDArray[np.int64]:
    """Permutation that eliminates two halves of a lattice before the plane that separates them.

    coordinates   (dimensions, n) integer positions; couplings reach at most the neighbouring position in each
                  dimension, so that one plane separates (a longer reach costs fill, never correctness)
    leaf          stop splitting below this many unknowns

    Unknowns at one position stay together.  A. George, SIAM J. Numer. Anal. 10, 345 (1973).
    """
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
