"""Periodic states of cumulant equations: against the whole space where an order is exact, and against long evolutions."""

import math

import numpy as np
import pytest
from oracles.in_time import Driven

import permsym as ps
from permsym.cumulants import equations, evolve, floquet, newton
from permsym.driven_cavity.families import curve_of, product_state
from permsym.errors import InputError

LABELS = ["z0", "z1", "+0 -1", "+1 -2", "z1 z2"]
PERIOD = 2 * math.pi / 1.3


def spins(**parameters):
    return ps.models.central_spin(N=2, **{"g": 0.7, "kappa": 0.4, "gamma_up": 0.3, "gamma_down": 0.1, **parameters})


@pytest.fixture(scope="module")
def exact():
    """Moments over the period, (labels, T), and multipliers of the whole space."""
    driven = Driven(spins, {"g": lambda t: 0.7 + 0.4 * math.sin(1.3 * t)})
    period_map = driven.period_map(PERIOD)
    values, vectors = np.linalg.eig(period_map)
    D = driven.oracle.D
    rho = vectors[:, np.argmin(np.abs(values - 1))].reshape(D, D, order="F")
    rho = rho / np.trace(rho)
    return driven.moments(rho, np.linspace(0, PERIOD, 5), LABELS), values


@pytest.mark.slow
def test_an_order_that_is_exact_has_the_exact_periodic_state(exact):
    moments, values = exact
    times = np.linspace(0, PERIOD, 5)
    found = floquet(spins(), modulate={"g": "0.7 + 0.4*sin(1.3*t)"}, period=PERIOD, order=3, times=times, tolerance=1e-7)
    for label, row in zip(LABELS, moments, strict=True):
        assert np.abs(found.moment(label) - row).max() < 1e-9
        assert np.abs(found.moment(label) - row).max() < found.error(label) + 1e-11
    assert found.stable
    assert found.certified
    assert max(found.error(label) for label in LABELS) < 1e-8
    distance = np.abs(found.multipliers[:, None] - values).min(axis=1)
    assert len(found.multipliers) > 5
    assert (distance < 1e-8).all()
    assert (distance[:4] <= found.multiplier_errors[:4] + 1e-12).all()
    assert np.abs(found.multipliers[0]) == pytest.approx(np.sort(np.abs(values))[::-1][1:][np.argmin(distance[0])], abs=1e-2)


@pytest.mark.slow
def test_mean_field_under_a_drive_is_where_a_long_evolution_ends():
    model = ps.models.driven_tavis_cummings(N=10, C=14, drive=0.9)
    eta = model.parameters["eta"]
    modulate = {"eta": lambda t: eta * (1 + 0.5 * math.cos(2 * t))}
    found = floquet(model, modulate=modulate, period=math.pi, order=1, times=[0, 1, 2, math.pi], tolerance=1e-6)
    ends = [12 * math.pi, 12 * math.pi + 1, 12 * math.pi + 2]
    late = evolve(model, ends, order=1, modulate=modulate, rtol=1e-9, atol=1e-11, errors=False)
    assert np.abs(found.moment("a")[:3] - late.moment("a")).max() < 1e-6
    assert abs(found.moment("a")[0] - found.moment("a")[3]) < 1e-6
    assert found.stable

    def mapped(y):
        return evolve(late.equations, [math.pi], y, order=1, modulate=modulate, rtol=1e-9, atol=1e-11, errors=False).y[0]

    y, n = found.trajectory.y[0], len(found.trajectory.equations)
    columns = np.array([(mapped(y + h) - mapped(y - h)) / 2e-3 for h in 1e-3 * np.eye(n)]).T
    assert np.sort(np.abs(np.linalg.eigvals(columns))) == pytest.approx(np.sort(np.abs(found.multipliers)), abs=1e-5)


def test_a_phase_that_nothing_fixes_may_turn():
    """A laser above threshold whose pump is modulated: mean field has a free phase, and a multiplier 1 that is none of stability's."""
    model = ps.models.tavis_cummings(N=20, g=0.5, omega=1.3, epsilon=1.3, kappa=1, gamma_up=3, gamma_down=0.5)
    found = floquet(
        model, modulate={"gamma_up": "3 + cos(t)"}, period=2 * math.pi, order=1, initial="coherent=1 bloch=1,0.5", times=[0, 2 * math.pi],
        tolerance=1e-6,
    )  # fmt: skip
    assert found.stable
    assert abs(found.moment("a")[0]) > 1
    assert abs(found.moment("a")[0]) == pytest.approx(abs(found.moment("a")[1]), abs=1e-6)
    turned = found.moment("a")[1] / found.moment("a")[0]
    assert turned == pytest.approx(np.exp(-1.3j * 2 * math.pi), abs=1e-6)
    assert found.angles[0] == pytest.approx(1.3 * 2 * math.pi - 4 * math.pi, abs=1e-7) or np.exp(-1j * found.angles[0]) == pytest.approx(
        turned
    )


class At:
    """Moments of a point of the equations."""

    def __init__(self, point):
        self.point = point

    def moment(self, label):
        return self.point.equations.moment(self.point.y, label)


@pytest.mark.slow
def test_a_cycle_that_nothing_goes_to_is_marked():
    """A detuned cavity that pulses by itself (see test_limit_cycle): a weak drive makes no stable cycle of the drive's period."""
    model = ps.models.driven_tavis_cummings(N=100, kappa=1, gamma_h=1, g=1, Delta_c=-8, Delta=2, eta=57)
    built = equations(model, order=1)
    (state,) = curve_of(model).steady_states(57.0)
    point = newton(built, product_state(built, state))
    asked = {"modulate": {"eta": "57 + 0.1*cos(5*t)"}, "period": 0.4 * math.pi, "order": 1, "tolerance": 1e-6}
    found = floquet(model, initial=At(point), **asked)
    assert not found.stable
    assert found.certified
    assert np.abs(found.multipliers[0]) == pytest.approx(math.exp(0.4 * math.pi * point.stability), rel=0.01)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (3.0, r"the function of `g` does not repeat itself after 3.0: it is \d\.\d+ at t = \d\.\d+, but \d\.\d+ at t = \d\.\d+"),
        (6.28318, "does not repeat itself"),
        (0.0, "`period` must be a positive number, but is 0.0"),
        ("1", "`period` must be a positive number, but is '1'"),
    ],
)
def test_a_period_that_is_none_is_refused(period, words):
    with pytest.raises(InputError, match=words):
        floquet(spins(), modulate={"g": "0.7 + 0.1*cos(t)"}, period=period)


def test_times_are_within_the_period():
    with pytest.raises(InputError, match=r"from 0 to 6\.28319, but go to 7"):
        floquet(spins(), modulate={"g": "0.7 + 0.1*cos(t)"}, period=2 * math.pi, times=[0, 7])
