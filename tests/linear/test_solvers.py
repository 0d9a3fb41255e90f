"""Every solver gives the same certified answer; factors solve in both directions."""

import importlib.util

import numpy as np
import pytest
from scipy import sparse

import permsym as ps
from permsym.errors import InputError
from permsym.models import central_spin
from permsym.steady.plan import SOLVERS

HAVE_PARDISO = importlib.util.find_spec("pypardiso") is not None
NAMES = [name for name in SOLVERS if name != "pardiso" or HAVE_PARDISO]
DIRECT = [SOLVERS[name] for name in NAMES if name not in ("shift-invert", "matrix-free")] + [
    ps.SuperLU(ordering=o) for o in ("MMD_AT_PLUS_A", "COLAMD", "NATURAL")
]
MODELS = {
    "default": {"N": 40},
    "detuned": {"N": 25, "omega": 1.6, "gamma_phi": 0.3},
    "fixed g sqrt N": {"N": 40, "g": "3/sqrt(N)", "kappa": 1.0},
    "below threshold": {"N": 30, "gamma_up": 0.4, "gamma_down": 1.6},
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("parameters", MODELS.values(), ids=MODELS)
def test_solvers_agree_and_are_certified(name, parameters):
    model = central_spin(**parameters)
    reference = ps.steady_state(model, basis="occupation")
    state = ps.steady_state(model, solver=name)
    assert state.certificate.certified
    assert SOLVERS[name].describe().items() <= state.solver.items()
    for label in ("z0", "z1", "+1 -2", "+0 -1"):
        assert abs(state.moment(label) - reference.moment(label)) <= state.error(label) + reference.error(label)
        assert state.error(label) < 1e-12


def lattice_matrix():
    """(72, 72) of neighbours on a lattice, and its coordinates."""
    rng = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(np.arange(9), np.arange(8))).reshape(2, -1)
    near = np.abs(grid[:, :, None] - grid[:, None, :]).max(axis=0) <= 1
    dense = np.where(near, rng.uniform(0, 1, near.shape), 0.0)
    return dense - np.diag(dense.sum(axis=0) + 0.3), grid


@pytest.mark.parametrize("solver", DIRECT, ids=repr)
@pytest.mark.parametrize(("turned", "right_turned"), [(False, True), (True, False), (True, True)])
def test_factors_and_right_sides_may_differ_in_kind(solver, turned, right_turned):
    """A real factor and a complex right side, or the other way round: nothing is dropped."""
    dense, grid = lattice_matrix()
    if turned and solver.describe()["name"] == "pardiso":
        pytest.skip("real matrices only")
    dense = dense * (1 + 0j) - 0.2j * np.eye(72) if turned else dense
    rng = np.random.default_rng(4)
    right = rng.standard_normal((72, 3)) + (1j * rng.standard_normal((72, 3)) if right_turned else 0)
    factor = solver.factor(sparse.csc_array(dense), grid)
    one = right[:, 1].copy()
    for matrix, solve, few in ((dense, factor.solve, 1e-12), (dense.T, factor.solve_transposed, 1e-12), (dense, factor.estimate, 1e-3)):
        assert np.abs(matrix @ solve(right) - right).max() < few
        assert np.abs(matrix @ solve(one) - one).max() < few
    assert np.abs(dense.T @ factor.estimate_transposed(right) - right).max() < 1e-2


@pytest.mark.parametrize("solver", DIRECT, ids=repr)
def test_factors_solve_in_both_directions(solver):
    dense, grid = lattice_matrix()
    factor = solver.factor(sparse.csc_array(dense), grid)
    right = np.random.default_rng(5).standard_normal((72, 3))
    assert np.abs(dense @ factor.solve(right) - right).max() < 1e-12
    assert np.abs(dense.T @ factor.solve_transposed(right) - right).max() < 1e-12
    assert np.abs(dense @ factor.solve(right[:, 0].copy()) - right[:, 0]).max() < 1e-12
    assert factor.fill >= 72


@pytest.mark.skipif(HAVE_PARDISO, reason="pypardiso is installed")
def test_pardiso_says_how_to_get_it():
    with pytest.raises(InputError, match=r"pip install permsym\[pardiso\]"):
        ps.steady_state(central_spin(N=5), solver="pardiso")
