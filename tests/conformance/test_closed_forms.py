"""Steady states known in closed form, and reference numbers."""

import numpy as np
import pytest
from oracles.closed_forms import driven_spin, exchange_pair

import permsym as ps


@pytest.mark.parametrize("basis", ["dicke", "occupation", "full"])
@pytest.mark.parametrize(
    "rates",
    [
        {"g": 0.75, "omega": 1.0, "epsilon": 1.0, "kappa": 1 / 16, "gamma_up": 1.5, "gamma_down": 0.5},
        {
            "g": 0.6,
            "omega": 1.7,
            "epsilon": 0.9,
            "kappa": 0.3,
            "gamma_up": 0.4,
            "gamma_down": 1.1,
            "kappa_up": 0.2,
            "gamma_phi": 0.15,
            "kappa_phi": 0.35,
        },
        {"g": 5.0, "omega": -2.0, "epsilon": 3.0, "kappa": 1e-3, "gamma_up": 2e-4, "gamma_down": 0.0},
    ],
)
def test_one_satellite(basis, rates):
    state = ps.steady_state(ps.models.central_spin(N=1, **rates), basis=basis)
    expected = exchange_pair(
        rates["g"], rates["omega"] - rates["epsilon"], rates["kappa"], rates.get("kappa_up", 0.0), rates["gamma_up"],
        rates["gamma_down"], rates.get("gamma_phi", 0.0), rates.get("kappa_phi", 0.0),
    )  # fmt: skip
    for label, value in expected.items():
        assert abs(state.moment(label) - value) < 1e-13


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize("N", [1, 2, 7, 30])
@pytest.mark.parametrize(("up", "down"), [(1.5, 0.5), (0.2, 1.3)])
def test_centre_without_losses_is_thermal(basis, N, up, down):
    """kappa = 0: rho ~ (up/down)^excitations commutes with H and balances every satellite, for any N, g and detuning."""
    model = ps.models.central_spin(N=N, kappa=0, gamma_up=up, gamma_down=down, g=0.9, omega=2.0, epsilon=0.7, gamma_phi=0.3)
    state = ps.steady_state(model, basis=basis, moments=4)
    z = (up - down) / (up + down)
    for label, value in state.moments(4).items():
        factors = label.split()
        expected = z ** len(factors) if all(factor[0] == "z" for factor in factors) else 0.0
        assert abs(value - expected) < 1e-12, label


@pytest.mark.parametrize("N", [1, 5, 40])
def test_uncoupled_sites_relax_alone(N):
    model = ps.models.central_spin(N=N, g=0, kappa=0.4, kappa_up=0.1, gamma_up=0.3, gamma_down=0.9, gamma_phi=0.2)
    state = ps.steady_state(model, moments=3)
    z0, z = (0.1 - 0.4) / 0.5, (0.3 - 0.9) / 1.2
    for label, value in state.moments(3).items():
        factors = label.split()
        charged = any(factor[0] != "z" for factor in factors)
        assert abs(value - (0 if charged else np.prod([z0 if f == "z0" else z for f in factors]))) < 1e-13, label


@pytest.mark.parametrize(("basis", "N"), [("dicke", 1), ("dicke", 12), ("occupation", 8)])
def test_independent_driven_satellites(basis, N):
    """No symmetry at all: every satellite obeys the optical Bloch equations, moments factorise."""
    c, s = ps.Spin(), ps.Ensemble(N)
    model = ps.Model(
        c, s, 0.45 * s.x + 0.35 * s.z + 0.6 * c.x - 0.1 * c.z, [ps.Individual(0.8, s.m), ps.Central(0.5, c.m)]
    )  # fmt: skip
    state = ps.steady_state(model, basis=basis, moments=3)
    plus, z = driven_spin(0.9, 0.7, 0.8)
    plus0, z0 = driven_spin(1.2, -0.2, 0.5)
    values = {"+": plus, "-": np.conj(plus), "z": z, "+0": plus0, "-0": np.conj(plus0), "z0": z0}
    for label, value in state.moments(3).items():
        expected = np.prod([values[factor] if factor in values else values[factor[0]] for factor in label.split()])
        assert abs(value - expected) < 1e-13, label
    if N > 1:
        assert abs(state.cumulant("+1 -2")) < 1e-13


def test_one_way_pumping_fills_every_satellite():
    state = ps.steady_state(ps.models.central_spin(N=12, gamma_down=0, kappa=0))
    assert abs(state.derived["p0_up"] - 1) < 1e-14
    assert abs(state.moment("z1 z2") - 1) < 1e-14


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize(("N", "p0_up"), [(10, 0.612914993686), (20, 0.575062236571), (150, 0.464014903754)])
def test_reference_numbers(basis, N, p0_up):
    """Fig. 3(b) of Phys. Rev. Research 5, 033148 (2023), all parameters at their defaults."""
    state = ps.steady_state(ps.models.central_spin(N=N), basis=basis)
    assert abs(state.derived["p0_up"] - p0_up) < 1e-11
    assert state.certificate.certified


@pytest.mark.slow
def test_reference_number_300():
    state = ps.steady_state(ps.models.central_spin(N=300))
    assert abs(state.derived["p0_up"] - 0.449147778936238) < 1e-13
    assert abs(ps.steady_state(ps.models.central_spin(N=300), basis="occupation").derived["p0_up"] - 0.449147778936238) < 1e-11


@pytest.mark.parametrize("N", [6, 60])
def test_time_reversed_and_scaled_models(N):
    """All rates and frequencies times 3: the same state.  Up and down exchanged: z changes sign."""
    base = {"omega": 1.3, "epsilon": 0.9, "g": 0.4, "kappa": 0.8, "kappa_up": 0.1, "gamma_up": 0.7, "gamma_down": 0.3}
    state = ps.steady_state(ps.models.central_spin(N=N, **base))
    fast = ps.steady_state(ps.models.central_spin(N=N, **{name: 3 * value for name, value in base.items()}))
    flipped = {**base, "omega": -1.3, "epsilon": -0.9, "kappa": 0.1, "kappa_up": 0.8, "gamma_up": 0.3, "gamma_down": 0.7}
    mirror = ps.steady_state(ps.models.central_spin(N=N, **flipped))
    for label in ("z0", "z1", "z0 z1", "z1 z2", "+1 -2"):
        sign = (-1) ** label.count("z")
        assert abs(fast.moment(label) - state.moment(label)) < 1e-13
        assert abs(mirror.moment(label) - sign * state.moment(label)) < 1e-12
