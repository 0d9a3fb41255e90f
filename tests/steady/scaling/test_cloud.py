"""The cloud of a small system predicts that of a large one."""

from __future__ import annotations

import numpy as np

import permsym as ps
from permsym.steady.scaling.cloud import Cloud


def test_large_deviations_predict_the_level_set() -> None:
    small, large = (ps.steady_state(ps.models.central_spin(N=N), window="full") for N in (60, 240))
    predicted = Cloud.of(small, small.dimension).level_set(240, -20.0)
    found = Cloud.of(large, large.dimension)
    rows, columns = np.nonzero(found.log > -20.0)
    assert predicted.contains(found.corner[0] + 2 * rows, found.corner[1] + 2 * columns).all()
    assert predicted.size < 4 * len(rows)
