"""Fisher information over time against the whole space, and against closed forms."""

import numpy as np
import pytest
import scipy.linalg
from oracles.brute_force import BruteForce

import permsym as ps
from permsym.errors import InputError

STENCIL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}


def spins(N, h):
    """The satellites turn about z, from the x axis, and dephase."""
    c, s = ps.Spin(), ps.Ensemble(N)
    return ps.Model(c, s, h / 2 * s.z, [ps.Individual(0.2, s.z)], parameters={"N": N, "h": h})


def test_ramsey():
    """Each spin keeps the coherence v = exp(-2 gamma t), with the phase h t: F = N (v t)^2."""
    times = np.array([0.0, 0.5, 2.0])
    evolution = ps.evolve(spins(3, 0.7), times, initial="down bloch=pi/2,0")
    fisher = ps.fisher(evolution, "h", spins)
    expected = 3 * (np.exp(-0.4 * times) * times) ** 2
    assert fisher.steady == pytest.approx(expected, rel=1e-7, abs=1e-12)
    assert (np.abs(fisher.steady - expected) <= fisher.errors["steady"]).all()
    assert np.isnan(fisher.photon_counting).all()
    assert "no long time" in fisher.rows[0].missing["rate"]


def test_a_cavity_against_the_whole_space():
    model = ps.models.tavis_cummings(N=2, g=0.6, gamma_up=0, levels=4)
    evolution = ps.evolve(model, [0.0, 1.5], initial="fock=1 down")
    fisher = ps.fisher(evolution, "g")

    def rho(g):
        brute = BruteForce(ps.models.tavis_cummings(**{**model.parameters, "g": g}))
        start = np.zeros((brute.D, brute.D))
        start[brute.D // 4 + 3, brute.D // 4 + 3] = 1.0  # one photon, both down
        moved = scipy.linalg.expm(1.5 * brute.liouvillian()) @ start.reshape(-1, order="F")
        return moved.reshape(brute.D, brute.D, order="F")

    slope, here = sum(weight * rho(0.6 + k * 1e-3) for k, weight in STENCIL.items()) / 1e-3, rho(0.6)
    p, U = np.linalg.eigh(here)
    d = np.abs(U.conj().T @ slope @ U) ** 2
    expected = sum(2 * d[k, j] / (p[k] + p[j]) for k in range(len(p)) for j in range(len(p)) if p[k] + p[j] > 1e-9)
    assert fisher.steady[1] == pytest.approx(expected, rel=1e-5)
    photons, change = (np.einsum("njnj->n", each.reshape(4, 4, 4, 4)).real for each in (here, slope))
    assert fisher.photon_counting[1] == pytest.approx((change[:2] ** 2 / photons[:2]).sum(), rel=1e-5)
    assert fisher.to_dict()["steady"][1] == fisher.steady[1]
    assert fisher.steady[0] == pytest.approx(0, abs=1e-9)


def test_both_sides_are_needed():
    evolution = ps.evolve(ps.models.central_spin(N=2), [0.0, 1.0])
    with pytest.raises(InputError, match="'gamma_phi' needs values on both sides of 0"):
        ps.fisher(evolution, "gamma_phi")


def test_coefficients_that_change_in_time_are_refused():
    evolution = ps.evolve(ps.models.central_spin(N=2), [0.0, 1.0], modulate={"g": "0.5*t"})
    with pytest.raises(InputError, match="constant coefficients"):
        ps.fisher(evolution, "kappa")
