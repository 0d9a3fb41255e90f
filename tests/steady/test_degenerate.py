"""More than one steady state: refused by name, never returned as if unique."""

import pytest

import permsym as ps

c, s = ps.Spin(), ps.Ensemble(6)
EXCHANGE = 0.7 * (c.p * s.m + c.m * s.p) + 0.5 * c.z + 0.4 * s.z


def three_level(*jumps, hamiltonian=None):
    """A Levels(3) centre beside satellites that relax on their own."""
    centre = ps.Levels(3)
    return ps.Model(
        centre, s, hamiltonian(centre) if hamiltonian else 0.3 * s.z, [ps.Individual(1, s.m), *(jump(centre) for jump in jumps)]
    )


def bright(centre):
    """Decay of the two-fold excited level to one superposition only; the orthogonal one and the ground state stay dark."""
    return ps.Central(1.0, (centre.unit(0, 2) + centre.unit(1, 2)) / 2**0.5)


DEGENERATE = {
    "all rates zero": ps.models.central_spin(N=4, kappa=0, gamma_up=0, gamma_down=0),
    "only the centre relaxes": ps.models.central_spin(N=4, gamma_up=0, gamma_down=0),
    "only collective decay": ps.Model(c, s, EXCHANGE, [ps.Collective(1, s.m)]),
    "central and collective decay": ps.Model(c, s, EXCHANGE, [ps.Central(1, c.m), ps.Collective(0.5, s.m), ps.Collective(0.3, s.p)]),
    "dephasing only": ps.models.central_spin(N=4, kappa=0, gamma_up=0, gamma_down=0, gamma_phi=0.5),
    "dephasing everywhere": ps.models.central_spin(N=4, kappa=0, gamma_up=0, gamma_down=0, gamma_phi=0.5, kappa_phi=0.2),
    "an isolated centre": ps.Model(c, s, 0.5 * c.z + s.z, [ps.Individual(1, s.m)]),
    "a dephased, isolated centre": ps.Model(c, s, 0.5 * c.z + s.z, [ps.Individual(1, s.m), ps.Central(1, c.z)]),
    "an isolated, rotated centre": ps.Model(c, s, 0.5 * c.x + s.z, [ps.Individual(1, s.m)]),
    "an idle ensemble": ps.Model(c, [s, ps.Ensemble(2, "B")], EXCHANGE, [ps.Individual(1, s.m), ps.Central(1, c.m)]),
    "nothing at all": ps.Model(c, s, 0 * c.z),
    "two ground states": three_level(lambda site: ps.Central(1, site.unit(0, 2)), lambda site: ps.Central(1, site.unit(1, 2))),
    # from here on coherences connect what the graph of populations cannot tell apart
    "a coherent dark state": three_level(bright),
    "a coherent dark state, split by nothing": three_level(bright, hamiltonian=lambda site: 0.3 * s.z + 0.8 * site.unit(2, 2)),
    "a dark state beside a driven one": three_level(
        lambda site: ps.Central(1, site.unit(0, 2) + site.unit(1, 2)),
        hamiltonian=lambda site: 0.3 * s.z + 0.4 * (site.unit(0, 1) + site.unit(1, 0)),
    ),
    "x is conserved": ps.Model(c, s, 0.4 * s.x + 0.5 * c.z, [ps.Individual(1, s.x), ps.Central(1, c.m)]),
    "a rotated spin conserved": ps.Model(c, s, 0.5 * c.z, [ps.Individual(1, s.z + s.x), ps.Central(1, c.m)]),
}


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_refused(name, basis):
    with pytest.raises(ps.DegenerateSteadyState, match=r"^the steady state is not unique[^\n]*$"):
        ps.steady_state(DEGENERATE[name], basis=basis)


@pytest.mark.parametrize("solver", ["shift-invert", "bicgstab"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_refused_by_other_solvers(name, solver):
    with pytest.raises(ps.DegenerateSteadyState, match="not unique"):
        ps.steady_state(DEGENERATE[name], solver=solver)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize("N", [1, 8, 40])
def test_no_pump_is_no_degeneracy(N, basis):
    """All down is the one steady state; every other population is transient."""
    state = ps.steady_state(ps.models.central_spin(N=N, gamma_up=0), basis=basis, moments=3)
    assert abs(state.moment("z0") + 1) < 1e-14
    assert abs(state.moment("z1") + 1) < 1e-14
    assert state.certificate.certified


UNIQUE = {
    "full inversion": ps.models.central_spin(N=8, gamma_down=0, kappa=0),
    "no loss of satellites": ps.models.central_spin(N=8, gamma_down=0),
    "fed through the centre": ps.models.central_spin(N=8, gamma_up=0, gamma_down=0, kappa_up=0.2, gamma_phi=0.3),
    "dephasing breaks every j": ps.Model(c, s, EXCHANGE, [ps.Central(1, c.m), ps.Individual(0.2, s.z)]),
    "slow": ps.models.central_spin(N=8, gamma_up=1.5e-6, gamma_down=0.5e-6),
    "all rates slow": ps.models.central_spin(N=10, gamma_up=1.5e-10, gamma_down=0.5e-10, kappa=1e-10, g=1.0),
    "slower than seems possible": ps.models.central_spin(N=30, gamma_up=1.5e-12, gamma_down=0.5e-12, kappa=1e-12, g=1.0),
    "Lambda system driven out of the dark": three_level(
        bright, hamiltonian=lambda site: 0.3 * s.z + 0.4 * site.unit(1, 1) + 0.3 * (site.unit(0, 2) + site.unit(2, 0))
    ),
}


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize("name", UNIQUE)
def test_unique_ones_are_solved(name, basis):
    assert ps.steady_state(UNIQUE[name], basis=basis).certificate.certified
