"""Power spectra of cavities by products alone: beside direct solves, closed forms, and whole sectors."""

import numpy as np
import pytest
from core.test_charged_blocks import cavity
from dynamics.spectra.test_cavity_line import laser, modes, steady

import permsym as ps
from permsym.basis.charged_blocks import window
from permsym.dynamics.spectra.cavity_line import line
from permsym.dynamics.spectra.cavity_power import power
from permsym.steady.cavity.defect import defect
from permsym.steady.cavity.matrix_free import MatrixFree

W = np.linspace(-2, 4, 25)


def summed(state, of, right, frequencies):
    """S from all eigenvalues of the assembled sector."""
    eigenvalues, shares = modes(state, of, right)
    total = state.expect(of * right)
    return 2 * (total * shares / (1j * frequencies[:, None] - eigenvalues)).sum(axis=1).real


MODELS = {
    "resonant": ps.models.tavis_cummings(N=4, levels=8),
    "detuned": ps.models.tavis_cummings(N=4, omega=1.5, levels=8),
    "split": ps.models.tavis_cummings(N=2, g=1.5, kappa=0.2, gamma_up=0.05, gamma_down=0.1, levels=6),
    "random": cavity(0),
    "two ensembles": cavity(1),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.quick("resonant", "detuned", "random")
def test_equals_direct_solves(name):
    state = steady(MODELS[name])
    c = state.model.centre
    result, expected = power(state, W), summed(state, c.ad, c.a, W)
    uncut = result.solve + result.rounding + result.window  # beside the cut model's: what more levels add is in the answer
    assert (np.abs(result.values - expected) < uncut + 1e-13).all()
    assert result.converged
    assert (result.solve < 1e-8 * expected.max()).all()


@pytest.mark.slow
def test_of_a_collective_spin():
    state = steady(laser(6, levels=16))
    (s,) = state.model.ensembles
    result = power(state, W, of=s.p, right=s.m)
    assert np.abs(result.values - summed(state, s.p, s.m, W)).max() < 1e-8 * result.values.max()


def test_every_error_on_the_way_is_an_error(monkeypatch):
    """With looser tolerances, too: the estimate is above the error at each frequency, and not far."""
    state = steady(MODELS["detuned"])
    monkeypatch.setattr("permsym.dynamics.spectra.cavity_power._cut", lambda curve: np.zeros(len(curve.frequencies)))
    expected = summed(state, state.model.centre.ad, state.model.centre.a, W)
    for tolerance in (1e-2, 1e-4, 1e-6, 1e-9):
        result = power(state, W, tolerance=tolerance)
        true = np.abs(result.values - expected)
        assert (true < result.solve + result.rounding).all()
        assert (result.solve < tolerance * expected.max()).all()
        assert result.solve.max() < 1e4 * true.max()


def test_a_thermal_mode_is_a_lorentzian():
    """Loss kappa, gain 0.2 kappa: n = 1/4, and a line of width 0.8 kappa at omega."""
    c, s = ps.Boson(30), ps.Ensemble(1)
    jumps = [ps.Central(1.0, c.a), ps.Central(0.2, c.ad), ps.Individual(0.3, s.m), ps.Individual(0.1, s.p)]
    state = ps.steady_state(ps.Model(c, s, hamiltonian=1.7 * c.n + 0.6 * s.z + 1e-9 * (c.a * s.p + c.ad * s.m), jumps=jumps))
    result = power(state, W)
    assert np.abs(result.values - 0.25 * 0.8 / ((W - 1.7) ** 2 + 0.16)).max() < 1e-9
    thermal = line(state, near=1.7)
    assert abs(thermal.fwhm - 0.8) < thermal.error + 1e-12
    assert abs(thermal.weight - 1) < 1e-9


@pytest.mark.parametrize("omega", [1.0, 1.5])
@pytest.mark.parametrize("levels", [10, 13])
@pytest.mark.quick("10-1.0")
def test_a_cutoff_costs_what_it_says(levels, omega):
    whole = power(steady(ps.models.tavis_cummings(N=8, omega=omega, levels=26)), W)
    cut = power(steady(ps.models.tavis_cummings(N=8, omega=omega, levels=levels)), W)
    true = np.abs(cut.values - whole.values)
    assert (true < cut.errors).all()
    assert true.max() > 3 * whole.errors.max()  # else the whole is no reference
    assert cut.errors.max() < 30 * true.max()


@pytest.mark.parametrize("eps", [1e-5, 1e-8])
@pytest.mark.quick("1e-05")
def test_a_window_costs_what_it_says(eps, monkeypatch):
    state = steady(ps.models.tavis_cummings(N=12, levels=26), solver="matrix-free")
    whole = power(state, W)
    state.basis.boundary = "reflecting"  # as if the state lived on a window, which is what has the charged blocks cut
    monkeypatch.setattr("permsym.dynamics.spectra.cavity_power.defect", lambda state: (state.basis, np.zeros_like(state.x)))
    monkeypatch.setattr("permsym.dynamics.spectra.cavity.window", lambda *args: window(*args, eps=eps))
    cut = power(state, W)
    assert cut.numbers < 0.9 * whole.numbers
    assert (np.abs(cut.values - whole.values) < cut.errors + whole.errors).all()
    assert cut.window.max() > 10 * cut.solve.max()


@pytest.mark.parametrize("omega", [1.0, 1.5])
@pytest.mark.quick("1.0")
def test_what_the_state_is_off_by(omega):
    model = ps.models.tavis_cummings(N=8, omega=omega, levels=22)
    good, poor = (steady(model, solver=MatrixFree(tolerance=t)) for t in (1e-14, 1e-6))
    _, delta = defect(poor)
    assert np.linalg.norm(poor.x + delta - good.x) < 0.05 * np.linalg.norm(poor.x - good.x)
    right, wrong = power(good, W), power(poor, W)
    true = np.abs(right.values - wrong.values)
    assert (true < wrong.errors).all()
    assert wrong.state.max() > 10 * wrong.solve.max()
    assert wrong.state.max() < 5 * true.max()


def test_beside_a_state_solved_on_a_lattice():
    model = ps.models.tavis_cummings(N=5, omega=1.2, levels=20)
    direct, iterated = (power(steady(model, solver=solver), W) for solver in ("superlu", "matrix-free"))
    assert (np.abs(direct.values - iterated.values) < direct.errors + iterated.errors).all()
    assert direct.state.max() < 1e-11
