"""Nested dissection: a permutation that fills less."""

import numpy as np
import pytest

import permsym as ps
from permsym.linear.nested_dissection import nested_dissection
from permsym.models import central_spin


@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 9), (6, 6), (30, 17)])
@pytest.mark.parametrize("offset", [-20, 0, 13])
def test_nested_dissection_is_a_permutation(shape, offset):
    grid = np.stack(np.meshgrid(np.arange(shape[0]), np.arange(shape[1]))).reshape(2, -1) + offset
    fields = np.repeat(grid, 3, axis=1)
    order = nested_dissection(fields)
    assert np.array_equal(np.sort(order), np.arange(fields.shape[1]))


@pytest.mark.slow
def test_nested_dissection_fills_less_than_the_natural_order():
    model = central_spin(N=60)
    fill = {
        o: ps.steady_state(model, solver=ps.SuperLU(ordering=o), moments=["z0"]).solver["fill"] for o in ("nested-dissection", "NATURAL")
    }
    assert fill["nested-dissection"] < 0.6 * fill["NATURAL"]
