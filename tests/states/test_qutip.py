"""QuTiP in and out: states that come in are those that were meant, and what no model has is refused."""

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps


def test_to_qutip():
    state = ps.steady_state(systems.central_spin(3))
    rho = state.to_qutip(satellites=2)
    assert rho.dims == [[2, 2, 2], [2, 2, 2]]
    z0 = qutip.tensor(qutip.sigmaz(), qutip.qeye(2), qutip.qeye(2))
    assert abs(qutip.expect(z0, rho) - state.moment("z0").real) < 1e-14
    exchange = qutip.tensor(qutip.sigmap(), qutip.qeye(2), qutip.sigmam())
    assert abs((rho * exchange).tr() - state.moment("+0 -1")) < 1e-14


UP, DOWN = qutip.basis(2, 0), qutip.basis(2, 1)


@pytest.mark.parametrize("basis", ["dicke", "occupation", "full"])
def test_from_qutip(basis):
    model = systems.driven_cavity(2)
    brute = BruteForce(model)
    psi = qutip.tensor(qutip.coherent(4, 0.4 + 0.3j), *[(0.6 * qutip.basis(2, 0) + 0.8j * qutip.basis(2, 1))] * 2)
    state = ps.from_qutip(psi, model, basis)
    for label in state.labels(3):
        assert abs(state.moment(label) - brute.moment(psi.proj().full(), str(label))) < 1e-14
    assert np.abs((state.to_qutip(satellites=None) - psi.proj()).full()).max() < 1e-15
    assert state.derived["p_up"] == pytest.approx(0.36, abs=1e-15)
    assert state.mode.photon_distribution().error is None  # nothing was solved, nothing to estimate


def test_from_qutip_takes_the_cut_off_of_what_comes_in():
    vacuum = qutip.tensor(qutip.basis(7, 0), qutip.basis(2, 1), qutip.basis(2, 1))
    assert ps.from_qutip(vacuum, ps.models.tavis_cummings(N=2)).model.centre == ps.Boson(7)


@pytest.mark.parametrize(
    ("rho", "fragment"),
    [
        (qutip.tensor(UP, UP, DOWN), "symmetric under exchange of satellites"),
        (qutip.tensor((UP + DOWN).unit(), UP, UP), "coherences between states of different conserved charge"),
        (qutip.tensor(UP, UP), r"must have dims \[2, 2, 2\]"),
        (qutip.tensor(UP, UP, UP).dag(), "of type 'bra'"),
        (2 * qutip.tensor(UP, UP, UP).proj(), "must have trace 1"),
        (2 * qutip.tensor(UP, UP, UP).proj() - qutip.tensor(UP, DOWN, DOWN).proj(), "must be positive"),
        (np.eye(8) / 8, "takes a QuTiP object"),
    ],
)
def test_from_qutip_refuses(rho, fragment):
    with pytest.raises(ps.InputError, match=fragment):
        ps.from_qutip(rho, systems.central_spin(2))
