"""Ensembles of a fixed total spin, against QuTiP's spins j and the closed form of the boundary time crystal."""

from functools import cache

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.models.file import read_model_text

TEXT = """
[parameters]
N = ""
w = 0.5
[centre]
kind = "none"
[[ensembles]]
N = "N"
j = "N/2 - 1"
[[hamiltonian]]
coefficient = "w/2"
operator = "x"
[[jumps]]
kind = "collective"
rate = "2/N"
operator = "-"
"""


def crystal(N, w=1.5, j=None):
    """H = w J_x, L = sqrt(2/N) J_-  (F. Iemini et al., Phys. Rev. Lett. 121, 035301 (2018))."""
    s = ps.Ensemble(N, j=N / 2 if j is None else j)
    return ps.Model(None, s, 0.5 * w * s.x, [ps.Collective(2 / N, s.m)])


def spin(j):
    """QuTiP's J_z, J_+ and J_-; m falls, as level 0 is up."""
    return [qutip.jmat(j, which) for which in "z+-"]


@cache
def alone(N, w, j):
    """Liouvillian and steady state of the spin j alone."""
    _, up, down = spin(j)
    matrix = qutip.liouvillian(0.5 * w * (up + down), [np.sqrt(2 / N) * down])
    return matrix, qutip.steadystate(matrix, method="direct")


def moments(rho, N, j):
    """<z1>, <+1 -2> and <z1 z2> from the collective spin: sums over all satellites less those of a satellite with itself."""
    z, up, down = spin(j)
    return {
        "z1": 2 * qutip.expect(z, rho) / N,
        "+1 -2": (qutip.expect(up * down, rho) - N / 2 - qutip.expect(z, rho)) / (N * (N - 1)),
        "z1 z2": (4 * qutip.expect(z * z, rho) - N) / (N * (N - 1)),
    }


@pytest.mark.parametrize(("N", "w", "j"), [(6, 0.7, 3), (6, 1.5, 2), (5, 1.5, 2.5), (4, 0.5, 0)])
def test_steady_state_equals_that_of_the_spin_alone(N, w, j):
    state = ps.steady_state(crystal(N, w, j))
    assert state.certificate.certified
    assert state.basis.dimension == (2 * j + 1) ** 2
    expected = moments(alone(N, w, j)[1], N, j) if j else {"z1": 0, "+1 -2": -0.5 / (N - 1), "z1 z2": -1 / (N - 1)}
    for label, value in expected.items():
        assert abs(state.moment(label) - value) < 1e-12


def test_the_crystal_is_its_closed_form():
    """rho ~ A^-1 A^-dag, A = J_- + i w N / 2; the numbers of a design page for N = 100 besides."""
    N, w = 100, 1.5
    state = ps.steady_state(crystal(N, w), moments=["z1", "+1 -2"])
    z, _, down = (operator.full() for operator in spin(N / 2))
    inverse = np.linalg.inv(down + 0.5j * w * N * np.eye(N + 1))
    rho = inverse @ inverse.conj().T
    rho /= np.trace(rho)
    length, pairs = N / 2 * state.moment("z1").real, state.moment("+1 -2").real
    assert abs(length - np.trace(rho @ z).real) < 1e-11
    assert length == pytest.approx(-0.26521245439, abs=1e-10)
    assert N / 2 + length + N * (N - 1) * pairs == pytest.approx(1833.50108059, rel=1e-11)


@pytest.mark.parametrize(("w", "gap"), [(0.5, 0.853792693566), (1.5, 0.046141788584)])
def test_gaps_of_the_crystal(w, gap):
    """Above the threshold it is in the part of the density operator that transposition changes."""
    slow = ps.eigenvalues(crystal(32, w), k=2)
    assert slow.gap == pytest.approx(gap, abs=1e-11)
    exact = np.linalg.eigvals(alone(5, w, 2.5)[0].full())
    mine = ps.eigenvalues(crystal(5, w), k=20).eigenvalues
    assert np.max([np.abs(exact - value).min() for value in mine]) < 1e-9


def test_the_oscillating_pair_of_the_crystal():
    pair = ps.eigenvalues(crystal(10), k=1, near=np.sqrt(1.5**2 - 1)).eigenvalues
    exact = np.linalg.eigvals(alone(10, 1.5, 5)[0].full())
    assert abs(pair[0] - exact[np.argmin(np.abs(exact - 1j * np.sqrt(1.25)))]) < 1e-9
    assert abs(pair[0].imag) > 0.9


def test_spins_of_two_ensembles_beside_a_centre():
    c, a, b = ps.Spin(), ps.Ensemble(3, "A", j=1.5), ps.Ensemble(4, "B", j=1)
    h = 0.4 * c.z + 0.7 * (c.p * a.m + c.m * a.p) + 0.5 * (c.p * b.m + c.m * b.p) + 0.3 * b.z + 0.2 * a.x
    state = ps.steady_state(ps.Model(c, [a, b], h, [ps.Central(0.6, c.p), ps.Collective(0.3, a.m + 0.5 * b.m), ps.Collective(0.4, b.m)]))
    (z1, u1, d1), (z2, u2, d2) = (
        [qutip.tensor(*(op if k == at else qutip.qeye(d) for k, d in enumerate((2, 4, 3)))) for op in spin(j)]
        for at, j in ((1, 1.5), (2, 1))
    )
    z0, u0, d0 = (qutip.tensor(op, qutip.qeye(4), qutip.qeye(3)) for op in (qutip.sigmaz(), qutip.sigmap(), qutip.sigmam()))
    hamiltonian = 0.4 * z0 + 0.7 * (u0 * d1 + d0 * u1) + 0.5 * (u0 * d2 + d0 * u2) + 0.6 * z2 + 0.2 * (u1 + d1)
    rho = qutip.steadystate(hamiltonian, [np.sqrt(0.6) * u0, np.sqrt(0.3) * (d1 + 0.5 * d2), np.sqrt(0.4) * d2], method="direct")
    for label, operator, factor in (("z0", z0, 1), ("z1@A", z1, 2 / 3), ("+0 -1@B", u0 * d2, 1 / 4), ("+1@A -1@B", u1 * d2, 1 / 12)):
        assert abs(state.moment(label) - factor * qutip.expect(operator, rho)) < 1e-12


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # few Fock states, as the oracle has
def test_beside_a_mode():
    c, s = ps.Boson(6), ps.Ensemble(4, j=2)
    model = ps.Model(c, s, 0.3 * c.n + 0.4 * (c.a * s.p + c.ad * s.m) + 0.3 * (c.a + c.ad), [ps.Central(1, c.a), ps.Collective(0.2, s.m)])
    state = ps.steady_state(model, solver="superlu", moments=[])
    z, up, down = (qutip.tensor(qutip.qeye(6), op) for op in spin(2))
    a = qutip.tensor(qutip.destroy(6), qutip.qeye(5))
    h = 0.3 * a.dag() * a + 0.4 * (a * up + a.dag() * down) + 0.3 * (a + a.dag())
    rho = qutip.steadystate(h, [a, np.sqrt(0.2) * down], method="direct")
    assert abs(state.moment("ad a") - qutip.expect(a.dag() * a, rho)) < 1e-12
    assert abs(state.moment("z1") - qutip.expect(z, rho) / 2) < 1e-12


def test_in_time_it_is_the_whole_space():
    """From a product state of all spins up, without j: the total spin stays N/2."""
    model, times = crystal(3), [0, 0.5, 1.5]
    s = ps.Ensemble(3)
    free = ps.Model(None, s, model.hamiltonian, model.jumps)
    for initial in ("up", "bloch=0.7,0.3", "dicke=1.5,0.5"):
        mine, other = (ps.evolve(each, times, initial=initial, moments=["z1", "+1 -2"]) for each in (model, free))
        for label in ("z1", "+1 -2"):
            assert np.abs(mine.moment(label) - other.moment(label)).max() < 1e-11
    brute = BruteForce(free)
    propagated = (
        qutip.mesolve(
            brute.hamiltonian(),
            qutip.tensor(*[qutip.basis(d, 0) for d in brute.dims]),
            times,
            brute.collapse(),
            options={"atol": 1e-12, "rtol": 1e-10},
        )
        .states[-1]
        .full()
    )
    final = ps.evolve(model, times, initial="up", moments="+1 -2").moment("+1 -2")[-1]
    assert abs(final - brute.moment(propagated, "+1 -2")) < 1e-8


def test_correlations_and_spectra():
    N, w = 4, 0.8
    state = ps.steady_state(crystal(N, w))
    matrix, rho = alone(N, w, 2)
    _, up, down = spin(2)
    times, frequencies = [0.0, 0.6, 2.0], [-0.7, 0.2, 0.9]
    regressed = qutip.operator_to_vector(down * rho)
    expected = [(up * qutip.vector_to_operator((matrix * t).expm() * regressed)).tr() for t in times]
    assert np.abs(state.correlation("+", "-", times).values - expected).max() < 1e-9
    connected = qutip.operator_to_vector(down * rho - qutip.expect(down, rho) * rho).full().ravel()
    trace = qutip.operator_to_vector(up.dag()).full().ravel().conj()
    power = [2 * (trace @ np.linalg.solve(1j * f * np.eye(25) - matrix.full(), connected)).real for f in frequencies]
    found = ps.spectrum(state, frequencies, of="+", right="-").power
    assert np.abs(found - power).max() < 1e-9


def test_everything_else_of_a_state():
    state = ps.steady_state(crystal(4, 0.8))
    rho = alone(4, 0.8, 2)[1]
    assert state.entropy == pytest.approx(qutip.entropy_vn(rho), abs=1e-10)
    assert {block.j for block in state.blocks()} == {2.0}
    brute = BruteForce(state.model)
    whole = state.full()
    assert abs(brute.moment(whole, "+1 -2") - state.moment("+1 -2")) < 1e-13
    turned = state.rotated("y", 0.4).moment("z1")
    z, up, down = spin(2)
    rotation = (-0.4j * (up - down) / 2j).expm()
    assert abs(turned - qutip.expect(z, rotation * rho * rotation.dag()) / 2) < 1e-12


def test_sizes_keep_their_part_of_the_largest_spin():
    assert ps.Ensemble(10, j=5).resized(7).j == 3.5
    assert ps.Ensemble(10, j=3).resized(20).j == 6
    assert ps.Ensemble(4, j=0).resized(5).j == 0.5
    assert crystal(6).rescaled(0.5).ensembles[0] == ps.Ensemble(3, j=1.5)


def test_files_and_data_keep_the_spin():
    model = read_model_text(TEXT, "crystal.toml")[0](N=6, w=0.5)
    assert model.ensembles[0].j == 2
    assert model.hash == crystal(6, 0.5, 2).hash == ps.Model.from_dict(model.to_dict()).hash != crystal(6, 0.5, 3).hash


FREE = ps.Model(None, ps.Ensemble(6), ps.Ensemble(6).x, [ps.Collective(1, ps.Ensemble(6).m)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ps.Ensemble(5, j=2), "`j` must be N/2, N/2 - 1, ... >= 0 with N=5, but is 2"),
        (lambda: ps.Ensemble(5, j=3.5), "but is 3.5"),
        (lambda: ps.Ensemble(5, j="N/2"), "but is 'N/2'"),
        (lambda: ps.Ensemble(5, levels=3, j=2.5), "these have 3 levels"),
        (
            lambda: ps.Model(None, s := ps.Ensemble(4, j=2), s.x, [ps.Individual(1, s.m, name="loss")]),
            "the jump loss: L[-] individual changes",
        ),
        (lambda: ps.steady_state(crystal(4), basis="occupation"), "use basis='dicke'"),
        (lambda: ps.steady_state(crystal(4), verify=True), "leave verify out"),
        (lambda: ps.evolve(crystal(4), [0, 1], initial="up=0.5"), "has another total spin than j=2"),
        (lambda: ps.evolve(crystal(4, j=1), [0, 1], initial="up"), "has another total spin than j=1"),
        (lambda: ps.evolve(crystal(4), [0, 1], initial="dicke=1,0"), "has another total spin than j=2"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ps.InputError, match=r"^[^\n]*$") as caught:
        call()
    assert message in str(caught.value)


def test_a_free_spin_says_what_to_write():
    with pytest.raises(ps.DegenerateSteadyState, match=r"no individual jump acts on ensemble 'A'.*ps\.Ensemble\(N, j=N/2\)"):
        ps.steady_state(FREE)


def test_approximations_refuse_a_fixed_spin():
    for call in (
        lambda: ps.cumulants.steady_state(crystal(4), order=4),
        lambda: ps.linear_noise(crystal(4)),
        lambda: ps.twa.steady_state(crystal(4)),
    ):
        with pytest.raises(ps.PermsymError, match="j=2"):
            call()
