"""Steps in a Krylov space, of matrices without physics."""

import numpy as np
from oracles import evolution

from permsym.dynamics import krylov


def test_bound_of_a_step_holds_for_matrices_without_physics():
    """exp(tA) of dissipative random matrices: the bound of the defect's integral covers the error in the Euclidean norm."""
    rng = np.random.default_rng(3)
    for n in (40, 80):
        matrix = rng.standard_normal((n, n))
        matrix -= (np.linalg.eigvalsh((matrix + matrix.T) / 2).max() + 0.1) * np.eye(n)
        start = rng.standard_normal(n)
        for t in (0.05, 0.2, 0.5):
            exact = evolution.expm(t * matrix) @ start
            inverse = np.linalg.inv(np.eye(n) - t / 10 * matrix)
            for space in (
                krylov.subspace(lambda v, a=matrix: a @ v, start, 12),
                krylov.subspace(lambda v, a=inverse: a @ v, start, 12, 1.0, krylov.Shifted(t / 10, lambda v, a=matrix: a @ v)),
            ):
                error = np.linalg.norm(space.vectors @ space.weights(t) - exact)
                assert error <= space.error(t) + 1e-13
                assert space.error(t) < 1e4 * error + 1e-12
