"""Time evolution from states that QuTiP or another solution gives."""

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce
from scipy.linalg import expm

import permsym as ps
from permsym.dynamics.initial_density import InitialDensity, InitialMatrix

TIMES = [0.0, 0.4, 1.7]


def propagated(model, rho, t):
    brute = BruteForce(model)
    return (expm(brute.liouvillian() * t) @ rho.ravel(order="F")).reshape(brute.D, brute.D, order="F")


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "cavity", "driven_cavity"])
@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_from_a_qutip_state(name, basis):
    """With coherences between all charges, so that charged moments move too."""
    model = systems.MODELS[name](2)
    brute = BruteForce(model)
    centre = qutip.rand_dm(brute.dims[0], seed=3)
    one, other = qutip.rand_dm(2, seed=4), qutip.rand_dm(2, seed=5)
    rho = qutip.tensor(centre, (qutip.tensor(one, other) + qutip.tensor(other, one)) / 2)
    found = ps.evolve(model, TIMES, initial=rho, basis=basis, tolerance=1e-10)
    for k, t in enumerate(TIMES):
        exact = propagated(model, rho.full(), t)
        for label in found.labels:
            assert abs(found.moment(label)[k] - brute.moment(exact, str(label))) < 1e-9, (label, t)
    assert any(abs(found.moment(label)[1]) > 1e-2 for label in found.labels if any(label.charge(model)) or not model.charges)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_from_a_steady_state(basis):
    """A quench: the drive of a cavity is switched on in the steady state without it, in either representation."""
    before = systems.cavity(2)
    after = systems.driven_cavity(2)
    state = ps.steady_state(before, moments=[], tolerance=1.0, basis="dicke")
    found = ps.evolve(after, TIMES, initial=state, basis=basis, tolerance=1e-10)
    for k, t in enumerate(TIMES):
        exact = propagated(after, state.full(), t)
        for label in found.labels:
            assert abs(found.moment(label)[k] - BruteForce(after).moment(exact, str(label))) < 1e-9
    assert abs(found.moment("a")[0]) == 0
    assert abs(found.moment("a")[2]) > 0.1


def test_a_steady_state_stays():
    model = ps.models.tavis_cummings(N=3)
    state = ps.steady_state(model)
    found = ps.evolve(model, [0.0, 2.0], initial=state, moments=["ad a"])
    assert found.moment("ad a") == pytest.approx(np.full(2, state.moment("ad a")), abs=1e-9)
    assert found.model.centre.levels >= state.model.centre.levels  # the cut-off is open, and starts from the state's


def test_symmetry_appears_and_breaks():
    """From a model without a symmetry to one with it: each charge sector gets its own part."""
    before, after = systems.nine_pairs(2), systems.central_spin(2)
    state = ps.steady_state(before, moments=[])
    found = ps.evolve(after, [0.0, 0.9], initial=state, tolerance=1e-10)
    exact = propagated(after, state.full(), 0.9)
    for label in found.labels:
        assert abs(found.moment(label)[0] - state.moment(label)) < 1e-13
        assert abs(found.moment(label)[1] - BruteForce(after).moment(exact, str(label))) < 1e-9


@pytest.mark.parametrize(
    ("initial", "fragment"),
    [
        (qutip.basis(8, 0), r"must have dims \[2, 2, 2\]"),
        (qutip.tensor(qutip.basis(2, 0), qutip.basis(2, 0), qutip.basis(2, 1)), "symmetric under exchange"),
        (qutip.tensor(*[qutip.qeye(2)] * 3), "must have trace 1"),
        (3.0, "must be a label, a state or a QuTiP object"),
    ],
)
def test_refusals(initial, fragment):
    with pytest.raises(ps.InputError, match=fragment):
        ps.evolve(systems.central_spin(2), TIMES, initial=initial)


def test_a_state_of_other_sites_is_refused():
    state = ps.steady_state(systems.central_spin(3))
    with pytest.raises(ps.InputError, match="give one of the same sites"):
        ps.evolve(systems.central_spin(2), TIMES, initial=state)
    with pytest.raises(ps.InputError, match="give one of the same sites"):
        ps.evolve(systems.cavity(3), TIMES, initial=state)


@pytest.mark.slow
def test_from_a_state_on_displaced_fock_states():
    """The same field with and without a displacement, that of the steady state and far off, as a matrix and as an initial state."""
    plain = ps.models.driven_tavis_cummings(N=2, kappa=1.0, gamma_h=0.7, gamma_p=0.1, g=0.6, eta=0.8, Delta_c=0.3, Delta=-0.4, levels=26)
    there = ps.steady_state(plain, moments=1)
    for alpha, levels in ((there.moment("a"), 26), (-0.4 + 0.2j, 34)):  # away from the field more of them are needed, not fewer
        state = ps.steady_state(plain.displaced(alpha).with_levels(levels), moments=1)
        more = state.basis.centre_levels
        full, expected = state.full().reshape(more, 4, more, 4), there.full().reshape(26, 4, 26, 4)
        assert np.abs(full[:26, :, :26] - expected).max() < 1e-8
        assert abs(np.einsum("nsns->", full[26:, :, 26:])) < 1e-8
        distribution = state.mode.photon_distribution()
        assert np.abs(distribution.probability[:26] - there.mode.photon_distribution().probability).max() < 1e-8
        assert (state.purity, state.entropy, state.negativity()) == pytest.approx(
            (there.purity, there.entropy, there.negativity()), abs=1e-7
        )
        x = np.linspace(-1, 3, 5)
        assert np.abs(state.mode.wigner(x, x) - there.mode.wigner(x, x)).max() < 1e-7
        for given in (InitialDensity(there), InitialMatrix(there.full(), (26,)), InitialDensity(state)):  # onto displaced Fock states
            assert np.abs(given.vector(state.basis) - state.vector).max() < 1e-8
        quench = ps.models.driven_tavis_cummings(N=2, kappa=1.0, gamma_h=0.7, g=0.6, eta=0.0, levels=more)
        runs = [ps.evolve(quench, [0.0, 0.7], initial=each, moments=["a", "ad a", "a +1"]) for each in (state, there)]
        for label in runs[0].labels:
            assert runs[0].moment(label) == pytest.approx(runs[1].moment(label), abs=1e-7)


def test_too_few_fock_states_are_refused():
    state = ps.steady_state(ps.models.tavis_cummings(N=1, levels=9))
    with pytest.raises(ps.InputError, match="has 9 Fock states, but the model keeps 5"):
        ps.evolve(ps.models.tavis_cummings(N=1, levels=5), TIMES, initial=state)
