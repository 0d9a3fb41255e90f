"""Library models of a cavity: what they say, their conventions, what they refuse."""

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.models import lookup
from permsym.models.semiclassics import critical_drives


def driven(**given):
    return ps.models.driven_tavis_cummings(**{"N": 2, "C": 10, "eta": 0.5, "levels": 3} | given)


def test_driven_model_is_the_master_equation_of_its_paper():
    """Written out with QuTiP in that paper's form, kappa (2 a rho a^dag - ...) and so on, for N = 1."""
    kappa, gamma_h, gamma_p, g, eta, Delta_c, Delta, levels = 0.9, 0.7, 0.3, 1.1, 0.6, 0.4, -0.5, 4
    model = ps.models.driven_tavis_cummings(
        1, kappa=kappa, gamma_h=gamma_h, gamma_p=gamma_p, g=g, eta=eta, Delta_c=Delta_c, Delta=Delta, levels=levels
    )
    a = qutip.tensor(qutip.destroy(levels), qutip.qeye(2))
    sz, sm = (qutip.tensor(qutip.qeye(levels), each) for each in (qutip.sigmaz(), qutip.sigmam()))
    h = Delta_c * a.dag() * a + Delta / 2 * sz + g * (sm * a.dag() + sm.dag() * a) + 1j * eta * (a.dag() - a)

    def twice(x):
        square = x.dag() * x
        return 2 * qutip.sprepost(x, x.dag()) - qutip.spre(square) - qutip.spost(square)

    one = qutip.sprepost(h * 0 + qutip.tensor(qutip.qeye(levels), qutip.qeye(2)), h * 0 + qutip.tensor(qutip.qeye(levels), qutip.qeye(2)))
    expected = qutip.liouvillian(h) + kappa * twice(a) + gamma_h * twice(sm) + gamma_p * (qutip.sprepost(sz, sz) - one)
    assert np.abs(BruteForce(model).liouvillian() - expected.full()).max() < 1e-13


def test_cooperativity_and_drive_stand_for_coupling_and_field():
    model = driven(C=14, kappa=2.0, gamma_h=1.0, N=5, eta=None, drive=1.05)
    g = np.sqrt(14 * 2 / 5)
    assert model.parameters["g"] == pytest.approx(g, rel=1e-15)
    assert model.parameters["eta"] == pytest.approx(1.05 * critical_drives(2.0, 1.0, g=g, N=5).upper, rel=1e-15)
    assert "C" not in model.parameters
    again = ps.models.driven_tavis_cummings(**model.parameters)
    assert again.hash == model.hash


@pytest.mark.parametrize(
    ("given", "fragment"),
    [
        ({"g": 1.0}, "`g` and `C` say the same twice"),
        ({"drive": 1.0}, "`eta` and `drive` say the same twice"),
        ({"C": None}, "needs `g` or `C`"),
        ({"eta": None}, "needs `eta` or `drive`"),
        ({"C": -1}, "`C` must be a rate >= 0"),
        ({"kappa": -1}, "`kappa` must be a rate >= 0"),
        ({"levels": 1}, "`levels` must be an integer >= 2"),
        ({"levels": 3.5}, "`levels` must be an integer >= 2"),
        ({"levels": "many"}, "refers to 'many'"),
    ],
)
def test_driven_model_refuses(given, fragment):
    with pytest.raises(ps.InputError) as caught:
        driven(**given)
    assert fragment in str(caught.value)


@pytest.mark.parametrize("name", ["tavis-cummings", "dicke"])
def test_defaults_and_automatic_levels(name):
    source = lookup(name)
    model = source.model({"N": 4})
    assert model.centre == ps.Boson()
    assert "levels" not in model.parameters
    assert model.parameters["g"] == 0.45
    assert source.model({"N": 4, "levels": "N+6"}).centre == ps.Boson(10)


def test_levels_make_another_model_of_the_same_terms():
    model = ps.models.tavis_cummings(N=3)
    cut = model.with_levels(7)
    assert cut.centre == ps.Boson(7)
    assert cut.parameters["levels"] == 7
    assert (cut.hamiltonian, cut.jumps) == (model.hamiltonian, model.jumps)
    with pytest.raises(ps.InputError, match="only a boson has a cut-off"):
        ps.models.central_spin(N=3).with_levels(7)


def test_symmetries():
    assert ps.models.tavis_cummings(N=3).charges in (((1, 1),), ((-1, -1),))
    assert ps.models.dicke(N=3).charges == ()
    assert driven().charges == ()
    assert driven(eta=0).charges in (((1, 1),), ((-1, -1),))


def test_rescaled_keeps_the_mean_field():
    """g sqrt(N) and eta / sqrt(N) are what the semiclassical equations depend on."""
    small, large = driven(N=8), driven(N=8).rescaled(4)
    values = {model: {model.spell(key): abs(value) for key, value in model.hamiltonian.terms.items()} for model in (small, large)}
    assert large.sizes == (32,)
    assert values[large]["ad -"] == pytest.approx(values[small]["ad -"] / 2)
    assert values[large]["ad"] == pytest.approx(values[small]["ad"] * 2)
    assert [jump.rate for jump in large.jumps] == [jump.rate for jump in small.jumps]


def test_operators_of_a_mode_are_symbols():
    with pytest.raises(ps.InputError, match="written in a and ad"):
        ps.Boson(3).operator(np.eye(3))
    with pytest.raises(ps.InputError, match="does not act on Spin"):
        ps.Model(ps.Spin(), ps.Ensemble(2), ps.Boson().n)
    with pytest.raises(ps.InputError, match=r"does not act on Boson\(\)"):
        ps.Model(ps.Boson(), ps.Ensemble(2), ps.Spin().z)
    with pytest.raises(ps.InputError, match="not hermitian"):
        ps.Model(ps.Boson(), ps.Ensemble(2), ps.Boson().a)


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # ten levels are too few for twelve emitters
def test_cavity_steady_state():
    """Reference values of an independent program."""
    for N, levels, expected in ((1, 20, 0.236543994716), (5, 20, 0.130646599999), (12, 10, 0.10335630), (12, 16, 0.10338530)):
        state = ps.steady_state(ps.models.tavis_cummings(N=N, levels=levels))
        assert state.derived["photons"] / N == pytest.approx(expected, abs=5e-9 if N == 12 else 1e-11)
