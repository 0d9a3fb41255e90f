"""The slowest rate, wherever on the imaginary axis it is, and what rounding moves eigenvalues by."""

from functools import cache

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce
from oracles.high_precision import HighPrecision

import permsym as ps
from permsym.basis import build
from permsym.basis.dicke import DickePart
from permsym.basis.occupation import OccupationPart
from permsym.dynamics import gap, sector
from permsym.dynamics.frequencies import Frequencies, Place
from permsym.linear import eigenpairs
from permsym.liouvillian import Liouvillian

SEARCHED = [
    "products",
    "conditional_jumps",
    "charged_two_ensembles",
    "random_qutrits",
    "mixed_ensembles",
    "driven_cavity",
    "squeezed_cavity",
]


def interacting(N):
    """Coherences between the ends of the ladder outlive the populations, and oscillate."""
    c, s = ps.Spin(), ps.Ensemble(N)
    jumps = [ps.Individual(0.05, s.m), ps.Individual(0.001, s.p), ps.Central(0.4, c.m)]
    return ps.Model(c, s, 5 * s.z * s.z + 0.1 * s.x + 0.3 * c.z, jumps)


def slowest(values):
    """The slowest of the rates that are not zero."""
    rates = -values.real
    return rates[rates > 1e-9].min()


@pytest.mark.slow
def test_the_dicke_models_slowest_mode_is_its_field():
    """Of the other parity, at the frequency of the mode; populations relax at twice its rate."""
    slow = ps.eigenvalues(ps.models.dicke(N=1, g=0.1, kappa=0.1), k=4)
    assert abs(slow.gap - 0.03956200) < 1e-7
    assert abs(slow.slowest.value.imag - 1.0025428) < 1e-6


def test_the_slowest_mode_may_have_the_other_parity():
    """The same on few levels, where the whole space is the permutation-symmetric sector."""
    cut = ps.models.dicke(N=1, g=0.1, kappa=0.1, levels=9)
    slow, full = ps.eigenvalues(cut, k=3), np.linalg.eigvals(BruteForce(cut).liouvillian())
    assert abs(slow.gap - slowest(full)) < 1e-12
    assert abs(slow.gap - 0.03956) < 1e-4
    assert str(slow.searched).startswith("all 324 eigenvalues of the permutation-symmetric sector")


def test_the_slowest_mode_may_oscillate_fast():
    slow = ps.eigenvalues(interacting(4))
    assert abs(slow.gap - 0.028686) < 1e-6
    assert abs(abs(slow.slowest.value.imag) - 60) < 0.01
    assert np.abs(slow.eigenvalues).max() < 1  # it is none of those near zero
    full = np.linalg.eigvals(BruteForce(interacting(3)).liouvillian())
    assert np.abs(full - ps.eigenvalues(interacting(3)).slowest.value).min() < 1e-11


@pytest.mark.parametrize(("hamiltonian", "zeros"), [("z", 2), ("x", 2)])
def test_a_degenerate_model_has_a_gap(hamiltonian, zeros):
    """A centre that nothing relaxes: two steady states, for x undamped oscillations as well; satellites relax at their loss."""
    c, s = ps.Spin(), ps.Ensemble(3)
    slow = ps.eigenvalues(ps.Model(c, s, 0.3 * getattr(c, hamiltonian), [ps.Individual(0.7, s.m)]), k=4)
    assert abs(slow.gap - 0.7) <= slow.gap_error < 1e-12
    assert (np.abs(slow.eigenvalues) <= slow.errors + 1e-300).sum() == zeros


@pytest.mark.parametrize("name", SEARCHED)
def test_the_search_along_the_axis_misses_nothing(name, monkeypatch):
    for charge in (0, 1) if systems.MODELS[name](2).charges else (0,):
        model = systems.MODELS[name](2)
        whole = ps.eigenvalues(model, k=2, charge=charge)
        assert whole.searched.points == 0
        monkeypatch.setattr(gap, "COMPLETE", 20)
        searching = ps.eigenvalues(model, k=2, charge=charge)
        assert searching.searched.points > 1
        assert searching.searched.complete
        assert abs(whole.gap - searching.gap) < 1e-12
        assert searching.searched.frequencies[0] <= whole.searched.frequencies[0]
        assert whole.searched.frequencies[1] <= searching.searched.frequencies[1]
        assert "all frequencies" in str(searching.searched)
        monkeypatch.undo()


def test_the_search_finds_fast_oscillations(monkeypatch):
    monkeypatch.setattr(gap, "COMPLETE", 20)
    slow = ps.eigenvalues(interacting(4))
    assert slow.searched.complete
    assert abs(slow.gap - 0.028686) < 1e-6


@pytest.mark.slow
def test_an_incomplete_search_says_so(monkeypatch):
    monkeypatch.setattr(gap, "COMPLETE", 20)
    monkeypatch.setattr(gap, "_POINTS", 2)
    searched = ps.eigenvalues(interacting(6)).searched
    assert not searched.complete
    assert searched.frequencies[1] < 100
    assert "slower modes may oscillate faster" in str(searched)


def test_a_low_cut_off_is_named():
    assert "hold" in str(ps.eigenvalues(ps.models.dicke(N=1, g=0.5, kappa=0.1, levels=4), k=2).searched)


def test_iterations_say_what_they_saw(monkeypatch):
    monkeypatch.setattr(sector, "LARGE", 1)
    slow = ps.eigenvalues(ps.models.driven_tavis_cummings(2, C=14, drive=1.05, levels=14), k=2)
    assert not slow.searched.complete
    assert "nearest to zero" in str(slow.searched)
    assert np.isnan(slow.errors).all()


@pytest.mark.parametrize("part", [DickePart, OccupationPart])
def test_norms_of_the_elements(part):
    one = part(ps.Ensemble(4))
    labels = one.labels(1)
    elements = one.elements(labels)
    norms = np.sqrt(np.asarray(elements.multiply(elements.conj()).sum(axis=1)).ravel().real)
    assert np.allclose(np.exp(one.log_norm(labels)), norms, rtol=1e-12)
    assert len(norms) > 3


# -- errors ---------------------------------------------------------------------------------------------------------------


@cache
def exact_of(name):
    model = systems.MODELS[name](1)
    return model, HighPrecision(model)


@pytest.mark.parametrize("name", ["central_spin", "nine_pairs", "products", "qutrits", "cavity", "driven_cavity"])
def test_no_eigenvalue_is_farther_off_than_its_error(name):
    model, exact = exact_of(name)
    for charge in (0, 1) if model.charges else (0,):
        truths, unknown = exact.eigenvalues([charge])
        slow = ps.eigenvalues(model, k=3, charge=charge)
        assert (slow.errors < 1e-12).all()
        for value, error in zip([*slow.eigenvalues, slow.slowest.value], [*slow.errors, slow.gap_error], strict=True):
            nearest = np.argmin(np.abs(truths - value))
            assert abs(truths[nearest] - value) <= error + unknown[nearest]
            assert unknown[nearest] < 1e-15


def test_at_an_exceptional_point_half_of_the_digits_are_left():
    """A driven spin with loss 1 and Rabi frequency 1/4: two eigenvalues meet at -3/4."""
    c, s = ps.Spin(), ps.Ensemble(1)
    model = ps.Model(c, s, 0.125 * c.x, [ps.Central(1.0, c.m), ps.Individual(7.0, s.m)])
    slow = ps.eigenvalues(model, k=5)
    meeting = np.abs(slow.eigenvalues + 0.75) < 1e-3
    assert meeting.sum() == 2
    assert (np.abs(slow.eigenvalues + 0.75) <= slow.errors)[meeting].all()
    assert (slow.errors[meeting] > 1e-10).all()
    assert (slow.errors[meeting] < 1e-5).all()
    assert (slow.errors[~meeting] < 1e-13).all()


def test_slow_rates_have_their_digits():
    """Rates of 1e-9 beside one of order one: their errors are a part of themselves."""
    c, s = ps.Spin(), ps.Ensemble(2)
    slow = ps.eigenvalues(ps.Model(c, s, 0.3 * c.z, [ps.Individual(3e-9, s.m), ps.Individual(1e-9, s.p), ps.Central(1.0, c.m)]), k=4)
    assert abs(slow.gap - 4e-9) <= slow.gap_error < 1e-14


def test_exact_multiplets_keep_their_digits():
    """The same eigenvalue three times, of a matrix that is far from normal."""
    rng = np.random.default_rng(1)
    turned = rng.standard_normal((6, 6)) + 3 * np.triu(np.ones((6, 6)))
    matrix = turned @ np.diag([-1.0, -1.0, -1.0, -2.0, -3.0, -4.0]) @ np.linalg.inv(turned)
    sparse_matrix = pytest.importorskip("scipy.sparse").csc_array(matrix)
    pairs = eigenpairs.every(sparse_matrix)
    size = np.abs(matrix)
    values, errors = eigenpairs.improved(sparse_matrix, lambda x: 8e-16 * (size @ x), pairs)
    together = np.abs(values + 1) < 1e-6
    assert together.sum() == 3
    assert (np.abs(values + 1) <= errors)[together].all()
    assert errors.max() < 1e-10


def crystal(N, w):
    """H = w Jx, L = (2 / N)^(1/2) J-, in the states that no exchange changes."""
    s = ps.Ensemble(N, j=N / 2)
    return ps.Model(None, s, w / 2 * s.x, [ps.Collective(2 / N, s.m)])


@pytest.mark.parametrize(("N", "w", "gap"), [(32, 1.5, 0.046141788584), pytest.param(100, 1.5, 0.014551794757, marks=pytest.mark.slow)])
def test_the_gap_of_a_crystal_sits_in_the_other_parity(N, w, gap):
    """Numbers of a design page; each parity is searched on its own, and only where slow modes can be."""
    slow = ps.eigenvalues(crystal(N, w), k=2)
    assert abs(slow.gap - gap) < 1e-11
    assert slow.searched.complete
    assert 1 < slow.searched.points < 40


@pytest.mark.parametrize("rate", [0.08, 0.3, 1.0, 5.0])
def test_what_decays_slowly_oscillates_slowly(rate):
    """Every eigenvalue of the crystal, and the bound of the frequencies of those that decay more slowly than a rate."""
    space = build(crystal(16, 1.5))
    liouvillian = Liouvillian(space)
    bounds = Frequencies(liouvillian.matrix(), Place(space.coordinates, space.log_norms, liouvillian.trace()))
    every = np.linalg.eigvals(liouvillian.matrix().toarray())
    low, high = bounds.every()
    assert low <= every.imag.min()
    assert every.imag.max() <= high
    slow = every[-every.real < rate].imag
    assert bounds.slower(rate, low) <= slow.min()
    assert slow.max() <= bounds.slower(rate, high)
    assert bounds.slower(0.08, high) < high / 2
