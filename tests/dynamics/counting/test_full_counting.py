"""Full counting statistics against the tilted Liouvillian of the whole space, closed forms, and one route against another."""

import warnings

import numpy as np
import pytest
import qutip
from oracles.brute_force import BruteForce
from oracles.counting import collapse_of, cumulants, rates

import permsym as ps
from permsym.basis.blocks import Blocks
from permsym.progress import silent
from permsym.steady.cavity.iterate import solve_blocks
from permsym.steady.cavity.matrix_free import MatrixFree
from permsym.steady.cavity.window import on_window
from permsym.steady.plan import Request
from permsym.steady.solve import answer


def quietly(model, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        return ps.steady_state(model, **options)


def counted(state, jump, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)
        return state.counting(jump, **options)


def values(counting):
    return [counting.current, counting.noise, *counting.cumulants]


def errors(counting):
    return [counting.errors[name] for name in ("current", "noise", "c3", "c4")]


def random_spins(seed, N=2):
    """A spin centre and N satellites with every kind of jump and random numbers, no symmetry left."""
    x = np.random.default_rng(seed)
    c, s = ps.Spin(), ps.Ensemble(N)
    g, r = x.uniform(0.2, 1.2, 6), x.uniform(0.2, 1.0, 6)
    hamiltonian = g[0] * c.z + g[1] * s.x + g[2] * (c.p * s.m + c.m * s.p) + g[3] * c.y + g[4] * s.z * s.z
    jumps = [
        ps.Central(r[0], c.m, name="centre"),
        ps.Individual(r[1], s.p + 0.3 * s.z, name="pump"),
        ps.Individual(r[2], c.p * s.m + 0.5j * c.z * s.z, name="mixed"),
        ps.Collective(r[3] / N, s.m, name="together"),
        ps.Collective(r[4] / N, c.m + 0.7 * s.m, name="both"),
        ps.Individual(r[5], s.z, name="dephasing"),
    ]
    return ps.Model(c, s, hamiltonian, jumps)


JUMPS = ["centre", "pump", "mixed", "together", "both", "dephasing"]


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize("jump", JUMPS)
def test_jumps_of_every_kind_equal_the_tilted_liouvillian(jump, basis):
    model = random_spins(JUMPS.index(jump))
    expected = cumulants(rates(model, jump))
    result = ps.steady_state(model, basis=basis).counting(jump)
    assert values(result) == pytest.approx(expected, rel=1e-9, abs=1e-10)
    assert result.fano == pytest.approx(expected[1] / expected[0], rel=1e-10)
    assert result.certificate.certified


@pytest.mark.parametrize("jump", ["mixed", "both"])
def test_three_satellites_equal_qutip(jump):
    """QuTiP's own noise of currents, summed over the satellites' jumps."""
    model = random_spins(7, N=3)
    oracle = BruteForce(model)
    rho = qutip.Qobj(oracle.steady_state(), dims=[oracle.dims, oracle.dims])
    liouvillian = qutip.liouvillian(oracle.hamiltonian(), oracle.collapse())
    operators = collapse_of(model, jump)
    counts = [qutip.sprepost(x, x.dag()) for x in operators]
    current, noise, _ = qutip.countstat_current_noise(liouvillian, operators, rhoss=rho, J_ops=counts)
    result = ps.steady_state(model).counting(jump, order=2)
    assert result.cumulants == ()
    assert result.current == pytest.approx(np.sum(current), rel=1e-9)
    assert result.noise == pytest.approx(np.sum(noise), rel=1e-8)


@pytest.mark.parametrize(
    ("model", "jump", "fano"),
    [
        (ps.models.central_spin(N=1), "-0", 0.88345047046),
        (ps.models.central_spin(N=2), "-0", 0.85349950150),
        (ps.models.central_spin(N=10), "-0", 0.77403194272),
        (ps.models.tavis_cummings(N=1), "a", 0.670212806321),
        (ps.models.tavis_cummings(N=2), "a", 0.925210473709),
        (ps.models.tavis_cummings(N=5), "a", 1.172455637363),
    ],
)
def test_values_worked_out_elsewhere(model, jump, fano):
    result = ps.steady_state(model).counting(jump)
    assert result.fano == pytest.approx(fano, rel=1e-11)
    assert result.noise == pytest.approx(result.fano * result.current, rel=1e-14)
    assert result.errors["fano"] < 1e-11


def pumped(N, up=1.3, down=0.4):
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, c.z, [ps.Central(1, c.m), ps.Individual(up, s.p), ps.Individual(down, s.m)])


def of_two_states(up, down):
    """c_1 ... c_4 of jumps down: lambda = -(a+b)/2 + ((a+b)^2/4 + a b z)^(1/2), renewal with two exponential waiting times."""
    q, p = (up + down) ** 2 / 4, up * down
    root = np.sqrt(q)
    return cumulants([p / (2 * root), -(p**2) / (8 * root**3), p**3 / (16 * root**5), -5 * p**4 / (128 * root**7)])


@pytest.mark.parametrize("N", [1, 30])
@pytest.mark.parametrize("jump", ["-", "+"])
def test_pumped_spins_are_independent_renewal_processes(N, jump):
    """Rate equations, whose own factors solve for dual vectors alone."""
    result = ps.steady_state(pumped(N)).counting(f"L[{jump}]")
    expected = [N * c for c in of_two_states(1.3, 0.4)]
    differences = np.abs(np.subtract(values(result), expected))
    assert (differences <= 1e-11 * N).all()
    assert (differences <= errors(result)).all()


def test_a_window_is_in_the_errors():
    """Of 120 satellites, cut where it shows: the errors are larger than the differences, which are larger than rounding."""
    result = counted(quietly(pumped(120), window=14.0), "L[-]")
    differences = np.abs(np.subtract(values(result), [120 * c for c in of_two_states(1.3, 0.4)]))
    assert (differences > 1e-6).all()
    assert (differences <= errors(result)).all()
    assert not result.certificate.certified
    assert any("of the state: " in reason for reason in result.certificate.reasons)


def test_a_driven_spin_is_antibunched():
    """F = 1 - 6 Omega^2 gamma^2 / (gamma^2 + 2 Omega^2)^2 of resonance fluorescence (L. Mandel, Opt. Lett. 4, 205 (1979))."""
    drive, gamma = 0.8, 0.6
    c, s = ps.Spin(), ps.Ensemble(1)
    model = ps.Model(c, s, drive / 2 * s.x + c.z, [ps.Individual(gamma, s.m, name="photon"), ps.Central(1, c.m)])
    result = ps.steady_state(model).counting("photon")
    assert result.fano == pytest.approx(1 - 6 * drive**2 * gamma**2 / (gamma**2 + 2 * drive**2) ** 2, rel=1e-12)
    assert result.current == pytest.approx(gamma * drive**2 / (gamma**2 + 2 * drive**2), rel=1e-12)


@pytest.mark.parametrize("solver", ["superlu", "matrix-free"])
@pytest.mark.quick("superlu")
def test_coherent_light_is_poissonian(solver):
    """A driven empty cavity, on displaced Fock states: every cumulant is the current."""
    c, s = ps.Boson(), ps.Ensemble(1)
    model = ps.Model(c, s, 1.5j * (c.ad - c.a) + 0.3 * c.n, [ps.Central(0.9, c.a), ps.Individual(0.4, s.m)])
    current = 0.9 * 1.5**2 / (0.45**2 + 0.3**2)
    result = counted(ps.steady_state(model, solver=solver), "a")
    assert values(result) == pytest.approx([current] * 4, rel=1e-7)
    assert (np.abs(np.subtract(values(result), current)) <= errors(result)).all()
    assert result.fano == pytest.approx(1, abs=1e-9)


def test_dephasing_jumps_are_poissonian():
    result = ps.steady_state(ps.models.central_spin(N=4, gamma_phi=0.3)).counting("L[z]")
    assert values(result) == pytest.approx([1.2] * 4, rel=1e-12)


@pytest.mark.parametrize("drive", [0.0, 0.3])
@pytest.mark.quick("0.0")
def test_iterations_and_factors_agree_within_their_errors(drive):
    """On resonance (real numbers) and driven with a detuning (complex ones)."""
    c, s = ps.Boson(8), ps.Ensemble(3)
    hamiltonian = drive * (c.a + c.ad) + 0.4 * drive * c.n + 0.6 * (c.a * s.p + c.ad * s.m)
    jumps = [ps.Central(1, c.a), ps.Individual(0.4, s.p), ps.Individual(0.3, s.m), ps.Individual(0.2, c.a * s.z), ps.Individual(0.1, s.z)]
    model = ps.Model(c, s, hamiltonian, jumps)
    factors, iterated = (quietly(model, solver=solver) for solver in ("superlu", "matrix-free"))
    for term in model.terms[len(model.terms) - len(jumps) :]:
        one, other = counted(factors, term.name), counted(iterated, term.name)
        assert values(one) == pytest.approx(values(other), rel=1e-7), term.name
        difference = np.abs(np.subtract(values(one), values(other)))
        assert (difference <= np.add(errors(one), errors(other))).all(), term.name


def test_a_cut_off_is_in_the_errors():
    """Six levels of a mode that needs twenty: the values differ by less than the errors say, and by a good part of them."""
    exact = ps.steady_state(ps.models.tavis_cummings(N=5)).counting("a")
    for solver in ("superlu", "matrix-free"):
        cut = counted(quietly(ps.models.tavis_cummings(N=5, levels=7), solver=solver), "a")
        difference = np.abs(np.subtract(values(cut), values(exact)))
        assert (difference > 1e-6).all()
        assert (difference <= errors(cut)).all()
        assert not cut.certificate.certified


def test_phases_that_cancel_in_the_liouvillian():
    """L[a + c] with H - i (c^* a - c a^dag) / 2 is L[a]: the Liouvillian keeps a symmetry that the jump alone breaks."""
    c, s = ps.Spin(), ps.Ensemble(2)
    shift = 0.8
    coupling = 0.5 * (c.p * s.m + c.m * s.p)
    others = [ps.Individual(0.7, s.p), ps.Individual(0.2, s.m)]
    model = ps.Model(c, s, coupling - 0.5j * shift * (c.m - c.p), [ps.Central(1, c.m + shift, name="seen"), *others])
    state = ps.steady_state(model)
    plain = ps.steady_state(ps.Model(c, s, coupling, [ps.Central(1, c.m), *others]))
    assert state.moment("z0") == pytest.approx(plain.moment("z0"), abs=1e-12)
    assert state.dimension < state.basis.dimension
    assert values(state.counting("seen")) == pytest.approx(cumulants(rates(model, "seen", radius=0.1)), rel=1e-9, abs=1e-10)


def test_efficiency_thins_the_counts():
    """Two jumps with rates 0.3 r and 0.7 r, of which the first is counted, are one with efficiency 0.3."""
    c, s = ps.Spin(), ps.Ensemble(2)

    def model(*pumps):
        return ps.Model(c, s, 0.5 * (c.p * s.m + c.m * s.p), [ps.Central(1, c.m), ps.Individual(0.2, s.m), *pumps])

    whole = ps.steady_state(model(ps.Individual(2.0, s.p, name="all"))).counting("all", efficiency=0.3)
    part = ps.steady_state(model(ps.Individual(0.6, s.p, name="seen"), ps.Individual(1.4, s.p, name="lost"))).counting("seen")
    assert values(whole) == pytest.approx(values(part), rel=1e-12)
    assert whole.efficiency == 0.3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "tolerance"),
    [
        (ps.models.tavis_cummings(N=24), 1e-6),
        (ps.models.driven_tavis_cummings(N=12, C=3, drive=0.2, kappa=4, gamma_p=0.2), 1e-7),
    ],
)
def test_a_window_of_blocks_is_in_the_errors(model, tolerance):
    """A window made for a loose tolerance, against all blocks on more levels."""
    state = on_window(Request.of(model, ["ad a"], tolerance=tolerance), model, MatrixFree(), silent, answer)
    cut = model.with_levels(state.model.centre.levels + 6)
    reference = solve_blocks(Blocks.of(cut), cut, MatrixFree(), 1e-9, silent)
    assert state.dimension < reference.dimension / 2
    for term in (term for term in model.terms if term.jump):
        one, other = counted(state, term.name), counted(reference, term.name)
        difference = np.abs(np.subtract(values(one), values(other)))
        assert (difference <= np.add(errors(one), errors(other))).all(), term.name
        assert values(one)[:2] == pytest.approx(values(other)[:2], rel=1e-5), term.name


def test_several_ensembles_and_levels():
    c, A, B = ps.Spin(), ps.Ensemble(1, "A"), ps.Ensemble(1, "B", levels=3)
    hamiltonian = 0.4 * (c.p * A.m + c.m * A.p) + 0.6 * (c.m * B.unit(2, 0) + c.p * B.unit(0, 2))
    jumps = [
        ps.Individual(0.8, A.p),
        ps.Individual(0.3, A.m),
        ps.Individual(1, B.unit(0, 1)),
        ps.Individual(0.5, B.unit(1, 2)),
        ps.Central(1, c.m),
    ]
    model = ps.Model(c, [A, B], hamiltonian, jumps)
    state = ps.steady_state(model)
    with pytest.raises(ps.InputError, match="may be"):
        state.counting("individual@B")
    name = "L[|0><1|] individual@B"
    assert values(state.counting(name)) == pytest.approx(cumulants(rates(model, name)), rel=1e-8)


def test_what_never_happens_is_said():
    c, s = ps.Spin(), ps.Ensemble(3)
    model = ps.Model(c, s, 0.5 * (c.p * s.m + c.m * s.p), [ps.Central(1, c.m), ps.Individual(0.5, s.m), ps.Individual(0.3, s.z)])
    state = ps.steady_state(model)
    with pytest.raises(ps.NothingCounted, match=r"'L\[-\] individual' never happens in this steady state: its current is 0"):
        state.counting("L[-]")
    assert state.counting("L[z]").fano == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jump": "H[z]"}, "no jump of central-spin is called"),
        ({"jump": "individual"}, "may be"),
        ({"efficiency": 0}, "`efficiency` must be a probability"),
        ({"efficiency": 1.5}, "`efficiency` must be a probability"),
        ({"efficiency": True}, "`efficiency` must be a probability"),
        ({"order": 3}, "`order` must be 2 or 4"),
    ],
)
def test_wrong_input_is_refused(options, message):
    state = ps.steady_state(ps.models.central_spin(N=2))
    with pytest.raises(ps.InputError, match=message):
        state.counting(**{"jump": "-0", **options})


def test_routes_without_such_solves_are_refused_by_name():
    state = quietly(ps.models.central_spin(N=20_000), solver="hermite", moments=1)
    with pytest.raises(ps.InputError, match=r"comes from 'hermite'.*solver='superlu'"):
        state.counting("-0")


def test_json_has_the_keys_that_were_promised():
    result = ps.steady_state(ps.models.central_spin(N=2)).counting("-0").to_dict()
    assert {"current", "fano", "noise", "cumulants", "errors", "certified"} <= set(result)
    assert set(result["errors"]) == {"current", "fano", "noise", "c3", "c4"}
