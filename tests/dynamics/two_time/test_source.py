"""X = B rho C in its charge sectors, with single satellites, against the whole product space."""

import warnings
from functools import cache

import numpy as np
import pytest
from oracles import systems
from oracles.two_time import TwoTime
from sampled import sampled
from scipy.sparse.linalg import expm_multiply

import permsym as ps
from permsym.dynamics.two_time.source import sources
from permsym.errors import InputError, TooFewSatellites
from permsym.liouvillian import Liouvillian

TIMES = [0.0, 0.4, 1.7]
ON_SPINS = [
    ("+", "-", None),
    ("+1", "-1", None),
    ("+2", "-1", None),
    ("z1", "+ -", "z1"),
    ("x1 z0", "y2 -0", "+2"),
    ("+1 -2", "z1", "x"),
    ("z", "-1", "+1"),
]
"""A, B and C of a spin centre and one ensemble of spins: sums, one satellite, another one, several, both."""
WORDS = {
    "cavity": [("ad", "a", None), ("ad a", "a", "ad"), ("ad a", "-1", "+"), ("+2", "a z1", "z1"), ("a", "ad a a", "+ -")],
    "qutrits": [("|1><0|1", "|0><1|1", None), ("|2><2|2", "|0><1|1", "|1><0|1"), ("+0", "-0", "|1><2|"), ("|1><0|", "-0", "|2><1|2")],
    "two_ensembles": [("+1@A", "-1@A", None), ("+1@B", "-@A", "z2@B"), ("z1@A x1@B", "-0", "z2@A z1@B"), ("+@A", "-1@B", None)],
    "mixed_ensembles": [("+1@A", "-1@A", "|1><1|1@B"), ("|1><2|@B", "+0", "|2><0|1@B"), ("-0", "+1@A", "z@A")],
    "three_level_centre": [("|1><0|0", "|0><1|0", None), ("+1", "|0><2|0 +2", "-"), ("|2><2|0", "-1", "+1")],
}
WORDS |= {"driven_cavity": WORDS["cavity"], "squeezed_cavity": WORDS["cavity"], "random_qutrits": WORDS["qutrits"]}
WORDS |= {"charged_two_ensembles": WORDS["two_ensembles"], "driven_three_level_centre": WORDS["three_level_centre"]}
CASES = [
    (name, which, basis)
    for name in systems.MODELS
    for which in range(len(WORDS.get(name, ON_SPINS)))
    for basis in (["occupation"] if name in systems.QUTRITS else ["dicke", "occupation"])
]


@cache
def whole(name):
    return TwoTime(systems.MODELS[name](systems.size(name)))


@cache
def state(name, basis):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.UncertifiedWarning)  # too few Fock states, as the oracle has
        return ps.steady_state(systems.MODELS[name](systems.size(name)), basis=basis, solver="superlu", window="full")


def correlation(rho, of, right, left, times=TIMES):
    values = np.zeros(len(times), dtype=complex)
    for source in sources(rho, of, right, left):
        matrix = Liouvillian(source.basis).matrix()
        values += [source.observed @ expm_multiply(t * matrix, source.x) for t in times]
    return values


@pytest.mark.parametrize(("name", "which", "basis"), sampled(CASES, 31))
@pytest.mark.quick("central_spin-0-dicke", "charged_products-4-occupation", "driven_cavity-4-dicke")
def test_every_operator_in_every_sector_against_the_whole_space(name, which, basis):
    of, right, left = WORDS.get(name, ON_SPINS)[which]
    expected = whole(name).correlation(of, right, TIMES, left)
    values = correlation(state(name, basis), of, right, left)
    assert np.abs(values - expected).max() < 1e-11 * max(1, np.abs(expected).max())
    charges = state(name, basis).model.charges
    assert charges or np.abs(expected).min() > 1e-9  # only a charge makes a function vanish


def test_the_published_numbers():
    rho = ps.steady_state(ps.models.central_spin(N=2))
    n = (1 + rho.moment("z0").real) / 2
    assert correlation(rho, "+0 -0", "-0", "+0", [0.5])[0] / n**2 == pytest.approx(0.239217104, abs=1e-9)
    assert correlation(rho, "+1", "-1", None, [0.5])[0] == pytest.approx(0.361410326 + 0.197439361j, abs=1e-9)
    assert correlation(rho, "+2", "-1", None, [0.5])[0] == pytest.approx(0.003586403 + 0.001959261j, abs=1e-9)


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
def test_one_satellite_and_two_add_up_to_the_collective_function(basis):
    N, rho = 9, ps.steady_state(systems.central_spin(9), basis=basis)
    same, other = correlation(rho, "+1", "-1", None), correlation(rho, "+1", "-2", None)
    assert np.abs(correlation(rho, "+", "-", None) - N * (same + (N - 1) * other)).max() < 1e-11


@pytest.mark.parametrize(("of", "right", "left"), [pytest.param("+1", "-1", None, marks=pytest.mark.slow), ("z2", "-1", "+1")])
@pytest.mark.slow
def test_a_window_is_as_good_as_the_full_basis(of, right, left):
    model = ps.models.central_spin(N=100)
    full, cut = (ps.steady_state(model, window=window) for window in ("full", 18))
    assert cut.dimension < 0.7 * full.dimension
    assert np.abs(correlation(full, of, right, left) - correlation(cut, of, right, left)).max() < 1e-10


@pytest.mark.slow
def test_displaced_states_and_blocks_say_what_plain_ones_say():
    model = ps.models.driven_tavis_cummings(N=2, kappa=2.0, gamma_h=1.0, g=0.8, eta=1.6)
    plain = ps.steady_state(model.with_levels(24), solver="superlu")
    displaced = ps.steady_state(model.displaced(0.5 - 0.2j).with_levels(24), solver="superlu")
    blocks = ps.steady_state(model.with_levels(24), solver="matrix-free")
    for words in (("ad", "a", None), ("ad a", "a", "ad"), ("+1 a", "-2 ad", "z1")):
        expected = correlation(plain, *words)
        assert np.abs(expected - correlation(displaced, *words)).max() < 1e-9
        assert np.abs(expected - correlation(blocks, *words)).max() < 1e-9


def test_a_weak_drive_leaves_elements_near_the_vacuum():
    model = ps.models.driven_tavis_cummings(N=200, kappa=2.0, gamma_h=1.0, g=0.3, eta=1e-3)
    small = ps.models.driven_tavis_cummings(N=2, kappa=2.0, gamma_h=1.0, g=3.0, eta=1e-3)
    weak = ps.steady_state(model)
    n = weak.moment("ad a").real
    assert weak.dimension < 500
    values = correlation(weak, "ad a", "a", "ad") / n**2
    assert values[0] == pytest.approx(weak.derived["g2"], rel=1e-9)
    assert abs(values[1] - 1) > 1e-3
    assert small.sizes == (2,)


def test_a_covector_is_pulled_back_through_the_same_moves():
    rng = np.random.default_rng(3)
    for name in ("central_spin", "two_ensembles", "cavity"):
        of, right, left = WORDS.get(name, ON_SPINS)[1]
        rho = state(name, "dicke")
        for source in sources(rho, of, right, left):
            y = rng.standard_normal(source.basis.dimension) + 1j * rng.standard_normal(source.basis.dimension)
            assert source.pulled_back(y) @ rho.vector == pytest.approx(y @ source.x, rel=1e-12)


def test_what_leaves_the_cut_off_is_counted():
    model = ps.models.tavis_cummings(N=2, levels=12)
    rho = ps.steady_state(model)
    (inside,), (beyond,) = sources(rho, "ad", "a"), sources(rho, "a", "ad")
    assert inside.lost == 0
    assert 0 < beyond.lost < 1e-3
    assert beyond.lost == pytest.approx(np.sqrt(12) * rho.fock[-1], rel=1e-9)


def test_what_makes_no_sense_is_refused():
    rho = ps.steady_state(ps.models.central_spin(N=2))
    with pytest.raises(TooFewSatellites, match="3 distinct satellites"):
        sources(rho, "+3", "-1", "z2")
    for text in ("", "q1", "a", "+@C", "|0><7|1"):
        with pytest.raises(InputError):
            sources(rho, "+", text)
    assert sources(rho, "+0", "+0") == []  # zero by charge
