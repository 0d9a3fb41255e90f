"""Diffusion and curvature from the equations of motion of brute force: N = 2 and 3 satellites in QuTiP, one by one."""

import numpy as np
import pytest
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.cumulants.equations import equations
from permsym.semiclassical.linear_noise.fluctuations import curved
from permsym.semiclassical.linear_noise.product_state import diffusion, one_site_operators

RNG = np.random.default_rng(18)


def random_matrix(levels):
    return RNG.normal(size=(levels, levels)) + 1j * RNG.normal(size=(levels, levels))


def random_density(levels):
    root = random_matrix(levels)
    rho = root @ root.conj().T
    return rho / np.trace(rho)


def spin_centre():
    c, s = ps.Spin(), ps.Ensemble(3)
    jumps = [
        ps.Central(0.7, c.operator(random_matrix(2))),
        ps.Individual(0.4, s.operator(random_matrix(2))),
        ps.Individual(0.3, c.operator(random_matrix(2)) * s.operator(random_matrix(2)) + s.p),
        ps.Collective(0.5, s.operator(random_matrix(2)) + 0.3 * c.p),
        ps.Collective(0.2, c.operator(random_matrix(2)) * s.operator(random_matrix(2))),
        ps.Collective(0.1, s.m * s.z),
    ]
    return ps.Model(c, s, 0.8 * c.x + 0.3 * (c.p * s.m + c.m * s.p) + 0.2 * s.z * s.z, jumps)


def levels_in_two_ensembles():
    c, a, b = ps.Levels(2), ps.Ensemble(2, "A"), ps.Ensemble(2, "B", levels=3)
    jumps = [
        ps.Central(0.6, c.operator(random_matrix(2))),
        ps.Individual(0.4, a.operator(random_matrix(2))),
        ps.Individual(0.9, b.operator(random_matrix(3))),
        ps.Collective(0.5, a.m + 0.4j * b.operator(random_matrix(3))),
    ]
    return ps.Model(c, [a, b], 0.5 * a.x, jumps)


def boson_centre():
    c, s = ps.Boson(14), ps.Ensemble(2)
    jumps = [
        ps.Central(0.8, c.a),
        ps.Central(0.3, c.ad),
        ps.Central(0.2, c.a * c.a),
        ps.Individual(0.4, s.operator(random_matrix(2))),
        ps.Individual(0.3, c.a * s.p),
        ps.Collective(0.5, s.m + 0.2 * c.a),
    ]
    return ps.Model(c, s, 0.7 * (c.a * s.p + c.ad * s.m) + 0.3 * c.n * s.z, jumps)


@pytest.mark.parametrize("build", [spin_centre, levels_in_two_ensembles, boson_centre])
def test_diffusion_is_what_the_drift_leaves_of_symmetrised_second_moments(build):
    model = build()
    space, order_one = BruteForce(model), equations(model, order=1)
    alpha, sites = 0.25 - 0.15j, [random_density(site.levels) for site in (model.centre, *model.ensembles)]
    if model.centre.kind == "boson":
        amplitudes = np.cumprod([1, *(alpha / np.sqrt(np.arange(1, model.centre.levels)))])
        sites[0] = np.outer(amplitudes, amplitudes.conj()) * np.exp(-(abs(alpha) ** 2))
    whole = [sites[0], *(rho for rho, ensemble in zip(sites[1:], model.ensembles, strict=True) for _ in range(ensemble.N))]
    rho = whole[0]
    for each in whole[1:]:
        rho = np.kron(rho, each)
    hamiltonian, jumps = space.hamiltonian().full(), [x.full() for x in space.collapse()]

    def rate(matrix):
        change = 1j * (hamiltonian @ matrix - matrix @ hamiltonian)
        for x in jumps:
            square = x.conj().T @ x
            change = change + x.conj().T @ matrix @ x - (square @ matrix + matrix @ square) / 2
        return change

    means = [space.operator(operator).full() for operator in one_site_operators(order_one)]
    rates = [rate(mean) for mean in means]
    n = len(means)
    expected = np.zeros((n, n), dtype=complex)
    for i in range(n):
        for j in range(i + 1):
            symmetric = means[i] @ means[j] + means[j] @ means[i]
            drift = rates[i] @ means[j] + means[j] @ rates[i] + means[i] @ rates[j] + rates[j] @ means[i]
            expected[i, j] = expected[j, i] = np.trace((rate(symmetric) - drift) @ rho) / 2
    y = order_one.product_state(sites[1:] if model.centre.kind == "boson" else sites, alpha)
    assert np.abs(expected).max() > 0.1
    assert np.abs(diffusion(order_one, y) - expected).max() < 1e-9 * np.abs(expected).max()


@pytest.mark.parametrize("build", [spin_centre, boson_centre])
def test_curvature_is_the_second_derivative_of_the_drift(build):
    order_one = equations(build(), order=1)
    n, step = len(order_one), 1e-3
    x = (RNG.normal(size=n) + 1j * RNG.normal(size=n)) / 2
    M = random_matrix(n)
    M = M + M.T
    expected = np.zeros(n, dtype=complex)
    for k in range(n):
        shift = step * np.eye(n)[k]
        slope = (order_one.scaled_jacobian(x + shift) - order_one.scaled_jacobian(x - shift)) / (2 * step)  # F is of fourth degree
        expected += slope @ M[:, k]
    assert np.abs(curved(order_one, x, M) - expected).max() < 1e-4 * np.abs(expected).max()
