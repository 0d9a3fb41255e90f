"""Moments of solved states: collective operators and expectations, against brute force."""

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce
from sampled import sampled

import permsym as ps
from permsym.moments import parse


def test_charged_moments_vanish_exactly():
    state = ps.steady_state(systems.central_spin(4))
    assert state.moment("+0") == 0
    assert state.moment("+1 +2") == 0
    assert state.error("+1 +2") == 0
    assert set(state.moments(1)) == {"+1", "-1", "z1", "z0", "+0", "-0"}  # listed although they vanish


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "collective_jumps"])
@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_collective_operators(name, basis):
    model = systems.SPINS[name](9)
    state = ps.steady_state(model, basis=basis)
    c, s, N = model.centre, model.ensembles[0], 9
    up = (1 + state.moment("z1")) / 2
    assert abs(state.expect(s.p * s.m) - (N * up + N * (N - 1) * state.moment("+1 -2"))) < 1e-12
    assert abs(state.expect(s.m * s.p) - (N * (1 - up) + N * (N - 1) * state.moment("+1 -2"))) < 1e-12
    assert abs(state.expect(s.z * s.z) - (N + N * (N - 1) * state.moment("z1 z2"))) < 1e-12
    assert abs(state.expect(c.p * s.m) - N * state.moment("+0 -1")) < 1e-12
    assert abs(state.expect(c.z * s.x) - N * (state.moment("z0 +1") + state.moment("z0 -1"))) < 1e-12
    assert abs(state.expect(c.z * s.z * s.p - c.z * s.p * s.z) - 2 * N * state.moment("z0 +1")) < 1e-11
    # three factors on one site: z; two on one site (in 3 ways) and one elsewhere: z again
    cube = (N + 3 * N * (N - 1)) * state.moment("z1") + N * (N - 1) * (N - 2) * state.moment("z1 z2 z3")
    assert abs(state.expect(s.z * s.z * s.z) - cube) < 1e-11


def random_operator(rng, site):
    return site.operator(systems.random_matrix(rng, site.levels))


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # cavities: the oracle is cut as they are
@pytest.mark.parametrize("name", sampled([(name,) for name in sorted(systems.MODELS)], 3))
@pytest.mark.quick("cavity", "charged_two_ensembles", "driven_cavity", "nine_pairs", "three_level_centre")
def test_expectations_equal_brute_force(name):
    model = systems.MODELS[name](2)
    brute = BruteForce(model)
    rho = brute.steady_state()
    state = ps.steady_state(model)
    rng = np.random.default_rng(3)
    centre = model.centre
    operators = [(0.3 - 0.2j) * centre.a + centre.ad * centre.n if name in systems.CAVITIES else random_operator(rng, centre)]
    operators += [random_operator(rng, each) for each in model.ensembles]
    for operator in (*operators, operators[0] * operators[1], operators[1] * operators[-1] * operators[1], model.hamiltonian):
        assert abs(state.expect(operator) - (brute.operator(operator).full().T * rho).sum()) < 1e-12


def test_labels_of_another_model_are_parsed_again():
    state = ps.steady_state(systems.central_spin(3))
    assert state.moment(parse("+2 -1", state.model)) == state.moment("+1 -2")
