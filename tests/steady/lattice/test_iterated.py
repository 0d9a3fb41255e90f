"""Steady states by iteration with the assembled matrix: against QuTiP, against factors, and where it fails."""

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.basis.representations import build
from permsym.errors import DegenerateSteadyState, SolverFailed
from permsym.linear.assembled.solver import BiCGStab
from permsym.liouvillian import Liouvillian
from permsym.steady.lattice import iterated
from permsym.steady.plan import Route
from permsym.steady.solve import plan_of

LABELS = {
    "two ensembles": ("z0", "z1@A", "z1@B", "+0 -1@A", "z0 z1@A z1@B"),
    "no charge": ("z0", "z1@A", "+0", "+0 -1@B", "+1@A -1@B"),
    "qutrits": ("z0", "|1><1|1", "+0 |0><1|1", "|0><0|1 |1><1|2"),
    "driven": ("z0", "+0", "z1", "+1 -2"),
}


def driven(N, g=0.2):
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, 0.3 * s.x + g * (c.p * s.m + c.m * s.p), [ps.Individual(1, s.m), ps.Central(1, c.m)], parameters={"g": g})


def two(n, kappa=None, B=None):
    c, a, b = ps.Spin(), ps.Ensemble(n, "A"), ps.Ensemble(n if B is None else B, "B")
    hamiltonian = 0.9 * (c.p * a.m + c.m * a.p) + 0.4 * (c.p * b.m + c.m * b.p) + 0.4 * a.z - 0.25 * b.z
    rates = [(1.5, a.p), (0.5, a.m), (0.3, b.p), (0.9, b.m)]
    return ps.Model(c, [a, b], hamiltonian, [ps.Central(n / 8 if kappa is None else kappa, c.m), *(ps.Individual(*each) for each in rates)])


SMALL = {
    "two ensembles": two(2),
    "no charge": systems.two_ensembles(1),
    "qutrits": systems.qutrits(2),
    "driven": driven(3),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_systems_agree_with_brute_force(name):
    model = SMALL[name]
    state, brute = ps.steady_state(model, solver="bicgstab", moments=LABELS[name]), BruteForce(model)
    rho = brute.steady_state()
    assert state.certificate.certified
    assert state.solver["name"] == "bicgstab"
    assert state.solver["used"] > 5
    for label in LABELS[name]:
        assert abs(state.moment(label) - brute.moment(rho, label)) < 1e-12
        assert state.error(label) < 1e-12


@pytest.fixture(scope="module")
def detuned():
    """6 and 5 satellites, by iteration and by factors."""
    model = two(6, B=5)
    return ps.steady_state(model, solver="bicgstab", moments=["z0", "+0 -1@A"]), ps.steady_state(model, solver="superlu", moments=["z0"])


def test_both_agree_within_their_errors(detuned):
    state, factored = detuned
    assert state.plan.route is Route.LATTICE
    assert state.solver["used"] < 400
    for label in ("z0", "z1@B", "+0 -1@A", "+1@A -1@B", "z1@A z2@A"):
        difference = abs(state.moment(label) - factored.moment(label))
        assert difference <= state.error(label) + factored.error(label) < 1e-12


@pytest.mark.slow
def test_the_reference_of_two_unequal_detuned_ensembles():
    """12 and 12 satellites."""
    state = ps.steady_state(two(12, kappa=1.5))
    assert state.certificate.certified
    assert abs(state.derived["p0_up"] - 0.48514225029016) <= 1e-14 + state.derived_errors["p0_up"]
    assert state.certificate.error_estimate < 1e-11


def test_shared_dual_vectors_stand_for_all_moments(monkeypatch):
    model = two(4)
    apart = ps.steady_state(model, solver="bicgstab")
    monkeypatch.setattr(iterated, "_APART", 100)
    together = ps.steady_state(model, solver="bicgstab")
    assert together.certificate.certified
    for label in ("z0", "z1@B", "+0 -1@A", "+1@A -1@B"):
        assert apart.error(label) / 10 < together.error(label) < 100 * apart.error(label)
    assert apart.certificate.rigorous
    assert not together.certificate.rigorous
    few = ps.steady_state(model, solver="bicgstab", moments="z1@B")
    assert few.error("z1@B") == pytest.approx(apart.error("z1@B"), rel=0.1)


def test_small_systems_and_planes_are_factored():
    assert plan_of(two(4)).solver_name == plan_of(ps.models.central_spin(N=200)).solver_name == "superlu"
    many = plan_of(two(8))
    assert many.solver == BiCGStab()
    assert "products" in many.why


def test_a_gradient_and_a_current_take_the_same_iterations():
    def family(g):
        return driven(6, g)

    states = [ps.steady_state(driven(6), solver=name, moments="z0") for name in ("bicgstab", "superlu")]
    slopes = [state.gradient("z0", family)["g"] for state in states]
    assert abs(slopes[0] - slopes[1]) < 1e-11 * abs(slopes[1])
    counted = [state.counting("L[-0]", order=2) for state in states]
    assert abs(counted[0].fano - counted[1].fano) < 1e-11
    assert counted[0].errors["fano"] < 1e-10


def test_a_liouvillian_that_is_used_again_is_iterated(monkeypatch):
    monkeypatch.setattr("permsym.steady.needs._FACTORED", 100)
    liouvillian = Liouvillian(build(two(3)), keep_terms=True)
    for kappa in (0.3, 0.6):
        state = ps.steady_state(two(3, kappa), moments="z0", liouvillian=liouvillian)
        assert state.solver["name"] == "bicgstab"
        assert abs(state.moment("z0") - ps.steady_state(two(3, kappa), moments="z0", solver="superlu").moment("z0")) < 1e-13


def test_too_few_products_are_a_failure_and_not_an_answer():
    with pytest.raises(SolverFailed, match=r"^the iteration ended after \d+ products .* give solver='superlu'"):
        ps.steady_state(two(2), solver=BiCGStab(products=10))


def test_factors_follow_where_the_iteration_fails(monkeypatch):
    monkeypatch.setattr("permsym.steady.needs._FACTORED", 100)
    monkeypatch.setattr("permsym.steady.needs.BiCGStab", lambda: BiCGStab(products=10))
    lines = []
    state = ps.steady_state(two(3), moments="z0", progress=lines.append)
    assert state.solver["name"] == "superlu"
    assert state.certificate.certified
    assert any("again" in line for line in lines)


def test_several_steady_states_are_refused():
    c, a, b = ps.Spin(), ps.Ensemble(3, "A"), ps.Ensemble(3, "B")
    idle = ps.Model(c, [a, b], c.p * a.m + c.m * a.p, [ps.Individual(1, a.m), ps.Central(1, c.m)])
    for model in (idle, ps.models.central_spin(N=4, kappa=0, gamma_up=0, gamma_down=0, gamma_phi=0.5)):
        with pytest.raises(DegenerateSteadyState):
            ps.steady_state(model, solver="bicgstab")


def test_equal_ensembles_are_one_of_both():
    """3 and 3 satellites alike are 6 of one ensemble."""
    c, s = ps.Spin(), ps.Ensemble(6)
    jumps = [ps.Central(0.75, c.m), ps.Individual(1.5, s.p), ps.Individual(0.5, s.m)]
    one = ps.steady_state(ps.Model(c, s, 0.75 * (c.p * s.m + c.m * s.p), jumps), moments=["z0", "+1 -2"])
    a, b = ps.Ensemble(3, "A"), ps.Ensemble(3, "B")
    jumps = [ps.Central(0.75, c.m), *(ps.Individual(rate, x) for e in (a, b) for rate, x in ((1.5, e.p), (0.5, e.m)))]
    hamiltonian = 0.75 * (c.p * (a.m + b.m) + c.m * (a.p + b.p))
    both = ps.steady_state(ps.Model(c, [a, b], hamiltonian, jumps), solver="bicgstab", moments=["z0", "+1@A -1@B"])
    assert np.allclose([both.moment("z0"), both.moment("+1@A -1@B")], [one.moment("z0"), one.moment("+1 -2")], rtol=0, atol=1e-13)


def test_a_low_cutoff_does_not_count_as_rounding():
    """Atoms in a cavity of too few levels: dual vectors are as precise as with enough of them, and no factors follow."""
    b, s = ps.Boson(3), ps.Ensemble(3, levels=3)
    exchange, drive = b.a * s.unit(2, 0), 0.5 * s.unit(0, 1)
    jumps = [ps.Central(1, b.a), ps.Individual(0.6, s.unit(2, 1)), ps.Individual(0.5, s.unit(1, 2)), ps.Individual(0.2, s.unit(0, 2))]
    model = ps.Model(b, s, 0.9 * (exchange + exchange.dag()) + drive + drive.dag(), jumps)
    with pytest.warns(ps.UncertifiedWarning, match="levels=3"):
        state = ps.steady_state(model, solver="bicgstab", moments="ad a")
    assert state.cutoff_error > 1e-3
    assert state.algebraic_error < 1e-11
