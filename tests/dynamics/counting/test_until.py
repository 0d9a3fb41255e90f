"""Counting along evolutions: the generating function of the whole space, closed forms, and late times."""

import pickle
import warnings

import numpy as np
import pytest
from oracles.counting import cumulants_until, number_until

import permsym as ps
from permsym.dynamics import sector
from permsym.dynamics.counting import follower

TIMES = [0.0, 0.3, 1.0, 2.5]


def spins(N):
    """Every kind of jump, no symmetry left."""
    c, s = ps.Spin(), ps.Ensemble(N)
    hamiltonian = 0.4 * c.z + 0.7 * s.x + 0.5 * (c.p * s.m + c.m * s.p)
    jumps = [
        ps.Central(0.6, c.m, name="centre"),
        ps.Individual(0.8, s.p + 0.3 * s.z, name="pump"),
        ps.Individual(0.5, c.p * s.m, name="mixed"),
        ps.Collective(0.4, s.m + 0.5 * c.m, name="together"),
    ]
    return ps.Model(c, s, hamiltonian, jumps)


@pytest.mark.parametrize("jump", ["centre", "pump", "mixed", "together"])
@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.quick("dicke-mixed", "occupation-together")
def test_equals_the_generating_function_of_the_whole_space(jump, basis):
    model = spins(2)
    number = ps.evolve(model, TIMES, initial="up down", basis=basis).counting(jump)
    mean, variance = number_until(model, jump, TIMES, up=[True, False, False])
    assert number.mean == pytest.approx(mean, abs=1e-9)
    assert number.variance == pytest.approx(variance, abs=1e-9)
    assert number.fano[1:] == pytest.approx(variance[1:] / mean[1:], rel=1e-8)
    assert (np.abs(number.mean - mean) <= number.errors["mean"] + 1e-13).all()
    assert (np.abs(number.variance - variance) <= number.errors["variance"] + 1e-12).all()
    assert number.certified


def test_decay_counts_every_photon_once():
    """n of N spins that decay alone is binomial: mean N p, Fano factor 1 - p, p = 1 - exp(-t)."""
    c, s = ps.Spin(), ps.Ensemble(40)
    number = ps.evolve(ps.Model(c, s, c.z, [ps.Individual(1.0, s.m), ps.Central(1, c.m)]), TIMES, initial="down up").counting("L[-]")
    p = 1 - np.exp(-np.array(TIMES))
    assert number.mean == pytest.approx(40 * p, abs=1e-9)
    assert number.fano[1:] == pytest.approx(1 - p[1:], rel=1e-8)
    assert number.current == pytest.approx(40 * (1 - p), abs=1e-9)


def test_superradiant_decay_emits_all_photons_in_the_end():
    c, s = ps.Spin(), ps.Ensemble(20)
    model = ps.Model(c, s, c.z, [ps.Collective(1.0, s.m), ps.Central(1, c.m)])
    number = ps.evolve(model, [0.05, 5.0], initial="down up").counting("collective")
    assert number.mean[-1] == pytest.approx(20, abs=1e-8)
    assert abs(number.variance[-1]) < 1e-6
    assert number.variance[0] > number.mean[0]  # bunched on its way


def test_late_times_go_to_the_steady_state():
    """Var n = c_2 t + constant: differences of late times are those of the steady state's noise."""
    model = ps.models.tavis_cummings(N=2)
    state = ps.steady_state(model)
    number = ps.evolve(model, [30.0, 40.0], initial="vacuum down").counting("a")
    steady = state.counting("a")
    assert np.diff(number.mean) / 10 == pytest.approx(steady.current, rel=1e-7)
    assert np.diff(number.variance) / 10 == pytest.approx(steady.noise, rel=1e-5)


def test_from_a_steady_state_the_current_is_constant():
    model = ps.models.central_spin(N=3)
    state = ps.steady_state(model)
    number = ps.evolve(model, TIMES, initial=state).counting("-0")
    assert number.mean == pytest.approx(state.counting("-0").current * np.array(TIMES), abs=1e-10)


def test_efficiency_thins_the_counts():
    """Of n, each counted with probability eta: <m> = eta <n>, Var m = eta^2 Var n + eta (1 - eta) <n>."""
    evolution = ps.evolve(spins(2), TIMES)
    whole, part = evolution.counting("pump"), evolution.counting("pump", efficiency=0.3)
    assert part.mean == pytest.approx(0.3 * whole.mean, rel=1e-12)
    assert part.variance == pytest.approx(0.09 * whole.variance + 0.21 * whole.mean, rel=1e-9)


def test_a_cut_off_is_in_the_errors():
    """Two emitters give two photons to a mode with two levels: what is cut shows in the errors."""
    exact = ps.evolve(ps.models.tavis_cummings(N=2, gamma_up=0, kappa=0.3), TIMES, initial="vacuum up").counting("a")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        cut = ps.evolve(ps.models.tavis_cummings(N=2, gamma_up=0, kappa=0.3, levels=2), TIMES, initial="vacuum up").counting("a")
    assert abs(cut.mean[-1] - exact.mean[-1]) > 1e-3
    assert (np.abs(cut.mean - exact.mean) <= cut.errors["mean"]).all()
    assert np.isnan(cut.fano).all()
    assert not cut.certified


def test_a_bad_step_is_in_the_errors(monkeypatch):
    """Subspaces of three vectors, on long steps: the bound of their defects says how wrong they are."""
    model = spins(2)
    evolution = ps.evolve(model, TIMES)
    exact = evolution.counting("pump")
    monkeypatch.setattr(follower, "VECTORS", 5)
    monkeypatch.setattr(follower, "_FINEST", 1e-4)
    with pytest.warns(ps.UncertifiedWarning):
        rough = evolution.counting("pump")
    difference = np.abs(rough.mean - exact.mean)[1:]
    assert difference.max() > 1e-9
    assert (difference <= rough.errors["mean"][1:]).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.counting("nothing"), "no jump of user-defined is called 'nothing'"),
        (lambda e: e.counting("pump", efficiency=2), "`efficiency` must be a probability"),
        (lambda e: ps.full_counting(e, "pump"), "of an evolution use"),
        (lambda e: ps.full_counting(e.state(1.0), "pump"), "of an evolution use"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(ps.InputError, match=message):
        call(ps.evolve(spins(1), TIMES))


RAMPS = {"constant": None, "a pulse": "0.3 + exp(-4*(t - 1)**2)", "a step": "0.2 + 0.8*step(t - 0.7)"}


@pytest.mark.parametrize("ramp", [pytest.param(ramp, marks=[] if ramp == "a pulse" else [pytest.mark.slow]) for ramp in RAMPS])
def test_cumulants_equal_the_generating_function_also_under_a_modulation(ramp):
    model, rule = spins(2), RAMPS[ramp]
    evolution = ps.evolve(model, TIMES, initial="up down", modulate={"pump": rule} if rule else None)
    number = evolution.counting("pump", order=4)
    function = ps.evolve(model, [1], modulate={"pump": rule}).clock.modulation.functions["pump"] if rule else None
    exact = cumulants_until(model, "pump", TIMES, [True, False, False], function.at if rule else lambda t: 1.0)
    assert number.certified
    assert np.abs(number.mean - exact[0]).max() < 1e-9
    assert np.abs(number.variance - exact[1]).max() < 1e-9
    t = np.array(TIMES)[1:]
    for name, mine, theirs in [
        ("noise", number.noise, exact[1]),
        ("c3", number.cumulants[0], exact[2]),
        ("c4", number.cumulants[1], exact[3]),
    ]:
        assert np.abs(mine[1:] - theirs[1:] / t).max() < 1e-8
        assert (np.abs(mine[1:] - theirs[1:] / t) <= number.errors[name][1:] + 1e-10).all()
        assert mine[0] == number.current[0]
    assert number.errors["c4"][1:].max() < 1e-6


def test_a_modulated_cavity_loses_what_it_was_given():
    """A mode that decays at kappa(t) alone from n = 2: every photon is counted, binomially, p = 1 - exp(-int kappa)."""
    s = ps.Ensemble(1)
    model = ps.Model(a := ps.Boson(6), s, 1.0 * a.n + 0.0 * s.z, [ps.Central(1.0, a.a, name="out")])
    evolution = ps.evolve(model, TIMES, initial="fock=2 down", modulate={"out": "t"})
    number = evolution.counting("out")
    p = 1 - np.exp(-(np.array(TIMES) ** 2) / 2)
    assert number.mean == pytest.approx(2 * p, abs=1e-9)
    assert number.variance == pytest.approx(2 * p * (1 - p), abs=1e-9)
    assert number.current == pytest.approx(2 * np.array(TIMES) * (1 - p), abs=1e-9)


def test_modulated_evolutions_out_of_files_and_jumps_alike_are_refused():
    evolution = pickle.loads(pickle.dumps(ps.evolve(spins(1), [0.0, 0.1], modulate={"pump": "1 + t"})))
    with pytest.raises(ps.InputError, match="functions of time do not go into files"):
        evolution.counting("pump")
    c, s = ps.Spin(), ps.Ensemble(2)
    model = ps.Model(c, s, c.z, [ps.Individual(1, s.m, name="one"), ps.Individual(2, s.m, name="two")])
    with pytest.raises(ps.InputError, match="'one' and 'two' have the same operator"):
        ps.evolve(model, [0.1], modulate={"one": "1 + t"}).counting("one")


def test_json_has_lists_over_the_times():
    data = ps.evolve(spins(1), TIMES).counting("pump").to_dict()
    assert data["fano"][0] is None
    assert {len(data[name]) for name in ("current", "mean", "variance", "fano", "noise")} == {len(TIMES)}
    assert set(data["errors"]) == {"current", "mean", "variance", "fano", "noise"}
    assert "cumulants" not in data


@pytest.mark.parametrize("order", [2, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("detuning", [0.0, pytest.param(0.4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("rule", [None, pytest.param("1 + 0.5*sin(t)", marks=pytest.mark.slow)])
def test_block_by_block_as_for_large_cavities(monkeypatch, order, detuning, rule):
    """On other Fock states than the matrices that are written out, from the vacuum far away from the field in the end."""
    model = ps.models.driven_tavis_cummings(N=1, g=0.3, eta=2.5, kappa=1.0, Delta_c=detuning)
    asked = {"modulate": {"kappa": rule} if rule else None, "tolerance": 1e-6, "moments": ["ad a"]}
    written = ps.evolve(model, [0.0, 0.8, 1.5], **asked).counting("a", order=order)
    monkeypatch.setattr(sector, "LARGE", 1)
    evolution = ps.evolve(model, [0.0, 0.8, 1.5], **asked)
    assert evolution.model.centre.displacement
    blockwise = evolution.counting("a", order=order)
    assert blockwise.certified
    assert written.mean[-1] > 1
    for name in ("current", "mean", "variance"):
        mine, theirs = getattr(blockwise, name), getattr(written, name)
        assert (np.abs(mine - theirs) <= blockwise.errors[name] + written.errors[name]).all()
        assert mine == pytest.approx(theirs, abs=1e-6)
    if order == 4:
        assert blockwise.cumulants[:, 1:] == pytest.approx(written.cumulants[:, 1:], abs=1e-5, nan_ok=True)
