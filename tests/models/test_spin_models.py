"""Library models of spins alone, and of three levels: their master equations written out with QuTiP."""

import numpy as np
import pytest
import qutip
from command_line import solved
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.errors import InputError


def on_two(operator):
    """An operator on the first of two spins, and on the second."""
    return qutip.tensor(operator, qutip.qeye(2)), qutip.tensor(qutip.qeye(2), operator)


def assert_same(model, hamiltonian, jumps):
    expected = qutip.liouvillian(hamiltonian, [np.sqrt(rate) * jump for rate, jump in jumps]).full()
    assert np.abs(BruteForce(model).liouvillian() - expected).max() < 1e-13


def test_collective_spins():
    plus, z = on_two(qutip.sigmap()), on_two(qutip.sigmaz())
    jp, jz = sum(plus), sum(z) / 2
    jm = jp.dag()
    hamiltonian = 0.7 * (jp + jm) / 2 + 0.4 * jz * jz - 0.3j * (jp * jp - jm * jm) + 0.9 * jz
    rates = {"Gamma_down": 0.2, "Gamma_up": 0.1, "gamma_down": 0.5, "gamma_up": 0.6, "gamma_phi": 0.8}
    model = ps.models.collective_spins(2, drive=0.7, twist=0.4, counter_twist=0.3, delta=0.9, **rates)
    alone = [(rate, one) for rate, several in ((0.5, [p.dag() for p in plus]), (0.6, plus), (0.8, z)) for one in several]
    assert_same(model, hamiltonian, [(0.2, jm), (0.1, jp), *alone])


def test_two_ensembles():
    (pa, pb), (za, zb) = on_two(qutip.sigmap()), on_two(qutip.sigmaz())
    model = ps.models.two_ensembles(
        1, delta=0.7, exchange=0.4, Gamma_down=0.2, Gamma_up=0.1, gamma_down=0.5, gamma_up=0.6, gamma_phi=0.8,
        gamma_down_B=0.3, gamma_up_B="2*gamma_up", gamma_phi_B=0.15,
    )  # fmt: skip
    hamiltonian = 0.7 / 4 * (za - zb) + 0.4 * (pa * pb.dag() + pa.dag() * pb)
    jumps = [
        (0.2, (pa + pb).dag()), (0.1, pa + pb), (0.5, pa.dag()), (0.6, pa), (0.8, za), (0.3, pb.dag()), (1.2, pb), (0.15, zb),
    ]  # fmt: skip
    assert_same(model, hamiltonian, jumps)
    assert ps.models.two_ensembles(3).sizes == (3, 3)
    assert ps.models.two_ensembles(3, N_B=2).sizes == (3, 2)


def test_three_level_laser():
    a, one = qutip.tensor(qutip.destroy(3), qutip.qeye(3)), qutip.qeye(3)

    def unit(i, j):
        return qutip.tensor(one, qutip.basis(3, i) * qutip.basis(3, j).dag())

    model = ps.models.three_level_laser(1, omega=0.7, epsilon=0.9, g=0.4, kappa=0.3, pump=0.5, feed=1.1, gamma=0.2, gamma_phi=0.6, levels=3)
    hamiltonian = 0.7 * a.dag() * a + 0.9 * unit(1, 1) + 0.4 * (a * unit(1, 0) + a.dag() * unit(0, 1))
    jumps = [(0.3, a), (0.5, unit(2, 0)), (1.1, unit(1, 2)), (0.2, unit(0, 1)), (0.6, unit(1, 1) - unit(0, 0))]
    assert_same(model, hamiltonian, jumps)


@pytest.mark.parametrize(
    ("function", "given", "fragment"),
    [
        ("collective_spins", {"Gamma_down": -1}, "`Gamma_down` must be a rate >= 0"),
        ("collective_spins", {"j": 7, "Gamma_down": 1}, "7"),
        ("collective_spins", {"j": 2, "gamma_up": 1}, "which j fixes"),
        ("collective_spins", {"N": 2.5}, "N"),
        ("two_ensembles", {"N_B": 0}, "N_B"),
        ("two_ensembles", {"gamma_up_B": -1}, "`gamma_up_B` must be a rate >= 0"),
        ("three_level_laser", {"feed": -1}, "`feed` must be a rate >= 0"),
        ("three_level_laser", {"levels": 1}, "`levels` must be an integer >= 2"),
    ],
)
def test_they_refuse(function, given, fragment):
    with pytest.raises(InputError, match=fragment):
        getattr(ps.models, function)(**{"N": 4} | given)


def test_a_fixed_spin_follows_n():
    """``j`` may be an expression, and the steady state is that of Drummond and Carmichael for one spin."""
    model = ps.models.collective_spins(1, j="N/2", drive=0.8, Gamma_down=2.0)
    assert ps.steady_state(model).moment("z1") == pytest.approx(-1 / (1 + 2 * 0.8**2 / 4), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "parameters", "label"),
    [
        ("collective-spins", {"N": 2, "Gamma_down": 1, "gamma_up": "N/2", "drive": 0.3}, "+1 -2"),
        ("two-ensembles", {"N": 1, "delta": 0.5}, "+1@A -1@B"),
    ],
)
def test_the_second_order_is_exact_for_two_spins(name, parameters, label):
    model = ps.models.lookup(name).model(parameters)
    exact = ps.evolve(model, [0.3, 1.0], moments=[label]).moment(label)
    assert ps.cumulants.evolve(model, [0.3, 1.0], order=2).moment(label) == pytest.approx(exact, abs=1e-7)
    assert abs(exact[1]) > 0.01


@pytest.mark.parametrize(
    ("words", "label"),
    [
        (("collective-spins", "N=6", "j=N/2", "drive=1.5", "Gamma_down=2/N"), "z1"),
        (("two-ensembles", "N=2", "delta=2"), "+1@A -1@B"),
        (("three-level-laser", "N=1", "pump=0.3"), "|1><1|1"),
    ],
)
def test_they_are_solved_by_name(capsys, words, label):
    document = solved(capsys, *words, "--moment", label)
    assert document["certificate"]["certified"]
    assert abs(complex(*document["moments"][label])) > 0.01
