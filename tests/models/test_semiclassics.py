"""The Maxwell-Bloch curve of the driven cavity against closed forms, polynomials and integration of the equations themselves."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from permsym.errors import InputError
from permsym.models.broadening import gaussian_clusters
from permsym.models.semiclassics import (
    MaxwellBloch,
    bistability_threshold,
    cooperativity,
    coupling,
    critical_drives,
    saturation_photons,
)

KAPPA, GAMMA_H = 1.0, 0.5


def resonant(C, N=100.0):
    return MaxwellBloch.of(KAPPA, GAMMA_H, 0.0, coupling(KAPPA, GAMMA_H, C, N), N)


@pytest.mark.parametrize("C", [8.0001, 9, 14, 18, 300])
def test_turning_points_on_resonance(C):
    """d eta/dn = 0 in eq. (18) at 1 + n/n0 = (C -+ sqrt(C^2 - 8 C))/2."""
    curve = resonant(C)
    n0 = saturation_photons(GAMMA_H, curve.g[0])
    u = (C + np.array([-1, 1]) * math.sqrt(C * C - 8 * C)) / 2
    assert curve.turning_points == pytest.approx((u - 1) * n0, rel=1e-6)
    upper, lower = KAPPA * np.sqrt((u - 1) * n0) * (1 + C / u)
    assert curve.critical.upper == pytest.approx(upper, rel=1e-14)
    assert curve.critical.lower == pytest.approx(lower, rel=1e-14)
    assert curve.critical.bistable


@pytest.mark.parametrize("C", [0.5, 2, 4.8, 5, 7.999])
def test_steepest_amplitude_below_the_threshold(C):
    """|<a>| is steepest at |<a>|^2 = 3 n0, at eta = kappa sqrt(3 n0) (1 + C/4)."""
    curve = resonant(C)
    n0 = saturation_photons(GAMMA_H, curve.g[0])
    assert curve.critical.lower is None
    assert curve.critical.photons == pytest.approx(3 * n0, rel=1e-9)
    assert curve.critical.upper == pytest.approx(KAPPA * math.sqrt(3 * n0) * (1 + C / 4), rel=1e-14)


def test_the_two_definitions_meet_at_the_threshold():
    below, above = (resonant(C).critical.upper for C in (8 - 1e-9, 8 + 1e-9))
    assert below == pytest.approx(above, rel=1e-8)


PARAMETERS = st.fixed_dictionaries(
    {
        "kappa": st.floats(0.2, 3),
        "gamma_h": st.floats(0.2, 3),
        "gamma_p": st.floats(0, 1),
        "Delta_c": st.floats(-2, 2),
        "Delta": st.floats(-2, 2),
    }
)


def cubic_roots(curve, eta):
    """|<a>|^2 at a drive, from eta^2 (1 + x)^2 = n_1 x |A (1 + x) + G|^2, x = n/n_1, for one group."""
    a, G, n1 = curve.kappa + 1j * curve.Delta_c, curve.shifts[0], 1 / curve.inverse_saturation[0]
    square = np.array([abs(a) ** 2, 2 * (a.conjugate() * G).real, abs(G) ** 2])  # in u = 1 + x
    roots = np.roots(np.polysub(np.polymul([1, -1], square), [eta**2 / n1, 0, 0]))
    real = roots[(np.abs(roots.imag) < 1e-7 * np.abs(roots)) & (roots.real > 1)].real
    return np.sort((real - 1) * n1)


@settings(max_examples=40, deadline=None)
@given(PARAMETERS, st.floats(0.5, 40), st.floats(0.3, 1.7))
def test_all_roots_of_the_curve(parameters, C, drive):
    g = coupling(parameters["kappa"], parameters["gamma_h"], C, 30.0)
    curve = MaxwellBloch.of(g=g, N=30.0, **parameters)
    assume(len(curve.flattest))
    critical = curve.critical
    eta = drive * critical.upper
    # at a turning point numpy's roots are good to the root of the rounding error only
    assume(not critical.bistable or min(abs(eta / critical.upper - 1), abs(eta / critical.lower - 1)) > 1e-3)
    states = curve.steady_states(eta)
    assert [s.photons for s in states] == pytest.approx(cubic_roots(curve, eta), rel=1e-6)
    assert len(states) == (3 if critical.bistable and critical.lower < eta < critical.upper else 1)


@settings(max_examples=30, deadline=None)
@given(PARAMETERS)
def test_bistability_is_born_at_the_threshold(parameters):
    C = bistability_threshold(**parameters)
    assume(not math.isinf(C))
    for factor, bistable in ((1 - 1e-4, False), (1 + 1e-4, True)):
        g = coupling(parameters["kappa"], parameters["gamma_h"], factor * C, 30.0)
        assert critical_drives(g=g, N=30.0, **parameters).bistable is bistable


def test_threshold_closed_forms():
    assert bistability_threshold(2.0, 0.3) == pytest.approx(8, rel=1e-12)
    assert bistability_threshold(2.0, 0.3, gamma_p=0.3) == pytest.approx(24, rel=1e-12)  # N g^2/(kappa gamma_t) = 8


def maxwell_bloch(curve, eta):
    """The equations as printed, eqs. (9)-(11), one group after the other."""
    groups = len(curve.g)

    def rhs(_, y):
        a, s, z = y[0], y[1 : 1 + groups], y[1 + groups :].real
        da = (
            -(curve.kappa + 1j * curve.Delta_c) * a
            - 1j * sum(m * g * each for m, g, each in zip(curve.sizes, curve.g, s, strict=True))
            + eta
        )
        ds = -(curve.gamma_h + 2 * curve.gamma_p + 1j * curve.Delta) * s + 1j * curve.g * z * a
        dz = -2 * curve.gamma_h * (z + 1) + 2j * curve.g * (s * np.conj(a) - np.conj(s) * a)
        return np.concatenate([[da], ds, dz])

    return rhs


CLUSTERS = MaxwellBloch.of(1.0, 0.5, 0.1, np.array([0.3, 0.5, 0.4]), np.array([50.0, 20.0, 60.0]), 0.4, np.array([-0.7, 0.1, 0.9]))


@pytest.mark.parametrize("curve", [resonant(14), CLUSTERS], ids=["one group", "three groups"])
def test_states_are_stationary_and_stability_is_what_happens(curve):
    assert curve.critical.bistable
    eta = 0.5 * (curve.critical.lower + curve.critical.upper)
    states = curve.steady_states(eta)
    assert [s.stable for s in states] == [True, False, True]
    rhs = maxwell_bloch(curve, eta)
    for state in states:
        y = np.concatenate([[state.amplitude], state.lowering, state.inversion])
        assert np.abs(rhs(0, y)).max() < 1e-12 * eta
        # a tiny kick of the cavity: its growth or decay, long after, is the leading eigenvalue's
        kicked = y + 0
        kicked[0] += 1e-6
        late = solve_ivp(rhs, (0, 24), kicked, rtol=1e-11, atol=1e-13, t_eval=[16, 20, 24]).y - y[:, None]
        sizes = np.linalg.norm(late, axis=0)
        assert (sizes[2] > sizes[0]) == (state.growth_rate > 0)


def test_jacobian_is_the_derivative_of_the_equations():
    eta = 3.0
    rng = np.random.default_rng(5)
    a, s, z = 0.3 - 0.8j, rng.normal(size=3) + 1j * rng.normal(size=3), rng.normal(size=3)
    da, ds, dz = 0.7 + 0.2j, rng.normal(size=3) + 1j * rng.normal(size=3), rng.normal(size=3)
    rhs = maxwell_bloch(CLUSTERS, eta)
    y, dy, h = np.concatenate([[a], s, z]), np.concatenate([[da], ds, dz]), 1e-6
    numerical = (rhs(0, y + h * dy) - rhs(0, y - h * dy)) / (2 * h)
    exact = CLUSTERS.jacobian(a, s, z) @ np.concatenate([[da, np.conj(da)], ds, ds.conj(), dz])
    assert exact[0] == pytest.approx(numerical[0], abs=1e-8)
    assert exact[2:5] == pytest.approx(numerical[1:4], abs=1e-8)
    assert exact[8:] == pytest.approx(numerical[4:], abs=1e-8)
    assert exact[1] == pytest.approx(exact[0].conj())


def test_clusters_that_are_alike_are_one_group():
    one = MaxwellBloch.of(1.0, 0.5, 0.1, 0.3, 90.0, 0.4, 0.2)
    three = MaxwellBloch.of(1.0, 0.5, 0.1, 0.3, np.array([20.0, 30.0, 40.0]), 0.4, 0.2)
    assert three.critical == pytest.approx(one.critical, rel=1e-12)
    assert three.cooperativity == pytest.approx(one.cooperativity)


@pytest.mark.parametrize(("width", "C"), [(0.0, 18.0), (0.1, 17.9), (0.5, 15.8), (1.0, 12.7)])
def test_cooperativity_of_broadened_ensembles(width, C):
    """Paper 2, Fig. 6: kappa = 2 gamma_h = 2 pi x 1 MHz, widths in 2 pi x MHz."""
    unit = 2 * math.pi
    g = coupling(unit, unit / 2, 18.0, 1000.0)
    Delta, sizes = gaussian_clusters(1000.0, width * unit)
    curve = MaxwellBloch.of(unit, unit / 2, 0.0, g, sizes, 0.0, Delta)
    assert round(curve.cooperativity, 1) == C
    direct = g**2 / (unit * unit / 2) * sum(m / (1 + (d / (unit / 2)) ** 2) for m, d in zip(sizes, Delta, strict=True))
    assert curve.cooperativity == pytest.approx(direct, rel=1e-13)
    assert sizes.sum() == pytest.approx(1000.0)


def test_helpers_invert_each_other():
    g = coupling(2.0, 0.7, 14.0, 30.0)
    assert cooperativity(2.0, 0.7, g, 30.0) == pytest.approx(14.0)
    assert saturation_photons(0.5, 0.1) == pytest.approx(12.5)


def test_an_empty_cavity_and_a_negative_drive():
    curve = resonant(5)
    assert [s.photons for s in curve.steady_states(0.0)] == [0.0]
    plus, minus = curve.steady_states(4.0)[0], curve.steady_states(-4.0)[0]
    assert minus.amplitude == pytest.approx(-plus.amplitude)
    uncoupled = MaxwellBloch.of(1.0, 0.5, 0.0, 0.0, 10.0, 0.5)
    assert uncoupled.steady_states(3.0)[0].amplitude == pytest.approx(3.0 / (1 + 0.5j))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: critical_drives(0.0, 0.5, 0.0, 1.0, 10), "needs `kappa` > 0, but it is 0"),
        (lambda: critical_drives(1.0, 0.0, 0.0, 1.0, 10), "needs `gamma_h` > 0"),
        (lambda: critical_drives(1.0, 0.5, -0.1, 1.0, 10), "`gamma_p` must be a rate >= 0"),
        (lambda: critical_drives(1.0, 0.5, 0.0, 0.0, 10), "neither a turning point nor a steepest point"),
        (lambda: critical_drives(1.0, 0.5, 0.0, 1.0, 0), "numbers of spins positive"),
        (lambda: coupling(1.0, 0.5, -2.0, 10), "`C` must be a cooperativity >= 0, but is -2.0"),
        (lambda: saturation_photons(0.5, 0.0), "without coupling nothing saturates"),
        (lambda: resonant(5).steady_states(math.nan), "`eta` must be a finite number"),
        (lambda: gaussian_clusters(10.0, -1.0), "`width` must be a full width"),
        (lambda: gaussian_clusters(0.0, 1.0), "`N` must be a positive number"),
        (lambda: gaussian_clusters(10.0, 1.0, 0), "`L` must be an integer >= 1"),
        (lambda: gaussian_clusters(10.0, 1.0, 5, 0.0), "`span` must be a positive number"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
