"""Cumulant equations in time."""

import numpy as np
import pytest

from permsym.cumulants import equations, evolve, steady_state
from permsym.errors import InputError
from permsym.models import central_spin, tavis_cummings


def test_single_atom_laser_of_quantumcumulants():
    built = equations(tavis_cummings(N=1, omega=0, epsilon=0, g=1.5, kappa=1, gamma_up=4, gamma_down=0.25), order=2)
    found = evolve(built, [0.0, 20.0])
    assert found.moment("ad a")[-1].real == pytest.approx(1.48354, abs=2e-4)


def test_times_of_an_evolution():
    built = equations(central_spin(N=10), order=2)
    found = evolve(built, np.linspace(0, 40, 5))
    assert found.moment("z0")[0] == -1
    assert found.moment("z0")[-1] == pytest.approx(steady_state(central_spin(N=10), 2).moment("z0"), abs=1e-6)
    with pytest.raises(InputError, match="increasing"):
        evolve(built, [1.0, 0.0])
