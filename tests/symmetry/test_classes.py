"""What is conserved, read off the terms: against the dense Liouvillian, counts of a design page, and words."""

import itertools

import numpy as np
import pytest
import qutip
from oracles import atoms, systems
from oracles.brute_force import BruteForce
from sampled import sampled

import permsym as ps
from permsym.basis import build
from permsym.basis.blocks import Blocks
from permsym.basis.representations import populated_dimension
from permsym.basis.whole_space import dense
from permsym.symmetry.smith import Quotient

EVERY = {**systems.MODELS, **atoms.MODELS}


def brute_reached(model):
    """Elements |ket><bra| of the whole space that powers of the Liouvillian make of populations, as a matrix of booleans."""
    brute = BruteForce(model)
    links = np.abs(brute.liouvillian()) > 1e-13
    reached = np.eye(brute.D, dtype=bool).ravel(order="F")
    while True:
        more = reached | links[:, reached].any(axis=1)
        if (more == reached).all():
            return reached.reshape(brute.D, brute.D, order="F")
        reached = more


@pytest.mark.parametrize("name", EVERY)
def test_nothing_that_populations_make_is_left_out(name):
    """Every element that they reach has a coefficient in the populated basis."""
    model = EVERY[name](1)
    space = build(model, "full", populated=True)
    found = np.abs(dense(space, np.random.default_rng(0).uniform(1, 2, space.dimension))) > 0
    assert (found >= brute_reached(model)).all()


@pytest.mark.parametrize(("name", "basis"), sampled(list(itertools.product(sorted(atoms.MODELS), ["auto", "occupation", "full"])), 4))
@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")  # few Fock states, as the oracle has
def test_steady_states_equal_brute_force(name, basis):
    model = atoms.MODELS[name](2, 2) if name == "four_level_laser" else atoms.MODELS[name](2)
    brute = BruteForce(model)
    rho = brute.steady_state()
    solver = "superlu" if basis == "full" or model.centre.kind == "none" else ("superlu", "matrix-free")[basis == "auto"]
    state = ps.steady_state(model, basis=basis, solver=solver, moments=2)
    assert state.basis.populated
    assert np.max([abs(value - brute.moment(rho, label)) for label, value in state.moments(2).items()]) < 1e-12
    assert np.abs(state.full() - rho).max() < 1e-12


@pytest.mark.parametrize(
    ("name", "N", "levels", "unknowns"),
    [
        ("driven_lambda", 2, 12, 508),
        ("driven_lambda", 4, 12, 5_368),
        ("driven_lambda", 8, 10, 104_044),
        ("driven_lambda", 12, 10, 929_128),
        ("incoherent_lambda", 8, 12, 4_948),
        ("incoherent_lambda", 20, 20, 165_176),
        ("four_level_laser", 8, 12, 13_232),
        ("four_level_laser", 20, 20, 861_828),
    ],
)
def test_unknowns_of_atoms_with_several_levels(name, N, levels, unknowns):
    model = atoms.MODELS[name](N, levels)
    assert populated_dimension(model) == unknowns
    if unknowns < 20_000:
        assert build(model, populated=True).dimension == unknowns


def test_parity_halves_the_dicke_model():
    model = ps.models.dicke(N=10, levels=12)
    assert build(model).dimension == 41_184
    assert build(model, populated=True).dimension == populated_dimension(model) == 20_592
    assert Blocks.of(model, populated=True).numbers < 0.51 * Blocks.of(model).numbers


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("basis", ["auto", "full"])
def test_counted_without_being_made(name, basis):
    model = EVERY[name](2)
    assert populated_dimension(model, basis) == build(model, basis, populated=True).dimension


@pytest.mark.parametrize(
    ("name", "modulus"),
    [("two_photons", (4,)), ("cubic", (0, 3)), ("driven_lambda", (0,)), ("four_level_laser", (0,)), ("ladder_alone", (0,))],
)
def test_moduli(name, modulus):
    assert atoms.MODELS[name](2).symmetry.modulus == modulus


def test_types_that_appear():
    alive = {name: len(atoms.MODELS[name](2).symmetry.alive[1]) for name in ("driven_lambda", "incoherent_lambda", "four_level_laser")}
    assert alive == {"driven_lambda": 9, "incoherent_lambda": 5, "four_level_laser": 6}
    s = ps.Ensemble(3)
    assert len(ps.Model(None, s, s.z, [ps.Individual(1, s.z), ps.Individual(1, s.m)]).symmetry.alive[1]) == 2


def constant_in_a_jump():
    c, s = ps.Boson(4), ps.Ensemble(2)
    return ps.Model(c, s, 0 * s.z, [ps.Central(1.0, c.a + 2), ps.Individual(1.0, s.m)])


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (ps.models.central_spin(N=3), ["U(1): |0><0| of the centre + up of A, ket minus bra"]),
        (ps.models.dicke(N=3), ["modulo 2: ad a + up of A, ket minus bra"]),
        (atoms.four_level_laser(2), ["U(1): ad a + |2><2| of A, ket minus bra", "coherences of A that appear: |1><2|, |2><1|"]),
        (atoms.driven_lambda(2), ["U(1): ad a + |2><2| of A, ket minus bra"]),
        (atoms.two_photons(2), ["modulo 4: ad a + 2 up of A, ket minus bra"]),
        (constant_in_a_jump(), ["U(1): up of A, ket minus bra", "never appear: |0><1|, |1><0| of A"]),
    ],
)
def test_words(model, words):
    assert model.symmetry.lines() == words
    assert str(model.symmetry) == "\n".join(words)


def test_a_displaced_mode_has_no_parity():
    model = ps.models.dicke(N=2, levels=5)
    assert model.symmetry.modulus == (2,)
    assert model.displaced(0.3).symmetry.modulus == ()


FOUR = ps.Ensemble(2, levels=4)
PAIRS = [ps.Individual(1, FOUR.unit(0, 1)), ps.Individual(1, FOUR.unit(2, 3)), ps.Individual(1, FOUR.unit(3, 2))]


def test_levels_that_never_exchange_populations_are_refused_by_name():
    with pytest.raises(ps.DegenerateSteadyState, match=r"^the steady state is not unique: .*levels 0, 1 \| 2, 3 of ensemble 'A'[^\n]*$"):
        ps.steady_state(ps.Model(None, FOUR, FOUR.unit(0, 1) + FOUR.unit(1, 0), PAIRS))


@pytest.mark.parametrize("levels", [8, None])
def test_a_parity_of_quanta_is_refused_by_name(levels):
    """Two-photon drive and loss alone keep n even or odd; loss of single quanta, or exchange of them with spins that decay, does not."""
    c, s = ps.Boson(levels), ps.Ensemble(2)
    h = 0.3j * (c.ad**2 - c.a**2) + 0.2 * c.n * s.z
    pairs = [ps.Central(1.0, c.a**2), ps.Individual(0.5, s.m), ps.Individual(0.2, s.p)]
    with pytest.raises(ps.DegenerateSteadyState, match=r"levels 0, 2, 4, \.\.\. \| 1, 3, 5, \.\.\. of the mode"):
        ps.steady_state(ps.Model(c, s, h, pairs))
    assert not ps.Model(c, s, h, [*pairs, ps.Central(0.1, c.a)]).symmetry.parted
    assert not ps.Model(c, s, h + 0.1 * (c.a * s.p + c.ad * s.m), pairs).symmetry.parted


def test_quanta_that_nothing_changes_are_refused_by_name():
    c, s = ps.Boson(4), ps.Ensemble(2)
    model = ps.Model(c, s, 0.2 * c.n * s.x, [ps.Central(1.0, c.n), ps.Individual(0.5, s.m)])
    with pytest.raises(ps.DegenerateSteadyState, match=r"levels 0 \| 1 \| 2 "):
        ps.steady_state(model)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_a_conserved_coherence_of_another_class_is_refused(basis):
    """L[sx] alone: populations mix, and <sx>, which they never make, stays as it is."""
    s = ps.Ensemble(3)
    model = ps.Model(None, s, 0 * s.z, [ps.Individual(1, s.x)])
    assert model.symmetry.alive[1] == {(0, 0), (1, 1)}
    with pytest.raises(ps.DegenerateSteadyState, match="not unique"):
        ps.steady_state(model, basis=basis)


def test_a_size_is_counted_in_its_sector():
    """A box of (N + 1)^14 times levels was the count before."""
    state = ps.steady_state(atoms.four_level_laser(3, 12), moments=["ad a"])
    assert state.basis.dimension == 628
    assert state.certificate.certified


@pytest.mark.slow
def test_numbers_of_a_design_page():
    state = ps.steady_state(atoms.driven_lambda(4, 8), moments=["ad a", "|2><2|1"], tolerance=1e-7)
    assert abs(state.moment("ad a") - 0.2208341889777) < 1e-12
    assert abs(state.moment("|2><2|1") - 0.2347583654929) < 1e-12


@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
def test_two_time_functions_leave_the_class_of_the_populations():
    """<a^dag(t) a(0)> lives in another class of each of these, and a U(1) charge tells only some of them."""
    for name in ("driven_lambda", "two_photons"):
        model = atoms.MODELS[name](1, 4)
        brute = BruteForce(model)
        rho = qutip.Qobj(brute.steady_state(), dims=[brute.dims] * 2)
        a = brute.at((0, qutip.destroy(4).full()))
        matrix = qutip.liouvillian(brute.hamiltonian(), brute.collapse())
        regressed = qutip.vector_to_operator((matrix * 0.7).expm() * qutip.operator_to_vector(a * rho))
        for solver in ("superlu", "matrix-free"):
            state = ps.steady_state(model, solver=solver, moments=["ad a"])
            value = state.correlation("ad", "a", [0, 0.7]).values[-1]
            assert abs(value - (a.dag() * regressed).tr()) < 1e-8


def test_a_quotient_of_nothing_says_nothing():
    assert Quotient.of([], 0) == Quotient((), ())


@pytest.mark.parametrize("solver", ["superlu", "matrix-free"])
@pytest.mark.filterwarnings("ignore::permsym.errors.UncertifiedWarning")
def test_files_keep_what_was_solved_for(tmp_path, solver):
    state = ps.steady_state(ps.models.dicke(N=2, levels=6), solver=solver, moments=["ad a"])
    state.save(tmp_path / "state.h5")
    again = ps.load_state(tmp_path / "state.h5")
    assert again.basis.populated
    assert again.moment("ad a") == state.moment("ad a")


def test_a_fixed_spin_in_a_file(tmp_path):
    s = ps.Ensemble(6, j=2)
    state = ps.steady_state(ps.Model(None, s, 0.4 * s.x, [ps.Collective(0.3, s.m)]))
    state.save(tmp_path / "state.h5")
    assert ps.load_state(tmp_path / "state.h5").moment("+1 -2") == state.moment("+1 -2")
