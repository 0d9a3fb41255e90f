"""Windows of the Dicke lattice: sets of sites, and the basis on them."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.lattices import SYSTEMS

import permsym as ps
from permsym.basis.representations import build
from permsym.basis.window import Window
from permsym.liouvillian import Liouvillian


@pytest.mark.parametrize("name", ["default", "detuned", "correlated jumps", "qutrit centre", "superradiant"])
@pytest.mark.parametrize("N", [9, 10])
def test_a_reflecting_edge_conserves_the_trace(name: str, N: int) -> None:
    rng = np.random.default_rng(N)
    model = SYSTEMS[name](N)
    sites = Window.full(N).sites()
    window = Window.at_sites(N, sites[:, rng.random(sites.shape[1]) < 0.7])  # holes and corners
    liouvillian = Liouvillian(build(model, window=window))
    assembly = liouvillian.assembled()
    matrix, leaks = assembly.matrix, assembly.leaks
    assert np.abs(liouvillian.trace() @ matrix).max() < 1e-12 * np.abs(matrix.data).max()
    assert (leaks >= 0).all()
    assert leaks.any()


def test_a_window_keeps_a_coherence_only_between_kept_populations() -> None:
    model = ps.models.central_spin(N=10)
    window = Window.at_sites(10, np.array([[4, 4, 6, 8], [0, 2, 2, -4]]))
    basis = build(model, window=window)
    kept = {tuple(site) for site in window.sites().T}
    assert {(J, M) for _, _, J, M, _ in basis.labels.T} | {(J, M) for _, _, J, _, M in basis.labels.T} <= kept
    assert basis.size == 2 * 4 + 1  # two populations a site, one coherence between (4, 0) and (4, 2)
    assert (basis.index(basis.labels)[0] == np.arange(basis.size)).all()


@pytest.mark.parametrize("N", [1, 2, 7, 8])
def test_a_window_of_everything_is_the_full_basis(N: int) -> None:
    model = ps.models.central_spin(N=N, omega=2)
    window = Window.full(N)
    assert window.is_full
    whole, cut = Liouvillian(build(model)), Liouvillian(build(model, window=window))
    assert (cut.basis.labels == whole.basis.labels).all()
    assert abs(cut.matrix() - whole.matrix()).max() < 1e-13
    assert not cut.assembled().leaks.any()


def test_window_sets() -> None:
    window = Window.at_sites(20, np.array([[4, 6, 12], [0, 2, -12]]))
    assert window.size == 3
    assert sorted(piece.size for piece in window.components()) == [1, 2]
    grown = window.dilated(2)
    assert grown.contains(*window.sites()).all()
    assert (np.abs(grown.sites()[1]) <= grown.sites()[0]).all()
    both = window.united(Window.full(20))
    assert both.is_full
    assert not window.contains(np.array([4, 100, -2]), np.array([2, 0, 0])).any()
