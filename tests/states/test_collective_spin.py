"""P(j, m): against moments and closed forms; its standard deviations, covariance and Gaussianity, and the Hermite series."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles import systems

import permsym as ps
from permsym.states.collective_spin import DickePopulations


def pumped(N: int) -> ps.Model:
    """A cloud in the middle of the triangle."""
    return ps.models.central_spin(N, kappa="N", g=1.5, gamma_down=0.1, kappa_up="N/10")


@pytest.mark.parametrize("N", [1, 2, 7, 40])
def test_averages_are_those_of_the_correlators(N: int) -> None:
    """<Sz> and <Sz^2>, <S^2> from P(j, m) and from products of collective operators."""
    state = ps.steady_state(ps.models.central_spin(N=N, gamma_phi=0.1, omega=1.4))
    s = state.model.ensembles[0]
    found = state.distribution()
    z, z2 = state.expect(0.5 * s.z).real, state.expect(0.25 * s.z * s.z).real
    assert found.mean[1] == pytest.approx(z, abs=1e-12 * N)
    assert state.standard_deviations[1] ** 2 == pytest.approx(z2 - z**2, abs=1e-11 * N)
    square = state.expect(0.25 * s.z * s.z + 0.5 * (s.p * s.m + s.m * s.p)).real
    assert found.covariance[0, 0] + found.mean[0] ** 2 + found.mean[0] == pytest.approx(square, abs=1e-11 * N**2)


def test_independent_spins_have_a_binomial_projection() -> None:
    """Without the centre m + N/2 is binomial: skewness and excess kurtosis in closed form."""
    N, p = 60, 0.75
    state = ps.steady_state(ps.models.central_spin(N=N, g=0, gamma_up=3.0, gamma_down=1.0))
    variance = N * p * (1 - p)
    assert state.standard_deviations[1] == pytest.approx(variance**0.5, rel=1e-12)
    assert state.gaussianity.skewness[1] == pytest.approx((1 - 2 * p) / variance**0.5, rel=1e-9)
    assert state.gaussianity.excess_kurtosis[1] == pytest.approx((1 - 6 * p * (1 - p)) / variance, rel=1e-8)


def test_a_gaussian_is_gaussian_and_two_wells_are_not() -> None:
    j, m = (grid.ravel() * 1.0 for grid in np.meshgrid(np.arange(60, 140), np.arange(-40, 41), indexing="ij"))
    first = np.exp(-0.5 * (((j - 100) / 6) ** 2 + ((m - (j - 100) / 2) / 4) ** 2))
    found = DickePopulations(j, m, first / first.sum()).gaussianity
    assert found.distance < 1e-7
    assert np.abs(found.skewness + found.excess_kurtosis).max() < 1e-6
    wells = np.exp(-0.5 * ((j - 75) ** 2 + m**2) / 9) + np.exp(-0.5 * ((j - 125) ** 2 + m**2) / 9)
    apart = DickePopulations(j, m, wells / wells.sum()).gaussianity
    assert apart.distance > 0.5
    assert apart.excess_kurtosis[0] < -1.9


@pytest.mark.slow
def test_the_hermite_series_has_the_same_distribution() -> None:
    lattice, series = ps.steady_state(pumped(600), moments="z0"), ps.hermite_state(pumped(600))
    assert series.standard_deviations == pytest.approx(lattice.standard_deviations, rel=1e-10)
    assert series.distribution().correlation == pytest.approx(lattice.distribution().correlation, abs=1e-10)
    assert series.spin.covariance == pytest.approx(series.distribution().covariance, rel=1e-10)
    for name in ("skewness", "excess_kurtosis", "distance"):
        assert getattr(series.gaussianity, name) == pytest.approx(getattr(lattice.gaussianity, name), abs=2e-5), name


def test_large_systems_become_gaussian_as_they_should() -> None:
    """Skewness and distance fall as N^-1/2, the excess kurtosis as 1/N."""
    small, large = (ps.hermite_state(ps.models.central_spin(N=N), moments="z0").gaussianity for N in (10**6, 10**8))
    assert large.distance == pytest.approx(small.distance / 10, rel=1e-2)
    assert large.skewness == pytest.approx(np.array(small.skewness) / 10, rel=1e-2)
    assert large.excess_kurtosis == pytest.approx(np.array(small.excess_kurtosis) / 100, rel=5e-2)


@pytest.mark.parametrize("name", ["central_spin", "resonant_central_spin", "nine_pairs", "collective_jumps"])
@pytest.mark.parametrize("N", [1, 4, 9])
def test_populations(name, N):
    model = systems.SPINS[name](N)
    state = ps.steady_state(model, basis="dicke")
    s, found = model.ensembles[0], state.populations()
    assert len(set(zip(found.j, found.m, strict=True))) == len(found.j) == sum(2 * j // 1 + 1 for j in np.arange(N / 2, -0.1, -1))
    assert (np.abs(found.m) <= found.j).all()
    assert found.probability.min() > -1e-14
    assert abs(found.probability.sum() - 1) < 1e-13
    assert abs((found.probability * found.m).sum() - state.expect(s.z).real / 2) < 1e-12
    total = state.expect(s.p * s.m + 0.25 * s.z * s.z - 0.5 * s.z)  # J+ J- + Jz^2 - Jz = j(j + 1)
    assert abs((found.probability * found.j * (found.j + 1)).sum() - total) < 1e-12
    assert abs((found.probability * found.m**2).sum() - state.expect(0.25 * s.z * s.z).real) < 1e-12


def test_populations_of_a_thermal_state():
    """Independent spins with p_up = 3/4: P(j, m) = d_j p^(N/2 + m) (1 - p)^(N/2 - m), d_j = C(N, N/2-j) (2j+1)/(N/2+j+1)."""
    N = 10
    found = ps.steady_state(ps.models.central_spin(N=N, g=0, kappa_up=0.1)).populations()
    for j, m, probability in zip(found.j, found.m, found.probability, strict=True):
        copies = math.comb(N, round(N / 2 - j)) * (2 * j + 1) / (N / 2 + j + 1)
        assert abs(probability - copies * 0.75 ** (N / 2 + m) * 0.25 ** (N / 2 - m)) < 1e-14
