"""ps.spectrum and ps.linewidth of iterated cavities: by products, and beside factors of the same state's sector."""

import numpy as np
import pytest
from dynamics.spectra.test_cavity_line import laser, steady
from sampled import sampled

import permsym as ps
from permsym.dynamics.spectra.cavity_response import CavityResponse
from permsym.dynamics.spectra.lattice import LatticeResponse
from permsym.dynamics.spectra.response import responses
from permsym.progress import silent

W = np.linspace(-1, 3, 21)
MODELS = {
    "resonant": ps.models.tavis_cummings(N=6, levels=14),
    "detuned": ps.models.tavis_cummings(N=5, omega=1.4, levels=12),
    "laser": laser(12, levels=14),
}


@pytest.mark.parametrize(("name", "of", "right"), sampled([(name, *pair) for name in MODELS for pair in (("ad", "a"), ("+", "-"))], 3))
@pytest.mark.quick("detuned-+--")
@pytest.mark.slow
def test_products_and_factors_agree(name, of, right):
    model = MODELS[name]
    direct, iterated = steady(model, solver="superlu"), steady(model, solver="matrix-free")
    assert isinstance(responses(direct, of, right, silent)[0], LatticeResponse)
    assert isinstance(responses(iterated, of, right, silent)[0], CavityResponse)
    one, other = (ps.spectrum(state, W, of=of, right=right) for state in (direct, iterated))
    # beyond the levels both estimate, and the products have that in the answer
    assert (np.abs(one.power - other.power) < one.errors + other.errors).all()
    assert other.errors.max() < 1e-4 * other.power.max()
    assert other.certificate.sum_rule == pytest.approx(one.certificate.sum_rule, rel=1e-9)
    lines = [ps.linewidth(state, of=of, right=right) for state in (direct, iterated)]
    assert abs(lines[0].eigenvalue - lines[1].eigenvalue) < lines[0].error + lines[1].error
    assert lines[1].weight == pytest.approx(lines[0].weight, rel=1e-4)
    assert lines[1].half_maximum == pytest.approx(lines[0].half_maximum, rel=1e-4)


@pytest.mark.slow
def test_the_highest_of_split_lines():
    """Real vectors cannot reach it: the curve says where it is."""
    model = ps.models.tavis_cummings(N=2, g=1.5, kappa=0.2, gamma_up=0.02, gamma_down=0.1, levels=8)
    direct, iterated = (ps.linewidth(steady(model, solver=solver)) for solver in ("superlu", "matrix-free"))
    assert abs(abs(direct.eigenvalue.imag - 1) - 1.5 * np.sqrt(2)) < 0.1
    # the two peaks are as high: either will do
    assert abs(direct.eigenvalue.real - iterated.eigenvalue.real) < direct.error + iterated.error
    assert abs(abs(direct.eigenvalue.imag - 1) - abs(iterated.eigenvalue.imag - 1)) < direct.error + iterated.error


@pytest.mark.parametrize(("of", "right"), [("+1", "-1"), ("ad a", "ad a")])
def test_what_products_cannot_do_goes_to_factors(of, right):
    state = steady(ps.models.tavis_cummings(N=3, levels=6), solver="matrix-free")
    assert all(isinstance(each, LatticeResponse) for each in responses(state, of, right, silent))


def test_of_a_large_cavity_the_line_alone(monkeypatch):
    monkeypatch.setattr("permsym.dynamics.spectra.cavity_response._CHEAP", 100)
    state = steady(laser(10), solver="matrix-free")
    line = ps.linewidth(state)
    assert abs(line.eigenvalue - (-0.2452226803 + 1j)) < 1e-10
    assert line.half_maximum is None
    assert line.peak is None
    assert "ps.spectrum" in line.note
    assert line.certified
