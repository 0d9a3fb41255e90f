"""Cumulant equations as text, LaTeX and Python."""

import numpy as np
import pytest
from oracles import systems
from oracles.cumulants import random_moments

from permsym.cumulants import equations
from permsym.cumulants.equations.export import compiled, exported
from permsym.errors import InputError
from permsym.models import central_spin


@pytest.mark.parametrize("name", ["central_spin", "cavity", "two_ensembles"])
def test_exported_function_is_the_right_hand_side(name):
    built = equations(systems.MODELS[name](4), order=2)
    y = random_moments(built)
    assert np.abs(np.array(compiled(built)(list(y))) - built.rhs(y)).max() < 1e-12


def test_exported_text():
    written = exported(equations(central_spin(N=10), order=2), "text")
    assert "d<+1 -2>/dt = -2 <+1 -2> - 0.75i <+0 -1 z2> + 0.75i <-0 +1 z2>" in written
    assert "<z0 +1 -2> = 1 <z0> <+1 -2>" in written
    assert r"\partial_t \langle \sigma_{0}^{z} \rangle" in exported(equations(central_spin(N=10), order=2), "latex")
    with pytest.raises(InputError, match="text, latex, python"):
        exported(equations(central_spin(N=10), order=2), "html")
