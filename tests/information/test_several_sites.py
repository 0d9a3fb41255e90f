"""Fisher information where the centre has several sites: of evolutions, against the whole space."""

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from scipy.sparse.linalg import expm_multiply

import permsym as ps

pytestmark = pytest.mark.slow


def mode_and_spin(h=1.0, levels=4):
    x, q, s = ps.Boson(levels, name="x"), ps.Spin(name="q"), ps.Ensemble(1)
    hamiltonian = h * (0.3 * (x.a * q.p + x.ad * q.m) + 0.4 * (q.p * s.m + q.m * s.p) + 0.2 * q.z)
    return ps.Model([x, q], s, hamiltonian, [ps.Central(1, x.a), ps.Individual(0.2, s.p), ps.Individual(1, s.m)], parameters={"h": h})


@pytest.mark.parametrize("levels", [None, 6])
def test_of_an_evolution(levels):
    def family(h):
        return mode_and_spin(h, levels)

    answer = ps.fisher(ps.evolve(family(1.0), [0, 1.0], initial="vacuum@x down@q up@A"), "h", family=family).rows[-1]

    def later(h):
        oracle = BruteForce(mode_and_spin(h, 6))
        start = oracle.at((0, np.diag([1.0, 0, 0, 0, 0, 0])), (1, np.diag([0.0, 1])), (2, np.diag([1.0, 0]))).full()
        return expm_multiply(oracle.liouvillian(), start.ravel(order="F")).reshape(start.shape, order="F")

    e = 2e-3
    change = (8 * (later(1 + e) - later(1 - e)) - (later(1 + 2 * e) - later(1 - 2 * e))) / 12 / e
    p, v = np.linalg.eigh(later(1.0))
    both = p[:, None] + p[None]
    inner = np.abs(v.conj().T @ change @ v) ** 2
    expected = 2 * np.sum(inner[both > 1e-9] / both[both > 1e-9])
    assert expected > 0.01
    assert abs(answer.steady - expected) <= answer.errors["steady"] + 1e-6 * expected
    assert "photons are counted" in answer.missing["photon_counting"]
