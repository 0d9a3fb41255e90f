"""Derivatives of eigenvalues against closed forms and differences."""

import numpy as np
import pytest

import permsym as ps
from permsym.errors import InputError

STENCIL = 3e-13
"""What the derivative of a coefficient is off by, which errors leave out: eps / step = 2e-13."""


def test_a_single_spin():
    """<sz> decays with up + down; in the sector of sigma^-: lambda = -(up + down)/2 - 2 phi + i epsilon, or its conjugate."""

    def spin(epsilon, up, down, phi, N=1):
        s = ps.Ensemble(N)
        jumps = [ps.Individual(up, s.p), ps.Individual(down, s.m), ps.Individual(phi, s.z)]
        return ps.Model(None, s, epsilon / 2 * s.z, jumps, parameters={"epsilon": epsilon, "up": up, "down": down, "phi": phi, "N": N})

    modes = ps.eigenvalues(spin(0.7, 0.2, 0.5, 0.1, N=2), k=2, charge=0)
    slope = ps.gradient(modes, int(np.argmin(modes.eigenvalues.real)), spin)
    for name, expected in {"epsilon": 0, "up": -1, "down": -1, "phi": 0}.items():
        assert abs(slope[name] - expected) <= slope.errors[name] + STENCIL < 1e-11
    line = ps.eigenvalues(spin(0.7, 0.2, 0.5, 0.1), k=1, charge=-1)
    slope = ps.gradient(line, 0, spin)
    assert slope == pytest.approx({"epsilon": np.sign(line.eigenvalues[0].imag) * 1j, "up": -0.5, "down": -0.5, "phi": -2}, abs=STENCIL)
    assert np.isnan(slope.errors["up"])


@pytest.mark.parametrize("charge", [0, -1])
def test_against_differences(charge):
    def modes(**other):
        return ps.eigenvalues(ps.models.central_spin(N=4, **{"omega": 1.3, "g": 0.75, **other}), k=4, charge=charge)

    found, h = modes(), 1e-3
    k = int(np.argmin(found.eigenvalues.real))
    slope = ps.gradient(found, k, parameters=["g", "gamma_up", "omega"])
    for name, value in (("g", 0.75), ("gamma_up", 1.5), ("omega", 1.3)):
        near = {s: modes(**{name: value + s * h}).eigenvalues for s in (-2, -1, 1, 2)}
        at = {s: some[np.argmin(np.abs(some - found.eigenvalues[k]))] for s, some in near.items()}
        expected = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h)
        assert slope[name] == pytest.approx(expected, abs=1e-9)
        assert 0 < slope.errors[name] < 1e-10
    assert abs(slope["g"]) > 1e-3


def test_what_has_none():
    modes = ps.eigenvalues(ps.models.central_spin(N=2), k=3)
    with pytest.raises(InputError, match="there are 3 eigenvalues"):
        ps.gradient(modes, 3)
    with pytest.raises(InputError, match="a quantity is a moment's label"):
        ps.gradient(ps.steady_state(ps.models.central_spin(N=2)), 0)
