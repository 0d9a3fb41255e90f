"""Lines of cavities by products alone: beside dense eigenvalues, known numbers, and whole sectors."""

import itertools
import warnings

import numpy as np
import pytest
from core.test_charged_blocks import cavity
from sampled import sampled

import permsym as ps
from permsym.basis.blocks import Blocks
from permsym.basis.charged_blocks import applied, covector, window
from permsym.basis.representations import build
from permsym.dynamics.spectra.cavity import ChargedSector, charge_of
from permsym.dynamics.spectra.cavity_line import line
from permsym.errors import NotApplicable, TooLarge
from permsym.liouvillian import Liouvillian


def laser(N, **more):
    """A bad cavity, pumped at N 2 g^2 / kappa an emitter."""
    return ps.models.tavis_cummings(N=N, kappa=40, g=1, gamma_down=0.1, gamma_up=N / 20, **more)


def steady(model, **options):
    """The steady state, flagged where a test cuts it too short."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        return ps.steady_state(model, **options)


def modes(state, of, right):
    """(eigenvalues, shares of <A B>) of the assembled sector; X and the covector from operators on the state's own basis."""
    model = state.model
    neutral, charged = build(model, "dicke"), build(model, "dicke", charge_of(model, right))
    x = steady(model, basis=neutral, solver="superlu").x
    X = np.zeros(charged.dimension, dtype=complex)
    elements = neutral.coefficients(x)
    labels = np.concatenate([neutral.labels, neutral.conjugate(neutral.labels[:, neutral.paired])], axis=1)
    values = np.concatenate([elements, elements[neutral.paired].conj()])
    for key, factor in right.terms.items():
        for shift, weights in neutral.left(key).weights(labels).items():
            position, _ = charged.index(labels + np.array(shift)[:, None])
            np.add.at(X, position[position >= 0], (factor * weights * values)[position >= 0])
    eigenvalues, V = np.linalg.eig(Liouvillian(charged).matrix().toarray())
    return eigenvalues, (charged.expectation(of.terms) @ V) * np.linalg.solve(V, X) / (charged.expectation(of.terms) @ X)


@pytest.mark.parametrize("seed", sampled([(0,), (1,), (4,)], 3))
def test_equals_a_dense_eigenvalue_with_its_weight(seed):
    model = cavity(seed)
    state = steady(model)
    eigenvalues, shares = modes(state, model.centre.ad, model.centre.a)
    mine = line(state)
    at = np.argmin(np.abs(eigenvalues - mine.eigenvalue))
    # the cut model's eigenvalue: what more levels would add is in the answer
    assert abs(eigenvalues[at] - mine.eigenvalue) < mine.window + mine.solve + 1e-12
    assert abs(shares[at] - mine.weight) < 1e-4 * abs(shares[at])


@pytest.mark.slow
def test_finds_each_of_two_split_lines():
    """Weak pump, strong coupling: peaks at omega +- g sqrt N, which no real loop can reach."""
    model = ps.models.tavis_cummings(N=2, g=1.5, kappa=0.2, gamma_up=0.02, gamma_down=0.1, levels=8)
    state = steady(model)
    eigenvalues, _ = modes(state, model.centre.ad, model.centre.a)
    up, down = (line(state, near=1 + sign * 1.5 * np.sqrt(2)) for sign in (1, -1))
    for mine in (up, down):
        assert np.abs(eigenvalues - mine.eigenvalue).min() < mine.error
        assert mine.error < 1e-6
    assert up.eigenvalue.imag - down.eigenvalue.imag > 3.5
    assert abs(up.weight - down.weight.conjugate()) < 1e-4


@pytest.mark.parametrize(
    ("model", "expected", "digits"),
    [
        (ps.models.tavis_cummings(N=10), -0.356314434126 + 1j, 1e-12),
        (ps.models.tavis_cummings(N=20), -0.146857778869 + 1j, 1e-12),
        (laser(10), -0.2452226803 + 1j, 1e-10),
        pytest.param(laser(40), -0.17152511 + 1j, 1e-8, marks=pytest.mark.slow),
        (ps.models.tavis_cummings(N=10, omega=1.5), -0.3032173162 + 1.0422636518j, 1e-10),
    ],
)
@pytest.mark.quick("model0-(-0.356314434126+1j)-1e-12", "model2-(-0.2452226803+1j)-1e-10")
def test_known_lines(model, expected, digits):
    mine = line(steady(model))
    assert abs(mine.eigenvalue - expected) < digits
    assert mine.error < 1e-9
    assert mine.fwhm == -2 * mine.eigenvalue.real


def test_of_a_collective_spin():
    """The same line seen in the emitters' light, and with another weight."""
    model = laser(10)
    state, (ensemble,) = steady(model), model.ensembles
    by_field, by_spins = line(state), line(state, of=ensemble.p, right=ensemble.m)
    assert abs(by_field.eigenvalue - by_spins.eigenvalue) < by_field.error + by_spins.error
    assert abs(by_field.weight - by_spins.weight) > 1e-3


@pytest.mark.parametrize(("levels", "omega"), sampled(list(itertools.product([10, 12, 14], [1.0, 1.5])), 5))
@pytest.mark.quick("10-1.0")
def test_a_cutoff_costs_what_it_says(levels, omega):
    true = line(steady(ps.models.tavis_cummings(N=10, omega=omega, levels=28)))
    cut = line(steady(ps.models.tavis_cummings(N=10, omega=omega, levels=levels)))
    assert true.error < abs(cut.eigenvalue - true.eigenvalue) < cut.error
    assert cut.error < 30 * abs(cut.eigenvalue - true.eigenvalue)


@pytest.mark.parametrize("eps", [1e-5, 1e-8, 1e-11])
@pytest.mark.quick("1e-08")
def test_a_window_costs_what_it_says(eps, monkeypatch):
    state = steady(ps.models.tavis_cummings(N=12, levels=26), solver="matrix-free")
    whole = line(state)
    state.basis.boundary = "reflecting"  # as if the state lived on a window, which is what has the charged blocks cut
    monkeypatch.setattr("permsym.dynamics.spectra.cavity.window", lambda *args: window(*args, eps=eps))
    cut = line(state)
    assert cut.numbers < 0.9 * whole.numbers
    assert abs(cut.eigenvalue - whole.eigenvalue) < cut.error
    assert cut.window < 1e4 * eps


@pytest.mark.slow
def test_the_window_of_a_windowed_state_is_large_enough():
    model = laser(50)
    windowed, whole = line(steady(model)), line(steady(model, window="full"))
    assert windowed.numbers < 0.9 * whole.numbers
    assert abs(windowed.eigenvalue - whole.eigenvalue) < windowed.error < 1e-8


def test_source_and_covector_give_the_moment():
    model = ps.models.tavis_cummings(N=4, omega=1.2, levels=9)
    state, (ensemble,) = steady(model), model.ensembles
    for of, right in ((model.centre.ad, model.centre.a), (ensemble.p, ensemble.m), (model.centre.ad, ensemble.m + 2 * model.centre.a)):
        blocks = Blocks.of(model, charge=charge_of(model, right))
        x, u = applied(right.terms, state.basis, state.x, blocks), covector(of.terms, blocks)
        assert abs(np.vdot(u, x) - state.expect(of * right)) < 1e-13


def test_what_has_no_line_is_refused(monkeypatch):
    model = ps.models.tavis_cummings(N=3, levels=6)
    state = steady(model)
    with pytest.raises(NotApplicable, match="adds no charge"):
        line(state, of=model.centre.n, right=model.centre.n)
    with pytest.raises(NotApplicable, match="different charges"):
        line(state, right=model.centre.a + model.centre.ad)
    with pytest.raises(NotApplicable, match="dark"):
        line(steady(ps.models.tavis_cummings(N=3, levels=6, gamma_up=0), solver="superlu"))
    with pytest.raises(NotApplicable, match="U\\(1\\)"):
        line(steady(ps.models.driven_tavis_cummings(N=2, C=2, eta=0.5, levels=6)))
    monkeypatch.setenv("PERMSYM_MEMORY", "1000")
    with pytest.raises(TooLarge, match="charged sector"):
        ChargedSector.beside(state)
