"""The assembled Liouvillian: linear in its terms, and of one model's structure."""

import numpy as np
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


@pytest.mark.parametrize("energy", [1.0, 1e6, 1e12])
def test_slow_rates_beside_large_energies(energy):
    """A coherence between a satellite and the centre decays at half of both rates, however fast it oscillates."""
    rates = {"kappa": 3e-8, "gamma_up": 2e-8, "gamma_down": 5e-8}
    for charge, rate in ((0, 5e-8), (1, 3.5e-8)):
        space = build(ps.models.central_spin(N=1, omega=energy, epsilon=energy / 3, g=1e-3, **rates), "full", (charge,))
        rates_of = -Liouvillian(space).matrix().diagonal().real
        coherences = np.concatenate([rates_of[: space.size][space.paired], rates_of[space.size :]])
        assert np.abs(coherences.min() - rate) < 1e-14 * rate


def test_liouvillian_of_another_structure_is_refused():
    kept = Liouvillian(build(systems.central_spin(5)))
    with pytest.raises(ps.InputError, match="belongs to a model with other sites"):
        ps.steady_state(systems.central_spin(6), liouvillian=kept)
    with pytest.raises(ps.InputError, match="belongs to a model with other sites"):
        ps.steady_state(systems.nine_pairs(5), liouvillian=kept)
