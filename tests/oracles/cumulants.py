"""Set partitions, and moments at random."""

import numpy as np


def set_partitions(items):
    """All ways to put the items into blocks."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for partition in set_partitions(rest):
        yield [[first], *partition]
        for i, block in enumerate(partition):
            yield [*partition[:i], [first, *block], *partition[i + 1 :]]


def random_moments(built, seed=0):
    """Random moments with the reality that conjugation demands."""
    rng = np.random.default_rng(seed)
    return built.symmetrised(rng.standard_normal(len(built)) + 1j * rng.standard_normal(len(built)))
