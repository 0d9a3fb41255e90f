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


@pytest.mark.parametrize("solver", DIRECT, ids=repr)
def test_factors_solve_in_both_directions(solver):
    rng = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(np.arange(9), np.arange(8))).reshape(2, -1)
    near = np.abs(grid[:, :, None] - grid[:, None, :]).max(axis=0) <= 1
    dense = np.where(near, rng.uniform(0, 1, near.shape), 0.0)
    dense -= np.diag(dense.sum(axis=0) + 0.3)
    factor = solver.factor(sparse.csc_array(dense), grid)
    right = rng.standard_normal((72, 3))
    assert np.abs(dense @ factor.solve(right) - right).max() < 1e-12
    assert np.abs(dense.T @ factor.solve_transposed(right) - right).max() < 1e-12
    assert np.abs(dense @ factor.solve(right[:, 0].copy()) - right[:, 0]).max() < 1e-12
    assert factor.fill >= 72


@pytest.mark.skipif(HAVE_PARDISO, reason="pypardiso is installed")
def test_pardiso_says_how_to_get_it():
    with pytest.raises(InputError, match=r"pip install permsym\[pardiso\]"):
        ps.steady_state(central_spin(N=5), solver="pardiso")
