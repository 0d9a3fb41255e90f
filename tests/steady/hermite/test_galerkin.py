"""Polynomials on a cloud, and the matrix of the moves between them."""

from __future__ import annotations

import numpy as np

from permsym.models import central_spin
from permsym.steady.hermite.galerkin import Galerkin, Gaussian, evaluated, polynomials


def test_polynomials_are_orthonormal_and_translate() -> None:
    found = polynomials(9)
    gram = (found.weights[:, None] * found.values).T @ found.values
    assert np.allclose(gram, np.eye(len(gram)), atol=1e-12)
    step = np.array([0.3, -0.2])
    gained = found.translated(step)
    for a in range(len(found.powers)):
        unit = np.eye(len(found.powers))[a]
        moved = evaluated(unit, found.powers, found.nodes + step[:, None]) - evaluated(unit, found.powers, found.nodes)
        assert np.allclose(gained[:, a], moved, rtol=1e-9, atol=1e-9 * np.abs(found.values[:, a]).max())


def test_the_moves_conserve_the_trace() -> None:
    cloud = Gaussian(np.array([2500.0, 2300.0]), np.array([[1800.0, 1750.0], [1750.0, 1900.0]]))
    galerkin = Galerkin(central_spin(10_000), cloud, 4)
    assert galerkin.fields[0][1] == 0
    assert np.array_equal(np.flatnonzero(galerkin.matrix[0]), [0, 15])
    nodes = galerkin.at_nodes(np.arange(len(galerkin.matrix), dtype=float))
    covectors = np.random.default_rng(1).standard_normal((len(nodes), 2))
    assert np.allclose(galerkin.projected(covectors).T @ np.arange(len(galerkin.matrix)), covectors.T @ nodes)
