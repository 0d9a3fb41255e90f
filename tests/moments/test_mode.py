"""What one reads off a solved mode: photon statistics, quadratures, entropy; closed forms and brute force."""

import math

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps

pytestmark = pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # few Fock states: the oracle is cut as they are


def thermal(photons, levels=60):
    """A mode in contact with a bath of that many photons, emitters apart."""
    base = ps.models.tavis_cummings(N=2, g=0, kappa=1 + photons, levels=levels)
    return ps.steady_state(ps.Model(base.centre, base.ensembles, base.hamiltonian, [*base.jumps, ps.Central(photons, base.centre.ad)]))


def test_thermal_light():
    photons = 1.3
    mode = thermal(photons, 80).mode
    n = np.arange(80)
    found = mode.photon_distribution()
    exact = (photons / (1 + photons)) ** n / (1 + photons)
    assert np.abs(found.probability - exact).max() < 1e-13
    assert (np.abs(found.probability - exact) <= found.error + 1e-15).all()
    assert found.error.max() < 1e-11
    assert list(found.peaks) == [0]
    for k in (1, 2, 3, 4):
        assert mode.g(k) == pytest.approx(math.factorial(k), rel=1e-10)
    assert mode.mandel_q == pytest.approx(photons, rel=1e-10)
    assert mode.purity == pytest.approx(1 / (2 * photons + 1), abs=1e-12)
    assert mode.entropy == pytest.approx((photons + 1) * math.log(photons + 1) - photons * math.log(photons), abs=1e-10)
    assert (mode.quadratures.smallest, mode.quadratures.largest) == pytest.approx((photons + 0.5, photons + 0.5), rel=1e-11)
    assert mode.wigner([0.0], [0.0])[0, 0] == pytest.approx(1 / (math.pi * (2 * photons + 1)), abs=1e-12)


def test_coherent_light():
    """A driven empty cavity: <a> = eta / (kappa + i Delta_c) in paper 2's units."""
    state = ps.steady_state(
        ps.models.driven_tavis_cummings(1, g=0, kappa=1.0, gamma_h=0.3, gamma_p=0.0, eta=1.6, Delta_c=0.5, Delta=0.0, levels=26), moments=1
    )
    alpha = 1.6 / (1 + 0.5j)
    mode = state.mode
    n = np.arange(26)
    poisson = np.exp(-(abs(alpha) ** 2)) * abs(alpha) ** (2 * n) / [float(math.factorial(k)) for k in n]
    assert np.abs(mode.photon_distribution(errors=False).probability - poisson).max() < 1e-9
    assert mode.photon_distribution(errors=False).error is None
    assert mode.g(2) == pytest.approx(1, abs=1e-8)
    assert mode.mandel_q == pytest.approx(0, abs=1e-7)
    assert mode.quadratures.squeezing == pytest.approx(0, abs=1e-7)
    assert mode.entropy == pytest.approx(0, abs=1e-6)
    assert mode.husimi(alpha) == pytest.approx(1 / math.pi, abs=1e-9)
    x, p = np.sqrt(2) * alpha.real, np.sqrt(2) * alpha.imag
    assert mode.wigner([x, x + 1], [p])[0] == pytest.approx(np.array([1, math.exp(-1)]) / math.pi, abs=1e-8)


@pytest.mark.parametrize("name", systems.CAVITIES)
@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_modes_equal_brute_force(name, basis):
    model = systems.CAVITIES[name](2)
    brute = BruteForce(model)
    rho = qutip.Qobj(brute.reduced(brute.steady_state(), [0]))
    state = ps.steady_state(model, basis=basis)
    mode = state.mode
    found = mode.photon_distribution()
    assert np.abs(found.probability - rho.diag().real).max() < 1e-13
    assert (np.abs(found.probability - rho.diag().real) <= found.error + 1e-15).all()
    a = qutip.destroy(4)
    assert mode.g(3) == pytest.approx((a.dag() ** 3 * a**3 * rho).tr().real / (a.dag() * a * rho).tr().real ** 3, abs=1e-11)
    # the principal quadratures by their definition, symmetrised in the cut space as the label's normal order says
    angle = mode.quadratures.angle
    for phi, expected in ((angle, mode.quadratures.smallest), (angle + np.pi / 2, mode.quadratures.largest)):
        mean = qutip.expect((a * np.exp(-1j * phi) + a.dag() * np.exp(1j * phi)) / np.sqrt(2), rho)
        normal = (a * a * np.exp(-2j * phi) + a.dag() * a.dag() * np.exp(2j * phi) + 2 * a.dag() * a + 1) / 2
        assert qutip.expect(normal, rho) - mean**2 == pytest.approx(expected, abs=1e-12)
    assert mode.purity == pytest.approx(rho.purity(), abs=1e-13)
    assert mode.entropy == pytest.approx(qutip.entropy_vn(rho), abs=1e-12)
    assert np.abs(state.to_qutip().full() - rho.full()).max() < 1e-13


def test_refusals():
    spin, cavity = ps.steady_state(systems.central_spin(2)), ps.steady_state(systems.cavity(2), basis="occupation")
    with pytest.raises(ps.InputError, match="only a bosonic centre is a mode"):
        _ = spin.mode
    with pytest.raises(ps.InputError, match="`order` must be an integer >= 1"):
        cavity.mode.g(0)
    dark = ps.steady_state(ps.models.tavis_cummings(N=1, gamma_up=0, levels=3))
    with pytest.raises(ps.InputError, match="without photons"):
        dark.mode.g(2)
