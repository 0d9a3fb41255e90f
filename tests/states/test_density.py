"""The density operator: the whole state, its entropies and entanglement, collective spins over the sphere."""

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps

UP, DOWN = qutip.basis(2, 0), qutip.basis(2, 1)
pytestmark = pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # few Fock states: the oracle is cut as they are
SINGLE = ("central_spin", "nine_pairs", "collective_jumps", "three_level_centre", *systems.CAVITIES)


@pytest.mark.parametrize("name", SINGLE)
def test_the_whole_state_equals_brute_force(name):
    model = systems.MODELS[name](3)
    brute = BruteForce(model)
    rho = brute.steady_state()
    whole = qutip.Qobj(rho, dims=[brute.dims, brute.dims])
    state = ps.steady_state(model, basis="dicke")
    assert np.abs(state.full() - rho).max() < 1e-13
    assert state.to_qutip(satellites=None).dims == [brute.dims, brute.dims]
    assert np.abs((state.to_qutip(satellites=None) - whole).full()).max() < 1e-13
    assert state.purity == pytest.approx(whole.purity(), abs=1e-13)
    assert state.entropy == pytest.approx(qutip.entropy_vn(whole), abs=1e-11)
    for satellites, part in ((None, whole), (1, whole.ptrace([0, 1]))):
        values = np.linalg.eigvalsh(qutip.partial_transpose(part, [1] + [0] * (len(part.dims[0]) - 1)).full())
        assert state.negativity(satellites) == pytest.approx(-values[values < 0].sum(), abs=1e-12)
    assert state.concurrence() == pytest.approx(qutip.concurrence(whole.ptrace([1, 2])), abs=1e-7)  # it takes roots of rounding errors
    assert sum(block.copies * (2 * block.j + 1) for block in state.blocks()) == pytest.approx(8)


@pytest.mark.parametrize("N", [2, 5])
def test_one_excitation_shared_by_the_centre_and_all_satellites(N):
    """(|1, 0...0> + |0, W>) / sqrt(2): maximally entangled with all of them, little with each."""
    states = [qutip.tensor(*[UP if n == site else DOWN for n in range(N + 1)]) for site in range(N + 1)]
    psi = (states[0] + sum(states[1:], 0 * states[0]) / np.sqrt(N)) / np.sqrt(2)
    state = ps.from_qutip(psi, ps.models.central_spin(N=N))
    assert state.negativity() == pytest.approx(0.5, abs=1e-13)
    assert state.entropy == pytest.approx(0, abs=1e-12)
    assert state.purity == pytest.approx(1, abs=1e-13)
    empty, shared = (N - 1) / (2 * N), 1 / (2 * np.sqrt(N))  # |00> and the coherence of |10>, |01> of the centre and one satellite
    assert state.negativity(1) == pytest.approx((np.hypot(empty, 2 * shared) - empty) / 2, abs=1e-13)
    assert state.concurrence() == pytest.approx(1 / N, abs=1e-12)


def test_collective_spin_over_the_sphere():
    """Three spins along one direction are spin 3/2 along it; three maximally mixed ones are flat."""
    c, s = ps.Spin(), ps.Ensemble(3)
    model = ps.Model(c, s, 0.3 * c.z, [ps.Central(1.0, c.m), ps.Individual(1.0, s.p)])
    state = ps.steady_state(model)
    theta = np.linspace(0, np.pi, 7)
    q = state.spin_husimi(theta, 0.3, collective=True)
    assert np.abs(q - 4 / (4 * np.pi) * np.cos(theta / 2) ** 6).max() < 1e-14
    assert np.abs(state.spin_husimi(theta, 0.3) - np.sin(theta / 2) ** 2 * 2 / (4 * np.pi)).max() < 1e-14
    up = np.zeros((4, 4))
    up[0, 0] = 1
    assert np.abs(state.spin_wigner(theta, 0.3, collective=True) - ps.spin_wigner(up, theta, 0.3)).max() < 1e-13
    flat = ps.steady_state(ps.Model(c, s, 0.3 * c.z, [ps.Central(1.0, c.m), ps.Individual(1.0, s.p), ps.Individual(1.0, s.m)]))
    for function in (flat.spin_husimi, flat.spin_wigner):
        assert np.abs(function(theta, 1.0, collective=True) - 1 / (4 * np.pi)).max() < 1e-14


def test_collective_spin_points_where_the_moments_say():
    """int Q (sin theta e^{i phi}, cos theta) = sum over j of <J>_j / (j + 1), by P(j, m) and by coherences, at broken symmetry."""
    state = ps.steady_state(systems.nine_pairs(3), basis="dicke")
    cosine, weight = np.polynomial.legendre.leggauss(12)
    theta, phi = np.arccos(cosine)[:, None], np.arange(12)[None, :] * np.pi / 6
    q = state.spin_husimi(theta, phi, collective=True) * weight[:, None] * np.pi / 6
    found = state.populations()
    assert q.sum() == pytest.approx(1, abs=1e-13)
    assert (q * np.cos(theta)).sum() == pytest.approx((found.probability * found.m / (found.j + 1)).sum(), abs=1e-13)
    plus = 0.0
    for block in state.blocks():
        m = block.j - np.arange(1, round(2 * block.j) + 1)
        rise = np.diag(np.sqrt((block.j - m) * (block.j + m + 1)), 1)
        plus += np.trace(rise @ np.einsum("kmkn->mn", block.matrix)) / (block.j + 1)
    assert abs(plus) > 1e-3
    assert (q * np.sin(theta) * np.exp(1j * phi)).sum() == pytest.approx(plus, abs=1e-13)


def test_refusals():
    spin, cavity = ps.steady_state(systems.central_spin(2)), ps.steady_state(systems.cavity(2), basis="occupation")
    with pytest.raises(ps.InputError, match="no spin; ask for the satellites"):
        cavity.spin_wigner(0.0, 0.0)
    with pytest.raises(ps.InputError, match="needs one ensemble of spins in the Dicke representation, but this state is in 'occupation'"):
        next(cavity.blocks())
    assert abs(cavity.negativity() - ps.steady_state(systems.cavity(2), basis="dicke").negativity()) < 1e-12
    with pytest.raises(ps.InputError, match="two satellites in all"):
        spin.concurrence(1)
