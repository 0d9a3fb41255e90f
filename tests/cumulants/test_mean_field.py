"""Mean field: the closed form, the numerical order-1 equations, and the paper's own statements about them."""

import numpy as np
import pytest

import permsym as ps
from permsym.cumulants import MeanField, mean_field
from permsym.cumulants.equations import equations
from permsym.cumulants.start import relaxed_from_product
from permsym.errors import SolverFailed
from permsym.models import central_spin
from permsym.models.closed_forms import threshold

RESONANT = [
    {"N": 50},
    {"N": 150, "g": "3/sqrt(N)", "kappa": 1.0},
    {"N": 7, "kappa": 0.3, "gamma_up": 0.9, "gamma_down": 0.2},
    {"N": 50, "gamma_up": 0.5, "gamma_down": 1.5},
]


@pytest.mark.parametrize("parameters", RESONANT)
def test_closed_form_is_a_fixed_point_of_the_order_one_equations(parameters):
    found = mean_field(central_spin(**parameters))
    assert found.source == "closed form"
    assert found.residual < 1e-12 * np.abs(found.equations.coefficients).max() * found.model.sizes[0]
    assert found.stability < 0


@pytest.mark.parametrize("parameters", RESONANT)
def test_numerical_solution_equals_the_closed_form(parameters):
    closed = mean_field(central_spin(**parameters))
    point = relaxed_from_product(equations(closed.model, order=1))
    for mine, known in zip(MeanField(closed.model, point, "order-1 equations").states, closed.states, strict=True):
        assert np.allclose(np.abs(mine), np.abs(known), rtol=0, atol=1e-10)  # phases are free


def test_values_of_the_paper():
    # eq. (7) evaluated by hand for Fig. 3(b): kappa/N = 1/16, g = 3/4, Gamma_T = 2, Gamma_Delta = 1
    z0 = -0.5 * (1 - 16) - 0.5 * np.sqrt((1 - 16) ** 2 + 4 / 0.5625)
    found = mean_field(central_spin(N=50))
    assert found.derived["p0_up"] == pytest.approx((1 + z0) / 2, abs=1e-14)
    assert found.moment("z1").real == pytest.approx(-(1 / 16) * 2 / (4 * 0.5625 * z0), abs=1e-14)
    assert abs(found.moment("+0")) ** 2 == pytest.approx(-z0 * (1 + z0) / 2, abs=1e-14)
    assert threshold(50, 0.75, 50 / 16, 1.5, 0.5) == pytest.approx(0.5 * (1 + 2 / 16 / (4 * 0.5625)), abs=1e-15)


def test_another_model_under_the_same_name_is_solved_for_what_it_is():
    c, s = ps.Spin(), ps.Ensemble(10)
    named = central_spin(N=10)
    other = ps.Model(c, s, named.hamiltonian, [*named.jumps, ps.Individual(0.5, s.z)], name="central-spin", parameters=named.parameters)
    assert mean_field(named).source == "closed form"
    assert mean_field(other).source == "order-1 equations"


def test_below_threshold_the_centre_is_down():
    found = mean_field(central_spin(N=50, gamma_up=1.0, gamma_down=1.0))
    assert found.derived["p0_up"] == 0.0
    assert found.moment("+0 -1") == 0


@pytest.mark.parametrize(
    "extra", [{"omega": 1.7}, {"gamma_phi": 0.2}, {"kappa_up": 0.5}, {"kappa_phi": 0.4}], ids=lambda extra: next(iter(extra))
)
def test_closed_form_is_never_used_outside_its_range(extra):
    closed = mean_field(central_spin(N=40))
    found = mean_field(central_spin(N=40, **extra))
    assert found.source == "order-1 equations"
    assert abs(found.derived["p0_up"] - closed.derived["p0_up"]) > 1e-4
    assert found.residual < 1e-10
    assert found.stability < 0


def test_detuned_fixed_point_against_equations_written_by_hand():
    # stationary in a frame turning at W, eqs. (3)-(6) of the paper factorised
    p = {"N": 30, "g": 0.6, "kappa": 2.0, "gamma_up": 1.4, "gamma_down": 0.3, "omega": 1.5, "epsilon": 0.9}
    found = mean_field(central_spin(**p))
    w = found.frequencies[0]
    z0, z = found.moment("z0").real, found.moment("z1").real
    a, s = found.moment("+0"), found.moment("+1")
    total, difference = p["gamma_up"] + p["gamma_down"], p["gamma_up"] - p["gamma_down"]
    exchange = (a * s.conjugate()).imag
    assert -p["kappa"] * (z0 + 1) + 4 * p["g"] * p["N"] * exchange == pytest.approx(0, abs=1e-10)
    assert -total * z + difference - 4 * p["g"] * exchange == pytest.approx(0, abs=1e-10)
    assert abs((1j * (p["omega"] - w) - p["kappa"] / 2) * a - 1j * p["g"] * p["N"] * z0 * s) < 1e-9
    assert abs((1j * (p["epsilon"] - w) - total / 2) * s - 1j * p["g"] * a * z) < 1e-9


def test_collective_squares_factorise_over_distinct_sites():
    # H = 0.3 s.x * s.x and loss on two satellites in a product state, against the dense commutator
    c, s = ps.Spin(), ps.Ensemble(2)
    built = equations(ps.Model(c, s, 0.3 * s.x * s.x, [ps.Individual(1.0, s.m)]), order=1)
    one = np.array([[0.75, 0.15 - 0.2j], [0.15 + 0.2j, 0.25]])
    change = built.rhs(built.product_state([np.eye(2) / 2, one]))
    x = np.array([[0, 1], [1, 0]])
    both = np.kron(x, np.eye(2)) + np.kron(np.eye(2), x)
    h, rho, lower = 0.3 * both @ both, np.kron(one, one), np.array([[0, 0], [1, 0]])
    flow = -1j * (h @ rho - rho @ h)
    decay = lower @ one @ lower.T - 0.5 * (lower.T @ lower @ one + one @ lower.T @ lower)
    for label, matrix in {"z1": [[1, 0], [0, -1]], "+1": [[0, 1], [0, 0]]}.items():
        expected = np.trace(np.kron(matrix, np.eye(2)) @ flow) + np.trace(np.array(matrix) @ decay)
        assert change[built.index(label)] == pytest.approx(expected, abs=1e-13)


def test_moments_are_products_and_cumulants_vanish():
    found = mean_field(central_spin(N=50))
    assert found.moment("+0 -1") == pytest.approx(found.moment("+0") * found.moment("-1"))
    assert found.cumulant("+0 -1") == 0
    assert found.cumulant("z0") == found.moment("z0")


def test_three_level_satellites():
    c, s = ps.Spin(), ps.Ensemble(4, levels=3)
    model = ps.Model(
        c,
        s,
        0 * c.z,
        [ps.Individual(1.0, s.unit(1, 0)), ps.Individual(2.0, s.unit(2, 1)), ps.Individual(3.0, s.unit(0, 2)), ps.Central(1.0, c.m)],
    )
    state = mean_field(model).states[1]
    expected = np.array([1 / 1.0, 1 / 2.0, 1 / 3.0])  # a cycle of rates: populations inverse to them
    assert np.allclose(state.diagonal().real, expected / expected.sum(), rtol=0, atol=1e-12)


def test_no_attractor_without_dissipation():
    c, s = ps.Spin(), ps.Ensemble(4)
    with pytest.raises(SolverFailed, match="without dissipation"):
        mean_field(ps.Model(c, s, c.p * s.m + c.m * s.p))


def test_couplings_whose_squares_are_no_doubles():
    """Far below and far beyond the formula's range: the first is no coupling at all, the second no number to work with."""
    assert mean_field(ps.models.central_spin(N=10, g=1e-170)).moment("z0") == pytest.approx(-1, abs=1e-12)
    with pytest.raises(ps.PermsymError, match="no stationary mean-field state"):
        mean_field(ps.models.central_spin(N=10, g=1e200))


def test_dicke_model_beyond_its_transition_breaks_its_parity():
    """The vacuum with all spins down keeps it, and is unstable; the equations of motion are written by hand."""
    N, g, epsilon, kappa, down, dephasing = 8, 0.9 / np.sqrt(8), 2.0, 1.0, 0.2, 0.1
    found = mean_field(
        ps.models.dicke(N, omega=1, epsilon=epsilon, kappa=kappa, g=g, gamma_up=0, gamma_down=down, gamma_phi=dephasing),
    )
    a, plus, z = found.moment("a"), found.moment("+1"), found.moment("z1").real
    x, y, field, transverse = 2 * plus.real, 2 * plus.imag, 2 * g * a.real, down / 2 + 2 * dephasing
    flow = [
        -(1j + kappa / 2) * a - 1j * g * N * x,
        -epsilon * y - transverse * x,
        epsilon * x - 2 * field * z - transverse * y,
        2 * field * y - down * (1 + z),
    ]
    assert np.abs(flow) == pytest.approx(np.zeros(4), abs=1e-9)
    assert abs(a) ** 2 > 0.5
    assert found.stability < 0
