"""Kraus operators and the evolution between jumps, as a superoperator on |j, m> (x) centre, against the assembled Liouvillian."""

import itertools

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.basis import build
from permsym.errors import InputError, UnsuitedModel
from permsym.liouvillian import Liouvillian
from permsym.moments.labels import enumerate_labels
from permsym.unravelling.engine import operator_of, prepare
from permsym.unravelling.engine.kraus import generator, kraus_operators
from permsym.unravelling.engine.tables import NO_CUT, shear_of
from permsym.unravelling.engine.terms import Expansion
from permsym.unravelling.engine.weights import centre_weights, word_weights


class Kets:
    """Dense matrices of terms on all |J, n, k>, n < levels."""

    def __init__(self, model, levels, alpha=0j):
        self.N, self.alpha, self.levels = model.ensembles[0].N, alpha, levels
        self.cut = levels if model.centre.levels == levels else NO_CUT
        self.labels = [
            (J, n, k)
            for J in range(self.N % 2, self.N + 1, 2)
            for n in range(levels)
            for k in range((self.N - J) // 2, (self.N + J) // 2 + 1)
        ]
        self.index = {label: i for i, label in enumerate(self.labels)}

    def matrix(self, terms, step=0):
        result = np.zeros((len(self.labels),) * 2, dtype=complex)
        for (centre, word, u, v), value in terms.items():
            on_centre = centre_weights(np.array([centre]), 0, self.levels, NO_CUT)[0]
            raised = sum({0: 1, 1: -1}.get(letter % 3, 0) for letter in word if letter < 12)
            for J in range(self.N % 2, self.N + 1, 2):
                first = (self.N - J) // 2
                words = np.array([word or (-1,)])
                for k, weight in enumerate(word_weights(words, J, self.N, first, J + 1)[0], start=first):
                    for n in range(self.levels):
                        total = value * np.conj(self.alpha) ** u * self.alpha**v * on_centre[n] * weight
                        target = self.index.get((J + 2 * step, n + centre[1] - centre[2], k + raised))
                        if total != 0 and (target is not None or n + 3 < self.levels):
                            result[target, self.index[J, n, k]] += total
        return result


def elements(model, kets, expansion, constants, room):
    """(by Kraus operators, by the Liouvillian): elements of L X for a random hermitian X without the highest ``room`` levels."""
    space = Liouvillian(build(model, "dicke"))
    labels, rows = space.basis.written_out()
    x = np.random.default_rng(0).standard_normal(space.basis.dimension)
    outside = (labels[:2] >= kets.levels - room).any(axis=0)
    x[abs(rows[np.flatnonzero(outside)]).sum(axis=0) > 0] = 0
    ket = [kets.index[J, n, (M + kets.N) // 2] for n, _, J, M, _ in labels.T]
    bra = [kets.index[J, n, (M + kets.N) // 2] for _, n, J, _, M in labels.T]
    X = np.zeros((len(kets.labels),) * 2, dtype=complex)
    X[ket, bra] = rows @ x
    G = kets.matrix(generator(expansion, constants))
    change = G @ X + X @ G.conj().T
    for each in kraus_operators(expansion, constants):
        K = kets.matrix(each.terms, each.step)
        change += K @ X @ K.conj().T
    return change[ket, bra], rows @ (space.matrix() @ x)


SPINS = ["central_spin", "nine_pairs", "conditional_jumps", "collective_jumps", "products", "charged_products", "driven_three_level_centre"]


@pytest.mark.parametrize("constants", [True, False])
@pytest.mark.parametrize(("name", "N"), [(name, N) for name in SPINS for N in (3, 6)])
def test_kraus_operators_make_the_liouvillian(name, N, constants):
    model = getattr(systems, name)(N)
    mine, expected = elements(model, Kets(model, model.centre.levels), Expansion(model, False), constants, 0)
    assert np.abs(mine - expected).max() < 1e-13 * np.abs(expected).max() * N


def conditional_cavity(levels):
    """Individual jumps with operators of the mode, constants, detunings; no symmetry."""
    c, s = ps.Boson(levels), ps.Ensemble(3)
    jumps = [
        ps.Central(0.7, c.a + 0.3 * c.ad + 0.2),
        ps.Individual(0.5, c.a * s.p + 0.4 * s.m + 0.3 * s.z),
        ps.Individual(0.3, c.ad * s.operator([[0.5, 0.2], [0, 1]])),
        ps.Collective(0.2, s.m + 0.5j * c.a),
    ]
    return ps.Model(c, s, 0.3 * c.n + 0.2 * s.x + 0.4 * (c.a * s.p + c.ad * s.m) + 0.5j * (c.ad - c.a), jumps)


@pytest.mark.parametrize("constants", [True, False])
@pytest.mark.parametrize("alpha", [0, 0.6 - 0.8j])
def test_a_mode_and_its_frame(alpha, constants):
    model = conditional_cavity(8)
    mine, expected = elements(
        model.displaced(alpha) if alpha else model, Kets(model, 8, alpha), Expansion(model, bool(alpha)), constants, 4
    )
    assert np.abs(mine - expected).max() < 1e-12 * np.abs(expected).max()


def test_without_their_constants_jumps_are_fewer():
    """The field of a displaced mode makes no jumps."""
    model = ps.models.driven_tavis_cummings(N=3, C=14, drive=1.05)
    whole, less = (kraus_operators(Expansion(model, True), constants)[0].terms for constants in (True, False))
    assert len(whole) == 2
    assert len(less) == 1


@pytest.mark.parametrize("name", ["conditional_jumps", "driven_cavity"])
def test_labels_are_collective_operators(name):
    model = getattr(systems, name)(3)
    brute = BruteForce(model)
    for label in enumerate_labels(model, 3):
        difference = brute.operator(operator_of(model, label)) - _symmetrised(brute, str(label))
        assert np.abs(difference.full()).max() < 1e-13


def _symmetrised(brute, label):
    """The mean of a moment's operator over all ways to choose its satellites."""
    words = label.split()
    digits = sorted({word[-1] for word in words if word[-1] in "123"})
    ways = list(itertools.permutations("123", len(digits)))
    total = 0
    for way in ways:
        names = dict(zip(digits, way, strict=True))
        total = total + brute.moment_operator(" ".join(word[:-1] + names[word[-1]] if word[-1] in names else word for word in words))
    return total / len(ways)


def test_the_shear_follows_the_charge():
    assert shear_of(systems.central_spin(3)) == 1
    assert shear_of(systems.cavity(3)) == -1
    assert shear_of(systems.driven_cavity(3)) == 0
    c, s = ps.Boson(), ps.Ensemble(3)
    pairs = ps.Model(c, s, c.a * s.p * s.p + c.ad * s.m * s.m, [ps.Central(1.0, c.a), ps.Individual(0.1, s.p)])
    assert shear_of(pairs) == -2


def test_models_that_have_no_trajectories_are_refused():
    with pytest.raises(UnsuitedModel, match="A of 2 levels, B of 2 levels"):
        prepare(systems.two_ensembles(2), [])
    with pytest.raises(UnsuitedModel, match="A of 3 levels"):
        prepare(systems.qutrits(2), [])
    with pytest.raises(InputError, match="is not a factor"):
        prepare(systems.central_spin(2), ["y1"])
