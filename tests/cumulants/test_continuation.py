"""Branches of fixed points: the way along them, and their folds."""

import numpy as np
import pytest

from permsym.cumulants import continuation, steady_state
from permsym.models import central_spin


@pytest.mark.parametrize("order", [3, 5])
@pytest.mark.quick("3")
def test_the_way_to_a_fixed_point_does_not_matter(order):
    """Expressions in N followed along the branch, or coefficients scaled: the same fixed point."""
    given = {"N": 40, "kappa": "N/16", "g": 0.75}
    branch = continuation("central-spin", over="N", start=10, stop=40, order=order, points=10, kappa="N/16")
    state = steady_state(central_spin(**given), order)
    assert branch.reached
    last = branch.points[-1]
    assert last.value == 40
    assert np.abs(last.point.y - state.point.y).max() < 1e-11


@pytest.mark.slow
def test_fifth_order_folds():
    branch = continuation("central-spin", over="N", start=4, stop=3e3, order=5, points=20)
    assert branch.reached
    assert [round(fold.value) for fold in branch.folds] == [2108, 946]
    for fold in branch.folds:
        values = fold.point.spectrum
        assert np.abs(values).min() < 1e-6 * np.abs(values).max()  # a zero eigenvalue
    assert branch.points[-1].point.stability > 1
    assert branch.points[-1].beyond == 2
