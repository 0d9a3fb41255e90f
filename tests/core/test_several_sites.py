"""Centres of several sites: the same answers as in the whole space, and every label, operator and file that names a site."""

from functools import cache

import numpy as np
import pytest
from oracles.counting import number_until
from oracles.several_sites import UP, Whole, Z, ladder

import permsym as ps
from permsym.basis.representations import populated_dimension
from permsym.models.file import read_model_text
from permsym.moments.labels import enumerate_labels, parse

DOWN = UP.T


def dag(x):
    return x.conj().T


def two_modes(N, drive=0.0, levels=(3, 2), scale=1.0):
    """Two cavities that share an ensemble and exchange photons; a drive breaks the symmetry."""
    a, b, s = ps.Boson(levels[0], name="x"), ps.Boson(levels[1], name="y"), ps.Ensemble(N)
    h = 0.3 * a.n - 0.4 * b.n + scale * (0.9 * (a.a * s.p + a.ad * s.m) + 0.6 * (b.a * s.p + b.ad * s.m))
    h += 0.25 * (a.ad * b.a + b.ad * a.a) + drive * (a.a + a.ad)
    jumps = [ps.Central(1, a.a), ps.Central(0.7, b.a + 0.3 * a.a), ps.Central(0.15, a.n * b.a)]
    jumps += [ps.Individual(0.6, s.p), ps.Individual(0.2, s.m), ps.Individual(0.1, b.n * s.z)]
    return ps.Model([a, b], s, h, jumps)


@cache
def two_modes_whole(N, drive):
    """rho and operators by their labels."""
    space = Whole(3, 2, *[2] * N)
    a, b = space.at(0, ladder(3)), space.at(1, ladder(2))

    def each(one):
        return [space.at(2 + n, one) for n in range(N)]

    up = sum(each(UP))
    half = 0.9 * a @ up + 0.6 * b @ up + 0.25 * dag(a) @ b + drive * a
    h = 0.3 * dag(a) @ a - 0.4 * dag(b) @ b + half + dag(half)
    jumps = [(1, a), (0.7, b + 0.3 * a), (0.15, dag(a) @ a @ b)]
    jumps += [(0.6, x) for x in each(UP)] + [(0.2, x) for x in each(DOWN)] + [(0.1, dag(b) @ b @ x) for x in each(Z)]
    operators = {
        "ad@x a@x": dag(a) @ a,
        "ad@y a@y": dag(b) @ b,
        "ad@x a@y": dag(a) @ b,
        "a@x": a,
        "ad@x a@x ad@y a@y": dag(a) @ a @ dag(b) @ b,
        "a@y +1": b @ each(UP)[0],
        "ad@x a@x z1": dag(a) @ a @ each(Z)[0],
    }
    return space.steady(h, jumps), operators


def with_spin(N, drive=0.0):
    """A cavity and a central spin, and satellites that see both; without a drive one excitation number is conserved."""
    a, c, s = ps.Boson(3, name="x"), ps.Spin(name="q"), ps.Ensemble(N)
    h = 0.3 * a.n + 0.2 * c.z + 0.7 * (a.a * c.p + a.ad * c.m) + 0.5 * (c.p * s.m + c.m * s.p) + 0.1 * a.n * c.z * s.z + drive * c.x
    return ps.Model([a, c], s, h, [ps.Central(1, a.a), ps.Central(0.3, c.m * a.a), ps.Individual(0.6, s.p), ps.Individual(0.2, c.z * s.m)])


@cache
def with_spin_whole(N, drive):
    space = Whole(3, 2, *[2] * N)
    a, p, z = space.at(0, ladder(3)), space.at(1, UP), space.at(1, Z)
    ups, downs = ([space.at(2 + n, one) for n in range(N)] for one in (UP, DOWN))
    half = 0.7 * a @ p + 0.5 * p @ sum(downs) + drive * p
    h = 0.3 * dag(a) @ a + 0.2 * z + half + dag(half) + 0.1 * dag(a) @ a @ z @ sum(space.at(2 + n, Z) for n in range(N))
    jumps = [(1, a), (0.3, dag(p) @ a), *((0.6, x) for x in ups), *((0.2, z @ x) for x in downs)]
    operators = {
        "z0@q": z,
        "ad@x a@x": dag(a) @ a,
        "a@x +0@q": a @ p,
        "-0@q": dag(p),
        "z0@q +1": z @ ups[0],
        "ad@x a@x z0@q": dag(a) @ a @ z,
    }
    return space.steady(h, jumps), operators


MODELS = {"modes": (two_modes, two_modes_whole), "cavity and spin": (with_spin, with_spin_whole)}


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")  # so few levels cost something
@pytest.mark.parametrize("basis", ["dicke", "occupation", "full"])
@pytest.mark.parametrize("drive", [0.0, 0.2])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.quick("modes-0.0-dicke", "modes-0.2-occupation", "cavity and spin-0.2-dicke", "cavity and spin-0.0-full")
def test_steady_state_equals_brute_force(name, drive, basis):
    make, whole = MODELS[name]
    N = 2 if basis == "dicke" else 1
    model = make(N, drive)
    rho, operators = whole(N, drive)
    state = ps.steady_state(model, basis=basis)
    assert len(model.charges) == (drive == 0)
    for label, operator in operators.items():
        assert abs(state.moment(label) - np.trace(operator @ rho)) < 1e-12, label
    np.testing.assert_allclose(state.full(), rho, atol=1e-12)
    assert state.certificate.balance < 1e-12


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_reduced_states_of_each_site():
    state, (rho, _) = ps.steady_state(two_modes(1, 0.2)), two_modes_whole(1, 0.2)
    array = rho.reshape(3, 2, 2, 3, 2, 2)
    np.testing.assert_allclose(state.reduced(), np.einsum("abcdec->abde", array).reshape(6, 6), atol=1e-12)
    np.testing.assert_allclose(state.reduced(centre="y"), np.einsum("abcaec->be", array), atol=1e-12)
    np.testing.assert_allclose(state.reduced(1, centre="x"), np.einsum("abcdbf->acdf", array).reshape(6, 6), atol=1e-12)
    np.testing.assert_allclose(state.reduced(centre=["y", "x"]), np.einsum("abcdec->baed", array).reshape(6, 6), atol=1e-12)
    both = state.joint_distribution("x", "y")
    np.testing.assert_allclose(both.probability, np.einsum("abcabc->ab", array).real, atol=1e-12)
    assert both.sites == ("x", "y")
    mode = state.mode_of("y")
    assert abs(mode.photons - np.einsum("abcabc->b", array)[1]) < 1e-12
    np.testing.assert_allclose(mode.wigner(0.0, 0.0), np.sum([1, -1] * np.einsum("abcabc->b", array).real) / np.pi, atol=1e-12)
    assert state.mode_of("y").photon_distribution().error.shape == (2,)


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_derived_quantities_carry_the_site():
    state, (rho, operators) = ps.steady_state(two_modes(1, 0.2)), two_modes_whole(1, 0.2)
    n, m, both = (np.trace(operators[label] @ rho).real for label in ("ad@x a@x", "ad@y a@y", "ad@x a@x ad@y a@y"))
    assert state.derived["photons@x"] == pytest.approx(n, abs=1e-12)
    assert state.derived["coherent_photons@x"] == pytest.approx(abs(np.trace(operators["a@x"] @ rho)) ** 2, abs=1e-12)
    assert state.derived["g2@x@y"] == pytest.approx(both / n / m, rel=1e-11)
    assert state.derived_errors.keys() == state.derived.keys()
    spin, (rho, operators) = ps.steady_state(with_spin(1, 0.2)), with_spin_whole(1, 0.2)
    assert spin.derived["p0_up@q"] == pytest.approx((1 + np.trace(operators["z0@q"] @ rho).real) / 2, abs=1e-12)
    assert spin.spin_wigner(0.0, 0.0, site="q").shape == ()


def test_unknowns_are_those_of_the_conserved_class():
    """n + m + (up of A) is conserved: counts of a prototype that shares no code."""
    a, b, s = ps.Boson(8, name="x"), ps.Boson(8, name="y"), ps.Ensemble(5)
    h = a.a * s.p + a.ad * s.m + b.a * s.p + b.ad * s.m
    model = ps.Model([a, b], s, h, [ps.Central(1, a.a), ps.Central(1, b.a), ps.Individual(1, s.p)])
    assert model.charges == ((1, 1, 1),)
    assert populated_dimension(model) == 17620
    assert populated_dimension(model.resized(10).with_levels(7)) == 49372
    assert str(model.symmetry) == "U(1): ad@x a@x + ad@y a@y + up of A, ket minus bra"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_two_lasing_modes_of_five_atoms():
    """n1, n2 of a prototype that shares no code (8 x 8 levels)."""
    a, b, s = ps.Boson(8, name="x"), ps.Boson(8, name="y"), ps.Ensemble(5)
    h = 0.3 * a.n - 0.4 * b.n + 0.9 / np.sqrt(5) * (a.a * s.p + a.ad * s.m) + 0.6 / np.sqrt(5) * (b.a * s.p + b.ad * s.m)
    model = ps.Model([a, b], s, h, [ps.Central(1, a.a), ps.Central(0.7, b.a), ps.Individual(0.6, s.p), ps.Individual(0.2, s.m)])
    state = ps.steady_state(model, moments=["ad@x a@x", "ad@y a@y"])
    assert state.plan.solver_name == "bicgstab"
    assert state.moment("ad@x a@x").real == pytest.approx(0.6290685443902, abs=2e-13)
    assert state.moment("ad@y a@y").real == pytest.approx(0.4386067174762, abs=2e-13)
    assert not state.certificate.certified  # the cut-off costs 1e-3, and the certificate says so
    assert state.certificate.cutoff_error > 1e-4


def open_modes(pump=0.15):
    """Two modes of different loss, so that they need different cut-offs; no drive."""
    a, b, s = ps.Boson(name="x"), ps.Boson(name="y"), ps.Ensemble(1)
    h = 0.4 * (a.a * s.p + a.ad * s.m) + 0.3 * (b.a * s.p + b.ad * s.m)
    return ps.Model([a, b], s, h, [ps.Central(1, a.a), ps.Central(4, b.a), ps.Individual(pump, s.p), ps.Individual(1, s.m)])


def test_each_mode_gets_the_levels_it_needs():
    state = ps.steady_state(open_modes(), moments=["ad@x a@x", "ad@y a@y"], tolerance=1e-6)
    x, y = state.model.centre_sites
    assert state.certificate.certified
    assert x.levels > y.levels
    wide = ps.steady_state(open_modes().with_levels(x=x.levels + 3, y=y.levels + 3), moments=["ad@x a@x", "ad@y a@y"])
    for label, error in state.certificate.errors.items():
        assert abs(state.moment(label) - wide.moment(label)) <= error < 1e-6


def test_a_mode_without_a_steady_state_is_refused_by_name():
    a, b, s = ps.Boson(6, name="x"), ps.Boson(name="y"), ps.Ensemble(1)
    h = a.a * s.p + a.ad * s.m
    model = ps.Model([a, b], s, h, [ps.Central(1, a.a), ps.Individual(1, s.m), ps.Central(1, b.ad), ps.Central(1, b.a)])
    with pytest.raises(ps.InputError, match=r"no normalisable steady state.*mode 'y' do not fall"):
        ps.steady_state(model)


def test_labels_name_their_site():
    model = with_spin(2)
    assert str(parse("+1 z0@q ad@x a", model)) == "ad@x a@x z0@q +1"
    assert str(parse("a@x +0", model).conjugate()) == "ad@x -0@q"
    modes = two_modes(2)
    assert str(parse("a@y ad@x z7", modes)) == "ad@x a@y z1"
    assert parse("a@y ad@x", modes).charge(modes) == (0,)
    assert parse("ad@x", modes).charge(modes) == (1,)
    assert {"ad@x a@y", "a@x a@x", "a@y +1", "z1"} <= {str(label) for label in enumerate_labels(modes, 2)}


@pytest.mark.parametrize(
    ("text", "words"),
    [("a", "must name one mode"), ("a@z", "must name one mode"), ("z0@x", "not an operator of its site"), ("a@x ad@x", "normal order")],
)
def test_labels_that_name_no_site_are_refused(text, words):
    with pytest.raises(ps.InputError, match=words):
        parse(text, two_modes(2))


TEXT = """
[parameters]
N = ""
[[centre]]
kind = "boson"
name = "x"
levels = 3
[[centre]]
kind = "spin"
name = "q"
[[ensembles]]
N = "N"
[[hamiltonian]]
coefficient = 0.7
operator = "a@x +0@q"
[[hamiltonian]]
coefficient = 0.7
operator = "ad -0"
[[hamiltonian]]
coefficient = "0.3/N"
operator = "z0@q z"
[[jumps]]
kind = "central"
rate = 1
operator = "a"
[[jumps]]
kind = "individual"
rate = 0.4
operator = "+0@q -"
"""


def test_model_files_and_data_name_their_sites():
    function, _ = read_model_text(TEXT, "model.toml")
    model = function(N=3)
    a, c, s = ps.Boson(3, name="x"), ps.Spin(name="q"), ps.Ensemble(3)
    jumps = [ps.Central(1, a.a), ps.Individual(0.4, c.p * s.m)]
    same = ps.Model([a, c], s, 0.7 * (a.a * c.p + a.ad * c.m) + 0.3 / 3 * c.z * s.z, jumps)
    assert model.hash == same.hash == ps.Model.from_dict(model.to_dict()).hash
    assert "0.7 [a@x +0@q]" in model.equation
    assert model.jump("a@x").spelled == "L[a@x] central"


def test_a_name_of_the_only_site_means_nothing():
    a, s = ps.Boson(4, name="x"), ps.Ensemble(2)
    plain, t = ps.Boson(4), ps.Ensemble(2)
    named = ps.Model([a], s, a.a * s.p + a.ad * s.m, [ps.Central(1, a.a), ps.Individual(1, s.p)])
    assert named.hash == ps.Model(plain, t, plain.a * t.p + plain.ad * t.m, [ps.Central(1, plain.a), ps.Individual(1, t.p)]).hash


@pytest.mark.parametrize(
    ("sites", "words"),
    [
        ([ps.Boson(3), ps.Spin()], "needs a name"),
        ([ps.Boson(3, name="x"), ps.Spin(name="x")], "different names"),
        ([ps.Boson(3, name="x"), ps.Spin(name="A")], "both called 'A'"),
        ([ps.Boson(3, 1.0, name="x"), ps.Spin(name="q")], "displaced in a centre of one mode"),
        ([ps.Boson(3, name="x"), "spin"], "must be a site"),
        ([], "must be a site"),
    ],
)
def test_centres_that_make_no_sense_are_refused(sites, words):
    with pytest.raises(ps.InputError, match=words):
        ps.Model(sites, ps.Ensemble(2), ps.Ensemble(2).z)


def test_operators_without_their_site_are_refused():
    a, c, s = ps.Boson(3, name="x"), ps.Spin(name="q"), ps.Ensemble(2)
    for operator, words in (
        (ps.Boson(3).n, "names no site"),
        (ps.Boson(3, name="z").n, "no site 'z'"),
        (ps.Spin(name="x").z, "does not act"),
    ):
        with pytest.raises(ps.InputError, match=words):
            ps.Model([a, c], s, operator)
    with pytest.raises(ps.InputError, match="needs a name of each"):
        a.n * ps.Spin().z


REFUSED = {
    "twa": ps.twa.steady_state,
    "linear-noise": ps.linear_noise,
    "trajectories": ps.trajectories,
    "bounds": lambda model: ps.bounds(model, "z1"),
    "matrix-free": lambda model: ps.steady_state(model, solver="matrix-free"),
    "hermite": lambda model: ps.steady_state(model, solver="hermite"),
    "floquet": lambda model: ps.floquet(model, modulate={"H[z]": "1"}, period=1.0),
}


@pytest.mark.parametrize("capability", REFUSED)
@pytest.mark.quick("matrix-free", "hermite", "linear-noise")
def test_what_takes_one_site_says_so(capability):
    with pytest.raises(ps.InputError, match=r"takes a centre of one site, but this one has several \(x, y\)"):
        REFUSED[capability](two_modes(2))


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")  # so few levels cost something
@pytest.mark.parametrize("jump", ["L[a@y + 0.3 a@x]", "L[ad@x a@x a@y]", "L[ad@y a@y z]"])
@pytest.mark.quick("L[ad@y a@y z]")
def test_photons_are_counted_until_a_time(jump):
    model = two_modes(1, 0.2)
    name = model.jump(jump).name
    times = [0.0, 0.4, 1.5]
    number = ps.evolve(model, times, initial="vacuum@x vacuum@y up@A").counting(name)
    mean, variance = number_until(model, name, times, up=[[1, 0, 0], [1, 0], [1, 0]])
    np.testing.assert_allclose(number.mean, mean, atol=1e-9)
    np.testing.assert_allclose(number.variance, variance, atol=1e-9)
    assert mean[-1] > 1e-3


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_what_needs_the_whole_state_of_one_site_says_so():
    state = ps.steady_state(two_modes(1))
    for refused in (lambda: state.fisher("g"), lambda: state.mode):
        with pytest.raises(ps.InputError, match=r"takes a centre of one site|only a bosonic centre is a mode"):
            refused()


def test_qutip_has_the_sites_one_by_one():
    qutip = pytest.importorskip("qutip")
    model = two_modes(1, 0.2)
    h, c_ops = model.to_qutip()
    assert h.dims == [[3, 2, 2], [3, 2, 2]]
    rho, _ = two_modes_whole(1, 0.2)
    np.testing.assert_allclose(qutip.steadystate(h, c_ops).full(), rho, atol=1e-10)


@pytest.mark.parametrize(("model", "sites"), [(two_modes(1, 0.2, (4, 4)), ["x", "y"]), (with_spin(2), ["x", "q"])], ids=["modes", "spin"])
def test_qutip_operators_are_read_site_by_site(model, sites):
    qutip = pytest.importorskip("qutip")
    h, c_ops = model.to_qutip()
    read = ps.Model.from_qutip(h, c_ops, centre=sites, lone="individual")
    assert [(site.name, site.kind) for site in read.centre_sites] == [(site.name, site.kind) for site in model.centre_sites]
    difference = qutip.liouvillian(h, c_ops) - qutip.liouvillian(*read.to_qutip())
    assert np.abs(difference.full()).max() < 1e-12


@pytest.mark.parametrize("names", [["x"], ["x", "x"], ["x", "y", "z", "w"]])
def test_names_of_sites_that_qutip_operators_lack_are_refused(names):
    pytest.importorskip("qutip")
    with pytest.raises(ps.InputError, match="different names of the first sites"):
        ps.Model.from_qutip(*two_modes(1).to_qutip(), centre=names)


def test_one_table_of_a_file_is_a_centre_of_one_site():
    function, _ = read_model_text(
        """
        name = "one"
        [[centre]]
        kind = "boson"
        name = "x"
        levels = 3
        [[ensembles]]
        N = 1
        [[hamiltonian]]
        coefficient = 1
        operator = "ad@x a@x"
        [[jumps]]
        kind = "central"
        rate = 1
        operator = "a@x"
        [[jumps]]
        kind = "individual"
        rate = 1
        operator = "-"
        """,
        "one.toml",
    )
    model = function()
    assert isinstance(model.centre, ps.Boson)
    assert ps.steady_state(model).moment("ad a") == 0


def test_a_name_that_the_centre_lacks_is_no_identity():
    mode, s = ps.Boson(3, name="x"), ps.Ensemble(1)
    model = ps.Model(ps.Boson(3), s, s.z, [ps.Individual(1, s.m)])
    with pytest.raises(ps.InputError, match="none of this name"):
        model.charges_of(mode.a)


@pytest.mark.parametrize("centre", [1, "xy", ["x y", "z"], [1, 2]])
def test_names_of_the_sites_of_a_matrix_are_words(centre):
    H, jumps = two_modes(1).to_qutip()
    with pytest.raises(ps.InputError):
        ps.Model.from_qutip(H, jumps, centre=centre)
