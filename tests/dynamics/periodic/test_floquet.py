"""Exact periodic states: against harmonic balance by LU, the whole space in QuTiP's operators, and closed forms."""

import math

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce
from oracles.in_time import Driven, harmonic_balance

import permsym as ps
from permsym.basis.representations import build
from permsym.errors import InputError
from permsym.liouvillian import Liouvillian

OMEGA = 1.3
PERIOD = 2 * math.pi / OMEGA
TIMES = np.linspace(0, PERIOD, 5)
LABELS = ["z0", "z1", "+0 -1", "+1 -2", "z1 z2"]


def spins(**parameters):
    return ps.models.central_spin(N=2, **{"g": 0.7, "kappa": 0.4, "gamma_up": 0.3, "gamma_down": 0.1, **parameters})


def cavity(**parameters):
    return ps.models.driven_tavis_cummings(N=2, **{"kappa": 1.0, "gamma_h": 0.5, "g": 0.8, "eta": 0.2, "levels": 6, **parameters})


@pytest.fixture(scope="module")
def found():
    return ps.floquet(spins(), modulate={"g": f"0.7 + 0.4*sin({OMEGA}*t)"}, period=PERIOD, times=TIMES)


@pytest.fixture(scope="module")
def whole():
    """The whole space: the model, the propagator over a period, and its periodic state."""
    driven = Driven(spins, {"g": lambda t: 0.7 + 0.4 * math.sin(OMEGA * t)})
    values, vectors = np.linalg.eig(driven.period_map(PERIOD))
    rho = vectors[:, np.argmin(np.abs(values - 1))].reshape(driven.oracle.D, -1, order="F")
    return driven, values, rho / np.trace(rho)


def test_moments_are_those_of_the_whole_space(found, whole):
    driven, _, rho = whole
    expected = driven.moments(rho, TIMES, LABELS)
    for label, row in zip(LABELS, expected, strict=True):
        error = np.abs(found.moment(label) - row).max()
        assert error < 1e-11
        assert error <= found.certificate.errors[label]
    assert found.certificate.certified
    assert np.abs(found.state(TIMES[2]).moment("+1 -2") - expected[3, 2]) < 1e-11


def test_multipliers_are_eigenvalues_of_the_propagator(found, whole):
    """Those of the whole space that are not among the computed ones belong to other charges or symmetries, or are smaller."""
    _, values, _ = whole
    distance = np.abs(found.multipliers[:, None] - values).min(axis=1)
    assert (distance < 1e-9).all()
    assert (distance <= found.multiplier_errors + 1e-12).all()
    assert found.multipliers[0] == 1
    assert (np.diff(np.abs(found.multipliers)) <= 1e-12).all()
    symmetric = np.linalg.eigvals(neutral_map())
    symmetric = symmetric[np.argsort(-np.abs(symmetric))]
    once = [value for k, value in enumerate(symmetric) if np.abs(symmetric[:k] - value).min(initial=1) > 1e-7]  # repeated ones once
    assert np.abs(found.multipliers) == pytest.approx(np.abs(once[: len(found.multipliers)]), abs=1e-9)
    assert found.rates[1] == pytest.approx(-math.log(abs(found.multipliers[1])) / PERIOD)


def neutral_map():
    """The propagator over a period on the neutral symmetric sector, by many small exponentials of its matrices."""
    from scipy.linalg import expm

    basis = build(spins(), "occupation", (0,))
    low, high = (Liouvillian(build(spins(g=g), "occupation", (0,))).matrix().toarray() for g in (0.3, 1.1))
    steps, result = 4000, np.eye(basis.dimension)
    h = PERIOD / steps
    for k in range(steps):  # commutator-free, order 4
        f = [0.7 + 0.4 * math.sin(OMEGA * h * (k + 0.5 + s * math.sqrt(3) / 6)) for s in (-1, 1)]
        a = [low + (high - low) * (each - 0.3) / 0.8 for each in f]
        u, v = 0.25 + math.sqrt(3) / 6, 0.25 - math.sqrt(3) / 6
        result = expm(h * (v * a[0] + u * a[1])) @ expm(h * (u * a[0] + v * a[1])) @ result
    return result


@pytest.mark.parametrize("basis", ["occupation", "dicke"])
@pytest.mark.quick("dicke")
def test_a_period_map_equals_harmonic_balance(basis):
    """A driven cavity without any symmetry: eta = 0.2 + 0.5 cos(omega t)."""
    labels = ["a", "ad a", "z1", "ad z1", "+1 -2"]
    answer = ps.floquet(
        cavity(), modulate={"eta": f"0.2 + 0.5*cos({OMEGA}*t)"}, period=PERIOD, times=TIMES, moments=labels, basis=basis, multipliers=2
    )
    still, unit = (build(cavity(eta=eta), "occupation", ()) for eta in (0.2, 1.2))
    constant, more = (Liouvillian(each).matrix() for each in (still, unit))
    trace = np.zeros(still.dimension)
    population = np.flatnonzero(still.population)
    trace[population] = still.trace(still.labels[:, population])
    orders, rho = harmonic_balance(constant, more - constant, 0.25, OMEGA, trace, 16)
    assert np.abs(rho[0]).max() < 1e-14
    for label in labels:
        row = still.correlator(*ps.moments.labels.parse(label, cavity()).operators(cavity()))
        expected = [row @ (np.exp(1j * OMEGA * orders * t) @ rho) for t in TIMES]
        assert np.abs(answer.moment(label) - expected).max() < 1e-11, label


def test_qutip_has_the_same_periodic_state():
    """QuTiP's own Floquet-free way: its integrator over many periods."""
    modulate, labels = {"eta": f"0.2 + 0.5*cos({OMEGA}*t)"}, ["a", "ad a", "z1"]
    answer = ps.floquet(cavity(), modulate=modulate, period=PERIOD, times=TIMES, moments=labels, multipliers=2)
    still, unit = cavity(), cavity(eta=1.2)
    first, second = BruteForce(still), BruteForce(unit)
    h0, h1 = first.hamiltonian(), second.hamiltonian() - first.hamiltonian()
    late = 12 * PERIOD + TIMES
    operators = [first.moment_operator(label) for label in labels]
    options = {"rtol": 1e-10, "atol": 1e-12, "nsteps": 100_000, "method": "vern9"}
    start = qutip.ket2dm(qutip.tensor(*[qutip.basis(d, 0 if k == 0 else 1) for k, d in enumerate(first.dims)]))
    solution = qutip.mesolve(
        [h0, [h1, lambda t: 0.5 * math.cos(OMEGA * t)]], start, [0, *late], first.collapse(), e_ops=operators, options=options
    )
    for label, values in zip(labels, solution.expect, strict=True):
        assert np.abs(answer.moment(label) - values[1:]).max() < 1e-8


def test_functions_that_jump():
    """A square wave, whose kinks are found: the whole space, piece by piece."""
    modulate = {"g": f"0.7 + 0.4*step(sin({OMEGA}*t))"}
    answer = ps.floquet(spins(), modulate=modulate, period=PERIOD, times=TIMES)
    driven = Driven(spins, {"g": lambda t: 1.1 if t < PERIOD / 2 else 0.7})
    values, vectors = np.linalg.eig(driven.period_map(PERIOD, [PERIOD / 2]))
    rho = vectors[:, np.argmin(np.abs(values - 1))].reshape(driven.oracle.D, -1, order="F")
    expected = driven.moments(rho / np.trace(rho), TIMES, ["z0"], [PERIOD / 2])[0]
    assert np.abs(answer.moment("z0") - expected).max() < 1e-10
    assert answer.certificate.certified


def test_constant_coefficients_give_the_steady_state_and_exponentials_of_eigenvalues():
    model = spins()
    answer = ps.floquet(model, modulate={"g": "0.7"}, period=2.0, times=[0, 1.0], multipliers=3)
    state = ps.steady_state(model)
    assert abs(answer.moment("+0 -1") - state.moment("+0 -1")).max() < 1e-10
    eigenvalues = ps.eigenvalues(model, 11).eigenvalues
    assert np.abs(answer.multipliers[:, None] - np.exp(2 * eigenvalues)).min(axis=1).max() < 1e-9


@pytest.mark.slow
def test_an_automatic_cut_off_finds_its_levels():
    modulate = {"eta": f"0.2 + 0.5*cos({OMEGA}*t)"}
    answers = [
        ps.floquet(cavity(levels=levels), modulate=modulate, period=PERIOD, times=TIMES, moments=["ad a"], multipliers=1, tolerance=1e-6)
        for levels in ("auto", 16)
    ]
    assert all(answer.certificate.certified for answer in answers)
    assert np.abs(answers[0].moment("ad a") - answers[1].moment("ad a")).max() < 1e-6
    short = ps.floquet(cavity(levels=3), modulate=modulate, period=PERIOD, times=TIMES, moments=["ad a"], multipliers=1, tolerance=1e-6)
    assert not short.certificate.certified


def test_another_tolerance_is_another_error():
    modulate = {"g": f"0.7 + 0.4*sin({OMEGA}*t)"}
    rough, fine = (ps.floquet(spins(), modulate=modulate, period=PERIOD, times=TIMES, tolerance=tol) for tol in (1e-4, 1e-11))
    error = np.abs(rough.moment("z0") - fine.moment("z0")).max()
    assert 1e-13 < error <= rough.certificate.errors["z0"] < 1e-4
    assert rough.solver["products"] < fine.solver["products"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"period": 3.0}, r"the function of `g` does not repeat itself after 3.0: it is .* at t = .*, but .* at t = "),
        ({"period": -1}, "`period` must be a positive number, but is -1"),
        ({"times": [0, 7]}, r"within the period, from 0 to 4\.83322, but go to 7"),
        ({"times": [1, 0]}, "ascending"),
        ({"multipliers": 0}, "`multipliers` must be a whole number from 1 to 50, but is 0"),
        ({"tolerance": 0}, "`tolerance` must be a positive number, but is 0"),
        ({"modulate": {"q": "cos(t)"}}, "`q` is no parameter of central-spin"),
        ({"modulate": {"kappa": f"cos({OMEGA}*t)"}}, "must be a rate >= 0"),
    ],
)
def test_what_is_wrong_is_said(asked, words):
    with pytest.raises(InputError, match=words):
        ps.floquet(spins(), **{"modulate": {"g": f"0.7 + 0.4*sin({OMEGA}*t)"}, "period": PERIOD, **asked})


def test_more_than_one_periodic_state_is_refused():
    c, s = ps.Spin(), ps.Ensemble(2)
    model = ps.Model(c, s, 0.3 * c.z, [ps.Collective(1.0, s.m)])
    with pytest.raises(ps.DegenerateSteadyState, match="more than one periodic state"):
        ps.floquet(model, modulate={"L[-]": "1 + 0.5*cos(t)"}, period=2 * math.pi)
