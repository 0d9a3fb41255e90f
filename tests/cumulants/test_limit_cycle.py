"""A driven, detuned cavity that pulses by itself: three programs call it periodic, with the period of the Maxwell-Bloch equations.

With kappa = gamma_h = g = 1, N = 100 (C = 100), Delta_c = -8, Delta = 2 and eta = 57 the only steady state is unstable.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from permsym.cumulants.attractor import attractor
from permsym.cumulants.equations import equations
from permsym.cumulants.newton import newton
from permsym.driven_cavity.cluster_solve import evolve
from permsym.driven_cavity.clusters import ClusterEquations
from permsym.driven_cavity.empty_cavity import settle
from permsym.models.driven_tavis_cummings import driven_tavis_cummings

N = 100
PULSING = {"kappa": 1.0, "gamma_h": 1.0, "g": 1.0, "Delta_c": -8.0, "Delta": 2.0, "eta": 57.0}
QUIET = {**PULSING, "eta": 120.0}  # saturated spins


def maxwell_bloch(t, y, kappa, gamma_h, g, Delta_c, Delta, eta):
    """d/dt of <a>, <sigma^->, <sigma^z>, written down by hand."""
    a, s, z = y
    return [
        -(kappa + 1j * Delta_c) * a - 1j * g * N * s + eta,
        -(gamma_h + 1j * Delta) * s + 1j * g * a * z,
        -2 * gamma_h * (1 + z) + 2j * g * (np.conj(a) * s - a * np.conj(s)),
    ]


@pytest.fixture(scope="module")
def cycle():
    """(period, least and largest Re <a>) of the Maxwell-Bloch equations, from the empty cavity."""

    def upward(t, y, *rest):
        return abs(y[0]) ** 2 - 30

    upward.direction = 1
    start = np.array([0, 0, -1], dtype=complex)
    found = solve_ivp(maxwell_bloch, (0, 60), start, args=tuple(PULSING.values()), events=upward, rtol=1e-9, atol=1e-11, dense_output=True)
    times = found.t_events[0][-10:]
    periods = np.diff(times)
    assert np.ptp(periods) < 1e-4 * periods.mean()
    amplitude = found.sol(np.linspace(times[-2], times[-1], 1000))[0].real
    return periods.mean(), amplitude.min(), amplitude.max()


def unstable_point(order=1, **parameters):
    """The steady state that the Maxwell-Bloch equations leave."""
    built = equations(driven_tavis_cummings(N, **parameters), order=order)
    (state,) = ClusterEquations.of(1, N=N, **parameters).curve.steady_states(parameters["eta"])
    spin = np.array([[(1 + state.inversion[0]) / 2, state.lowering[0].conj()], [state.lowering[0], (1 - state.inversion[0]) / 2]])
    point = newton(built, built.product_state([spin], alpha=state.amplitude) / built.scale)
    assert point is not None
    return point


@pytest.mark.slow
def test_the_attractor_has_the_period_and_the_extremes_of_the_pulses(cycle):
    period, low, high = cycle
    point = unstable_point(**PULSING)
    assert point.stability > 0.5
    found = attractor(point)
    assert found.kind == "limit cycle"
    assert found.period == pytest.approx(period, rel=1e-3)
    assert found.ranges["a"] == pytest.approx((low, high), abs=0.02 * (high - low))


@pytest.mark.slow
def test_the_empty_cavity_settles_at_no_fixed_point():
    found = settle(equations(driven_tavis_cummings(N, **PULSING), order=1))
    assert (found.outcome, found.point) == ("periodic", None)
    assert settle(equations(driven_tavis_cummings(N, **QUIET), order=1)).outcome == "steady"


@pytest.mark.slow
def test_clusters_pulse_with_the_same_period(cycle):
    times = np.linspace(0, 40, 4001)
    found = evolve(ClusterEquations.of(1, N=np.array([0.25, 0.75]) * N, **PULSING), times)
    assert found.outcome == "periodic"
    late = found.coherent_photons[2000:]
    at = np.flatnonzero((late[:-1] < 30) & (late[1:] >= 30))
    crossings = at + (30 - late[at]) / (late[at + 1] - late[at])
    assert np.diff(crossings).mean() * times[1] == pytest.approx(cycle[0], rel=1e-3)
    assert evolve(ClusterEquations.of(1, N=np.array([0.25, 0.75]) * N, **QUIET), times).outcome == "steady"
