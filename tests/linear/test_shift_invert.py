"""The eigensolver as a solver of steady states."""

import numpy as np
import pytest
from oracles import systems

import permsym as ps


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "charged_two_ensembles", "qutrits"])
def test_shift_invert_equals_the_direct_solver(name):
    model = systems.MODELS[name](6 if name != "qutrits" else 3)
    direct, arnoldi = (ps.steady_state(model, solver=solver, moments=3) for solver in ("superlu", "shift-invert"))
    a, b = direct.moments(3), arnoldi.moments(3)
    assert np.max([abs(a[label] - b[label]) for label in a]) < 1e-11
    assert arnoldi.solver["name"] == "shift-invert"
    assert arnoldi.certificate.certified
