"""Cumulant equations of clusters: rows and closures against brute force, limits, and the equations as published."""

import numpy as np
import pytest
from oracles import distinct_spins as brute

import permsym as ps
from permsym.cumulants.equations import equations
from permsym.driven_cavity.cluster_moments import Layout, conjugate
from permsym.driven_cavity.clusters import ClusterEquations

PARAMETERS = {"kappa": 0.9, "gamma_h": 0.4, "gamma_p": 0.13, "Delta_c": 0.35, "eta": 1.7}
COUPLINGS, DETUNINGS = np.array([0.5, 0.8, 0.3]), np.array([-0.6, 0.2, 1.1])


def split(name):
    """('zs', 'da') from 'zsda'."""
    spins = "".join(letter for letter in name if letter in "zsp")
    return spins, name[len(spins) :]


def random_moments(layout, seed):
    """Values with the symmetries of moments: real where Hermitian, symmetric where the two spins play the same part."""
    rng = np.random.default_rng(seed)
    vector = 0.6 * (rng.normal(size=layout.size) + 1j * rng.normal(size=layout.size))
    for name, view in layout.split(vector).items():
        spins, bosons = split(name)
        if set(spins) <= {"z"} and conjugate(bosons) == bosons:
            view.imag = 0
        if spins in ("zz", "ss"):
            view[...] = (view + view.T) / 2
        if name == "ps":
            view[...] = (view + view.conj().T) / 2
    return vector


def explicit(layout, vector, clusters):
    """Moments of numbered spins, each of which belongs to a cluster."""
    views = layout.split(vector)

    def known(monomial):
        spins, p, q = monomial
        letters, places = "".join(letter for _, letter in spins), tuple(clusters[site] for site, _ in spins)
        for turn in (False, True):  # a moment or its conjugate
            names = letters.translate(str.maketrans("sp", "ps")) if turn else letters
            bosons = "d" * (q if turn else p) + "a" * (p if turn else q)
            for order in (slice(None), slice(None, None, -1)):  # either spin first
                if names[order] + bosons in views:
                    value = complex(views[names[order] + bosons][places[order]])
                    return value.conjugate() if turn else value
        raise AssertionError(monomial)

    return known


def unknowns(layout, clusters):
    """(name, index, monomial of numbered spins) of every unknown that two distinct spins of the clusters can realise."""
    for name, (_, shape) in layout.slots.items():
        spins, bosons = split(name)
        powers = (bosons.count("d"), bosons.count("a"))
        for index in np.ndindex(*shape):
            sites = []
            for cluster in index:
                sites.append(next((n for n, c in enumerate(clusters) if c == cluster and n not in sites), None))
            if None not in sites:
                yield name, index, (tuple(sorted(zip(sites, spins, strict=True))), *powers)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("sizes", [(2,), (1, 2), (2, 1, 3)], ids=["L=1", "L=2", "L=3"])
def test_right_hand_side_is_that_of_numbered_spins(order, sizes):
    L = len(sizes)
    equations = ClusterEquations.of(order, **PARAMETERS, g=COUPLINGS[:L], Delta=DETUNINGS[:L], N=np.array(sizes, float))
    vector = random_moments(equations.layout, seed=order)
    found = equations.layout.split(equations.rhs(vector))
    clusters = np.repeat(np.arange(L), sizes)
    known = explicit(equations.layout, vector, clusters)
    checked = 0
    for name, index, monomial in unknowns(equations.layout, clusters):
        row = brute.derivative(monomial, **PARAMETERS, g=COUPLINGS[clusters], Delta=DETUNINGS[clusters])
        expected = sum(coefficient * brute.closed(key, known, order) for key, coefficient in row.items())
        assert found[name][index] == pytest.approx(expected, rel=1e-12, abs=1e-12), (name, index)
        checked += 1
    assert checked > 2 * L


@pytest.mark.parametrize("order", [1, 2, 3])
def test_clusters_that_are_alike_are_one_ensemble(order):
    shared = PARAMETERS | {"g": 0.4, "Delta": 0.3}
    one = ClusterEquations.of(order, **shared, N=9.0)
    three = ClusterEquations.of(order, **shared, N=np.array([2.0, 3.5, 3.5]))
    vector = random_moments(one.layout, seed=7)
    spread = np.zeros(three.layout.size, dtype=complex)
    views = one.layout.split(vector)
    for name, view in three.layout.split(spread).items():
        view[...] = views[name].reshape((1,) * view.ndim)
    expected, found = one.layout.split(one.rhs(vector)), three.layout.split(three.rhs(spread))
    for name, value in found.items():
        assert np.abs(value - expected[name].reshape((1,) * value.ndim)).max() < 1e-13, name


@pytest.mark.parametrize("L", [1, 2, 51])
def test_number_of_real_unknowns_is_the_papers(L):
    """13 L^2 + L(L+1)/2 + 23 L + 9 real equations: half of a symmetric pair of spins, Hermitian moments real."""
    real = 0
    for name, (_, shape) in Layout(3, L).slots.items():
        spins, bosons = split(name)
        hermitian = conjugate(bosons) == bosons and set(spins) <= {"z"}
        count = L * (L + 1) // 2 if spins in ("zz", "ss") else int(np.prod(shape))
        real += count if hermitian or name == "ps" else 2 * count  # <s+_k s-_j> = <s+_j s-_k>^*: L^2 reals
    assert real == 13 * L**2 + L * (L + 1) // 2 + 22 * L + 9  # the paper counts the L real <s+_k s-_k'> twice


def published(kappa, gamma_h, gamma_p, Delta_c, eta, g, Delta):
    """Eqs. (A.1)-(A.25) of paper 2 as printed, for k = 0, j = 1 and N = len(g) spins: monomial -> row.

    Written term by term from the page; [x] stands for <x>, with factors such as 'z0 a' in any order.
    """
    k, j = 0, 1
    N = len(g)
    gk, gj, Dk, Dj = g[k], g[j], Delta[k], Delta[j]

    def m(text):
        parts = [part if part in "da" else (int(part[1:]), part[0]) for part in text.split()]
        return brute.monomial(parts)

    def row(*terms):
        total = {}
        for coefficient, text in terms:
            total[m(text)] = total.get(m(text), 0) + coefficient
        return {key: value for key, value in total.items() if abs(value) > 1e-14}

    def over(excluded, *terms):
        """Sum over n outside ``excluded`` of coefficient * g_n * moment, with {n} for the summed spin."""
        return [(c * g[n], text.format(n=n)) for n in range(N) if n not in excluded for c, text in terms]

    i = 1j
    return {
        "A.1": ("a", row((-(kappa + i * Delta_c), "a"), *over((), (-i, "s{n}")), (eta, ""))),
        "A.2": ("s0", row((-(gamma_h + 2 * gamma_p + i * Dk), "s0"), (i * gk, "z0 a"))),
        "A.3": ("z0", row((-2 * gamma_h, "z0"), (-2 * gamma_h, ""), (2 * i * gk, "s0 d"), (-2 * i * gk, "p0 a"))),
        "A.4": (
            "z0 a",
            row(
                (-(kappa + 2 * gamma_h + i * Delta_c), "z0 a"), (-2 * gamma_h, "a"), (eta, "z0"), *over((k,), (-i, "z0 s{n}")),
                (i * gk, "s0"), (2 * i * gk, "s0 d a"), (-2 * i * gk, "p0 a a"),
            ),
        ),
        "A.5": (
            "z0 s1",
            row(
                (-(3 * gamma_h + 2 * gamma_p + i * Dj), "z0 s1"), (-2 * gamma_h, "s1"), (i * gj, "z0 z1 a"),
                (2 * i * gk, "s0 s1 d"), (-2 * i * gk, "p0 s1 a"),
            ),
        ),
        "A.6": (
            "s0 d",
            row(
                (-(kappa + gamma_h + 2 * gamma_p + i * (Dk - Delta_c)), "s0 d"), (eta, "s0"), *over((k,), (i, "p{n} s0")),
                (i * gk / 2, "z0"), (i * gk / 2, ""), (i * gk, "z0 d a"),
            ),
        ),
        "A.7": ("p0 s1", row((-(2 * gamma_h + 4 * gamma_p + i * (Dj - Dk)), "p0 s1"), (-i * gk, "z0 s1 d"), (i * gj, "z1 p0 a"))),
        "A.8": (
            "s0 a",
            row(
                (-(kappa + gamma_h + 2 * gamma_p + i * (Dk + Delta_c)), "s0 a"), (eta, "s0"), *over((k,), (-i, "s0 s{n}")),
                (i * gk, "z0 a a"),
            ),
        ),
        "A.9": ("d d", row((-2 * (kappa - i * Delta_c), "d d"), *over((), (2 * i, "p{n} d")), (2 * eta, "d"))),
        "A.10": ("d a", row((-2 * kappa, "d a"), *over((), (-i, "s{n} d"), (i, "p{n} a")), (eta, "a"), (eta, "d"))),
        "A.11": (
            "z0 z1",
            row(
                (-2 * gamma_h, "z0"), (-4 * gamma_h, "z0 z1"), (-2 * gamma_h, "z1"), (2 * i * gk, "z1 s0 d"), (-2 * i * gk, "z1 p0 a"),
                (2 * i * gj, "z0 s1 d"), (-2 * i * gj, "z0 p1 a"),
            ),
        ),
        "A.12": ("s0 s1", row((-(2 * gamma_h + 4 * gamma_p + i * (Dj + Dk)), "s0 s1"), (i * gk, "z0 s1 a"), (i * gj, "z1 s0 a"))),
        "A.13": (
            "z0 d a",
            row(
                (-2 * (kappa + gamma_h), "z0 d a"), (-2 * gamma_h, "d a"), (eta, "z0 a"), (eta, "z0 d"),
                *over((k,), (-i, "z0 s{n} d"), (i, "z0 p{n} a")), (i * gk, "s0 d"), (-i * gk, "p0 a"),
                (2 * i * gk, "s0 d d a"), (-2 * i * gk, "p0 d a a"),
            ),
        ),
        "A.14": (
            "s0 d a",
            row(
                (-(2 * (kappa + gamma_p) + gamma_h + i * Dk), "s0 d a"), (eta, "s0 d"), (eta, "s0 a"), (i * gk, "z0 d a a"),
                *over((k,), (i, "p{n} s0 a"), (-i, "s0 s{n} d")), (i * gk / 2, "z0 a"), (i * gk / 2, "a"),
            ),
        ),
        "A.15": (
            "s0 d d",
            row(
                (-(2 * (kappa + gamma_p) + gamma_h + i * (Dk - 2 * Delta_c)), "s0 d d"), (2 * eta, "s0 d"),
                *over((k,), (2 * i, "p{n} s0 d")), (i * gk, "z0 d"), (i * gk, "d"), (i * gk, "z0 d d a"),
            ),
        ),
        "A.16": (
            "z0 a a",
            row(
                (-2 * (kappa + gamma_h + i * Delta_c), "z0 a a"), (-2 * gamma_h, "a a"), (2 * eta, "z0 a"), (2 * i * gk, "s0 a"),
                *over((k,), (-2 * i, "z0 s{n} a")), (2 * i * gk, "s0 d a a"), (-2 * i * gk, "p0 a a a"),
            ),
        ),
        "A.17": (
            "s0 a a",
            row(
                (-(2 * (kappa + gamma_p) + gamma_h + i * (Dk + 2 * Delta_c)), "s0 a a"), (2 * eta, "s0 a"),
                *over((k,), (-2 * i, "s0 s{n} a")), (i * gk, "z0 a a a"),
            ),
        ),
        "A.18": (
            "d a a",
            row(
                (-(3 * kappa + i * Delta_c), "d a a"), *over((), (-2 * i, "s{n} d a"), (i, "p{n} a a")), (2 * eta, "d a"), (eta, "a a"),
            ),
        ),
        "A.19": ("a a a", row((-3 * (kappa + i * Delta_c), "a a a"), *over((), (-3 * i, "s{n} a a")), (3 * eta, "a a"))),
        "A.20": (
            "z0 z1 a",
            row(
                (-(kappa + i * Delta_c), "z0 z1 a"), (-2 * gamma_h, "z0 a"), (-4 * gamma_h, "z0 z1 a"), (-2 * gamma_h, "z1 a"),
                (2 * i * gk, "z1 s0 d a"), (2 * i * gj, "z0 s1 d a"), (-2 * i * gk, "z1 p0 a a"), (-2 * i * gj, "z0 p1 a a"),
                *over((k, j), (-i, "z0 z1 s{n}")), (i * gk, "z1 s0"), (i * gj, "z0 s1"),
            ),
        ),
        "A.21": (
            "s0 s1 d",
            row(
                (-(kappa + 2 * gamma_h + 4 * gamma_p + i * (Dk + Dj - Delta_c)), "s0 s1 d"), (eta, "s0 s1"),
                *over((k, j), (i, "p{n} s0 s1")), (i * gk / 2, "s1"), (i * gk / 2, "z0 s1"), (i * gj / 2, "s0"), (i * gj / 2, "z1 s0"),
                (i * gk, "z0 s1 d a"), (i * gj, "z1 s0 d a"),
            ),
        ),
        "A.22": (
            "p0 s1 a",
            row(
                (-(kappa + 2 * gamma_h + 4 * gamma_p + i * (Dj - Dk + Delta_c)), "p0 s1 a"), (eta, "p0 s1"),
                *over((k, j), (-i, "p0 s1 s{n}")), (-i * gk / 2, "s1"), (-i * gk / 2, "z0 s1"), (-i * gk, "z0 s1 d a"),
                (i * gj, "p0 z1 a a"),
            ),
        ),
        "A.23": (
            "z0 s1 d",
            row(
                (-(kappa + 3 * gamma_h + 2 * gamma_p + i * (Dj - Delta_c)), "z0 s1 d"), (-2 * gamma_h, "s1 d"), (eta, "z0 s1"),
                *over((k, j), (i, "p{n} z0 s1")), (-i * gk, "p0 s1"), (i * gj / 2, "z0"), (i * gj / 2, "z0 z1"),
                (i * gj, "z0 z1 d a"), (2 * i * gk, "s0 s1 d d"), (-2 * i * gk, "p0 s1 d a"),
            ),
        ),
        "A.24": (
            "z0 s1 a",
            row(
                (-(kappa + 3 * gamma_h + 2 * gamma_p + i * (Dj + Delta_c)), "z0 s1 a"), (-2 * gamma_h, "s1 a"), (eta, "z0 s1"),
                *over((k, j), (-i, "z0 s1 s{n}")), (i * gk, "s0 s1"), (i * gj, "z0 z1 a a"), (2 * i * gk, "s0 s1 d a"),
                (-2 * i * gk, "p0 s1 a a"),
            ),
        ),
        "A.25": (
            "s0 s1 a",
            row(
                (-(kappa + 2 * gamma_h + 4 * gamma_p + i * (Dk + Dj + Delta_c)), "s0 s1 a"), (eta, "s0 s1"),
                *over((k, j), (-i, "s0 s1 s{n}")), (i * gk, "z0 s1 a a"), (i * gj, "z1 s0 a a"),
            ),
        ),
    }, m  # fmt: skip


def test_published_equations_but_for_one_misprint():
    """(A.1)-(A.25) follow from the master equation, except that (A.20) as printed has lost the drive, eta <sz_k sz_j>."""
    g, Delta = np.array([0.5, 0.8, 0.3, 0.4]), np.array([-0.6, 0.2, 1.1, 0.7])
    equations, monomial = published(**PARAMETERS, g=g, Delta=Delta)
    assert len(equations) == 25
    differences = {}
    for number, (left, printed) in equations.items():
        derived = brute.derivative(monomial(left), **PARAMETERS, g=g, Delta=Delta)
        rest = brute.add((1, derived), (-1, printed))
        rest = {key: value for key, value in rest.items() if abs(value) > 1e-12}
        if rest:
            differences[number] = rest
    assert differences == {"A.20": {monomial("z0 z1"): pytest.approx(PARAMETERS["eta"])}}


def engine_model(sizes):
    """The same system as a Model with one ensemble a cluster."""
    c = ps.Boson(None)
    ensembles = [ps.Ensemble(n, name) for n, name in zip(sizes, "ABC", strict=False)]
    hamiltonian = PARAMETERS["Delta_c"] * c.n + 1j * PARAMETERS["eta"] * (c.ad - c.a)
    jumps = [ps.Central(2 * PARAMETERS["kappa"], c.a)]
    for s, g, Delta in zip(ensembles, COUPLINGS, DETUNINGS, strict=False):
        hamiltonian = hamiltonian + Delta / 2 * s.z + g * (c.a * s.p + c.ad * s.m)
        jumps += [ps.Individual(2 * PARAMETERS["gamma_h"], s.m), ps.Individual(PARAMETERS["gamma_p"], s.z)]
    return ps.Model(c, ensembles, hamiltonian, jumps)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("sizes", [(7,), (3, 4), (2, 5, 3)], ids=["L=1", "L=2", "L=3"])
def test_right_hand_side_is_the_general_engines(order, sizes):
    L = len(sizes)
    clusters = ClusterEquations.of(order, **PARAMETERS, g=COUPLINGS[:L], Delta=DETUNINGS[:L], N=np.array(sizes, float))
    engine = equations(engine_model(sizes), order=order, closure="no-three-spin", break_symmetry=True)
    vector = random_moments(clusters.layout, seed=10 + order)

    def by_label(vector):
        """Values in the engine's order, conjugates included."""
        known = explicit(clusters.layout, vector, np.arange(L))
        known_twice = explicit(clusters.layout, vector, np.repeat(np.arange(L), 2))  # two spins of one cluster
        values = []
        for counts in engine.hierarchy.unknowns:
            p, q, rest = counts[0], counts[1], counts[2:]
            spins = [(k, letter) for k in range(L) for letter, n in zip("psz", rest[3 * k : 3 * k + 3], strict=True) for _ in range(n)]
            if len({k for k, _ in spins}) == len(spins):
                values.append(known((tuple(spins), p, q)))
            else:
                (k, first), (_, second) = spins
                values.append(known_twice((((2 * k, first), (2 * k + 1, second)), p, q)))
        return np.array(values)

    expected = engine.rhs(by_label(vector))
    assert np.abs(by_label(clusters.rhs(vector)) - expected).max() < 1e-12 * np.abs(expected).max()
    assert len(engine) >= {1: 5, 2: 20, 3: 45}[order]
