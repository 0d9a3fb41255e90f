"""Cuts of several ensembles: what is left is what the whole basis has of it, and the trace is conserved."""

import numpy as np
import pytest
from oracles import systems

from permsym.basis.representations import build
from permsym.basis.several import Cut, CutBasis, Sites, all_sites
from permsym.errors import InputError
from permsym.liouvillian import Liouvillian

MODEL = systems.charged_two_ensembles(4)  # 4 and 2 satellites


def below(limit):
    """Sites on which a sum of coordinates stays below a limit."""
    every = Sites.all(MODEL.sizes).sites
    return Sites(MODEL.sizes, every[:, every[1] + every[3] < limit])


def test_without_a_limit_nothing_is_left_out():
    whole, cut = build(MODEL), CutBasis(MODEL, Cut(order=4), Sites.all(MODEL.sizes))
    assert {*map(tuple, whole.labels.T)} == {*map(tuple, cut.labels.T)}
    at, conjugated = cut.index(whole.labels)
    assert not conjugated.any()
    mine = np.concatenate([at, cut.imaginary[at[whole.paired]]])
    here = Liouvillian(cut).matrix()[mine][:, mine]
    assert abs(here - Liouvillian(whole).matrix()).max() < 1e-15


@pytest.mark.parametrize(("order", "limit"), [(2, 99), (2, 3), (2, 1), (4, -1)])
def test_a_cut_conserves_the_trace_and_is_counted(order, limit):
    basis = CutBasis(MODEL, Cut(order), below(limit))
    liouvillian = Liouvillian(basis)
    assembly = liouvillian.assembled()
    assert basis.count() == basis.dimension < build(MODEL).dimension
    assert np.abs(liouvillian.trace() @ assembly.matrix).max() < 1e-14
    assert assembly.leaks.max() > 0.1
    differences = (basis.labels[[3, 6]] - basis.labels[[4, 7]]) // 2
    assert np.abs(differences).max() == (order if limit == 99 else min(order, 2))
    for column in (3, 4):  # both populations that a coherence couples are there
        assert basis.sites.contain(basis.labels[[2, column, 5, column + 3]]).all()


def test_sites_tell_what_they_contain():
    sites = Sites((4, 3), np.array([[4, 2, 4], [0, 2, -4], [3, 1, 1], [-1, 1, -1]]))
    assert sites.contain(np.array([[2, 2, 4, 0], [2, 4, 0, 0], [1, 1, 3, 1], [1, 1, -1, 1]])).tolist() == [True, False, True, False]
    assert not Sites.none((4, 3)).contain(sites.sites).any()
    assert all_sites(3).T.tolist() == [[1, -1], [1, 1], [3, -3], [3, -1], [3, 1], [3, 3]]


@pytest.mark.parametrize(("settings", "words"), [((1,), "from 2 on"), ((2.5,), "integer"), ((4, 1.5), "from 0 to 1"), ((4, -1e-3), "1e-9")])
def test_cuts_that_make_no_sense(settings, words):
    with pytest.raises(InputError, match=words):
        Cut(*settings)
