"""Centres of several sites in time: evolutions, functions of two times, spectra and eigenvalues are those of the whole space."""

from functools import cache

import numpy as np
import pytest
from oracles.several_sites import UP, Whole, Z, ladder
from scipy.linalg import expm

import permsym as ps

TIMES = [0.0, 0.7, 1.5]


def model(drive=0.0, levels=(3, 2)):
    """A lossy mode, a second one that it feeds, and one satellite."""
    a, b, s = ps.Boson(levels[0], name="x"), ps.Boson(levels[1], name="y"), ps.Ensemble(1)
    h = 0.3 * a.n - 0.4 * b.n + 0.9 * (a.a * s.p + a.ad * s.m) + 0.25 * (a.ad * b.a + b.ad * a.a) + drive * (a.a + a.ad) + 0.2 * s.z
    return ps.Model([a, b], s, h, [ps.Central(1, a.a), ps.Central(0.7, b.a), ps.Individual(0.6, s.p), ps.Individual(0.2, s.m)])


class Brute:
    """The same in the whole space."""

    def __init__(self, drive):
        space = Whole(3, 2, 2)
        self.a, self.b, self.up, z = space.at(0, ladder(3)), space.at(1, ladder(2)), space.at(2, UP), space.at(2, Z)
        half = 0.9 * self.a @ self.up + 0.25 * self.a.T @ self.b + drive * self.a
        h = 0.3 * self.a.T @ self.a - 0.4 * self.b.T @ self.b + half + half.T + 0.2 * z
        self.rho = space.steady(h, [(1, self.a), (0.7, self.b), (0.6, self.up), (0.2, self.up.T)])
        self.generator = space.generator
        self.operators = {"ad@x a@x": self.a.T @ self.a, "ad@y a@y": self.b.T @ self.b, "a@x": self.a, "ad@x a@y": self.a.T @ self.b}

    def after(self, x, t):
        return (expm(self.generator * t) @ x.ravel()).reshape(x.shape)


brute = cache(Brute)


@pytest.mark.parametrize("drive", [0.0, 0.2])
def test_evolution_equals_brute_force(drive):
    whole, amplitude = brute(drive), 0.5
    field = np.exp(-(amplitude**2) / 2) * np.array([1, amplitude, amplitude**2 / np.sqrt(2)])
    rho = np.kron(np.kron(np.outer(field, field), np.diag([0, 1])), np.diag([0, 1])).astype(complex)
    evolution = ps.evolve(model(drive), TIMES, initial="coherent=0.5@x fock=1@y", moments=list(whole.operators))
    assert str(evolution.initial) == "coherent=0.5@x fock=1@y down@A"
    for position, t in enumerate(TIMES):
        for label, operator in whole.operators.items():
            assert abs(evolution.moment(label)[position] - np.trace(operator @ whole.after(rho, t))) < 1e-9, (label, t)
    assert evolution.photon_distribution is None
    state, exact = evolution.state(1.5), whole.after(rho, 1.5).reshape(3, 2, 2, 3, 2, 2)
    np.testing.assert_allclose(state.reduced(centre="y"), np.einsum("abcaec->be", exact), atol=1e-9)
    np.testing.assert_allclose(state.joint_distribution("y", "x").probability, np.einsum("abcabc->ba", exact).real, atol=1e-9)


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")  # so few levels cost something
@pytest.mark.parametrize(("of", "right"), [("ad@x", "a@x"), ("ad@y", "a@x"), ("+1", "-1")])
def test_functions_of_two_times_equal_brute_force(of, right):
    whole = brute(0.0)
    matrix = {"ad@x": whole.a.T, "a@x": whole.a, "ad@y": whole.b.T, "+1": whole.up, "-1": whole.up.T}
    state, source = ps.steady_state(model()), matrix[right] @ whole.rho
    function = state.correlation(of, right, [0, 0.5, 2])
    np.testing.assert_allclose(function.values, [np.trace(matrix[of] @ whole.after(source, t)) for t in (0, 0.5, 2)], atol=1e-9)
    w = 0.3
    resolved = np.linalg.solve(1j * w * np.eye(len(whole.generator)) - whole.generator, source.ravel()).reshape(source.shape)
    assert ps.spectrum(state, [w], of=of, right=right).power[0] == pytest.approx(2 * np.trace(matrix[of] @ resolved).real, abs=1e-9)


def test_eigenvalues_are_those_of_the_whole_space():
    exact = np.linalg.eigvals(brute(0.2).generator)
    for value in ps.eigenvalues(model(0.2), k=4).eigenvalues:
        assert np.abs(exact - value).min() < 1e-9


def test_each_mode_of_an_evolution_gets_the_levels_it_needs():
    labels = ["ad@x a@x", "ad@y a@y"]
    evolution = ps.evolve(model(levels=(None, None)), [0, 0.5], initial="fock=3@x", moments=labels, tolerance=1e-6)
    wide = ps.evolve(model(levels=(12, 12)), [0, 0.5], initial="fock=3@x", moments=labels)
    assert evolution.certificate.certified
    for label in labels:
        np.testing.assert_allclose(evolution.moment(label), wide.moment(label), atol=1e-6)


def test_words_of_initial_states_name_their_site():
    a, c, s = ps.Boson(3, name="x"), ps.Spin(name="q"), ps.Ensemble(2)
    mixed = ps.Model([a, c], s, a.a * c.p + a.ad * c.m + c.z * s.z, [ps.Central(1, a.a), ps.Individual(1, s.m)])
    evolution = ps.evolve(mixed, [0], initial="fock=1 up@q up@A", moments=["ad a", "z0", "z1"])
    np.testing.assert_allclose([evolution.moment(label)[0] for label in ("ad a", "z0", "z1")], [1, 1, 1], atol=1e-14)
    for text, words in (("up", "must name one of x, q, A"), ("fock=1@z", "must name one of x, q, A"), ("up@x", "is no state of")):
        with pytest.raises(ps.InputError, match=words):
            ps.evolve(mixed, [0, 1], initial=text)


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_whose_field_is_asked_for():
    with pytest.raises(ps.InputError, match="several sites, x, y"):
        ps.g2(ps.steady_state(model(levels=(2, 2))), [0, 1])
    with pytest.raises(ps.InputError, match=r"whose spectrum.*several sites, x, y"):
        ps.spectrum(model(), [0])


@pytest.mark.filterwarnings("ignore::permsym.UncertifiedWarning")
def test_gradients_of_a_mode_and_of_coincidences():
    def family(g=0.4):
        a, b, s = ps.Boson(4, name="x"), ps.Boson(3, name="y"), ps.Ensemble(1)
        h = g * (a.a * s.p + a.ad * s.m) + 0.3 * (b.a * s.p + b.ad * s.m)
        jumps = [ps.Central(1, a.a), ps.Central(2, b.a), ps.Individual(0.5, s.p)]
        return ps.Model([a, b], s, h, jumps, parameters={"g": g})

    state, h = ps.steady_state(family()), 1e-4
    above, below = (ps.steady_state(family(0.4 + step)) for step in (h, -h))
    for name in ("ad@x a@x", "g2@x@y", "photons@y"):
        values = [each.derived.get(name, each.moment("ad@x a@x").real) for each in (above, below)]
        assert state.gradient(name, family)["g"].real == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-6)
