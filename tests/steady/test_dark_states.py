"""Dark states: the only steady state, although most of the space empties into it.  Closed forms."""

import pytest
from oracles.closed_forms import exchange_pair

import permsym as ps


def trapped(N, left, right, detuning=0.3, losses=(1.0, 0.2)):
    """Lambda atoms, |0> and |2> driven to |1>, which decays to both."""
    c, s = ps.Spin(), ps.Ensemble(N, levels=3)
    drives = left * (s.unit(0, 1) + s.unit(1, 0)) + right * (s.unit(2, 1) + s.unit(1, 2)) + detuning * s.unit(1, 1)
    jumps = [ps.Central(1, c.m), ps.Individual(losses[0], s.unit(0, 1)), ps.Individual(losses[1], s.unit(2, 1))]
    return ps.Model(c, s, drives, jumps)


@pytest.mark.parametrize("N", [1, 2, 3])
@pytest.mark.parametrize(("left", "right", "losses"), [(0.7, 0.2, (1, 0.2)), (1e-3, 2.0, (0.03, 2e-4)), (0.4, 0.4, (1e-4, 3))])
def test_trapped_atoms_are_certified(N, left, right, losses):
    """|dark> ~ right |0> - left |2> of each atom."""
    state = ps.steady_state(trapped(N, left, right, losses=losses), moments=["|0><2|1", "|1><1|1", "|0><0|1"])
    norm = left**2 + right**2
    expected = {"|0><2|1": -left * right / norm, "|1><1|1": 0, "|0><0|1": right**2 / norm}
    for label, value in expected.items():
        assert state.moment(label) == pytest.approx(value, abs=state.error(label) + 1e-16)
    assert state.certificate.certified, state.certificate.reasons
    assert state.certificate.error_estimate < 1e-11
    if N > 1:
        assert state.moment("|0><2|1 |0><2|2") == pytest.approx((left * right / norm) ** 2, abs=1e-11)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_an_idle_satellite_is_down_to_the_last_digit(basis):
    """A Kerr oscillator beside it; P. D. Drummond and D. F. Walls, J. Phys. A 13, 725 (1980): <ad a> from 0F2."""
    a, s = ps.Boson(24), ps.Ensemble(1)
    U, F, D = 1.0, 0.5, 0.2
    H = D * a.n + U / 2 * (a.ad * a.ad * a.a * a.a) + F * (a.a + a.ad)
    state = ps.steady_state(ps.Model(a, s, H, [ps.Central(1, a.a), ps.Individual(1, s.m)]), basis=basis)
    assert state.derived["p_up"] == 0 == state.derived_errors["p_up"]
    assert state.certificate.certified, state.certificate.reasons
    # c = 2 (D - i kappa/2) / U, |2 F / U|^2: <ad a> = z / |c|^2 0F2(1 + c, 1 + c*; 2 z) / 0F2(c, c*; 2 z)
    c, z = 2 * (D - 0.5j) / U, (2 * F / U) ** 2

    def series(b):
        term, total = 1.0, 1.0
        for k in range(60):
            term *= 2 * z / (abs(b + k) ** 2 * (k + 1))
            total += term
        return total

    assert state.derived["photons"] == pytest.approx(z / abs(c) ** 2 * series(1 + c) / series(c), rel=1e-10)


def test_gradient_out_of_a_dark_state():
    """A pump that is zero: the state is the vacuum, and its slope is not."""
    given = {"g": 0.6, "kappa": 0.8, "gamma_down": 0.5}
    state = ps.steady_state(ps.models.central_spin(N=1, gamma_up=0, omega=1, epsilon=1, **given))
    assert state.moment("z0") == state.moment("z1") == -1

    def exact(up, label):
        return exchange_pair(given["g"], 0, given["kappa"], 0, up, given["gamma_down"])[label]

    h = 1e-3
    weights = {0: -25 / 12, 1: 4.0, 2: -3.0, 3: 4 / 3, 4: -1 / 4}
    for label in ("z0", "z1", "+0 -1"):
        slope = sum(w * exact(k * h, label) for k, w in weights.items()) / h
        assert slope != 0
        assert state.gradient(label)["gamma_up"] == pytest.approx(slope, abs=1e-8)


def test_single_precision_does_not_call_a_unique_state_ambiguous():
    """Rates over ten decades: what single precision cannot tell apart it does not call the same."""
    model = ps.models.central_spin(N=1, g=1e-7, kappa=1e-9, gamma_up=57.8, gamma_down=0.24, gamma_phi=3e-8, omega=1, epsilon=1)
    exact = exchange_pair(1e-7, 0, 1e-9, 0, 57.8, 0.24, 3e-8)
    state = ps.steady_state(model)
    assert state.moment("z0") == pytest.approx(exact["z0"], abs=1e-9)
    assert state.certificate.certified
    with pytest.raises(ps.PermsymError, match=r"less than double precision.*superlu") as caught:
        ps.steady_state(model, solver="single")
    assert not isinstance(caught.value, ps.DegenerateSteadyState)


def test_all_of_the_atoms_in_one_dark_level():
    """Optical pumping of N atoms into |2>, none of which comes back."""
    c, s = ps.Spin(), ps.Ensemble(3, levels=3)
    u = s.unit
    H = 0.02 * (u(0, 1) + u(1, 0)) + 0.5 * (c.p * u(0, 1) + c.m * u(1, 0))
    state = ps.steady_state(ps.Model(c, s, H, [ps.Central(0.1, c.m), ps.Individual(0.3, u(0, 1)), ps.Individual(0.2, u(2, 1))]))
    assert state.moment("|2><2|1 |2><2|2") == 1
    assert state.certificate.certified
    assert state.moment("|0><0|1") == 0


@pytest.mark.parametrize("levels", [5, None])
def test_lambda_atoms_in_a_cavity_are_dark(levels):
    """All end in |0> without a photon, over rates from 1e-6 to 1e-2: an iteration stalls at 0.02 photons, and factors follow it."""
    a, s = ps.Boson(levels), ps.Ensemble(3 if levels else 2, levels=3)
    u = s.unit
    H = 1e-3 * (a.ad * u(0, 1) + a.a * u(1, 0) + u(1, 2) + u(2, 1))
    jumps = [ps.Central(1e-2, a.a), ps.Individual(1e-6, u(0, 1)), ps.Individual(1e-6, u(2, 1))]
    state = ps.steady_state(ps.Model(a, s, H, jumps), moments=["ad a", "|0><0|1"])
    assert state.certificate.certified, state.certificate.reasons
    assert state.derived["photons"] == pytest.approx(0, abs=1e-12)
    assert state.moment("|0><0|1") == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_an_iterated_dark_state_has_exact_zeros(basis):
    """Nothing pumps a lossy mode and its satellites: the vacuum, and no rounding besides."""
    a, s = ps.Boson(5), ps.Ensemble(2)
    H = 0.6 * a.n + 0.9 * s.z + 0.2 * (a.ad * s.m + a.a * s.p) + 0.1 * (a.ad * a.ad * a.a * a.a) - 0.3 * (a.n * s.z)
    model = ps.Model(a, s, H, [ps.Central(1.5, a.a), ps.Central(1.6, a.a * a.a), ps.Individual(1.6, s.m)])
    state = ps.steady_state(model, basis=basis, solver="matrix-free")
    assert state.certificate.certified, state.certificate.reasons
    assert state.derived == state.derived_errors == {"photons": 0, "coherent_photons": 0, "p_up": 0}
    assert state.moment("z1 z2") == 1
    assert state.moment("ad -1") == 0 == state.error("ad -1")


@pytest.mark.parametrize("up", [0.0, 0.25])
def test_a_spin_that_decays_slower_than_rounding_is_down(up):
    """Nothing enters its upper state, so that how fast it is left does not matter."""
    state = ps.steady_state(ps.models.central_spin(N=2, g=0, kappa=1e-20, gamma_up=up, gamma_down=1, omega=1, epsilon=1))
    assert state.moment("z0") == -1
    assert state.moment("z1 z2") == pytest.approx(((up - 1) / (up + 1)) ** 2, abs=1e-14)
    assert state.certificate.certified
