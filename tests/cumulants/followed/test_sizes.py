"""The branch over N is followed once: the same bits as for each N alone, at a few evaluations a point."""

import itertools
import sys

import numpy as np
import pytest

from permsym.cumulants import steady_state
from permsym.cumulants.equations import Equations
from permsym.cumulants.followed.sizes import Branches
from permsym.errors import NoFixedPoint
from permsym.models import registry

SOURCE = registry.source("central-spin")
PARAMETERS = {"g": 0.75, "kappa": "N/16", "gamma_up": 1.5, "gamma_down": 0.5}


def solved(N, order, branches=None, **others):
    parameters = PARAMETERS | others | {"N": N}
    return steady_state(SOURCE.model(parameters), order, source=(SOURCE, parameters), branches=branches)


def test_a_size_has_the_same_bits_whichever_were_asked_for_before():
    branches = Branches()
    for N in (14, 2, 6, 9):
        together, alone = solved(N, 4, branches), solved(N, 4)
        assert (together.point.x == alone.point.x).all()
        assert together.point.frequencies == alone.point.frequencies


def test_other_parameters_are_other_branches():
    branches = Branches()
    first = solved(8, 2, branches).derived["p0_up"]
    assert abs(solved(8, 2, branches, g=0.2).derived["p0_up"] - first) > 0.01
    assert solved(8, 2, branches).derived["p0_up"] == first
    assert abs(solved(8, 3, branches).derived["p0_up"] - first) > 0.001


def test_the_next_size_takes_a_few_evaluations(monkeypatch):
    branches, asked = Branches(), itertools.count()
    solved(30, 2, branches)
    evaluated = Equations.scaled_jacobian
    monkeypatch.setattr(Equations, "scaled_jacobian", lambda *words: (next(asked), evaluated(*words))[1])
    solved(29, 2, branches)
    after = next(asked)
    assert 0 < after <= 8
    solved(29, 2)
    assert next(asked) - after > 50


@pytest.mark.slow
def test_folds_count_where_they_were_passed():
    branches = Branches()
    assert [round(fold) for fold in solved(3000, 5, branches).folds] == [2108, 946]  # of tests/cumulants/test_continuation.py
    assert solved(1500, 5, branches).folds == ()
    assert [round(fold) for fold in solved(2200, 5, branches).folds] == [2108, 946]


def test_sizes_below_the_order_stand_for_themselves():
    branches = Branches()
    above = solved(6, 4, branches).derived["p0_up"]
    below = [solved(N, 4, branches).derived["p0_up"] for N in (1, 2, 3)]
    assert below == [solved(N, 4).derived["p0_up"] for N in (1, 2, 3)]
    assert np.min(np.abs(np.diff([*below, above]))) > 1e-3


def test_a_branch_that_ends_says_where_each_time(monkeypatch):
    branches = Branches()
    monkeypatch.setattr(sys.modules["permsym.cumulants.continuation"], "SHORTEST", 1.0)
    for _ in range(2):
        with pytest.raises(NoFixedPoint, match=r"order 3 from N=2 does not reach N=50: it stalled at N=2;"):
            solved(50, 3, branches)
