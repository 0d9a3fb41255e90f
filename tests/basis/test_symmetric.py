"""Symmetric satellites of d levels, against the product space cut to its symmetric states."""

import itertools

import numpy as np
import pytest
from oracles.brute_force import BruteForce
from oracles.evolution import fock, product
from scipy.linalg import null_space
from scipy.sparse.linalg import expm_multiply

import permsym as ps
from permsym.basis import build


def three_levels(N, symmetric=True):
    """A driven ladder and a spin, with collective decay between all levels."""
    c, s = ps.Spin(), ps.Ensemble(N, levels=3, symmetric=symmetric)
    drive = 0.4 * s.unit(0, 1) + (0.3 + 0.2j) * s.unit(1, 2) + 0.3 * c.m * s.unit(2, 0)
    jumps = [ps.Collective(0.6, s.unit(0, 1)), ps.Collective(0.5, s.unit(1, 2) + 0.3 * s.unit(0, 2)), ps.Central(0.7, c.m)]
    return ps.Model(c, s, 0.2 * s.unit(2, 2) * s.unit(2, 2) + drive + drive.dag(), jumps)


def symmetric_states(N, levels, centre):
    """Orthonormal columns, the centre times symmetric states of N satellites."""
    strings = list(itertools.product(range(levels), repeat=N))
    kinds = sorted({tuple(sorted(string)) for string in strings})
    columns = np.array([[tuple(sorted(string)) == kind for kind in kinds] for string in strings], dtype=float)
    return np.kron(np.eye(centre), columns / np.linalg.norm(columns, axis=0))


def test_steady_states_and_evolutions_equal_brute_force():
    model = three_levels(2)
    brute = BruteForce(model)
    v = symmetric_states(2, 3, 2)
    inside = np.kron(v.conj(), v)
    matrix = brute.liouvillian()
    assert np.abs(matrix @ inside - inside @ (inside.conj().T @ matrix @ inside)).max() < 1e-12  # these states are left by nothing
    x = null_space(inside.conj().T @ matrix @ inside)
    assert x.shape[1] == 1
    rho = v @ x[:, 0].reshape(12, 12, order="F") @ v.T
    rho /= np.trace(rho)
    state = ps.steady_state(model, moments=2)
    assert state.basis.dimension == build(model, populated=True).dimension == 144
    assert np.max([abs(value - brute.moment(rho, label)) for label, value in state.moments(2).items()]) < 1e-12
    assert np.abs(state.full() - rho).max() < 1e-12
    start = product(model, fock(2, 0), fock(3, 1))
    later = expm_multiply(0.8 * matrix, start.ravel(order="F")).reshape(start.shape, order="F")
    evolution = ps.evolve(model, [0.8], initial="up level=1", moments=2)
    assert np.max([abs(values[0] - brute.moment(later, label)) for label, values in evolution.moments.items()]) < 1e-8


def test_charges_of_levels_and_files():
    """A maser of many levels: populations of three levels, and nothing else."""
    s = ps.Ensemble(4, levels=3, symmetric=True)
    pumps = [ps.Collective(rate, s.unit(*to)) for rate, to in ((1, (0, 1)), (0.7, (1, 2)), (0.4, (2, 0)))]
    model = ps.Model(None, s, 0.3 * s.unit(1, 1), pumps)
    assert model.symmetry.modulus == (0, 0)
    state = ps.steady_state(model, moments=["|2><2|1"])
    assert state.basis.dimension == 15
    again = ps.Model.from_dict(model.to_dict())
    assert again.ensembles == model.ensembles
    assert ps.steady_state(again.resized(4), moments=["|2><2|1"]).moment("|2><2|1") == state.moment("|2><2|1")
    assert ps.Ensemble(4, symmetric=True) == ps.Ensemble(4, j=2)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            lambda: ps.Model(None, s := ps.Ensemble(2, levels=3, symmetric=True), s.unit(1, 1), [ps.Individual(1, s.unit(0, 1))]),
            "Collective",
        ),
        (lambda: ps.Ensemble(4, j=1, symmetric=True), "leave one of the two out"),
        (lambda: ps.steady_state(three_levels(2), basis="full"), "use basis='auto'"),
        (lambda: ps.steady_state(three_levels(2, symmetric=False)), r"symmetric=True"),
    ],
)
def test_refusals(made, words):
    with pytest.raises((ps.InputError, ps.DegenerateSteadyState), match=words):
        made()
