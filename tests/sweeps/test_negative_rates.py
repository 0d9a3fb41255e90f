"""Sweeps check at each N whether negative rates leave a Lindblad equation, before anything runs."""

import pytest

import permsym as ps


def superradiant(N: float, h: float = -0.2) -> ps.Model:
    s = ps.Ensemble(N)
    return ps.Model(None, s, 0.4 * s.x, [ps.Individual(1, s.m), ps.Collective(h, s.m)])


def test_each_size_is_checked():
    data = ps.sweep(superradiant, {"N": [2, 5]})
    assert data.certified.values.ravel().astype(float).tolist() == [1, 1]
    with pytest.raises(ps.InputError, match=r"together at N=6 has the eigenvalue -0\.2"):
        ps.sweep(superradiant, {"N": [2, 5, 6]})
