"""One plan: what `info` and `--dry-run` show is what `steady_state` does and what a result says."""

import dataclasses
import json

import pytest

import permsym as ps
from permsym.cli import main
from permsym.steady.plan import Route
from permsym.steady.solve import plan_of

KEYS = {"route", "basis", "window", "solver", "unknowns", "bytes", "seconds", "why"}


def dephased(N):
    """Three-level satellites: no Dicke representation."""
    c, s = ps.Spin(), ps.Ensemble(N, levels=3)
    couplings = 0.3 * (c.p * s.unit(0, 1) + c.m * s.unit(1, 0))
    jumps = [ps.Central(0.5, c.m), ps.Individual(1.0, s.unit(0, 1)), ps.Individual(0.7, s.unit(1, 2)), ps.Individual(0.2, s.unit(2, 0))]
    return ps.Model(c, s, couplings, jumps)


# model, options, and what the plan must say
SYSTEMS = {
    "small": (ps.models.central_spin(N=20), {}, (Route.LATTICE, "dicke", "full", "superlu")),
    "occupations": (ps.models.central_spin(N=8), {"basis": "occupation"}, (Route.LATTICE, "occupation", "full", "superlu")),
    "three levels": (dephased(3), {}, (Route.LATTICE, "occupation", "full", "superlu")),
    "window": (ps.models.central_spin(N=400), {}, (Route.LATTICE, "dicke", "adapted", "superlu")),
    "nine deviations": (ps.models.central_spin(N=400), {"window": 9}, (Route.LATTICE, "dicke", 9, "superlu")),
    "by name": (ps.models.central_spin(N=10), {"solver": "ilu"}, (Route.LATTICE, "dicke", "full", "ilu")),
    "small cavity": (ps.models.tavis_cummings(N=4, levels=16), {}, (Route.LATTICE, "dicke", "full", "superlu")),
    "large cavity": (ps.models.tavis_cummings(N=16, levels=26), {}, (Route.CAVITY, "dicke", "full", "matrix-free")),
    "quick": (ps.models.central_spin(N=10**5), {"solver": "quick"}, (Route.HERMITE, "dicke", "full", "hermite")),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_plan_is_what_is_done(name):
    model, options, expected = SYSTEMS[name]
    plan = plan_of(model, **options)
    assert (plan.route, plan.basis, plan.window, plan.solver_name) == expected
    state = ps.steady_state(model, moments=["z1"] if model.ensembles[0].levels == 2 else 1, **options)
    assert state.plan == plan
    assert state.basis.representation == plan.basis or plan.route is Route.HERMITE
    assert state.solver["name"] == plan.solver_name
    if plan.window == "full" and plan.route is not Route.HERMITE:
        assert 0.25 * plan.unknowns < state.dimension <= plan.unknowns  # what decouples is not counted out


def test_an_open_cutoff_is_planned_and_the_result_says_what_was_solved_last():
    model = ps.models.tavis_cummings(N=12)
    plan = plan_of(model)
    assert plan.open_levels
    assert plan.levels is not None
    state = ps.steady_state(model, moments=["ad a"])
    assert state.plan.levels is None  # of one cut-off
    assert abs(state.model.centre.levels - plan.levels) <= 2
    assert state.plan.unknowns >= state.dimension


def test_a_plan_is_frozen_printed_and_json():
    plan = plan_of(ps.models.central_spin(N=20))
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.basis = "full"
    assert set(plan.to_dict()) == KEYS
    assert json.loads(json.dumps(plan.to_dict())) == plan.to_dict()
    assert str(plan).startswith("lattice: dicke, full, superlu: 462 unknowns, about ")
    assert plan.why in str(plan)


def test_commands_show_the_plan(capsys):
    words = ["central-spin", "N=30", "--json"]
    assert main(["info", *words]) == 0
    info = json.loads(capsys.readouterr().out)
    assert main(["solve", *words, "--moment", "z0"]) == 0
    solved = json.loads(capsys.readouterr().out)
    assert info["plan"] == solved["plan"] == plan_of(ps.models.central_spin(N=30)).to_dict()


def test_a_guess_that_does_not_certify_itself_is_followed_by_another_plan(monkeypatch):
    """The Hermite series of a system near the edge: "quick" asks it, and goes on."""
    monkeypatch.setattr("permsym.steady.planning.QUICK", 100)
    model = ps.models.central_spin(N=200)
    with pytest.raises(ps.PermsymError):
        ps.steady_state(model, solver="hermite")
    state = ps.steady_state(model, solver="quick", moments=["z0"])
    assert state.plan.route is Route.LATTICE
    assert state.certificate.certified


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"solver": "matrix-free", "window": 8.0}, "the matrix-free solver makes its own basis"),
        ({"solver": "superlu", "checkpoint": "x.npz"}, "only the matrix-free solver keeps checkpoints"),
        ({"basis": "occupation", "window": 8.0}, "a window needs one ensemble"),
        ({"solver": "lu"}, "there is no solver 'lu'"),
        ({"window": -1.0}, "`window` must be auto, full or a positive number"),
        ({"tolerance": 0.0}, "`tolerance` must be a positive number"),
    ],
)
def test_wishes_that_do_not_go_together_are_refused(options, words):
    with pytest.raises(ps.InputError, match=words):
        ps.steady_state(ps.models.central_spin(N=400), **options)


@pytest.mark.slow
def test_past_the_reach_of_factors_incomplete_ones_are_planned_and_used(monkeypatch):
    """No complete factors fit and the Hermite series does not apply: the slow solver that needs least."""
    monkeypatch.setenv("PERMSYM_MEMORY", "120M")
    monkeypatch.setattr("permsym.linear.factorisation.PATIENCE", 0.0)  # not begun unasked
    state = ps.steady_state(ps.models.central_spin(N=700), moments=["z0"])
    assert state.plan.solver_name == state.solver["name"] == "ilu"
    assert state.certificate.certified
