"""Spin squeezing against closed forms, against the whole space, and its errors against what moved moments do."""

import math
import warnings
from functools import cache

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from oracles.systems import nine_pairs

import permsym as ps
from permsym import cumulants
from permsym.errors import BeyondOrder, InputError
from permsym.states.squeezing import NO_DIRECTION, squeezing, squeezing_labels


@pytest.mark.parametrize(("jump", "expected"), [(ps.Collective, 0.33081010), (ps.Individual, 0.26016284)])
def test_two_axis_twisting_with_loss(jump, expected):
    c, s = ps.Spin(), ps.Ensemble(20)
    model = ps.Model(c, s, hamiltonian=-1j * (s.p * s.p - s.m * s.m), jumps=[jump(0.2, s.m)])
    squeezed = ps.evolve(model, [0, 0.02], initial="down up").squeezing()
    assert squeezed.wineland == pytest.approx([1, expected], abs=5e-9)
    assert not squeezed.reasons


def test_one_axis_twisting():
    """M. Kitagawa and M. Ueda, Phys. Rev. A 47, 5138 (1993), eqs. (3) and (6): H = chi J_z^2 from the x axis, mu = 2 chi t."""
    N, chi, times = 7, 0.5, np.array([0.05, 0.3, 0.8])
    c, s = ps.Spin(), ps.Ensemble(N)
    squeezed = ps.evolve(ps.Model(c, s, hamiltonian=chi / 4 * (s.z * s.z)), times, initial="down bloch=pi/2,0").squeezing()
    mu = 2 * chi * times
    a, b = 1 - np.cos(mu) ** (N - 2), 4 * np.sin(mu / 2) * np.cos(mu / 2) ** (N - 2)
    variance = 1 + (N - 1) / 4 * (a - np.hypot(a, b))
    length = np.cos(mu / 2) ** (N - 1)
    assert squeezed.kitagawa_ueda == pytest.approx(variance, abs=1e-9)
    assert squeezed.wineland == pytest.approx(variance / length**2, abs=1e-9)
    assert squeezed.mean_spin == pytest.approx(np.outer(N / 2 * length, [1, 0, 0]), abs=1e-9)


@pytest.mark.parametrize("theta", [0.0, 0.7, 2.1])
def test_a_coherent_state_is_not_squeezed(theta):
    c, s = ps.Spin(), ps.Ensemble(5)
    model = ps.Model(c, s, hamiltonian=0 * s.x, jumps=[ps.Central(1.0, c.m)])
    squeezed = ps.evolve(model, [0.0], initial=f"down bloch={theta},0.4").squeezing()
    assert squeezed.wineland == pytest.approx([1], abs=1e-13)
    assert squeezed.kitagawa_ueda == pytest.approx([1], abs=1e-13)
    assert squeezed.errors["direction"] == [math.pi / 2]


@cache
def solved(seed):
    return ps.steady_state(nine_pairs(3, seed))


@pytest.mark.parametrize("seed", range(3))
def test_random_models_against_the_whole_space(seed):
    state = solved(seed)
    brute = BruteForce(state.model)
    rho, s = brute.steady_state(), state.model.ensembles[0]
    rho = getattr(rho, "full", lambda: rho)()
    J = [brute.operator(each).full() / 2 for each in (s.x, s.y, s.z)]
    mean = np.array([np.trace(rho @ each).real for each in J])
    angles = np.linspace(0, np.pi, 20001)
    first = np.cross(mean, [0.3, 0.5, -0.2])
    first /= np.linalg.norm(first)
    second = np.cross(mean, first) / np.linalg.norm(mean)
    moment = np.array([[np.trace(rho @ (a @ b + b @ a)).real / 2 for a in J] for b in J])
    d = np.outer(np.cos(angles), first) + np.outer(np.sin(angles), second)
    variance = np.einsum("ta,ab,tb->t", d, moment, d)
    squeezed = state.squeezing()
    assert squeezed.wineland == pytest.approx(3 * variance.min() / (mean @ mean), rel=1e-6)
    assert squeezed.kitagawa_ueda == pytest.approx(4 * variance.min() / 3, rel=1e-6)
    assert squeezed.mean_spin == pytest.approx(mean, abs=1e-10)
    assert abs(squeezed.direction @ d[np.argmin(variance)]) == pytest.approx(1, abs=1e-6)
    assert not squeezed.reasons


TILTED = {"z1": 0.5, "+1": 0.0, "z1 z2": 0.3, "+1 z2": 0.2 + 0.1j, "+1 -2": 0.1, "+1 +2": 0.02}


@pytest.mark.parametrize("size", [1e-9, 1e-3])
@pytest.mark.parametrize("values", [None, TILTED], ids=["solved", "tilted"])
def test_errors_cover_moved_moments(values, size):
    """300 states whose moments are anywhere within their errors; the error is at most ten times the largest change.

    Tilted: correlations along the mean spin, whose direction alone is uncertain.
    """
    state, rng = solved(0), np.random.default_rng(1)
    tilted, values = values is not None, values or {str(key): state.moment(key) for key in squeezing_labels(state.model)}
    errors = {label: size * ((label == "+1") if tilted else 1 + k % 3) for k, label in enumerate(values)}
    start = squeezing(state.model, values.__getitem__, errors.__getitem__, 1e-6)
    worst = dict.fromkeys(start.errors, 0.0)
    for _ in range(300):
        moved = {
            label: value + errors[label] * (np.exp(2j * np.pi * rng.random()) if "+" in label and label != "+1 -2" else rng.choice([-1, 1]))
            for label, value in values.items()
        }
        other = squeezing(state.model, moved.__getitem__, errors.__getitem__, 1e-6)
        turned = math.asin(min(1.0, np.linalg.norm(np.cross(start.direction, other.direction))))
        changes = {name: abs(getattr(other, name) - getattr(start, name)) for name in ("wineland", "kitagawa_ueda")}
        for name, change in (changes | {"direction": turned}).items():
            worst[name] = max(worst[name], change)
    for name, change in worst.items():
        assert change <= start.errors[name] <= 10 * change, name
    assert bool(start.reasons) == (size > 1e-6)


def test_without_a_mean_spin_there_is_no_number():
    c, s = ps.Spin(), ps.Ensemble(4)
    state = ps.steady_state(ps.Model(c, s, 0 * s.x, jumps=[ps.Central(1.0, c.m), ps.Individual(0.7, s.p), ps.Individual(0.7, s.m)]))
    squeezed = state.squeezing()
    assert squeezed.wineland is squeezed.kitagawa_ueda is squeezed.direction is None
    assert squeezed.to_dict()["reason"] == NO_DIRECTION
    assert not squeezed.reasons


def test_one_satellite_has_no_pairs():
    squeezed = ps.steady_state(ps.models.central_spin(N=1)).squeezing()
    assert squeezed.kitagawa_ueda == pytest.approx(1, abs=1e-13)
    assert squeezed.wineland == pytest.approx(1 / (4 * squeezed.mean_spin[2] ** 2))


def test_several_ensembles_and_levels():
    c, a, b = ps.Spin(), ps.Ensemble(2, name="A"), ps.Ensemble(2, name="B", levels=3)
    jumps = [ps.Individual(0.7, a.p), ps.Individual(0.2, a.m), ps.Individual(1.0, b.unit(0, 1)), ps.Individual(1.0, b.unit(1, 2))]
    state = ps.steady_state(ps.Model(c, [a, b], 0 * a.x, jumps=[ps.Central(1.0, c.m), *jumps]))
    assert state.squeezing("A").kitagawa_ueda == pytest.approx(1)
    with pytest.raises(InputError, match="which ensemble"):
        state.squeezing()
    with pytest.raises(InputError, match="3 levels"):
        state.squeezing("B")


def test_what_was_not_followed_is_asked_for():
    evolution = ps.evolve(ps.models.central_spin(N=3), [0.0, 1.0], moments="z1")
    with pytest.raises(InputError, match="evolve with moments=2"):
        evolution.squeezing()


def test_a_matrix_has_unknown_errors():
    model = ps.models.central_spin(N=2)
    rho = ps.from_matrix(ps.steady_state(model).full(), model)
    squeezed = rho.squeezing()
    assert squeezed.wineland == pytest.approx(ps.steady_state(model).squeezing().wineland)
    assert math.isnan(squeezed.errors["wineland"])
    assert "unknown" in squeezed.reasons[0]


def test_cumulants_are_exact_where_their_order_is():
    model = ps.models.central_spin(N=2)
    exact, expanded = ps.steady_state(model).squeezing(), cumulants.steady_state(model, 3).squeezing()
    assert expanded.wineland == pytest.approx(exact.wineland, abs=1e-9)
    assert not expanded.reasons
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        flat = cumulants.steady_state(ps.models.central_spin(N=20), 1)
    with pytest.raises(BeyondOrder, match="take order 2"):
        flat.squeezing()


def test_a_state_on_its_way():
    c, s = ps.Spin(), ps.Ensemble(6)
    model = ps.Model(c, s, hamiltonian=-1j * (s.p * s.p - s.m * s.m), jumps=[ps.Individual(0.2, s.m)])
    evolution = ps.evolve(model, [0, 0.1], initial="down up", keep="all")
    squeezed = evolution.state(0.1).squeezing()
    assert squeezed.wineland == pytest.approx(evolution.squeezing().wineland[1], abs=1e-13)
    assert 0 < squeezed.errors["wineland"] < 1e-8
    assert not squeezed.reasons
