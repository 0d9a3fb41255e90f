"""Steady states of cavities: reference values, both solvers, and what their certificates see."""

import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import qutip
from oracles import systems
from oracles.brute_force import BruteForce
from qutip import piqs
from sampled import sampled

import permsym as ps
from permsym.basis.blocks import Blocks
from permsym.progress import silent
from permsym.steady import planning
from permsym.steady.cavity import solution
from permsym.steady.cavity.iterate import solve_blocks
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.planning import prefers_iteration

SOLVERS = ["superlu", "matrix-free"]


def quietly(model, **options):
    """The state, its certificate not announced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        return ps.steady_state(model, **options)


def driven(**given):
    return ps.models.driven_tavis_cummings(**{"N": 3, "C": 6, "eta": 1.5} | given)


# -- reference values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("N", "expected"), [(1, 0.236543994716), (5, 0.130646599999), (20, 0.093312738972)])
def test_photons_of_the_incoherently_pumped_cavity(N, expected):
    state = ps.steady_state(ps.models.tavis_cummings(N=N), moments=["ad a"])
    assert state.certificate.certified
    assert abs(state.derived["photons"] / N - expected) < 1e-12
    assert state.model.parameters["levels"] == state.model.centre.levels


def test_photons_with_a_given_cutoff():
    state = quietly(ps.models.tavis_cummings(N=20, levels=20), moments=["ad a"])
    assert state.solver["name"] == "matrix-free"
    assert abs(state.derived["photons"] / 20 - 0.093312739043) < 1e-12
    assert not state.certificate.certified


@pytest.mark.slow
def test_a_hundred_emitters():
    state = ps.steady_state(ps.models.tavis_cummings(N=100), moments=["ad a"])
    assert state.certificate.certified
    assert abs(state.derived["photons"] / 100 - 0.083842385969) < 1e-12


def test_driven_cavity():
    state = ps.steady_state(driven(N=5, C=14, eta=None, drive=1.05), moments=["a"])
    assert state.certificate.certified
    assert abs(state.derived["coherent_photons"] - 0.443623830794) < 1e-11


def test_rates_over_four_decades():
    """The example of M. Gegg, M. Richter, New J. Phys. 18, 043037 (2016), whose 12 levels are too few."""
    given = {"N": 2, "g": 1e-3, "gamma_down": 1e-6, "kappa": 1e-3, "gamma_up": 1e-2}
    cut = quietly(ps.models.tavis_cummings(levels=12, **given))
    assert abs(cut.derived["photons"] - 1.487335659) < 1e-9
    assert abs(cut.derived["g2"] - 1.367191440) < 1e-9
    assert not cut.certificate.certified
    state = ps.steady_state(ps.models.tavis_cummings(**given))
    assert state.certificate.certified
    assert abs(state.derived["photons"] - 1.487476103) < 1e-9
    assert abs(state.derived["g2"] - 1.367675563) < 1e-9
    assert abs(cut.derived["photons"] - state.derived["photons"]) < cut.error("ad a")


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("levels", [4, 9])
def test_without_losses_of_the_mode_excitations_are_geometric(solver, levels):
    """kappa = 0: rho ~ (gamma_up / gamma_down)^excitations, also where the mode is cut."""
    r, N = 0.3, 3
    model = ps.models.tavis_cummings(N=N, kappa=0, gamma_up=0.3, gamma_down=1.0, omega=1.7, levels=levels)
    state = quietly(model, solver=solver, moments=3)
    n = np.arange(levels)
    weights = r**n / (r**n).sum()
    assert abs(state.moment("ad a") - n @ weights) < 1e-12
    assert abs(state.moment("ad ad a a") - (n * (n - 1)) @ weights) < 1e-12
    assert abs(state.moment("z1 z2") - ((r - 1) / (r + 1)) ** 2) < 1e-12
    assert abs(state.moment("ad a z1") - n @ weights * (r - 1) / (r + 1)) < 1e-12
    assert abs(state.moment("ad -1")) < 1e-12


# -- against the whole space, and a peer ----------------------------------------------------------------------------------------


def random_cavity(seed, N, symmetric, levels=4):
    rng = np.random.default_rng(seed)
    c, s = ps.Boson(levels), ps.Ensemble(N)
    w = rng.uniform(0.3, 1.5, 8)
    h = w[0] * c.n + w[1] * s.z + w[2] * (c.a * s.p + c.ad * s.m)
    if not symmetric:
        h = h + w[3] * (c.ad + c.a) + 1j * w[4] * (c.ad * s.p - c.a * s.m)
    jumps = [ps.Central(w[5], c.a), ps.Individual(w[6], s.p), ps.Individual(w[7], s.m), ps.Individual(w[0] / 4, s.z), ps.Central(0.1, c.ad)]
    return ps.Model(c, s, h, jumps)


RANDOM = [(1, 1, True), (2, 2, False), (3, 3, True), (4, 3, False)]


@pytest.mark.parametrize(
    ("solver", "basis", "seed", "N", "symmetric"),
    sampled([(solver, basis, *each) for each in RANDOM for basis in ("dicke", "occupation") for solver in SOLVERS], 3),
)
def test_equals_brute_force(solver, basis, seed, N, symmetric):
    """All moments up to order 3 of random models, cut alike on both sides."""
    model = random_cavity(seed, N, symmetric)
    brute = BruteForce(model)
    rho = brute.steady_state()
    state = quietly(model, basis=basis, solver=solver, moments=["ad a"])
    for label in state.labels(3):
        assert abs(state.moment(label) - brute.moment(rho, str(label))) < 1e-11, label
    assert np.abs(state.reduced(1) - brute.reduced(rho, [0, 1])).max() < 1e-11
    assert abs(state.expect(model.hamiltonian) - np.trace(brute.hamiltonian().full() @ rho)) < 1e-11


@pytest.mark.parametrize("solver", SOLVERS)
def test_equals_piqs(solver):
    """piqs holds the trace to single precision only; its rates are exact in that here."""
    N, levels = 3, 5
    model = ps.models.tavis_cummings(N=N, g=0.5, levels=levels)
    ensemble = piqs.Dicke(N=N, emission=0.125, pumping=0.375)
    size = piqs.num_dicke_states(N)
    a, one = qutip.tensor(qutip.destroy(levels), qutip.qeye(size)), qutip.qeye(levels)
    jp, jm, jz = (qutip.tensor(one, qutip.Qobj(piqs.jspin(N, name).full())) for name in ("+", "-", "z"))
    h = a.dag() * a + jz + 0.5 * (a * jp + a.dag() * jm)
    d = levels * size
    local = ensemble.lindbladian().full().reshape(size, size, size, size)
    inexact = np.abs(np.eye(size).ravel() @ local.reshape(size**2, size**2)).max()
    whole = np.einsum("bacd,st,uv->sbuatcvd", local, np.eye(levels), np.eye(levels)).reshape(d * d, d * d)
    matrix = qutip.liouvillian(h, [a]).full() + whole
    spin = np.tile(np.concatenate([np.full(int(2 * j + 1), j) for j in np.arange(N / 2, -0.1, -1)]), levels)
    kept = np.flatnonzero((spin[:, None] == spin[None, :]).ravel())
    inner, right = matrix[np.ix_(kept, kept)], np.zeros(len(kept), dtype=complex)
    inner[0], right[0] = np.eye(d).ravel()[kept], 1
    vector = np.zeros(d * d, dtype=complex)
    vector[kept] = np.linalg.solve(inner, right)
    rho = qutip.Qobj(vector.reshape(d, d, order="F"), dims=h.dims)
    state = quietly(model, solver=solver)
    c, s = model.centre, model.ensembles[0]
    for ours, theirs in ((c.n, a.dag() * a), (0.5 * s.z, jz), (s.p * s.m, jp * jm), (c.a * s.p, a * jp)):
        assert abs(state.expect(ours) - qutip.expect(theirs, rho)) < max(1e-8, 3 * inexact)


# -- certificates --------------------------------------------------------------------------------------------------------------

CASES = {
    "pumped": lambda levels: ps.models.tavis_cummings(N=6, levels=levels),
    "detuned, dephased": lambda levels: ps.models.tavis_cummings(N=5, omega=1.6, gamma_phi=0.3, levels=levels),
    "strong coupling": lambda levels: ps.models.tavis_cummings(N=4, g=2.0, kappa=0.3, levels=levels),
    "driven": lambda levels: driven(levels=levels),
    "driven, detuned": lambda levels: driven(N=2, Delta=0.4, Delta_c=-0.3, gamma_p=0.2, levels=levels),
    "ultrastrong": lambda levels: ps.models.dicke(N=2, g=0.6, levels=levels),
}


@cache
def uncut(case):
    """On levels that suffice."""
    return ps.steady_state(CASES[case](24 if case.startswith("driven") else 36), solver="matrix-free", moments=3)


@cache
def finished(case):
    """On 24 levels, iterated to the end."""
    return ps.steady_state(CASES[case](24), solver="matrix-free", moments=2)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", [pytest.param(case, marks=[pytest.mark.slow] * (case not in ("pumped", "driven"))) for case in CASES])
@pytest.mark.quick("pumped-superlu", "pumped-matrix-free")
def test_estimates_cover_what_a_cutoff_costs(case, solver):
    truth = uncut(case)
    assert truth.certificate.certified
    for levels, basis in ((3, "dicke"), (5, "occupation"), (8, "dicke"), (12, "occupation")):
        state = quietly(CASES[case](levels), solver=solver, basis=basis, moments=3)
        errors = {label: abs(state.moment(label) - truth.moment(label)) for label in state.labels(3)}
        for label, error in errors.items():
            assert error <= state.error(label) + truth.error(label) + 1e-15, (label, levels)
        wrong = np.max(list(errors.values())) > state.tolerance
        assert wrong or levels > 5
        if wrong:
            assert not state.certificate.certified
            assert any("cut-off" in reason for reason in state.certificate.reasons)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-7, 1e-10])
@pytest.mark.parametrize("case", ["pumped", "detuned, dephased", "driven"])
@pytest.mark.quick("pumped-0.0001", "detuned, dephased-1e-07", "driven-1e-10")
def test_estimates_cover_an_unfinished_iteration(case, tolerance):
    truth = finished(case)
    state = quietly(CASES[case](24), solver=MatrixFree(tolerance=tolerance), moments=2)
    errors = {label: abs(state.moment(label) - truth.moment(label)) for label in state.labels(2)}
    assert np.max(list(errors.values())) > 1e-2 * tolerance  # 0.04 to 1.4 measured; otherwise this says nothing
    for label, error in errors.items():
        assert error <= state.error(label) + truth.error(label), label


def test_duals_of_sums_cover_those_of_single_moments(monkeypatch):
    model = ps.models.tavis_cummings(N=8, levels=14)
    single = quietly(model, solver="matrix-free", moments=3)
    monkeypatch.setattr(solution, "_EACH", 0)
    together = quietly(model, solver="matrix-free", moments=3)
    truth = ps.steady_state(ps.models.tavis_cummings(N=8, levels=24), moments=3)
    for label in truth.labels(3):
        assert abs(together.moment(label) - truth.moment(label)) <= together.error(label) + truth.error(label), label
        assert single.error(label) <= 5 * together.error(label)
    assert any(together.error(label) > single.error(label) for label in truth.labels(3))


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", [ps.models.tavis_cummings(N=8, levels=14), ps.models.tavis_cummings(N=6, omega=1.5, levels=12), driven(levels=16)]
)
def test_dual_vectors_that_begin_in_single_precision_are_as_good(model, monkeypatch):
    """On resonance, detuned (complex numbers) and driven; the iterations in double precision have next to nothing left to do."""
    double = quietly(model, solver="matrix-free")
    expected = {label: double.error(label) for label in double.labels(2)}
    monkeypatch.setattr(solution, "_SINGLE", 0)
    products: list[tuple[np.dtype, int]] = []
    iterate = solution.bicgstab.bicgstab
    monkeypatch.setattr(
        solution.bicgstab, "bicgstab", lambda *a, **k: (o := iterate(*a, **k), products.append((a[1].dtype, o.products)))[0]
    )
    single = quietly(model, solver="matrix-free")
    errors = {label: single.error(label) for label in single.labels(2)}
    assert errors == pytest.approx(expected, rel=0.1, abs=1e-15)
    rough = [count for dtype, count in products if dtype == np.float32]
    assert rough
    assert sum(count for dtype, count in products[1:] if dtype == np.float64) < sum(rough) / 4


@pytest.mark.slow
def test_slow_emitters_are_seen_by_dual_vectors():
    """gamma_h = 1e-4 g: the right value is that of a sparse factorisation of the 2^N Liouvillian on 22 levels."""
    model = ps.models.driven_tavis_cummings(N=2, kappa=1, g=0.5, eta=2, gamma_h=1e-4)
    state = ps.steady_state(model, tolerance=1e-6, solver="matrix-free")
    assert state.solver["used"] < 1500  # 10,800 and no convergence with rows over their diagonal
    assert abs(state.moment("+1 -2") + 0.010672338) < 1e-9
    assert abs(state.moment("+1 -2") + 0.010672338153650) < state.error("+1 -2") < 1e-8


def test_a_dual_vector_with_a_large_defect_estimates_nothing(monkeypatch):
    """A rough one knows nothing of the slow emitters; solved further it does."""
    model = ps.models.driven_tavis_cummings(N=2, kappa=1, g=0.5, eta=2, gamma_h=1e-4, levels=16)
    truth = quietly(model, solver="matrix-free").moment("+1 -2")
    for accuracies, known in (((0.3,), False), ((0.3, 1e-4), True)):
        monkeypatch.setattr(solution, "_DUAL_ACCURACY", accuracies)
        state = quietly(model, solver=MatrixFree(tolerance=1e-9), moments=["+1 -2"])
        parts = state.solution.estimates([state.label("+1 -2")])[0]
        assert np.isfinite(parts[0].algebraic) == known
        assert not known or abs(state.moment("+1 -2") - truth) < parts[0].algebraic < 1e-2


@pytest.mark.parametrize("coupling", [1e-4, 7e-5])
def test_a_slow_mode_that_the_state_has_nothing_of_is_seen(coupling):
    """Losses alone: the vacuum, all down.  An iterate with 1e-8 of the emitter excited has a residual of 1e-16.

    What the vacuum never feeds is zero in the answer that a user gets.
    """
    c, s = ps.Boson(9), ps.Ensemble(1)
    jumps = [ps.Central(1.7, c.a), ps.Individual(4e-11, s.m), ps.Central(0.6, c.a * c.a)]
    model = ps.Model(c, s, -0.3 * c.n + 0.6 * s.z + coupling * (c.ad * s.m + c.a * s.p), jumps)
    iterate = solve_blocks(Blocks.of(model, "dicke"), model, MatrixFree(), 1e-9, silent)
    assert 1e-12 < abs(iterate.moment("z1") + 1) <= iterate.error("z1")
    assert abs(iterate.moment("ad a")) <= iterate.error("ad a") < 1
    state = ps.steady_state(model, solver="matrix-free", moments=["z1", "ad a"])
    assert state.moment("z1") == -1
    assert state.moment("ad a") == 0 == state.error("ad a")


def test_a_coherence_of_almost_nothing_has_an_error():
    """<ad -1> = 5e-15 is no scale for what populations feel of its dual vector's defect."""
    c, s = ps.Boson(12), ps.Ensemble(1)
    H = -0.7 * c.n - 0.2 * s.z - 0.2 * (c.n * s.z) + 2e-10 * (c.ad * s.m + c.a * s.p) + 0.06 * (c.ad * c.ad * c.a * c.a)
    H = H + 0.008 * (c.ad * c.ad * c.ad + c.a * c.a * c.a)
    losses = [ps.Central(1.3, c.a), ps.Central(1.1, c.a * c.a), ps.Central(0.02, c.a * c.a * c.a)]
    model = ps.Model(c, s, H, [*losses, ps.Individual(0.6, s.m), ps.Individual(0.06, s.z)])
    exact, state = (quietly(model, solver=solver, moments=["ad -1"]) for solver in ("superlu", "matrix-free"))
    assert abs(exact.moment("ad -1")) > 1e-15 > exact.error("ad -1")
    assert abs(state.moment("ad -1") - exact.moment("ad -1")) <= state.error("ad -1") < 1e-9


@pytest.mark.parametrize("factor", [1, 0.1])
@pytest.mark.quick("1")
def test_emitters_that_relax_slowly_beside_a_fast_mode(factor):
    """The mode does not touch them: the truth is the 2^N Liouvillian of the emitters alone."""

    def model(centre, hamiltonian, jump):
        s = ps.Ensemble(4)
        jumps = [jump, ps.Collective(0.2, s.m), ps.Collective(1.5, s.p)]
        jumps += [ps.Individual(2e-7 * factor, s.m), ps.Individual(5e-8 * factor, s.p)]
        return ps.Model(centre, s, 0.4 * s.z + 0.1 * s.x + hamiltonian, jumps)

    c, spin = ps.Boson(14), ps.Spin()
    state = quietly(model(c, 30 * c.n + 3 * (c.a + c.ad), ps.Central(50, c.a)), solver="matrix-free")
    brute = BruteForce(model(spin, 0.5 * spin.z, ps.Central(1, spin.m)))
    rho = brute.steady_state()
    for label in ("z1", "+1 -2", "z1 z2", "+1"):
        assert abs(state.moment(label) - brute.moment(rho, label)) < state.error(label), label


def test_an_iteration_that_ended_early_certifies_nothing():
    settings = MatrixFree(products=60)
    state = quietly(driven(levels=14), solver=settings, moments=["ad a"], tolerance=1e9)
    assert not state.solution.converged
    assert not state.certificate.certified
    assert any("did not converge" in reason for reason in state.certificate.reasons)


def test_factors_follow_an_iteration_that_fails():
    """Three Lambda atoms with an exact dark state; by default no failed iteration is the answer."""
    c, s = ps.Boson(5), ps.Ensemble(3, levels=3)
    u01, u10, u12, u21 = s.unit(0, 1), s.unit(1, 0), s.unit(1, 2), s.unit(2, 1)
    hamiltonian = 1e-3 * (c.ad * u01 + c.a * u10 + u12 + u21)
    model = ps.Model(c, s, hamiltonian, [ps.Central(1e-2, c.a), ps.Individual(1e-6, u01), ps.Individual(1e-6, u21)])
    state = quietly(model, moments=["ad a"])
    assert abs(state.moment("ad a")) < 1e-12


@dataclass(frozen=True)
class Impatient(MatrixFree):
    products: int = 40


@pytest.mark.parametrize("levels", [12, "auto"])
def test_another_route_is_taken_where_the_iteration_does_not_converge(monkeypatch, levels):
    lines: list[str] = []
    monkeypatch.setattr(planning, "_weak", lambda request: None)  # the drive is weak
    monkeypatch.setattr(planning, "prefers_iteration", lambda *_: True)
    monkeypatch.setattr(planning, "MatrixFree", Impatient)
    given = {} if levels == "auto" else {"levels": levels}
    state = quietly(driven(eta=0.3, **given), moments=["ad a"], progress=lines.append)
    assert state.plan.route == "lattice"
    assert levels == "auto" or any("factors follow" in line for line in lines)  # smaller solves are silent
    direct = quietly(driven(eta=0.3, **given), moments=["ad a"], solver="superlu")
    assert abs(state.moment("ad a") - direct.moment("ad a")) < 1e-11


def test_without_memory_for_factors_the_iterate_is_returned(monkeypatch):
    monkeypatch.setattr(planning, "prefers_iteration", lambda *_: True)
    monkeypatch.setattr(planning, "MatrixFree", Impatient)
    monkeypatch.setattr(planning, "_full_basis", too_large)
    state = quietly(driven(levels=12), moments=["ad a"])
    assert state.plan.route == "cavity"
    assert not state.certificate.certified


def too_large(request):
    raise ps.TooLarge("no", needed=2.0, available=1.0, fits=None)


def test_a_driven_mode_with_four_levels_is_flagged():
    """Its balance laws hold on the cut space, which proves nothing."""
    state = quietly(driven(N=2, C=10, eta=0.5, levels=4))
    assert not state.certificate.certified
    assert state.certificate.balance < 1e-9


def test_states_that_are_not_unique_are_refused_by_the_iteration_too():
    c, s = ps.Boson(6), ps.Ensemble(4)
    model = ps.Model(c, s, c.n + s.z + 0.5 * (c.a * s.p + c.ad * s.m), [ps.Central(1.0, c.a), ps.Collective(0.5, s.p)])
    with pytest.raises(ps.DegenerateSteadyState):
        ps.steady_state(model, solver="matrix-free")


def test_choice_by_size():
    assert not prefers_iteration(ps.models.tavis_cummings(N=5, levels=16))
    assert prefers_iteration(ps.models.tavis_cummings(N=30, levels=30))
    assert not prefers_iteration(ps.models.central_spin(N=250))


# -- interface ------------------------------------------------------------------------------------------------------------------


def test_states_on_blocks_answer_like_others():
    model = systems.cavity(3)
    direct, blocks = (quietly(model, solver=solver, moments=2) for solver in SOLVERS)
    assert np.abs(direct.fock - blocks.fock).max() < 1e-13
    assert np.abs(direct.populations().probability - blocks.populations().probability).max() < 1e-13
    assert abs(direct.cumulant("ad a z1") - blocks.cumulant("ad a z1")) < 1e-13
    assert abs(direct.certificate.balance - blocks.certificate.balance) < 1e-12
    assert blocks.dimension > 0
    assert "matrix-free" in blocks.solver["name"]


@pytest.mark.parametrize(
    ("options", "fragment"),
    [({"l": 0}, "`l` must be from 1 to 8"), ({"tolerance": 2.0}, "`tolerance` must be between 0 and 1")],
)
def test_settings_are_checked(options, fragment):
    with pytest.raises(ps.InputError, match=fragment):
        MatrixFree(**options)


@pytest.mark.parametrize("model", [ps.models.tavis_cummings(N=3, levels=7), ps.models.driven_tavis_cummings(N=2, C=5, eta=1, levels=7)])
def test_photon_distribution_of_an_iterated_state(model):
    """One error bound for all n, above what a cut-off costs and not far above the direct solver's bounds of each."""
    iterated, direct = (quietly(model, solver=solver, moments="ad a").mode.photon_distribution() for solver in ("matrix-free", "superlu"))
    assert np.abs(iterated.probability - direct.probability).max() < 1e-12
    better = quietly(model.with_levels(22), moments="ad a").mode.photon_distribution().probability
    off = np.abs(better[:7] - iterated.probability)
    assert off.max() < iterated.error[0] < 30 * direct.error.max()
    assert (iterated.error == iterated.error[0]).all()
