"""Look-up of labels, also where one integer does not tell all keys of their box apart."""

import numpy as np
import pytest

import permsym as ps
from permsym.basis import build
from permsym.basis.sector import SectorTable


@pytest.mark.parametrize(("columns", "highest"), [(3, 5), (35, 3), (70, 3)])
def test_keys_are_where_they_stand(columns, highest):
    """Boxes of 216, 4^35 and 4^70 places, the last two beyond 2^62."""
    rng = np.random.default_rng(columns)
    keys = rng.permutation(np.unique(rng.integers(0, highest + 1, (columns, 400)), axis=1), axis=1)
    table = SectorTable(keys)
    assert bool(table.folds) == (columns > 3)
    assert (table.find(keys) == np.arange(keys.shape[1])).all()
    places = {tuple(key): k for k, key in enumerate(keys.T)}
    near = keys + rng.permutation(np.eye(columns, dtype=int)[:, np.zeros(keys.shape[1], dtype=int)])
    for other in (near, keys - 1, keys + highest + 1):
        assert table.find(other).tolist() == [places.get(tuple(key), -1) for key in other.T]


@pytest.mark.slow
def test_atoms_of_six_levels():
    """All 36 types alive, N = 3: atoms that do not interact have the moments of one."""

    def atoms(N):
        s = ps.Ensemble(N, levels=6)
        chain = sum((0.3 * (k + 1) * (s.unit(k, k + 1) + s.unit(k + 1, k)) for k in range(5)), 0.2 * s.unit(0, 0))
        return ps.Model(None, s, chain, [ps.Individual(1 + 0.1 * k, s.unit(0, k)) for k in range(1, 6)])

    one, three = ps.steady_state(atoms(1)), ps.steady_state(atoms(3), moments=["|1><1|1 |4><3|2"], tolerance=1e-8)
    assert build(atoms(3), populated=True).dimension == 8436
    product = one.moment("|1><1|1") * one.moment("|4><3|1")
    assert abs(three.moment("|1><1|1 |4><3|2") - product) < 1e-10
    assert abs(product) > 1e-6
