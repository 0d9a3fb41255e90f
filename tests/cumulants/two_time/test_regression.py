"""Both regressions at any number of satellites, beside the Jacobian of the engine's own equations."""

import functools

import numpy as np
import pytest
from oracles import systems
from sampled import sampled

import permsym as ps
from permsym.cumulants import correlation, equations, steady_state

pytestmark = pytest.mark.filterwarnings("ignore:the approximation fails")  # it does at 500 satellites; the algebra holds

CASES = {
    "spins": (lambda: ps.models.central_spin(N=40), 3),
    "deep": (lambda: ps.models.central_spin(N=500), 5),
    "no_symmetry": (lambda: systems.nine_pairs(7), 3),
    "clusters": (lambda: systems.charged_two_ensembles(6), 3),
    "levels": (lambda: systems.qutrits(5), 3),
    "cavity": (lambda: ps.models.tavis_cummings(N=30), 4),
    "driven": (lambda: ps.models.driven_tavis_cummings(N=20, C=2, drive=0.5), 3),
    "few": (lambda: systems.central_spin(2), 5),
}
OBSERVED = {"levels": "z0", "cavity": "ad a", "driven": "ad a"}


@functools.cache
def solved(name):
    """A state, its equations with charged moments, and its moments among theirs."""
    model, order = CASES[name][0](), CASES[name][1]
    state, charged = steady_state(model, order), equations(model, order=order, break_symmetry=True)
    moments = dict(zip(state.equations.labels, state.point.y, strict=True))
    y = np.array([moments.get(label, 0) for label in charged.labels])
    return state, charged, y


def mine(state, charged, kind, order):
    """Positions of the unknowns of up to ``order`` operators that a whole number of satellites has, neutral or of charge +1."""
    wanted = 0 if kind == "neutral" else 1
    sizes = [ensemble.size for ensemble in state.model.ensembles]
    fits = [all(len(s) <= n for s, n in zip(label.satellites, sizes, strict=True)) for label in charged.labels]
    charges = [label.charge(state.model) for label in charged.labels]
    return [i for i, label in enumerate(charged.labels) if label.order <= order and fits[i] and all(q == wanted for q in charges[i])]


def blocks():
    return [(name, kind) for name in CASES for kind in ("neutral", "charged") if kind == "neutral" or name not in ("no_symmetry", "driven")]


def pair(name, kind):
    if kind == "charged":
        return ("ad", "a") if name == "cavity" else ("+0", "-0")
    return (OBSERVED.get(name, "z0"),) * 2


@pytest.mark.parametrize(("name", "kind"), sampled(blocks(), 3))
def test_the_jacobian_is_that_of_the_equations(name, kind):
    state, charged, y = solved(name)
    chosen = mine(state, charged, kind, state.order)
    expected = charged.jacobian(y)[np.ix_(chosen, chosen)] / charged.scale[chosen, None] * charged.scale[chosen]
    result = correlation(state, *pair(name, kind), [0.0], regression="jacobian").equations
    assert result.matrix.shape == expected.shape
    assert np.abs(result.matrix - expected).max() < 1e-11 * np.abs(expected).max()


@pytest.mark.parametrize(("name", "kind"), [case for case in blocks() if case[0] != "few"])
def test_counting_operators_leaves_out_the_highest_cumulants(name, kind):
    """J_<< + J_<M T with T = -d kappa_M / d y_<, kappa by set partitions and T by differences."""
    state, charged, y = solved(name)
    budget = state.order - 1
    low, all_mine = mine(state, charged, kind, budget), mine(state, charged, kind, state.order)
    high = [i for i in all_mine if i not in low]
    jacobian = charged.jacobian(y)
    step = 1e-5 * charged.scale
    slopes = np.zeros((len(high), len(low)), dtype=complex)
    for column, i in enumerate(low):
        ahead, behind = (y + sign * step[i] * (np.arange(len(y)) == i) for sign in (1, -1))
        for row, j in enumerate(high):
            label = charged.labels[j]
            slopes[row, column] = (charged.cumulant(ahead, label) - charged.cumulant(behind, label)) / (2 * step[i])
    expected = jacobian[np.ix_(low, low)] - jacobian[np.ix_(low, high)] @ slopes
    expected = expected / charged.scale[low, None] * charged.scale[low]
    of, right = pair(name, kind)
    if len(of.split()) > budget:
        of, right = "z1", "z1"
    result = correlation(state, of, right, [0.0]).equations
    assert result.matrix.shape == expected.shape
    assert np.abs(result.matrix - expected).max() < 1e-7 * np.abs(jacobian).max()
    assert np.abs(jacobian[np.ix_(low, high)] @ slopes).max() > 1e-3


@pytest.mark.parametrize("regression", ["operators", "jacobian"])
@pytest.mark.parametrize("name", CASES)
def test_functions_start_at_the_state_s_moments(name, regression):
    """tau = 0: <A B> of the state's own closure."""
    state = solved(name)[0]
    boson = name in ("cavity", "driven")
    expected = state.moment("ad a") if boson else (1 + state.moment("z0")) / 2
    result = correlation(state, "ad" if boson else "+0", "a" if boson else "-0", [0.0, 0.1], regression=regression)
    assert result.values[0] == pytest.approx(expected, rel=1e-9)
    assert abs(result.values[1] - result.values[0]) > 1e-6 * abs(result.values[0])
