"""Rounding of time evolutions that are long, fast or stiff, against closed forms and exponentials in long double."""

import numpy as np
import pytest
from oracles import evolution
from oracles.brute_force import BruteForce
from oracles.high_precision import HighPrecision

import permsym as ps

LONG = float(np.finfo(np.longdouble).eps)


def exchange(g, centre, satellite, **more):
    c, s = ps.Spin(), ps.Ensemble(1)
    jumps = [ps.Central(centre, c.m), ps.Individual(satellite, s.m)]
    return ps.Model(c, s, g * (c.p * s.m + c.m * s.p), jumps, **more)


@pytest.mark.parametrize("method", ["auto", "krylov", "shift-invert"])
@pytest.mark.parametrize(("g", "end", "certified"), [(1.0, 1e3, True), (1.0, 1e4, True), (1e5, 30.0, False)])
def test_undamped_oscillations(g, end, certified, method):
    """<z0> = 2 exp(-1e-9 t) cos^2(g t) - 1: the estimate covers the rounding of the phase, and is of its size."""
    times = np.array([0, end / 3, end])
    found = ps.evolve(exchange(g, 1e-9, 1e-9), times, initial="up down", moments=["z0"], method=method)
    long = times.astype(np.longdouble)
    error = np.abs(found.moment("z0") - (2 * np.exp(-1e-9 * long) * np.cos(g * long) ** 2 - 1)).max()
    estimate = found.certificate.errors["z0"]
    assert error <= estimate < 1e3 * np.finfo(float).eps * g * end
    assert found.certificate.certified is certified


@pytest.mark.parametrize(
    ("splitting", "g", "end", "loss"), [(1.56e3, 4.68, 7.1315546579500255, 6.54e-3), (1.71e3, 0.259, 6.419133353147985, 5.93e-9)]
)
def test_fast_phases_of_coherences(splitting, g, end, loss):
    """A coherence turns at 3,000 rad a unit of time: several roundings of its frequency add up."""
    c, s = ps.Spin(), ps.Ensemble(1)
    hamiltonian = g * (c.p * s.m + c.m * s.p) + splitting * s.z + 2.78 * c.z
    model = ps.Model(c, s, hamiltonian, [ps.Central(2e-09, c.m), ps.Individual(loss, s.m)])
    system, labels = HighPrecision(model), ["+0", "+1", "z0 +1"]
    truth, own = system.evolved(system.density(evolution.bloch(1, 0), evolution.bloch(2, 0)), end)
    answer = ps.evolve(model, [end], initial="bloch=1,0 bloch=2,0", moments=labels)
    for label in labels:
        error = float(abs(answer.moment(label)[0] - system.expected(label, truth)))
        assert error + own <= answer.certificate.errors[label] < 1e-9, label


def test_rates_that_are_nearly_alike():
    """Eigenvalues 7e-10 apart: the exponential of a triangular matrix loses digits there."""
    c, s = ps.Spin(), ps.Ensemble(2)
    model = ps.Model(c, s, 1.95 * (c.p * s.m + c.m * s.p), [ps.Central(0.0016, c.m), ps.Individual(1.48e-9, s.m)])
    system, end = HighPrecision(model), 1.2739714937631343
    truth, own = system.evolved(system.density(evolution.bloch(1, 0), evolution.bloch(2, 0)), end)
    answer = ps.evolve(model, [end], initial="bloch=1,0 bloch=2,0")
    for label, bound in answer.certificate.errors.items():
        assert float(abs(answer.moment(label)[0] - system.expected(label, truth))) + own <= bound < 1e-9, label


def test_a_state_that_dies_in_a_charged_sector_is_zero():
    """exp(-1e7) of a coherence: nothing is left to make a subspace from."""
    found = ps.evolve(exchange(0.1, 1e3, 1e3), [0, 1e4], initial="bloch=1,0 bloch=2,0")
    assert found.certificate.certified
    assert found.moment("+0")[-1] == 0
    assert abs(found.moment("z0")[-1] + 1) < 1e-12


def long_liouvillian(model):
    """The Liouvillian in the whole space (column stacking) in long double, with H and jumps as the oracle makes them."""
    oracle = BruteForce(model)
    one = np.eye(oracle.D, dtype=np.clongdouble)
    h = oracle.hamiltonian().full().astype(np.clongdouble)
    result = -1j * (np.kron(one, h) - np.kron(h.T, one))
    for jump, scaled in zip(model.jumps, oracle.collapse(), strict=True):  # one satellite: one operator each, of whole numbers
        x = np.round(scaled.full() / np.sqrt(jump.rate)).astype(np.clongdouble)
        square = x.conj().T @ x
        result += np.longdouble(jump.rate) * (np.kron(x.conj(), x) - (np.kron(one, square) + np.kron(square.T, one)) / 2)
    return result


def long_moments(model, rho, t, labels):
    """Moments of exp(t L) rho by scaling, a Taylor series and squaring; good to rounding of |L| t in long double."""
    oracle, matrix = BruteForce(model), long_liouvillian(model) * np.longdouble(t)
    size = float(np.abs(matrix).sum(axis=0).max())
    squarings = max(0, int(np.ceil(np.log2(size))) + 3)
    matrix = matrix / np.longdouble(2) ** squarings
    result, term = np.eye(len(matrix), dtype=np.clongdouble), np.eye(len(matrix), dtype=np.clongdouble)
    for k in range(1, 24):
        term = term @ matrix / k
        result = result + term
    for _ in range(squarings):
        result = result @ result
    final = (result @ rho.ravel(order="F")).reshape(oracle.D, oracle.D, order="F").astype(complex)
    return np.array([oracle.moment(final, label) for label in labels]), 8 * LONG * size


def stiff(seed):
    """A spin with a satellite whose rates are spread over up to seven decades, and a time of 1 to 10,000."""
    rng = np.random.default_rng(seed)

    def decades(low, high):
        return float(10 ** rng.uniform(low, high))

    c, s = ps.Spin(), ps.Ensemble(1)
    hamiltonian = decades(-2, 2) * (c.p * s.m + c.m * s.p)
    for term, share in ((c.z, 0.5), (c.x, 0.3)):
        if rng.random() < share:
            hamiltonian = hamiltonian + decades(-2, 1) * term
    jumps = [ps.Central(decades(-3, 3), c.m), ps.Individual(decades(-3, 3), s.m)]
    jumps += [ps.Individual(decades(-4, 3), x) for x in (s.p, s.z) if rng.random() < 0.5]
    return ps.Model(c, s, hamiltonian, jumps), decades(0, 4)


@pytest.mark.parametrize("seed", range(24))
def test_stiff_models(seed):
    """No crash, and no error beyond the estimate."""
    model, end = stiff(seed)
    found = ps.evolve(model, [0, end], initial="bloch=1,0 bloch=2,0")
    rho = evolution.product(model, evolution.bloch(1, 0), evolution.bloch(2, 0))
    expected, slack = long_moments(model, rho, end, list(found.moments))
    for (label, values), right in zip(found.moments.items(), expected, strict=True):
        assert abs(values[-1] - right) <= found.certificate.errors[label] + slack + 2e-15
    assert found.certificate.error_estimate < 1e-7


@pytest.mark.parametrize("N", [1, 2, 3, 10])
def test_the_initial_state_rounds(N):
    """<z1> = cos theta, <+1 -2> = sin^2 theta / 4 of satellites on the Bloch sphere, in long double."""
    c, s = ps.Spin(), ps.Ensemble(N)
    model = ps.Model(c, s, 0.1 * (c.p * s.m + c.m * s.p), [ps.Individual(0.1, s.m)])
    off = 0.0
    for theta in (0.297, 0.72, 1.81, 2.43, 2.66):
        started = ps.evolve(model, [0.0], initial=f"up bloch={theta},0.7", basis="dicke", moments=["z1", "+1 -2"] if N > 1 else ["z1"])
        exact = {"z1": np.cos(np.longdouble(theta)), "+1 -2": np.sin(np.longdouble(theta)) ** 2 / 4}
        for label, error in started.certificate.errors.items():
            off = max(off, float(abs(np.longdouble(started.moment(label)[0].real) - exact[label])))
            assert abs(np.longdouble(started.moment(label)[0].real) - exact[label]) <= error < 1e-12
    assert off > 0
