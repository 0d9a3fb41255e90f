"""Cumulants of solved states, by set partitions."""

import math

import pytest
from oracles import systems
from oracles.cumulants import set_partitions

import permsym as ps


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "two_ensembles", "three_level_centre", "qutrits"])
def test_cumulants_are_sums_over_set_partitions(name):
    """kappa = sum over partitions (-1)^(blocks - 1) (blocks - 1)! prod of the blocks' moments, each block spelled out."""
    state = ps.steady_state(systems.MODELS[name](3), moments=[])
    for label in state.labels(4):
        expected = 0
        for partition in set_partitions(str(label).split()):
            sign = (-1) ** (len(partition) - 1) * math.factorial(len(partition) - 1)
            expected += sign * math.prod(state.moment(" ".join(block)) for block in partition)
        assert abs(state.cumulant(label) - expected) < 1e-13, label
