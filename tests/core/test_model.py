"""A model as data: symmetry, hermiticity, adjoint equations, round trips."""

import inspect
import json

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.operators import dense

c, s = ps.Spin(), ps.Ensemble(3)


def two_ensembles(*extra):
    a, b = ps.Ensemble(2, "A"), ps.Ensemble(2, "B")
    h = c.p * a.m + c.m * a.p
    for which in extra:
        h = h + {"b": c.p * b.m + c.m * b.p, "two photons": c.p * b.m * b.m + c.m * b.p * b.p, "x": a.x}[which]
    return ps.Model(c, [a, b], h, [ps.Individual(1, a.m), ps.Individual(1, b.p), ps.Central(1, c.m)])


@pytest.mark.parametrize(
    ("model", "charges"),
    [
        (ps.models.central_spin(N=3), ((1, 1),)),
        (ps.models.central_spin(N=3, kappa_phi=0.1, gamma_phi=0.1, kappa_up=0.1), ((1, 1),)),
        (ps.models.central_spin(N=3, g=0), ((1, 0), (0, 1))),
        (ps.Model(c, s, s.x + c.p * s.m + c.m * s.p, [ps.Individual(1, s.m)]), ()),
        (ps.Model(c, s, s.x, [ps.Individual(1, s.m), ps.Central(1, c.m)]), ((1, 0),)),
        (ps.Model(c, s, c.x * s.z, [ps.Individual(1, s.m)]), ((0, 1),)),
        (ps.Model(c, s, c.z, [ps.Individual(1, s.m), ps.Individual(1, s.x)]), ((1, 0),)),
        (ps.Model(c, s, c.z, [ps.Collective(1, s.m + c.m), ps.Individual(1, s.p)]), ((1, 1),)),
        (ps.Model(c, s, c.z, [ps.Collective(1, s.p + c.m)]), ((-1, 1),)),
        (ps.Model(c, s, c.z, [ps.Individual(1, c.p * s.m)]), ((1, 0), (0, 1))),
        (ps.Model(c, s, c.p * s.m * s.m + c.m * s.p * s.p, [ps.Central(1, c.m)]), ((2, 1),)),
        (ps.Model(c, s, s.x * s.x, [ps.Individual(1, s.m)]), ((1, 0),)),
        (ps.Model(c, s, c.z + 1.0, [ps.Central(1, c.m), ps.Individual(1, s.m)]), ((1, 0), (0, 1))),
        (ps.Model(c, s, c.z, [ps.Central(1, c.m + 0.5), ps.Individual(1, s.m)]), ((0, 1),)),
        (ps.Model(c, s, c.z, [ps.Central(1, c.m), ps.Collective(1, s.m + 0.5)]), ((1, 0),)),
        (two_ensembles("b"), ((1, 1, 1),)),
        (two_ensembles(), ((1, 1, 0), (0, 0, 1))),
        (two_ensembles("two photons"), ((2, 2, 1),)),
        (two_ensembles("x"), ((0, 0, 1),)),
        (systems.three_level_centre(2), ((1, 1),)),
        (systems.nine_pairs(2), ()),
    ],
)  # fmt: skip
def test_charges(model, charges):
    """Up to the choice of a basis, which the span decides."""
    assert len(model.charges) == len(charges)
    if charges:
        assert np.linalg.matrix_rank(np.array(model.charges + charges)) == len(charges)
        assert np.array(model.charges).dtype.kind == "i"


def test_a_constant_in_a_jump_drives():
    """L[a + 2] has one dark state, the coherent state of -2."""
    a, one = ps.Boson(30), ps.Ensemble(1)
    state = ps.steady_state(ps.Model(a, one, 0 * one.z, [ps.Central(1.0, a.a + 2), ps.Individual(1.0, one.m)]), moments=["a", "ad a"])
    assert state.moment("a") == pytest.approx(-2, abs=1e-9)
    assert state.moment("ad a") == pytest.approx(4, abs=1e-9)


@pytest.mark.parametrize("name", sorted(name for name in systems.MODELS if systems.MODELS[name](2).charges))
def test_charges_are_conserved_by_the_dense_liouvillian(name):
    model = systems.MODELS[name](2)
    brute = BruteForce(model)
    for vector in model.charges:
        weights = [vector[0] * np.array(model.centre.excitations)]
        for w, each in zip(vector[1:], model.ensembles, strict=True):
            weights += [w * np.array(each.excitations)] * each.N
        total = weights[0]
        for more in weights[1:]:
            total = np.add.outer(total, more).ravel()
        charge = np.subtract.outer(total, total).ravel(order="F")
        matrix = brute.liouvillian()
        assert np.abs(matrix[charge[:, None] != charge[None, :]]).max() == 0


@pytest.mark.parametrize("name", sorted(systems.SPINS | systems.QUTRITS))
def test_heisenberg_equals_the_adjoint_lindbladian(name):
    model = systems.MODELS[name](2)
    brute = BruteForce(model)
    sites = [(each.name, each.levels, each.N) for each in model.ensembles]
    rng = np.random.default_rng(5)
    for site in (model.centre, *model.ensembles):
        observable = site.operator(systems.random_matrix(rng, site.levels))
        found = dense(model.heisenberg(observable), model.centre.levels, sites)
        expected = brute.adjoint_action(observable)
        assert np.abs(found - expected).max() < 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("name", sorted(systems.CAVITIES))
def test_heisenberg_of_a_mode_equals_the_adjoint_lindbladian_below_the_cut(name):
    """The symbols know no cut-off; a cut space agrees on the Fock states that no term can lead beyond it."""
    levels, degree = 12, 4
    model = systems.CAVITIES[name](1).with_levels(levels)
    brute = BruteForce(model)
    mode, spin = model.centre, model.ensembles[0]
    inside = np.arange(2 * (levels - degree))
    for observable in (mode.a, mode.n, 0.3 * mode.ad * mode.ad * mode.a + mode.a, spin.z, spin.p):
        found = dense(model.heisenberg(observable), levels, [("A", 2, 1)])
        expected = brute.adjoint_action(observable)
        assert np.abs(found - expected)[np.ix_(inside, inside)].max() < 1e-12 * np.abs(expected).max()


def test_heisenberg_of_products_is_refused():
    with pytest.raises(ps.InputError, match="one-body"):
        ps.models.central_spin(N=3).heisenberg(c.p * s.m)


@pytest.mark.parametrize("name", sorted(systems.MODELS))
def test_dictionary_round_trip(name):
    model = systems.MODELS[name](3)
    again = ps.Model.from_dict(json.loads(json.dumps(model.to_dict())))
    assert again.to_dict() == model.to_dict()
    assert again.hash == model.hash
    assert again.hamiltonian == model.hamiltonian
    assert again.jumps == model.jumps
    assert (again.centre, again.ensembles, again.parameters) == (model.centre, model.ensembles, model.parameters)


def test_hash_tells_models_apart():
    base = {
        "N": 4,
        "g": 0.3,
        "kappa": 0.2,
        "gamma_up": 0.1,
        "gamma_down": 0.7,
        "gamma_phi": 0.5,
        "kappa_up": 0.6,
        "kappa_phi": 0.8,
        "omega": 0.9,
        "epsilon": 1.2,
    }
    hashes = [ps.models.central_spin(**base).hash]
    hashes += [ps.models.central_spin(**{**base, name: value + 1}).hash for name, value in base.items()]
    assert len(set(hashes)) == len(hashes)


def test_hash_is_of_the_physics():
    """Spelling an expression, or naming the model, changes nothing."""
    one, two = ps.models.central_spin(N=16, kappa="N/16"), ps.models.central_spin(N=16, kappa=1, g="3/4")
    assert one.hash == two.hash
    again = ps.Model(one.centre, one.ensembles, one.hamiltonian, one.jumps, name="other")
    assert again.hash == one.hash


def test_hash_does_not_depend_on_the_order_of_terms():
    """The docstring promises equal hashes for equal physics."""
    jumps = [ps.Individual(1, s.m), ps.Central(1, c.m)]
    assert ps.Model(c, s, c.z + s.z, jumps).hash == ps.Model(c, s, s.z + c.z, jumps[::-1]).hash


def test_from_dict_refuses_other_data():
    with pytest.raises(ps.InputError, match=r"not a model written by Model\.to_dict"):
        ps.Model.from_dict({"centre": {}})


@pytest.mark.parametrize(
    "hamiltonian",
    [c.p * s.m, 1j * c.z, s.p, s.p * s.z + s.p * s.m, c.p * s.m + 2 * c.m * s.p, s.p * s.p, 1j * (c.p * s.m + c.m * s.p)],
)
def test_hamiltonian_must_be_hermitian(hamiltonian):
    with pytest.raises(ps.InputError, match="not hermitian; add the conjugate terms"):
        ps.Model(c, s, hamiltonian)


@pytest.mark.parametrize(
    "hamiltonian",
    [
        s.p * s.m,
        1j * (c.p * s.m - c.m * s.p),
        s.x * s.x,
        s.p * s.m - s.m * s.p,
        s.x * s.y + s.y * s.x,
        1j * (s.x * s.y - s.y * s.x),
        2 + c.z,
    ],
)
def test_hermitian_in_disguise(hamiltonian):
    """Hermitian although the terms do not pair up one by one: products of collective operators do not commute."""
    assert ps.Model(c, s, hamiltonian).hamiltonian == hamiltonian


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ps.Model(ps.Ensemble(2), s, s.z), "the centre must be a site"),
        (lambda: ps.Model(c, [], c.z), "at least one Ensemble"),
        (lambda: ps.Model(c, [s, ps.Ensemble(2)], c.z), "different names"),
        (lambda: ps.Model(c, s, ps.Levels(3).unit(0, 0)), "an operator of a 3-level centre cannot act"),
        (lambda: ps.Model(c, s, ps.Ensemble(2, "B").z), "there is no ensemble 'B'"),
        (lambda: ps.Model(c, s, ps.Ensemble(3, levels=3).unit(0, 0)), "which has 2"),
        (lambda: ps.Model(c, s, float("inf") * c.z), "must be finite"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ps.InputError) as caught:
        call()
    assert message in str(caught.value)


def test_terms_without_rate_leave():
    model = ps.Model(c, s, c.z + 0 * s.x, [ps.Individual(0, s.x), ps.Individual(1, s.m), ps.Central(1, 0 * c.m)])
    assert len(model.jumps) == 1
    assert model.charges == ps.models.central_spin(N=3, g=0).charges


def test_rescaled_keeps_the_intensive_physics():
    """H and all fluxes extensive: mean-field equations of intensive quantities do not change with N."""
    base = ps.Model(
        c,
        ps.Ensemble(40),
        0.3 * c.z + 0.2 * s.z + 0.1 * (c.p * s.m + c.m * s.p) + 0.05 * s.x * s.x,
        [
            ps.Individual(0.7, s.m),
            ps.Central(5.0, c.m),
            ps.Collective(0.02, s.m),
            ps.Collective(0.01, s.z * s.m),
            ps.Individual(0.1, c.m * s.p),
        ],
    )
    half = base.rescaled(0.5)
    assert half.sizes == (20,)
    factors = [new / old for new, old in zip(half.hamiltonian.terms.values(), base.hamiltonian.terms.values(), strict=True)]
    assert factors == [0.5, 1, 1, 1, 2]
    assert [new.rate / old.rate for new, old in zip(half.jumps, base.jumps, strict=True)] == [1, 0.5, 2, 8, 1]
    assert base.rescaled(1.0).hash == base.hash


@pytest.mark.parametrize("keywords", [False, True])
def test_ensembles_and_jumps_one_by_one_are_no_riddle(keywords):
    c, A, B = ps.Spin(), ps.Ensemble(2, "A"), ps.Ensemble(3, "B")
    with pytest.raises(ps.InputError, match=r"Model\(centre, \[A, B\], hamiltonian, jumps\)"):
        ps.Model(c, A, B, hamiltonian=c.z, jumps=[]) if keywords else ps.Model(c, A, B, c.z, [])
    with pytest.raises(ps.InputError, match=r"\[jump, jump\]"):
        ps.Model(c, A, c.z, ps.Central(1, c.m), ps.Individual(1, A.m))
    assert list(inspect.signature(ps.Model).parameters) == ["centre", "ensembles", "hamiltonian", "jumps", "name", "parameters"]
