"""Error bounds are above the errors, and not far; entries are off by no more than their roundings."""

import numpy as np
import pytest
from oracles import systems
from oracles.tightness import ratios

import permsym as ps
from permsym.assembly import EPS, EXTENDED_EPS
from permsym.basis import build
from permsym.basis.moves import ENTRY_ROUNDING
from permsym.liouvillian import Liouvillian
from permsym.model import Model
from permsym.rotating import in_rotating_frame

pytestmark = pytest.mark.skipif(EXTENDED_EPS > EPS / 1000, reason="long double has no more digits than double here")


@pytest.mark.slow
def test_bounds_are_near_the_errors():
    values = ratios(range(16))
    assert len(values) > 200
    assert values.min() > 1
    assert np.median(values) < 20


@pytest.mark.slow
def test_bounds_are_near_the_errors_of_many_models():
    values = ratios(range(1000, 1200))
    assert values.min() > 1
    assert np.median(values) < 20


PAIRS = [(name, basis) for basis in ("dicke", "occupation", "full") for name in systems.SPINS]
PAIRS += [(name, basis) for basis in ("occupation", "full") for name in systems.QUTRITS]


@pytest.mark.parametrize(("name", "basis"), PAIRS)
def test_entries_are_off_by_their_roundings_at_most(name, basis):
    """Against the same entries in long double, of operators in matrix units; energies of 1e6 beside the others cancel."""
    model = systems.MODELS[name](2)
    energy = 1e6 / 3 * model.centre.operator(np.diag(np.arange(model.centre.levels) + 0.1))
    model = Model(model.centre, model.ensembles, model.hamiltonian + energy, model.jumps)
    liouvillian = Liouvillian(build(model, basis))
    if liouvillian.basis.dimension > 1000:
        pytest.skip("too many unknowns for a second assembly")
    assembly = liouvillian.with_digits(model, liouvillian.assembled())
    assert assembly.rounded == 0 or name == "conditional_jumps"
    off = np.abs((assembly.matrix.astype(np.longdouble) - assembly.extended).toarray()).astype(float)
    size = (assembly.magnitude + assembly.cancelled).toarray()
    allowed = EPS / 2 * (ENTRY_ROUNDING + assembly.rounded) * size
    assert (off <= allowed).all()
    assert (off > 0).any() or name == "conditional_jumps"  # its operators are too many matrix units: tables in double precision


def test_a_rate_of_an_empty_level_is_no_summand():
    """Pumping acts on |down>, decay on |up>: neither cancels in the other's entries, and unknowns that drop out take nothing along."""
    model = ps.models.central_spin(N=1, g=1e-7, kappa=1e-9, gamma_up=57.8, gamma_down=0.24, omega=1, epsilon=1)
    assembly = Liouvillian(build(model, "dicke")).assembled(in_rotating_frame(model))
    assert assembly.cancelled.nnz == 0
    whole = Liouvillian(build(model, "dicke")).with_digits(model, assembly)
    assert whole.restricted(np.array([0, 2, 3])).extended.shape == (3, 3)
