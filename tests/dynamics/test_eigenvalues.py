"""Eigenvalues of the Liouvillian in every charge sector."""

from functools import cache

import numpy as np
import pytest
from oracles import systems
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.basis import build, dimension
from permsym.liouvillian import Liouvillian

CHARGED = ["central_spin", "charged_products", "three_level_centre", "qutrits"]


@cache
def full_eigenvalues(name):
    return np.linalg.eigvals(BruteForce(systems.MODELS[name](2)).liouvillian())


def nearest_to_zero(values, k):
    return values[np.argsort(np.abs(values))][:k]


@pytest.mark.parametrize("charge", [0, 1, -2])
@pytest.mark.parametrize("name", CHARGED)
def test_every_eigenvalue_is_one_of_the_full_liouvillian(name, charge):
    model = systems.MODELS[name](2)
    full = full_eigenvalues(name)
    size = dimension(model, charge=(charge,))
    values = ps.eigenvalues(model, k=min(4, size - 1), charge=charge)
    assert values.residuals.max() < 1e-12
    assert np.max([np.abs(full - value).min() for value in values.eigenvalues]) < 1e-8


@pytest.mark.parametrize("basis", ["dicke", "occupation"])
@pytest.mark.parametrize(("name", "N"), [("central_spin", 14), ("charged_products", 14), ("nine_pairs", 6)])
def test_arnoldi_finds_what_dense_algebra_finds(name, N, basis):
    model = systems.SPINS[name](N)
    for charge in (0, 1) if model.charges else (0,):
        matrix = Liouvillian(build(model, basis, (charge,) * len(model.charges))).matrix().toarray()
        assert len(matrix) > 64  # else ARPACK is not asked
        dense = nearest_to_zero(np.linalg.eigvals(matrix), 20)
        values = ps.eigenvalues(model, k=6, charge=charge, basis=basis)
        assert len(values.eigenvalues) == 6
        assert np.max([np.abs(dense - value).min() for value in values.eigenvalues]) < 1e-9
        # none that is clearly nearer to zero is missing
        limit = np.abs(values.eigenvalues).max() - 1e-6
        assert all(np.abs(values.eigenvalues - value).min() < 1e-9 for value in dense if abs(value) < limit)
        assert (np.diff(values.eigenvalues.real) < 1e-9).all()


@pytest.mark.parametrize("N", [3, 12, 40])
@pytest.mark.quick("3", "12")
def test_the_steady_state_is_in_the_neutral_spectrum(N):
    values = ps.eigenvalues(systems.central_spin(N), k=4)
    assert np.abs(values.eigenvalues).min() < 1e-10
    assert values.gap > 1e-3
    assert values.charge == (0,)
    assert (ps.eigenvalues(systems.central_spin(N), k=4, charge=1).eigenvalues.real < 0).all()


def test_gap_in_closed_form():
    """Uncoupled sites: the centre relaxes at kappa + kappa_up, one satellite or a pair +1 -2 at up + down."""
    model = ps.models.central_spin(N=6, g=0, kappa=0.3, kappa_up=0.2, gamma_up=0.7, gamma_down=0.9)
    values = ps.eigenvalues(model, k=5)
    assert np.allclose(np.sort(values.eigenvalues.real)[::-1], [0, -0.5, -1.6, -1.6, -2.1], rtol=0, atol=1e-10)
    assert abs(values.gap - 0.5) < 1e-10


def test_linewidths_in_closed_form():
    """Charge 1 of an uncoupled centre: i times its frequency, minus half its rates and twice its dephasing."""
    model = ps.models.central_spin(N=4, g=0, omega=1.7, epsilon=0.0, kappa=0.3, kappa_phi=0.1, gamma_up=2.0, gamma_down=2.0)
    charge = tuple(int(vector == (1, 0)) for vector in model.charges)
    (value,) = ps.eigenvalues(model, k=1, charge=charge).eigenvalues
    assert abs(value - (-0.15 - 0.2 - 1.7j)) < 1e-10


def test_opposite_charges_are_conjugates():
    model = systems.central_spin(5)
    plus, minus = (np.sort_complex(ps.eigenvalues(model, k=5, charge=q).eigenvalues) for q in (1, -1))
    assert np.allclose(plus, np.sort_complex(minus.conj()), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("charge", "near"), [(0, 1.3), (-1, 1.0), (-1, -4.0), (1, -2.5), (-2, 2.0)])
@pytest.mark.parametrize("N", [3, 14])
def test_those_nearest_to_a_frequency(N, charge, near):
    """Against dense algebra; on both sides of ARPACK's smallest size."""
    model = systems.central_spin(N)
    matrix = Liouvillian(build(model, charge=(charge,))).matrix().toarray()
    dense = np.linalg.eigvals(matrix)
    nearest = dense[np.argsort(np.abs(dense - 1j * near))][:4]
    values = ps.eigenvalues(model, k=4, charge=charge, near=near)
    assert np.max([np.abs(values.eigenvalues - value).min() for value in nearest]) < 1e-9
    assert np.abs(matrix @ values.right - values.right * values.eigenvalues).max() < 1e-9
    assert np.abs(matrix.T @ values.left - values.left * values.eigenvalues).max() < 1e-9


def test_the_line_of_a_central_spin():
    values = ps.eigenvalues(ps.models.central_spin(N=2), k=2, charge=-1, near=1.0)
    lines = values.eigenvalues[np.argsort(values.eigenvalues.imag)]
    assert np.abs(lines - [-0.952933523 + 0.349844805j, -0.952933523 + 1.650155195j]).max() < 1e-9
    assert values.errors.max() < 1e-13


@pytest.mark.parametrize(("N", "count"), [(50, 1), pytest.param(150, 6, marks=pytest.mark.slow)])
def test_a_pair_that_is_as_far_as_each_other_is_cut_alike_on_both_sides(N, count):
    """Eigenvalues mirrored at Im = 1: right vectors must not meet the left ones of the mirror image."""
    values = ps.eigenvalues(ps.models.central_spin(N=N), k=count, charge=-1, near=1.0)
    assert values.errors.max() < 1e-10
    assert values.residuals.max() < 1e-10


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: ps.eigenvalues(systems.central_spin(4), charge=(1, 1)), "`charge` must have 1 entries"),
        (lambda: ps.eigenvalues(systems.nine_pairs(3), charge=1), "has no U(1) symmetry; leave it out"),
        (lambda: ps.eigenvalues(systems.central_spin(4), k=0), "the number of eigenvalues must be from 1 to"),
        (lambda: ps.eigenvalues(systems.central_spin(4), k=10**6), "the number of eigenvalues must be from 1 to"),
        (lambda: ps.eigenvalues(systems.central_spin(4), charge=6), "no state has `charge` 6"),
        (lambda: ps.eigenvalues(systems.central_spin(4), charge=99), "no state has `charge` 99"),  # and nothing of k
        (lambda: ps.eigenvalues(systems.central_spin(4), basis="fock"), "there is no representation 'fock'"),
        (lambda: ps.eigenvalues(systems.central_spin(4), near="1"), "`near` must be a frequency"),
        (lambda: ps.eigenvalues(systems.central_spin(4), near=np.inf), "`near` must be a frequency"),
    ],
)
def test_refusals(call, fragment):
    with pytest.raises(ps.InputError) as caught:
        call()
    assert fragment in str(caught.value)


def test_refused_beforehand_for_memory(monkeypatch):
    monkeypatch.setenv("PERMSYM_MEMORY", "1 GB")
    with pytest.raises(ps.TooLarge, match="of charge -1 need about"):
        ps.eigenvalues(systems.central_spin(1000), charge=-1)
