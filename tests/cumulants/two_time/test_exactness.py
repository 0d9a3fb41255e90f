"""Regression is exact where the order leaves no closure: beside brute force in the whole product space."""

import functools
import warnings

import numpy as np
import pytest
from oracles import systems
from oracles.two_time import TwoTime
from sampled import sampled

import permsym as ps
from permsym.cumulants import correlation, g1, g2, spectrum, steady_state
from permsym.errors import UncertifiedWarning
from permsym.models import central_spin, tavis_cummings

TIMES = [0.0, 0.3, 1.1, 2.7]
SPIN = [("+0", "-0", None), ("z0", "z0", None), ("+", "-", None), ("+1", "-1", None), ("+1", "-2", None), ("z1", "z1", "z1")]
CENTRED = [("+0 -0", "-0", "+0"), ("x0", "x", None), ("y", "x0", None), ("z", "-1", "+1"), ("+0 -1", "+1 -0", None)]
CASES = {
    "central_spin": SPIN + CENTRED,
    "charged_products": SPIN,
    "nine_pairs": [*SPIN, ("x0 x0", "-0", None), ("x1 x1", "z", "z1")],
    "collective_jumps": CENTRED,
    "charged_two_ensembles": [("+@A", "-@B", None), ("+1@A", "-1@A", None), ("z2@B", "z0", None), ("+1@B", "-2@B", None)],
    "two_ensembles": [("+1@B", "-1@B", None), ("x@A", "y0", None)],
    "three_level_centre": [("|2><1|0", "|1><2|0", None), ("|1><1|0", "|1><2|0", "|2><1|0"), ("+1", "-1", None)],
    "qutrits": [("|1><0|", "|0><1|", None), ("|2><1|1", "|1><2|1", None), ("|1><1|1", "|2><2|2", None)],
}


@functools.cache
def model(name):
    return systems.MODELS[name](1 if "ensembles" in name else 2)


@functools.cache
def oracle(name):
    return TwoTime(model(name))


@functools.cache
def state(name, order):
    return steady_state(model(name), order)


def coherent(exact, of, right, left):
    """<A> <C B>."""
    a, b, c = (np.eye(len(exact.rho)) if text is None else exact.operator(text) for text in (of, right, left))
    return np.trace(a @ exact.rho) * np.trace(b @ exact.rho @ c)


@pytest.mark.parametrize(("name", "of", "right", "left"), sampled([(name, *case) for name, cases in CASES.items() for case in cases], 3))
@pytest.mark.parametrize(("regression", "beyond"), [("operators", 2), ("jacobian", 1)])
def test_exact_for_few_satellites(name, of, right, left, regression, beyond):
    exact, order = oracle(name), sum(model(name).sizes) + beyond
    result = correlation(state(name, order), of, right, TIMES, left=left, regression=regression)
    expected = exact.correlation(of, right, TIMES, left)
    assert np.abs(result.values - expected).max() < 1e-10
    assert np.abs(expected).max() > 1e-3
    assert result.coherent == pytest.approx(coherent(exact, of, right, left), abs=1e-11)
    assert not result.failures


@functools.cache
def clusters():
    """Three clusters with frequencies, couplings and rates of their own."""
    c, sets = ps.Spin(), [ps.Ensemble(1, name) for name in "ABC"]
    hamiltonian, jumps = 0.5 * c.z, [ps.Central(0.7, c.m)]
    for k, s in enumerate(sets):
        hamiltonian += (0.3 - 0.4 * k) * s.z + (0.6 + 0.2 * k) * (c.p * s.m + c.m * s.p)
        jumps += [ps.Individual(0.9 - 0.2 * k, s.p), ps.Individual(0.2 + 0.3 * k, s.m)]
    model = ps.Model(c, sets, hamiltonian, jumps)
    return model, TwoTime(model)


@pytest.mark.parametrize(("of", "right"), [("+0", "-0"), ("+1@A", "-1@A"), ("+@A", "-@C"), ("z@B", "z0")])
@pytest.mark.parametrize(("regression", "order"), [("operators", 5), ("jacobian", 4)])
@pytest.mark.quick("operators-5-+1@A--1@A", "operators-5-z@B-z0", "jacobian-4-+@A--@C")
def test_clusters_with_unequal_parameters(of, right, regression, order):
    _, exact = clusters()
    result = correlation(cluster_state(order), of, right, TIMES, regression=regression)
    assert np.abs(result.values - exact.correlation(of, right, TIMES)).max() < 1e-10


@functools.cache
def cluster_state(order):
    return steady_state(clusters()[0], order)


def test_coherences_of_the_centre():
    """g1 and g2 are 1 and the state's own g2 at tau = 0; of a spin g2 begins at 0."""
    exact = oracle("central_spin")
    up = exact.operator("+0 -0")
    number = np.trace(up @ exact.rho)
    for regression, order in (("operators", 4), ("jacobian", 3)):
        first, second = (g(state("central_spin", order), TIMES, regression=regression) for g in (g1, g2))
        assert first.values == pytest.approx(exact.correlation("+0", "-0", TIMES) / number, abs=1e-10)
        assert second.values == pytest.approx(exact.correlation("+0 -0", "-0", TIMES, "+0") / number**2, abs=1e-10)
        assert second.coherent == pytest.approx(1)
        assert (first.order, second.order) == (1, 2)
    system = tavis_cummings(N=1, levels=5, gamma_up=0.3, gamma_down=0.4, kappa=1.3)
    cavity = steady_state(system, 3, counting="sites")
    assert g2(cavity, [0.0]).values[0] == pytest.approx(cavity.derived["g2"])


def test_one_order_less_is_not_exact():
    """What makes the tests above tests: the last cumulant of the source matters."""
    exact = oracle("central_spin").correlation("+0", "-0", TIMES)
    for regression, order in (("operators", 3), ("jacobian", 2)):
        wrong = correlation(state("central_spin", order), "+0", "-0", TIMES, regression=regression).values
        assert 1e-4 < np.abs(wrong - exact).max() < 0.1


@pytest.mark.parametrize(
    ("N", "regression", "of", "right"), [(1, "operators", "+1", "-1"), (2, "jacobian", "+1", "-2"), (1, "operators", "z0", "z")]
)
def test_pairs_alone_are_exact_for_as_few_satellites(N, regression, of, right):
    """Closure without correlations of three satellites; a source on a satellite is one of the two."""
    system = systems.central_spin(N)
    result = correlation(steady_state(system, 3, closure="no-three-spin"), of, right, TIMES, regression=regression)
    assert np.abs(result.values - TwoTime(system).correlation(of, right, TIMES)).max() < 1e-10


def test_pairs_alone_leave_a_source_on_satellites_one_more():
    """Charge +1: +0, +1, +0 z1, z0 +1, and z1 +2 where the source is not on a third satellite."""
    pairs = steady_state(systems.central_spin(3), 3, closure="no-three-spin")
    unknowns = [len(correlation(pairs, "+0", right, TIMES).equations.initial) for right in ("-0", "-", "-1")]
    assert unknowns == [5, 4, 4]


@pytest.mark.parametrize(("of", "right", "left"), [("ad", "a", None), ("ad a", "a", "ad"), ("+", "-", None), ("ad", "-1", None)])
@pytest.mark.parametrize(("regression", "order"), [("operators", 3), ("jacobian", 2)])
def test_a_boson_counted_as_one_site_is_exact_too(of, right, left, regression, order):
    system = tavis_cummings(N=1, levels=5, omega=0.4, gamma_up=0.3, gamma_down=0.4, kappa=1.3)
    result = correlation(steady_state(system, order, counting="sites"), of, right, TIMES, left=left, regression=regression)
    assert np.abs(result.values - TwoTime(system).correlation(of, right, TIMES, left)).max() < 1e-10


def test_a_turning_phase_is_a_frame():
    """A broken phase turns with the energies: omega = epsilon = 1 against 0, in a frame that turns."""
    still, turning = (steady_state(central_spin(N=50, omega=w, epsilon=w), 3, break_symmetry=True) for w in (0, 1))
    times = np.array([0.0, 0.5, 1.3])
    for regression in ("operators", "jacobian"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UncertifiedWarning)  # the phase mode is undamped
            one, other = (correlation(state, "+0", "-0", times, regression=regression) for state in (still, turning))
            one_power, other_power = (
                spectrum(state, frequencies, regression=regression).power for state, frequencies in ((still, times), (turning, times + 1))
            )
        assert other.values == pytest.approx(one.values * np.exp(1j * times), abs=1e-9)
        assert other_power[1:] == pytest.approx(one_power[1:], abs=1e-9)
        assert other.coherent == pytest.approx(abs(turning.moment("+0")) ** 2)
        assert abs(one.values[1]) > 0.05
