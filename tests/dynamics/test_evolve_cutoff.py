"""The Fock cut-off in time of modes with moves of one to four photons, against the exponential on many more levels."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

import permsym as ps

LABELS = ["ad a", "a", "a a", "a a a a"]
MANY = 44


def power(a, k):
    return a if k == 1 else power(a, k - 1) @ a if isinstance(a, np.ndarray) else power(a, k - 1) * a


MODES = {  # photons of the drive, its strength, the Kerr constant, the photons of the jump, the time
    "linear": (1, 0.6, 0.2, 1, 3.0),
    "squeezed": (2, 0.2, 0.1, 1, 2.0),
    "two-photon loss": (2, 0.4, 0.0, 2, 3.0),
    "cubic": (3, 0.05, 0.3, 1, 2.0),
    "quartic": (4, 0.02, 0.1, 1, 0.5),
}


def mode(name, levels):
    """H = g (a^k + ad^k) + K ad ad a a, one jump a^m of rate 0.3."""
    k, g, kerr, m, _ = MODES[name]
    c = ps.Boson(levels) if levels else ps.Boson()
    hamiltonian = g * (power(c.a, k) + power(c.ad, k)) + kerr * (c.ad * c.ad * c.a * c.a)
    return ps.Model(c, ps.Ensemble(1), hamiltonian, [ps.Central(0.3, power(c.a, m))])


def on_many_levels(name):
    """Moments from the vacuum on many levels."""
    k, g, kerr, m, end = MODES[name]
    a, one = np.diag(np.sqrt(np.arange(1.0, MANY)), 1), np.eye(MANY)
    h = g * (power(a, k) + power(a.T, k)) + kerr * (a.T @ a.T @ a @ a)
    x = power(a, m)
    matrix = -1j * (np.kron(h, one) - np.kron(one, h)) + 0.3 * (np.kron(x, x) - np.kron(x.T @ x, one) / 2 - np.kron(one, x.T @ x) / 2)
    vacuum = np.zeros(MANY**2, dtype=complex)
    vacuum[0] = 1
    rho = expm_multiply(sparse.csr_array(matrix * end), vacuum).reshape(MANY, MANY)
    return {"ad a": np.trace(a.T @ a @ rho), "a": np.trace(a @ rho), "a a": np.trace(a @ a @ rho), "a a a a": np.trace(power(a, 4) @ rho)}


@pytest.mark.parametrize("name", MODES)
@pytest.mark.quick("squeezed", "quartic")
def test_estimate_covers_what_a_cut_off_changes(name):
    """Too few levels say so, whatever the moment; those found on the way are enough."""
    expected = on_many_levels(name)
    for levels in (None, 6, 7, 9, 13):
        found = ps.evolve(mode(name, levels), [0, MODES[name][-1]], moments=LABELS, tolerance=1e-8)
        for label in LABELS:
            assert abs(found.moment(label)[-1] - expected[label]) <= found.certificate.errors[label] + 1e-10
        assert found.certificate.certified or levels is not None
        assert not (found.certificate.certified and levels in (6, 7))


def test_a_quartic_oscillator():
    """<n>(0.5) = 0.0092826 of H = 0.02 (a^4 + ad^4) + 0.1 n^2; seven levels, which hold none but the fourth, give 0.00909."""
    for levels in (None, 7):
        c = ps.Boson(levels) if levels else ps.Boson()
        h = 0.02 * (power(c.a, 4) + power(c.ad, 4)) + 0.1 * (c.n * c.n)
        found = ps.evolve(ps.Model(c, ps.Ensemble(1), h, []), [0, 0.5], moments=["ad a"])
        assert abs(found.moment("ad a")[-1] - 0.0092826) < (1e-7 if levels is None else 1e-3)
        assert found.certificate.certified is (levels is None)


def test_last_states_that_are_full_in_between():
    """Three driven levels come back to the vacuum: at the end the last two are empty, and have not been before."""
    c = ps.Boson(3)
    model = ps.Model(c, ps.Ensemble(1), c.a + c.ad, [])
    period = 2 * np.pi / np.sqrt(3)
    found = ps.evolve(model, [0, period], moments=["ad a"])
    assert abs(found.moment("ad a")[-1]) < 1e-12
    assert found.certificate.top_population > 0.8
    assert not found.certificate.certified
