"""Displaced Fock states: the same Liouvillian, moments and reduced states; the automatic choice."""

import numpy as np
import pytest
import qutip

import permsym as ps
from permsym.dynamics import sector
from permsym.operators import Monomial, displacement
from permsym.steady.scaling.displacement import TOLERANCE, best_amplitude, needed, predict_displacement, worthwhile


def driven(N, **given):
    return ps.models.driven_tavis_cummings(N, **{"C": 14, "drive": 1.05} | given)


def squeezed(N):
    """Products of a and a^dag, a jump that is not linear in them, a spin-dependent one."""
    c, s = ps.Boson(), ps.Ensemble(N)
    return ps.Model(
        c,
        s,
        hamiltonian=0.3 * c.n + 0.4 * (c.a * s.p + c.ad * s.m) + 0.2j * (c.ad * c.ad - c.a * c.a) + 0.5 * (c.a + c.ad) + 0.1 * c.n * s.z,
        jumps=[ps.Central(1.5, c.a), ps.Central(0.05, c.a * c.a), ps.Individual(0.6, s.m), ps.Collective(0.2, c.a + 0.5 * s.m)],
    )


def test_matrices_on_displaced_states():
    """<n| D^dag a^dag^p a^q D |m> on states that the cut does not reach."""
    alpha, size = 0.7 - 0.4j, 60
    turn = qutip.displace(size, alpha).full()
    for p, q in ((0, 1), (1, 1), (2, 1)):
        exact = turn.conj().T @ Monomial(p, q).matrix(size) @ turn
        assert np.abs(Monomial(p, q).matrix(10, alpha) - exact[:10, :10]).max() < 1e-12
    assert np.abs(displacement(alpha, 25, 10) - turn[:25, :10]).max() < 1e-13


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # the estimates, whatever they are, must cover
@pytest.mark.parametrize(
    ("model", "levels"), [pytest.param(driven(2, gamma_p=0.1, Delta=0.3, Delta_c=-0.2), 26, marks=pytest.mark.slow), (squeezed(1), 32)]
)
@pytest.mark.slow
def test_states_mean_the_same(model, levels):
    """Moments to order 2, P(n), Wigner function, balance: one state, two sets of Fock states."""
    plain = ps.steady_state(model.with_levels(levels), moments=2)
    turned = ps.steady_state(model.displaced(0.4 - 0.3j).with_levels(levels), moments=2)
    for label in plain.labels(2):
        assert abs(plain.moment(label) - turned.moment(label)) <= plain.error(label) + turned.error(label) + 1e-12
    a, b = plain.mode.photon_distribution(), turned.mode.photon_distribution()
    shared = min(len(a.n), len(b.n))
    assert np.abs(a.probability[:shared] - b.probability[:shared]).max() < 1e-9
    assert b.error.max() < 1e-7
    x = np.linspace(-2, 2, 5)
    assert np.abs(plain.mode.wigner(x, x) - turned.mode.wigner(x, x)).max() < 1e-8
    assert np.abs(plain.reduced(1, centre=False) - turned.reduced(1, centre=False)).max() < 1e-9
    assert turned.balance < 1e-9


def test_a_coherent_state_takes_no_levels():
    """An empty cavity driven to alpha = eta / kappa is the lowest of the states displaced by it."""
    model = driven(2, C=None, g=0.0, drive=None, eta=6.0, kappa=2.0).displaced(3.0).with_levels(3)
    state = ps.steady_state(model, moments=["a", "ad a", "ad ad a a"])
    assert abs(state.moment("a") - 3) < 1e-12
    assert abs(state.moment("ad ad a a") - 81) < 1e-10
    expected = np.exp(-9) * np.cumprod([1.0, *(9 / np.arange(1, 10))])
    assert np.abs(state.mode.photon_distribution(errors=False).probability[:10] - expected).max() < 1e-12


def test_models_remember_their_displacement():
    model = driven(3, levels=9).displaced(0.5j)
    again = ps.Model.from_dict(model.to_dict())
    assert again.centre == ps.Boson(9, 0.5j)
    assert again.hash == model.hash != driven(3, levels=9).hash
    assert model.with_levels(12).centre.displacement == 0.5j


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: ps.models.tavis_cummings(N=2).displaced(1.0), "break this model's U(1) symmetry"),
        (lambda: ps.models.central_spin(N=2).displaced(1.0), "only a boson can be displaced"),
        (lambda: driven(2).displaced(float("nan")), "`displacement` must be a finite amplitude"),
    ],
)
def test_refusals(call, fragment):
    with pytest.raises(ps.InputError) as caught:
        call()
    assert fragment in str(caught.value)


def test_displacement_is_chosen_where_it_saves_levels():
    def solve(small):
        return ps.steady_state(small, moments=["a"], tolerance=TOLERANCE)

    found = predict_displacement(driven(10), solve)
    assert found is not None
    model, levels = found
    assert levels < 30  # 44 without
    assert model.centre.displacement.imag == 0  # on resonance, where that halves the unknowns
    assert not worthwhile(ps.models.tavis_cummings(N=10))
    assert not worthwhile(driven(10, levels=20))
    assert predict_displacement(driven(10, drive=0.05), solve) is None


def test_levels_needed():
    amplitudes = np.exp(-2.0) * np.cumprod([1.0, *(2.0 / np.sqrt(np.arange(1, 40)))])
    coherent = np.outer(amplitudes, amplitudes)
    assert needed(coherent, 2.0) < 1
    assert needed(coherent, 0.0) > 20
    assert abs(best_amplitude(coherent, 1.0 + 0.5j) - 2.0) < 0.3


@pytest.mark.slow
def test_driven_cavity():
    """Reference values of an independent program, to 1e-9."""
    state = ps.steady_state(driven(5).displaced(1.1), moments=["a"])
    assert abs(state.derived["coherent_photons"] - 0.443623830794) < 1e-9
    assert state.certificate.certified


@pytest.mark.slow
def test_larger_driven_cavity():
    state = ps.steady_state(driven(10), moments=["a"])
    assert abs(state.derived["coherent_photons"] - 1.900493474755) < 1e-9
    assert state.certificate.certified
    assert state.model.centre.displacement != 0


def test_linewidth_of_an_emitting_cavity_with_an_automatic_cut_off():
    """Charge 1 of a mode that decouples: i omega - kappa / 2 whatever the spins do."""
    model = ps.models.tavis_cummings(N=2, omega=1.7, g=0, kappa=0.3, gamma_up=2.0, gamma_down=2.0)
    charge = tuple(int(vector[0] != 0) for vector in model.charges)
    values = ps.eigenvalues(model, k=2, charge=charge).eigenvalues
    assert min(abs(value - sign * 1.7j + 0.15) for value in values for sign in (1, -1)) < 1e-9


@pytest.mark.parametrize("given", [{}, {"Delta": 0.5, "Delta_c": -0.3}])
@pytest.mark.quick("given0")
def test_evolution_on_moving_fock_states(monkeypatch, given):
    """Block by block, displaced with the field, against one sparse matrix on plain Fock states."""
    times = np.linspace(0, 3, 7)
    plain = ps.evolve(driven(2, **given), times, initial="fock=1 up")
    monkeypatch.setattr(sector, "LARGE", 1)
    moving = ps.evolve(driven(2, **given), times, initial="fock=1 up")
    assert moving.model.centre.displacement != 0
    assert moving.dimension < plain.dimension
    assert moving.certificate.certified
    for label, values in plain.moments.items():
        assert np.abs(values - moving.moments[label]).max() <= plain.certificate.errors[label] + moving.certificate.errors[label]
    shared = min(plain.photon_distribution.shape[1], moving.photon_distribution.shape[1])
    assert np.abs(plain.photon_distribution[:, :shared] - moving.photon_distribution[:, :shared]).max() < 1e-10


def test_a_displaced_steady_state_stays():
    """A quench from one: nothing happens under its own model, and another model starts from its moments."""
    state = ps.steady_state(driven(2).displaced(0.8).with_levels(20), moments=["a"])
    stays = ps.evolve(driven(2), [0, 1.0], initial=state, moments=["a", "ad a"])
    for label, values in stays.moments.items():
        assert np.abs(values - state.moment(label)).max() < 1e-8
    plain = ps.evolve(driven(2, levels=30), [0], initial=state, moments=["ad a"])
    assert abs(plain.moment("ad a")[0] - state.moment("ad a")) < 1e-8
