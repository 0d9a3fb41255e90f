"""Two-time functions with their errors: against the whole product space, closed forms, other bases and cuts."""

import itertools
import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from oracles import systems
from oracles.two_time import TwoTime
from sampled import sampled

import permsym as ps
from permsym.dynamics.propagator import Integrator
from permsym.dynamics.two_time.regression import Sector
from permsym.dynamics.two_time.source import sources
from permsym.errors import DegenerateSteadyState, TooFewSatellites
from permsym.steady.cavity.matrix_free import MatrixFree

TIMES = np.array([0.0, 0.3, 1.1, 4.0])


@cache
def whole(name, N=2):
    return TwoTime(systems.MODELS[name](N))


@cache
def state(name, N=2, basis="auto"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # too few Fock states, as the oracle has
        return ps.steady_state(systems.MODELS[name](N), basis=basis, solver="superlu", window="full")


ON_SPINS = [("+", "-1", None), ("z1", "-2 -0", "+2 +0"), ("y1", "z1 x", None)]
ON_CAVITY = [("ad", "a", None), ("ad a", "a", "ad"), ("+1", "a z2", "z1")]


SMALL = ["central_spin", "nine_pairs", "products", "charged_products", "cavity", "squeezed_cavity"]


@pytest.mark.parametrize(("name", "which"), sampled(list(itertools.product(SMALL, range(3)))))
def test_values_are_those_of_the_whole_space_within_their_errors(name, which):
    of, right, left = (ON_CAVITY if "cavity" in name else ON_SPINS)[which]
    result = state(name).correlation(of, right, TIMES, left=left, tolerance=1e-12)
    # on the same Fock states: what the oracle has not either, is no error here
    errors = result.errors if "cavity" not in name else 1e-11
    off = np.abs(result.values - whole(name).correlation(of, right, TIMES, left))
    assert (off <= errors + 2e-14 * np.abs(result.values)).all()
    assert off.max() < 1e-11 * max(1, np.abs(result.values).max())


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_a_coarse_tolerance_is_cheaper_and_its_errors_are_still_bounds(tolerance):
    model = systems.central_spin(12)
    rho = ps.steady_state(model)
    times = np.linspace(0, 6, 13)
    fine = rho.correlation("+", "-", times, tolerance=1e-12)
    coarse = rho.correlation("+", "-", times, tolerance=tolerance)
    off = np.abs(coarse.values - fine.values)
    assert coarse.certificate.certified
    assert coarse.solver["products"] < fine.solver["products"]
    assert 1e-15 < off.max() < tolerance * np.abs(fine.values).max()
    assert (off <= coarse.errors + fine.errors).all()


def test_rounding_counts_at_the_start():
    """Nothing has moved yet at t = tau = 0, but <x1 y2> of a product state, and n of a Bloch vector, are rounded."""
    theta, phi = 0.7, 0.31
    initial = f"bloch=1.1,0.2 bloch={theta},{phi}"
    model = ps.models.central_spin(N=3)
    result = ps.correlation(model, "x1", "y2", [0.0], initial=initial)
    exact = np.sin(theta) ** 2 * np.cos(phi) * np.sin(phi)
    assert 1e-17 < result.errors[0] < 1e-12
    assert abs(result.values[0] - exact) <= result.errors[0] + 2e-16
    assert 1e-17 < ps.g1(model, [0.0], initial=initial).errors[0] < 1e-12


def test_rounding_counts_where_two_parts_cancel():
    """g2(0) = 0 of one spin is what moves and what does not: 1 - 1, and a bound of 5e-31 is none."""
    c, s = ps.Spin(), ps.Ensemble(1)
    H = 0.955 * (c.p * s.m + c.m * s.p) + 0.41 * c.z - 0.168 * s.z - 0.0451 * c.z * s.z
    jumps = [ps.Individual(0.141, s.m), ps.Central(0.174, c.p), ps.Central(0.567, c.z), ps.Individual(4.88, c.p * s.m)]
    pairs = ps.steady_state(ps.Model(c, s, H, jumps)).g2([0.0, 1.0])
    assert abs(pairs.values[0]) <= pairs.errors[0] < 1e-13
    assert pairs.errors[0] > 1e-17


def test_rounding_of_the_initial_state_counts():
    """Elements of a product state in the Dicke representation are sums: 50 eps of <x + - x> with N = 3."""
    values = {}
    for basis in ("dicke", "full"):
        values[basis] = ps.correlation(ps.models.central_spin(N=3), "x +", "- x", [0.0], initial="up bloch=2.71,-2.13", basis=basis)
    off = abs(values["dicke"].values[0] - values["full"].values[0])
    assert 1e-13 < off <= values["dicke"].errors[0] + values["full"].errors[0]


def test_the_limit_of_late_times():
    rho = state("nine_pairs")
    late = rho.correlation("z1", "z2", [0.0, 80.0])
    assert late.coherent == pytest.approx(rho.moment("z1") ** 2, abs=1e-12)
    assert late.values[-1] == pytest.approx(late.coherent, abs=1e-10)
    assert abs(late.values[0] - late.coherent) > 1e-3
    assert state("central_spin").correlation("+0", "-0", [0.0]).coherent == 0


def test_an_empty_cavity_rings_down():
    """<a(tau) a^dag> = exp(-(i omega + kappa/2) tau) of the vacuum, <a^dag(tau) a> = |alpha|^2 of a coherent state."""
    c, s = ps.Boson(4), ps.Ensemble(1)
    jumps = [ps.Central(0.6, c.a), ps.Individual(1.0, s.m)]
    result = ps.steady_state(ps.Model(c, s, 1.3 * c.n, jumps)).correlation("a", "ad", TIMES)
    assert np.abs(result.values - np.exp(-(1.3j + 0.3) * TIMES)).max() < 1e-12
    driven = ps.steady_state(ps.Model(ps.Boson(20), s, 0.3j * (c.ad - c.a), jumps))
    result = driven.correlation("ad", "a", TIMES)
    assert np.abs(result.values - 1.0).max() < 1e-9  # alpha = 2 * 0.3 / 0.6
    assert result.coherent == pytest.approx(1.0, abs=1e-9)


def test_a_damped_spin_between_two_baths():
    """<s+(tau) s-> = p exp((i e - (up + down)/2) tau),  <n(tau) n> = p^2 + p (1 - p) exp(-(up + down) tau),  n = |up><up|."""
    c, s = ps.Spin(), ps.Ensemble(5)
    up, down, e = 0.7, 0.4, 1.1
    model = ps.Model(c, s, 0.5 * e * s.z, [ps.Individual(up, s.p), ps.Individual(down, s.m), ps.Central(1.0, c.m)])
    rho, p = ps.steady_state(model), up / (up + down)
    dipole = rho.correlation("+1", "-1", TIMES)
    assert np.abs(dipole.values - p * np.exp((1j * e - (up + down) / 2) * TIMES)).max() < 1e-12
    population = rho.correlation("+1 -1", "+1 -1", TIMES)
    assert np.abs(population.values - p**2 - p * (1 - p) * np.exp(-(up + down) * TIMES)).max() < 1e-12
    assert np.abs(rho.correlation("+2 -2", "+1 -1", TIMES).values - p**2).max() < 1e-12
    assert np.abs(rho.correlation("+2", "-1", TIMES).values).max() < 1e-13


def test_coherences_of_the_published_parameters():
    rho = ps.steady_state(ps.models.central_spin(N=2))
    pairs = rho.g2([0.0, 0.5, 30.0])
    assert pairs.values[0] == pytest.approx(0, abs=1e-14)  # one spin, one photon
    assert pairs.values[1] == pytest.approx(0.239217104, abs=1e-9)
    assert pairs.values[2] == pytest.approx(1, abs=1e-9)
    assert pairs.coherent == pytest.approx(1, abs=1e-12)
    field = rho.g1([0.0, 0.5])
    assert field.values[0] == pytest.approx(1, abs=1e-13)
    n = (1 + rho.moment("z0").real) / 2
    assert field.values[1] == pytest.approx(rho.correlation("+0", "-0", [0.5]).values[0] / n, abs=1e-12)


def test_g2_at_zero_delay_is_the_states_own():
    rho = ps.steady_state(ps.models.tavis_cummings(N=4))
    assert rho.g2([0.0]).values[0] == pytest.approx(rho.derived["g2"], abs=1e-12)
    weak = ps.steady_state(ps.models.driven_tavis_cummings(N=500, kappa=2.0, gamma_h=1.0, g=0.1, eta=1e-4))
    assert weak.plan.route == "weak"
    pairs = weak.g2([0.0, 0.2, 3.0])
    assert pairs.values[0].real == pytest.approx(weak.derived["g2"], rel=1e-9)
    assert pairs.certificate.certified


@pytest.mark.parametrize("name", ["central_spin", "charged_two_ensembles", "cavity", "driven_cavity"])
def test_both_bases_agree(name):
    words = ("+1", "-1 z2", None) if "ensembles" not in name else ("+1@A", "-1@A z1@B", None)
    dicke, occupation = (
        state(name, 3 if "ensembles" not in name else 2, basis).correlation(*words[:2], TIMES) for basis in ("dicke", "occupation")
    )
    assert np.abs(dicke.values - occupation.values).max() < 1e-10
    assert np.abs(dicke.values).min() > 1e-6


def test_a_thin_window_knows_what_it_leaves_out():
    model = ps.models.central_spin(N=60)
    full = ps.steady_state(model, window="full").correlation("+", "-", TIMES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        thin = ps.steady_state(model, window=7).correlation("+", "-", TIMES)
    off = np.abs(thin.values - full.values)
    assert 1e-6 < off.max() < thin.certificate.error_estimate < 1e3 * off.max()
    assert (off <= thin.errors).all()
    assert not thin.certificate.certified


@pytest.mark.parametrize(("of", "right", "left"), [("ad", "a", None), ("a", "ad", None), ("ad a", "a", "ad"), ("+1", "-1", None)])
def test_a_low_cut_off_knows_what_it_leaves_out(of, right, left):
    model = ps.models.tavis_cummings(N=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        states = [ps.steady_state(model.with_levels(n)) for n in (6, 24)]
        few, many = (each.correlation(of, right, TIMES, left=left) for each in states)
    off = np.abs(few.values - many.values)
    assert off.max() > 1e-7
    assert (off <= few.errors).all()
    ladders = sum(word in ("a", "ad") for text in (of, right, left or "") for word in text.split())
    assert few.certificate.cut > states[0].above_the_cutoffs({0: ladders})
    assert not few.certificate.certified
    assert "cut-off" in few.certificate.reasons[0] or "state" in few.certificate.reasons[0]


def test_a_certified_state_takes_more_levels_where_the_function_needs_them():
    model = ps.models.driven_tavis_cummings(1, C=14, drive=1.05)
    rho = ps.steady_state(model)
    pairs = rho.g2(TIMES)
    (source,) = sources(rho, "ad a", "a", "ad")
    assert pairs.dimension > source.basis.dimension
    assert pairs.certificate.certified
    more = ps.steady_state(model.with_levels(2 * rho.model.centre.levels)).g2(TIMES)
    assert (np.abs(pairs.values - more.values) <= pairs.errors + more.errors).all()


def test_the_error_of_the_state_is_carried_along():
    """A state that was solved to few digits: the share of its error is near what it makes of the values, and above it."""
    model = systems.cavity(3).with_levels(12)
    exact = ps.steady_state(model, solver="superlu", tolerance=1e-3)
    rough = ps.steady_state(model, solver=MatrixFree(tolerance=1e-7), tolerance=1e-3)
    words = ("ad a", "a", TIMES, "ad")
    off = np.abs(rough.correlation(*words).values - exact.correlation(*words).values)
    estimate = rough.correlation(*words).certificate.state
    assert off.max() < estimate < 1e4 * off.max()
    assert off.max() > 1e-12


def test_steps_through_factors_are_those_of_products():
    rho = ps.steady_state(systems.central_spin(6))
    (source,) = sources(rho, "z1", "-0", "+1")  # neutral, not hermitian: complex unknowns and a real matrix
    assert np.iscomplexobj(source.x)
    assert not np.iscomplexobj(Sector(source.basis).matrix)
    paths = [
        Sector(source.basis).path(source.x, source.observed, TIMES, 1e-11, method)
        for method in (Integrator.KRYLOV, Integrator.SHIFT_INVERT)
    ]
    assert np.abs(paths[0].values - paths[1].values).max() < 1e-10
    assert abs(paths[0].values[1] - paths[0].values[0]) > 1e-3


STARTS = [
    ("central_spin", "up bloch=0.7,0.3", ("+0", "-1", None)),
    ("central_spin", "bloch=1.1,-0.4 up", ("z1", "-1", "x0")),
    ("central_spin", "bloch=0.9,0.5 bloch=1.3,0.1", ("-0", "-1", "+0")),
    ("nine_pairs", "down up=0.3", ("x1", "y0", None)),
    ("cavity", "coherent=0.4+0.2j down", ("ad a", "a", None)),
    ("cavity", "fock=2 up", ("a", "ad", "+ -1")),
    ("qutrits", "up level=1", ("|1><0|1", "|0><1|1", "+0 -0")),
]


@pytest.mark.parametrize(("name", "initial", "words"), STARTS)
def test_from_any_initial_state_at_any_time(name, initial, words):
    model = systems.MODELS[name](2)
    of, right, left = words
    start = 0.6
    result = ps.correlation(model, of, right, TIMES, left=left, initial=initial, start=start, tolerance=1e-12)
    before = whole(name)
    rho = before.evolved(dense(model, initial), start)
    expected = TwoTime(model, rho).correlation(of, right, TIMES, left)
    assert np.abs(result.values - expected).max() < 1e-11 * max(1, np.abs(expected).max())
    assert np.abs(expected).max() > 1e-3
    assert result.start == start


def dense(model, initial):
    """The density matrix (D, D) of a label, by evolving for no time and reading the whole state."""
    from permsym.basis import build
    from permsym.basis.whole_space import dense as whole_matrix
    from permsym.dynamics.initial import parse_initial

    state, charges = parse_initial(initial, model), [()]
    for _ in model.charges:
        charges = [(*each, q) for each in charges for q in range(-8, 9)]
    spaces = [build(model, "occupation", charge) for charge in charges]
    return sum(whole_matrix(space, state.vector(space)) for space in spaces if space.size)


def test_an_evolution_and_a_quench_hand_on_their_states():
    model = systems.central_spin(3)
    evolution = ps.evolve(model, [0.4, 1.4], initial="bloch=0.8,0.2 up", moments=["z0", "+1 -0"])
    once = ps.correlation(model, "z0", "z1", [0.0, 1.0], initial=evolution.initial, start=0.4)
    again = ps.correlation(model, "z0", "z1", [0.0, 1.0], initial="bloch=0.8,0.2 up", start=0.4)
    assert np.abs(once.values - again.values).max() < 1e-14
    before = ps.steady_state(ps.models.central_spin(N=3, g=0.1))
    quench = ps.correlation(model, "+1", "-0", [0.0, 1.0], initial=before)
    assert quench.values[0] == pytest.approx(before.moment("+1 -0"), abs=1e-12)
    stationary = ps.correlation(before.model, "+1", "-0", [0.0, 1.0], initial=before, start=2.0)
    assert np.abs(stationary.values - before.correlation("+1", "-0", [0.0, 1.0]).values).max() < 1e-9
    assert abs(stationary.values[1] - quench.values[1]) > 1e-3


def test_a_state_on_its_way_ends_in_the_steady_one():
    model = systems.central_spin(4)
    late = ps.correlation(model, "+0", "-0", TIMES, initial="up up", start=60.0)
    steady = ps.steady_state(model).correlation("+0", "-0", TIMES)
    assert np.abs(late.values - steady.values).max() < 1e-9
    assert abs(ps.correlation(model, "+0", "-0", [0.0], initial="up up").values[0] - steady.values[0]) > 0.1


def test_an_open_cut_off_grows_until_it_is_enough():
    model = ps.models.tavis_cummings(N=2, gamma_up=0.2)
    result = ps.correlation(model, "ad a", "a", [0.0, 1.0], left="ad", initial="coherent=1.5 up", start=0.5)
    assert result.certificate.certified
    more = ps.correlation(model.with_levels(60), "ad a", "a", [0.0, 1.0], left="ad", initial="coherent=1.5 up", start=0.5)
    assert np.abs(result.values - more.values).max() < 1e-8


def test_the_limit_from_an_initial_state_needs_a_steady_state():
    model = systems.nine_pairs(2)
    rho = ps.steady_state(model)
    result = ps.correlation(model, "z1", "z0", [0.0, 90.0], initial="up up")
    assert result.coherent == pytest.approx(rho.moment("z1"), abs=1e-10)  # <z0> = 1 at the start
    assert result.values[-1] == pytest.approx(result.coherent, abs=1e-9)
    c, s = ps.Spin(), ps.Ensemble(2)
    unitary = ps.Model(c, s, c.p * s.m + c.m * s.p + 0.2 * c.x)
    with pytest.raises(DegenerateSteadyState):
        ps.steady_state(unitary)
    assert np.isnan(ps.correlation(unitary, "z0", "z0", [0.0, 1.0], initial="up down").coherent)


@pytest.mark.parametrize(("start", "certified"), [(0.1, True), (0.01, False)])
def test_a_ratio_is_certified_like_a_derived_quantity(start, certified):
    """Few photons have been emitted yet: g2 is certain to less than its moments, and said to be so."""
    result = ps.g2(ps.models.central_spin(N=2), [0.0, 1.0], initial="down down", start=start)
    assert result.certificate.error_estimate > 1e-9
    assert result.certificate.certified is certified
    assert result.certificate.tolerance == 1e-6


def test_an_uncertified_state_certifies_no_function():
    rho = state("central_spin", 4)
    bad = replace(rho.certificate, balance=1.0)
    result = rho.correlation("+0", "-0", TIMES)
    assert result.certificate.certified
    again = ps.steady_state(systems.central_spin(4))
    again.adopt(bad)
    judged = again.correlation("+0", "-0", TIMES).certificate
    assert not judged.certified
    assert "of the state: a balance law" in judged.reasons[0]
    assert not judged.to_dict()["certified"]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda rho: rho.correlation("+0", "-0", [1.0, 0.5]), "ascending"),
        (lambda rho: rho.correlation("+0", "-0", [-1.0]), ">= 0"),
        (lambda rho: rho.correlation("+0", "-0", "soon"), "must be numbers"),
        (lambda rho: rho.correlation("+0", 3, [1.0]), "an operator is a text"),
        (lambda rho: rho.correlation("+0", "-0", [1.0], tolerance=0), "tolerance"),
        (lambda rho: ps.correlation(rho, "+0", "-0", [1.0], initial="up"), "give its model"),
        (lambda rho: ps.correlation(rho.model, "+0", "-0", [1.0], initial="up", start=-1), "`start`"),
    ],
)
def test_what_makes_no_sense_is_refused(ask, message):
    with pytest.raises(ps.InputError, match=message):
        ask(state("central_spin"))


def test_what_has_no_field_or_no_photons_is_refused():
    with pytest.raises(ps.InputError, match="name the operators"):
        state("three_level_centre").g2([0.0])
    c, s = ps.Spin(), ps.Ensemble(2)
    dark = ps.steady_state(ps.Model(c, s, c.p * s.m + c.m * s.p, [ps.Central(1.0, c.m), ps.Individual(1.0, s.m)]))
    with pytest.raises(ps.InputError, match="is over <n>"):
        dark.g2([0.0])
    with pytest.raises(TooFewSatellites):
        dark.correlation("+1", "-2", [0.0], left="z3")


def test_a_result_says_what_it_is():
    result = state("central_spin").correlation("+1", "-1", [0.0, 1.0])
    assert result.name == "<[+1](tau) [-1](0)>"
    assert "certified" in repr(result)
    assert state("central_spin").g2([0.0]).name == "g2(tau)"
