"""Shipped values of the reference set, computed again: the cheapest point of some problems by default, nearly all in the slow suite."""

from dataclasses import replace

import numpy as np
import pytest

from permsym.reference.problems import PROBLEMS
from permsym.reference.values import values
from permsym.sweeps.definition import Dimension
from permsym.sweeps.run import assembled, execute, prepare


def again(problem, count):
    """Exact values at the first points of a problem, computed now."""
    dimensions = problem.sweep.dimensions
    if count is not None:
        dimensions = tuple(Dimension(d.name, {name: column[:count] for name, column in d.columns.items()}) for d in dimensions)
    sweep = replace(problem.sweep, dimensions=dimensions, methods=("exact",), options={})
    return list(values(problem, assembled(sweep, execute(prepare(sweep)).points)))


def compared(problem, count):
    key = lambda value: (tuple(sorted(value.parameters.items())), value.quantity)  # noqa: E731
    known = {key(value): value for value in values(problem, problem.data)}
    computed = again(problem, count)
    assert computed
    for value in computed:
        there = known[key(value)]
        # a fixed parameter of the fewer points does not vary there
        np.testing.assert_allclose(value.value, there.value, rtol=1e-8, atol=1e-11 + 2 * (value.error + there.error))


@pytest.mark.quick("weak-excitation", "central-spin-fixed-kappa", "tavis-cummings-threshold")
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_first_point(name):
    compared(PROBLEMS[name], 1)


LONG = {"tavis-cummings-below": 6, "tavis-cummings-threshold": 5, "tavis-cummings-above": 5}
"""How many points of a problem the slow suite computes again; the others take minutes."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_every_point(name):
    compared(PROBLEMS[name], LONG.get(name))
