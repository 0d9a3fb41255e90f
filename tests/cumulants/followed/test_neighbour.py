"""States from their neighbours: the same as in full, cheaper; jumps, folds and changes of stability lead to a full solve."""

import numpy as np
import pytest

from permsym.cumulants import steady_state
from permsym.cumulants.followed import neighbour
from permsym.cumulants.followed.neighbour import Doubt, Neighbours, Outcome, followed
from permsym.cumulants.newton import FixedPoint
from permsym.cumulants.state import CumulantState
from permsym.models import central_spin, registry, tavis_cummings

FOLLOWED = Outcome(full=False)


def at(g, N=6):
    return central_spin(N=N, g=g, kappa=N / 16)


def test_a_followed_state_is_that_of_the_full_solve():
    start = steady_state(at(0.4), 2)
    for model in (at(0.6), central_spin(N=7, g=0.3, kappa=1.0, gamma_up=1.2)):
        state = followed(model, start)
        assert isinstance(state, CumulantState)
        assert np.abs(state.point.x - start.point.x).max() > 1e-3
        assert np.abs(state.point.x - steady_state(model, 2).point.x).max() < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("name", ["central-spin", "tavis-cummings"])
def test_a_scan_is_that_of_full_solves(name):
    source, memory = registry.source(name), Neighbours()
    for gamma_up in np.linspace(0.1, 1.9, 15).tolist():
        parameters = {"N": 15, "gamma_up": gamma_up}
        model = source.model(parameters)
        for order in (2, 3, 4):
            state, _ = memory.steady_state(model, order, source=(source, parameters))
            full = steady_state(model, order, source=(source, parameters))
            np.testing.assert_allclose(state.point.x, full.point.x, atol=1e-11)
            assert state.stable == full.stable
    assert memory.outcomes[FOLLOWED] >= 35


def test_other_models_and_small_ones_are_solved_in_full():
    start = steady_state(at(0.4), 2)
    assert followed(central_spin(N=6, g=0.4, kappa=0.375, gamma_phi=0.1), start) is Doubt.TERMS
    assert followed(tavis_cummings(N=6), start) is Doubt.TERMS
    assert followed(at(0.4, N=1), start) is Doubt.SMALL


def test_a_state_beyond_a_fold_is_no_start():
    start = steady_state(at(0.4), 2)
    assert followed(at(0.41), CumulantState(start.point, start.model, folds=(17.0,))) is Doubt.FOLDED


def test_a_change_of_stability_is_a_doubt(monkeypatch):
    start = steady_state(at(0.4), 2)
    assert isinstance(followed(at(0.41), start), CumulantState)
    monkeypatch.setattr(FixedPoint, "stable", property(lambda point: point is start.point))
    assert followed(at(0.41), start) is Doubt.STABILITY


def test_impossible_values_are_a_doubt(monkeypatch):
    start = steady_state(at(0.4), 2)
    monkeypatch.setattr("permsym.cumulants.state.unphysical", lambda model, moment: ("p_up = 1.2",))
    assert followed(at(0.41), start) is Doubt.UNPHYSICAL


def test_a_check_notices_another_branch(monkeypatch):
    """The neighbour's branch is replaced by another one: the next check finds it out, and what followed from it is forgotten."""
    memory = Neighbours()
    monkeypatch.setattr(neighbour, "_CHECKED", 2)
    memory.steady_state(at(0.4), 2)
    other = steady_state(at(2.0), 2)
    monkeypatch.setattr(neighbour, "followed", lambda model, near: other)
    state, outcome = memory.steady_state(at(0.41), 2)
    assert (state, outcome) == (other, FOLLOWED)
    state, outcome = memory.steady_state(at(0.42), 2)
    assert outcome == Outcome(full=True, doubt=Doubt.JUMP)
    assert state.derived == steady_state(at(0.42), 2).derived
    monkeypatch.undo()
    assert memory.steady_state(at(0.43), 2)[1] == FOLLOWED


def test_cut_offs_that_are_searched_for_are_searched_for_at_each_point():
    neighbours = Neighbours()
    for g in (0.3, 0.31):
        model = tavis_cummings(N=3, g=g)
        state, outcome = neighbours.steady_state(model, 2, counting="sites")
        assert outcome.full
    assert state.derived["photons"] == pytest.approx(steady_state(model, order=2, counting="sites").derived["photons"], rel=1e-12)
