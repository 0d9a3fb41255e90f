"""Time evolution from states that QuTiP or another solution gives."""

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce
from scipy.linalg import expm

import permsym as ps

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
