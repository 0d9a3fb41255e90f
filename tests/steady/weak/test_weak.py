"""Weak excitation: relative accuracy near the vacuum, against amplitudes of pure states, brute force and the whole basis."""

import pickle
import warnings

import numpy as np
import pytest
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.basis.representations import build
from permsym.basis.whole_space import dense
from permsym.errors import NotApplicable
from permsym.moments.labels import parse
from permsym.progress import silent
from permsym.steady.plan import Request, Route
from permsym.steady.solve import answer, plan_of
from permsym.steady.weak import prediction
from permsym.steady.weak import solve as door
from permsym.steady.weak.basis import WeakBasis
from permsym.steady.weak.graded import WeakSolution
from permsym.steady.weak.prediction import predict, relaxes

LABELS = ("ad a", "ad ad a a", "a", "ad -1", "+1 -2", "a a", "ad a z1")


def driven(N, drive, **parameters):
    return ps.models.driven_tavis_cummings(N=N, kappa=1, gamma_h=0.5, C=14, drive=drive, **parameters)


def pure_amplitudes(N, kappa, gamma_h, g, eta):
    """(photons, g2) to leading order in eta: amplitudes of |1,0>, |0,1> and of |2,0>, |1,1>, |0,2> without quantum jumps."""
    coupling = np.sqrt([N, 2 * (N - 1)])  # of 0 and 1 excited satellites to one more
    one = np.array([[-kappa, -1j * g * coupling[0]], [-1j * g * coupling[0], -gamma_h]])
    first = -np.linalg.solve(one, [eta, 0])
    two = np.diag([-2 * kappa, -kappa - gamma_h, -2 * gamma_h]).astype(complex)
    two[0, 1] = two[1, 0] = -1j * g * np.sqrt(2) * coupling[0]
    two[1, 2] = two[2, 1] = -1j * g * coupling[1]
    second = -np.linalg.solve(two, [np.sqrt(2) * eta * first[0], eta * first[1], 0])
    photons = abs(first[0]) ** 2
    return photons, 2 * abs(second[0]) ** 2 / photons**2


def bound_of_g2(state):
    n, g2 = state.moment("ad a").real, state.derived["g2"]
    return state.error("ad ad a a") / n**2 + 2 * g2 * state.error("ad a") / n


@pytest.mark.parametrize("N", [2, 7, 20, 10_000])
def test_the_weakest_drive_leaves_the_amplitudes_of_pure_states(N):
    model = driven(N, 1e-9)
    p = model.parameters
    photons, g2 = pure_amplitudes(N, p["kappa"], p["gamma_h"], p["g"], p["eta"])
    state = ps.steady_state(model)
    assert state.plan.route is Route.WEAK
    assert state.certificate.certified
    assert state.dimension < 500
    assert state.derived["photons"] == pytest.approx(photons, rel=1e-11)
    assert state.derived["g2"] == pytest.approx(g2, rel=1e-10)
    assert abs(state.derived["g2"] - g2) <= bound_of_g2(state) < 1e-9 * g2


def test_values_at_finite_drive():
    assert ps.steady_state(driven(7, 1e-3)).derived["g2"] == pytest.approx(0.13384925951, abs=2e-11)
    assert ps.steady_state(driven(7, 0.1)).derived["g2"] == pytest.approx(0.13747156067, abs=2e-11)
    state = ps.steady_state(ps.models.tavis_cummings(N=50, gamma_up=1e-6))
    assert state.derived["photons"] == pytest.approx(8.55881570173e-7, rel=1e-11)
    assert state.derived["g2"] == pytest.approx(2.18512878549, rel=1e-11)


@pytest.mark.parametrize("N", [2, 49, 50])
def test_no_pump_leaves_exactly_the_vacuum(N):
    state = ps.steady_state(ps.models.tavis_cummings(N=N, gamma_up=0, gamma_down=1))
    assert state.derived["photons"] == 0.0
    assert state.derived["p_up"] == 0.0
    assert "g2" not in state.derived
    assert abs(state.moment("z1") + 1) <= state.error("z1") < 1e-14
    assert state.certificate.certified


def test_a_pump_without_given_levels_names_none():
    state = ps.steady_state(ps.models.tavis_cummings(N=60, gamma_up=1e-6, gamma_down=1, g=0.1, kappa=1))
    assert state.certificate.certified
    assert 1e-7 < state.derived["photons"] < 1e-6


def everything(N):
    """Two ensembles, a drive of mode and satellites, pumps, dephasing, collective and mixed jumps."""
    c, s, b = ps.Boson(6), ps.Ensemble(N, "A"), ps.Ensemble(1, "B")
    return ps.Model(
        c,
        [s, b],
        hamiltonian=0.3 * c.n + 0.4 * s.z - 0.2 * b.z + 0.5 * (c.a * s.p + c.ad * s.m) + 0.3 * (c.a * b.p + c.ad * b.m)
        + 0.01 * (c.a + c.ad) + 0.005j * (s.p - s.m),
        jumps=[
            ps.Central(1.0, c.a), ps.Central(1e-5, c.ad), ps.Individual(0.7, s.m), ps.Individual(2e-5, s.p), ps.Individual(0.4, s.z),
            ps.Collective(0.3, s.m), ps.Collective(0.2, c.a + 0.5 * s.m), ps.Individual(0.9, b.m),
        ],
    )  # fmt: skip


@pytest.mark.slow
def test_every_kind_of_jump_against_brute_force():
    model = everything(2)
    assert relaxes(model)
    brute = BruteForce(model)
    rho = brute.steady_state()
    solution = WeakSolution(model, 4, predict(model.with_levels(6)).exponent)
    for text in ("ad a", "ad ad a a", "a", "ad -1@A", "+1@A -2@A", "+1@A -1@B", "z1@A"):
        value = solution.value(parse(text, model))
        expected = brute.moment(rho, text)
        assert value.number * 2.0 ** (solution.exponent * value.order) == pytest.approx(expected, rel=3e-7, abs=1e-14), text


@pytest.mark.parametrize("model", [driven(3, 0.1), ps.models.tavis_cummings(N=4, gamma_up=1e-4, gamma_phi=0.2, epsilon=1.2)])
def test_the_whole_basis_agrees_within_the_errors(model):
    weak = ps.steady_state(model, moments=LABELS)
    assert weak.plan.route is Route.WEAK
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # its g2 has fewer digits
        whole = ps.steady_state(model.with_levels(9), moments=LABELS, solver="superlu")
    for label in LABELS:
        assert abs(weak.moment(label) - whole.moment(label)) <= weak.error(label) + whole.error(label) + 1e-16, label
    np.testing.assert_allclose(weak.fock[:4], whole.fock[:4], rtol=1e-8, atol=1e-16)
    assert np.all(np.abs(weak.fock[:9] - whole.fock[: len(weak.fock[:9])]) <= weak._fock_errors()[:9] + 1e-15)


def test_scans_have_no_jump_where_the_route_changes(monkeypatch):
    model = driven(7, 0.12)
    weak = ps.steady_state(model)
    monkeypatch.setattr(prediction, "WEAK", 0.0)
    ordinary = ps.steady_state(model)
    assert (weak.plan.route, ordinary.plan.route) == (Route.WEAK, Route.CAVITY)
    assert abs(weak.derived["photons"] - ordinary.derived["photons"]) <= weak.error("ad a") + ordinary.error("ad a")
    assert abs(weak.derived["g2"] - ordinary.derived["g2"]) <= bound_of_g2(weak) + bound_of_g2(ordinary)


def test_grading_changes_no_digit_that_it_does_not_have_to():
    model = driven(7, 0.01).with_levels(7)
    values = []
    for exponent in (0, -3, -12):
        value = WeakSolution(model, 5, exponent).value(parse("ad ad a a", model))
        values.append(value.number.real * 2.0 ** (exponent * value.order))
    assert values == pytest.approx([values[0]] * 3, rel=1e-11)


def test_bounds_see_a_spoiled_solution():
    """Relative to a moment of 1e-17, not to 1."""
    model = driven(7, 1e-4).with_levels(7)
    exponent = predict(driven(7, 1e-4)).exponent
    good, spoiled = (WeakSolution(model, 5, exponent) for _ in range(2))
    rng = np.random.default_rng(0)
    spoiled.y[spoiled.active] *= 1 + 1e-6 * rng.standard_normal(len(spoiled.active))
    for text in ("ad a", "ad ad a a", "+1 -2"):
        right, wrong = good.value(parse(text, model)), spoiled.value(parse(text, model))
        assert abs(right.number - wrong.number) > 1e-8 * abs(right.number)
        assert abs(right.number - wrong.number) <= wrong.bound < 0.1 * abs(right.number)
        assert right.bound < 1e-9 * abs(right.number)


def test_the_last_excitation_estimates_what_is_left_out():
    model = driven(7, 0.1)
    solutions = []
    for most in range(3, 9):
        solutions.append(WeakSolution(model.with_levels(most + 2), most, -3, solutions[-1] if solutions else None))
    key = parse("ad ad a a", model)
    best = solutions[-1].value(key).number
    for solution in solutions[1:-2]:
        assert abs(solution.value(key).number - best) < solution.change(key)
        ((parts,),) = solution.estimates([key])
        assert parts.window == solution.change(key) * 2.0**-12


def test_a_moment_beyond_the_window_is_unseen():
    model = driven(7, 1e-3).with_levels(6)
    solution = WeakSolution(model, 3, -10)
    ((parts,),) = solution.estimates([parse("a a a a", model)])
    assert parts.unseen > 0


@pytest.mark.parametrize("model", [driven(6, 0.1, levels=9), ps.models.tavis_cummings(N=5, levels=9), everything(4)])
def test_the_labels_are_those_of_the_basis_with_few_excitations(model):
    few, whole = WeakBasis(model, 3), build(model, "dicke")
    labels = whole.labels
    ket, bra = labels[0].copy(), labels[1].copy()
    for ensemble, at in zip(model.ensembles, range(2, len(labels), 3), strict=True):
        ket += (labels[at + 1] + ensemble.N) // 2
        bra += (labels[at + 2] + ensemble.N) // 2
    expected = labels[:, (ket <= 3) & (bra <= 3)]
    assert {tuple(label) for label in few.labels.T} == {tuple(label) for label in expected.T}
    assert few.size == expected.shape[1]


def test_a_few_hundred_numbers_for_any_size():
    assert WeakBasis(driven(10_000, 1e-3, levels=8), 4).size == WeakBasis(driven(8, 1e-3, levels=8), 4).size == 203


def kerr(c, s):
    return 0.1 * c.ad * c.ad * c.a * c.a


C, S = ps.Boson(), ps.Ensemble(3)
LOSSES = [ps.Central(1.0, C.a), ps.Individual(1.0, S.m)]
DRIVE = 1e-3 * (C.a + C.ad) + 0.2 * (C.a * S.p + C.ad * S.m)
OTHERS = {
    "pumped above its losses": ps.models.tavis_cummings(N=5),
    "driven hard": driven(7, 1.05),
    "a dark branch beside a bright one": ps.models.driven_tavis_cummings(N=7, kappa=0.5, gamma_h=0.05, g=50, eta=10),
    "a mode that shifts itself": ps.Model(C, S, DRIVE + kerr(C, S), LOSSES),
    "a mode that satellites shift": ps.Model(C, S, DRIVE + 3.0 * C.n + 1.0 * C.n * S.z, LOSSES),
    "satellites that couple to each other": ps.Model(C, S, DRIVE + 0.1 * S.p * S.m, LOSSES),
    "a pump that feeds on photons": ps.Model(C, S, DRIVE, [*LOSSES, ps.Central(1e-10, C.ad), ps.Central(1e-2, C.ad * C.ad * C.a)]),
    "collectively pumped above its losses": ps.Model(C, S, DRIVE, [*LOSSES, ps.Collective(0.4, S.p)]),
    "satellites that keep their spin": ps.Model(C, S, DRIVE, [ps.Central(1.0, C.a), ps.Collective(1.0, S.m)]),
    "a mode without loss": ps.Model(C, S, DRIVE, [ps.Individual(1.0, S.m)]),
    "three levels": ps.Model(C, ps.Ensemble(3, levels=3), 1e-3 * (C.a + C.ad), [ps.Central(1.0, C.a)]),
    "displaced": ps.Model(ps.Boson(displacement=0.1), S, DRIVE, LOSSES),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_left_to_other_routes(name):
    assert predict(OTHERS[name]) is None
    assert relaxes(OTHERS[name]) == (name in ("driven hard", "a dark branch beside a bright one"))


def test_a_weak_model_of_the_same_kind_is_taken():
    assert predict(ps.Model(C, S, DRIVE, LOSSES)).excitations < 1e-4
    assert predict(ps.Model(C, S, DRIVE, [*LOSSES, ps.Collective(1e-4, S.p), ps.Central(1e-5, C.ad)])) is not None


def test_few_given_levels_are_left_to_other_routes():
    model = driven(14, 1e-3, levels=4)
    assert plan_of(model).route is Route.WEAK
    with pytest.warns(ps.UncertifiedWarning, match="g2"):
        state = ps.steady_state(model)
    assert state.plan.route is Route.CAVITY
    assert state.model.centre.levels == 4


def test_given_levels_are_those_of_the_state():
    state = ps.steady_state(driven(14, 1e-4, levels=20))
    assert state.plan.route is Route.WEAK
    assert state.model.centre.levels == 20
    assert len(state.fock) == 20


def test_sweeps_and_processes_take_it_along():
    points = ps.sweep(ps.models.driven_tavis_cummings, {"drive": [1e-6, 1e-3]}, N=7, kappa=1, gamma_h=0.5, C=14)
    np.testing.assert_allclose(points["g2"], [0.133848899465, 0.13384925951], atol=2e-11)
    state = ps.steady_state(driven(3, 1e-3), moments="ad a")
    again = pickle.loads(pickle.dumps(state))
    assert again.derived == state.derived
    assert again.error("ad -1") == state.error("ad -1")


def test_too_many_elements_are_left_to_other_routes():
    c, ensembles = ps.Boson(5), [ps.Ensemble(4, name) for name in "ABCD"]
    couplings = [0.1 * (c.a * e.p + c.ad * e.m) for e in ensembles]
    losses = [ps.Central(1.0, c.a), *(ps.Individual(1.0, e.m) for e in ensembles)]
    assert predict(ps.Model(c, ensembles, sum(couplings, 1e-4 * (c.a + c.ad)), losses)) is None
    three = ps.Model(ps.Boson(), ensembles[:3], sum(couplings[:3], 1e-4 * (c.a + c.ad)), losses[:4])
    request = Request.of(three, moments="ad ad ad ad a a a a")
    with pytest.raises(NotApplicable, match="too many"):
        door.solve(plan_of(three), request, silent, answer)


@pytest.mark.parametrize("charge", [0, -1])
def test_the_trace_norm_is_bounded_by_the_unknowns(charge):
    base = ps.models.tavis_cummings(N=3).with_levels(4)
    basis = WeakBasis(base, 2, (charge,))
    rng, unit = np.random.default_rng(1), 0.0
    for k in range(40):
        x = np.zeros(basis.dimension, dtype=float if basis.hermitian else complex)
        some = slice(None) if k % 2 else rng.integers(basis.dimension, size=2)
        x[some] = rng.standard_normal(len(x[some]))
        unit = max(unit, np.linalg.norm(dense(basis, x), "nuc") / np.linalg.norm(x))
    assert basis.trace_norm / 8 < unit <= basis.trace_norm
