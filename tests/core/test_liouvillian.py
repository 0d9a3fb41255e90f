"""The assembled Liouvillian: linear in its terms, and of one model's structure."""

import pytest
from oracles import systems

import permsym as ps
from permsym.basis import build
from permsym.liouvillian import Liouvillian


def test_liouvillian_is_linear_in_its_terms():
    """A sweep adds up stored terms: the same matrix as a fresh one."""
    base, other = systems.central_spin(5), ps.models.central_spin(N=5, omega=0.3, g=1.1, kappa=0.2, gamma_up=0.4, gamma_phi=0.7)
    kept = Liouvillian(build(base), keep_terms=True)
    kept.matrix()
    assert kept.fits(other)
    assert abs(kept.matrix(other) - Liouvillian(build(other)).matrix()).max() < 1e-14
    total = sum(term.coefficient.real * kept.term_matrix(term) for term in base.terms)
    assert abs(total - kept.matrix(base)).max() < 1e-14


def test_liouvillian_of_another_structure_is_refused():
    kept = Liouvillian(build(systems.central_spin(5)))
    with pytest.raises(ps.InputError, match="belongs to a model with other sites"):
        ps.steady_state(systems.central_spin(6), liouvillian=kept)
    with pytest.raises(ps.InputError, match="belongs to a model with other sites"):
        ps.steady_state(systems.nine_pairs(5), liouvillian=kept)
