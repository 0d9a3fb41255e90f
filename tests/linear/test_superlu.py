"""SuperLU: every ordering, settings, and what it says of a singular matrix."""

import numpy as np
import pytest
from oracles import systems
from scipy import sparse

import permsym as ps
from permsym.errors import InputError, SolverFailed


@pytest.mark.parametrize("ordering", ["nested-dissection", "MMD_AT_PLUS_A", "COLAMD", "NATURAL"])
@pytest.mark.parametrize("basis", ["dicke", "occupation", "full"])
def test_orderings_agree(ordering, basis):
    model = systems.central_spin(3 if basis == "full" else 20)
    reference = ps.steady_state(model, basis=basis)
    state = ps.steady_state(model, basis=basis, solver=ps.SuperLU(ordering))
    assert state.solver["ordering"] == ordering
    assert abs(state.moment("z0 z1") - reference.moment("z0 z1")) < 1e-13


def test_settings_are_values_and_typos_are_errors():
    assert ps.SuperLU() == ps.SuperLU(ordering="nested-dissection")
    with pytest.raises(TypeError, match="ordring"):
        ps.SuperLU(ordring="COLAMD")  # type: ignore[call-arg]
    with pytest.raises(InputError, match="`ordering`"):
        ps.SuperLU(ordering="AMD")  # type: ignore[arg-type]


def test_an_exactly_singular_matrix_is_said():
    with pytest.raises(SolverFailed, match="singular"):
        ps.SuperLU().factor(sparse.csc_array(np.diag([1.0, 0.0])))
